"""The page of one staff resource: fields, the work they handle, how it stands, what happened."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from instep.base.identity.actor import Actor
from instep.jobs.models import Job
from instep.jobs.states import UNFINISHED
from instep.staff.models import StaffResource
from instep.staff.states import StaffKind
from instep.web.components.formats import Form
from instep.web.records.history import Sayings
from instep.web.records.pages import RecordPage
from instep.web.records.standing import travels
from instep.web.staff.fields import staff_fields
from instep.web.staff.rates import ShownRate, fields_of, rates_shown
from instep.web.staff.words import sayings

FEW = 12


class StaffPage(RecordPage):
    """One staff resource."""

    kind = "staff"
    right = "see staff"
    template_name = "staff/record.html"
    rates: list[ShownRate] | None

    def load(self, firm_id: int, key: int) -> StaffResource:
        found = StaffResource.objects.select_related("user").get_of(firm_id, key, what="staff resource")
        self.rates = rates_shown(self.request.actor, found, Form.of(self.request.firm))
        return found

    def sayings(self, found: StaffResource) -> Sayings:
        users = {found.user.pk: found.user.name} if found.user else {}
        return sayings(self.request.terms, users, None if self.rates is None else fields_of(self.rates))

    def context(self, found: StaffResource) -> dict[str, Any]:
        request = self.request
        jobs = _handled(request.actor, found)
        unfinished = _handles_unfinished(request.actor, found)
        return {
            "record": found,
            "heading": found.name,
            "url": reverse("staff:record", args=[found.pk]),
            "is_pool": found.kind == StaffKind.POOL,
            "fields": staff_fields().show(request, found, travels=travels(self.syncs)),
            "jobs": jobs[:FEW],
            "more_jobs": len(jobs) > FEW,
            "must_hand_over": unfinished and not found.active,
            "may_hand_over": unfinished and request.actor.can("edit jobs") and request.actor.can("edit organisations"),
            "may_edit": request.actor.can("edit staff"),
            "rates": None if found.kind == StaffKind.POOL else self.rates,
            "may_rate": request.actor.can("edit rates") and found.active,
        }


def _handled(actor: Actor, row: StaffResource) -> list[Job]:
    """The newest jobs of this handler; one query, none for whom jobs are not shown."""
    if not actor.can("see jobs"):
        return []
    jobs = Job.objects.of(actor.firm_id).filter(handler=row).select_related("status", "client")
    return list(jobs.order_by("-number", "-pk")[: FEW + 1])


def _handles_unfinished(actor: Actor, row: StaffResource) -> bool:
    """Whether there is work that somebody else would have to take over; one query."""
    jobs = Job.objects.of(actor.firm_id).filter(handler=row, archived_at=None, status__type__in=list(UNFINISHED))
    return actor.can("see jobs") and jobs.exists()
