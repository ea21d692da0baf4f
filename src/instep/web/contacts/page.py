"""The page of one contact: fields, where they worked, how it stands, what happened."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from instep.crm.queries import ContactDetails, contact_details
from instep.web.contacts.fields import DETAILS, REACH, contact_fields
from instep.web.contacts.words import sayings
from instep.web.records.history import Sayings
from instep.web.records.pages import RecordPage
from instep.web.records.standing import travels


class ContactPage(RecordPage):
    """One contact."""

    kind = "contact"
    right = "see contacts"
    template_name = "contacts/record.html"

    def load(self, firm_id: int, key: int) -> ContactDetails:
        return contact_details(firm_id, key)

    def sayings(self, found: ContactDetails) -> Sayings:
        return sayings(self.request.terms, [employment.organisation for employment in found.employments])

    def context(self, found: ContactDetails) -> dict[str, Any]:
        row, request = found.contact, self.request
        fields = contact_fields(request.terms).show(request, row, travels=travels(self.syncs))
        return {
            "record": row,
            "heading": row.name,
            "url": reverse("contacts:record", args=[row.pk]),
            "details": [each for each in fields if each.name in DETAILS],
            "reach": [each for each in fields if each.name in REACH],
            "employments": found.employments,
            "may_edit": request.actor.can("edit contacts"),
        }
