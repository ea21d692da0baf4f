"""The fields of a contact, edited in place."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

from django.urls import reverse
from django.utils.translation import get_language

from instep.base.settings.vocabulary import Terms
from instep.crm.actions.contacts import update_contact
from instep.crm.models import Contact
from instep.kernel.records.contact import CONTACT
from instep.web.components.inline import EditField, FieldEdit, RecordFields
from instep.web.contacts.words import labels
from instep.web.records.standing import travels_of

DETAILS = ("name", "role", "organisation")
REACH = ("email", "phone", "mobile", "office_phone", "website", "linkedin")


def contact_fields(terms: Terms) -> RecordFields:
    """The fields in the words of a firm and the language of the page."""
    return _made(terms, get_language() or "")


@cache
def _made(terms: Terms, language: str) -> RecordFields:
    said = labels(terms)
    fields = [EditField.of(CONTACT.field(name), label=said[name]) for name in (*DETAILS, *REACH)]
    return RecordFields(
        kind="contact",
        url_name="contacts:field",
        fields=[replace(each, picker="organisations:pick") if each.name == "organisation" else each for each in fields],
        read=_read,
        save=_save,
        right="edit contacts",
        labels=_labels,
        travels=lambda record: travels_of(record.firm_id, "contact", record.pk),
    )


def _read(record: Contact) -> dict[str, Any]:
    return {
        **{name: getattr(record, name) for name in ("role", *REACH)},
        "name": {"first": record.first_name, "last": record.last_name},
        "organisation": record.organisation_id,
    }


def _labels(record: Contact) -> dict[str, tuple[str, str]]:
    row = record.organisation
    return {"organisation": (row.name, reverse("organisations:record", args=[row.pk]))} if row else {}


def _save(edit: FieldEdit) -> Any:
    changes = {edit.name: edit.value}
    if edit.name == "name":
        parts = edit.value or {}
        changes = {"first_name": parts.get("first", ""), "last_name": parts.get("last", "")}
    return update_contact(edit.record.pk, by=edit.by, changes=changes, expected_version=edit.expected_version)
