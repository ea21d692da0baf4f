"""The page of one organisation: fields, its people, its work, how it stands, what happened."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from instep.base.identity.actor import Actor
from instep.crm.models import Organisation
from instep.crm.queries import OrganisationDetails, organisation_details
from instep.crm.states import STAGE_MOVES, Dealing, Stage, allows, is_demotion
from instep.jobs.models import Job, JobParty
from instep.web.organisations.fields import DETAILS, PLACES, REACH, keep_addresses, organisation_fields, with_doubts
from instep.web.organisations.words import STAGE_TONES, sayings, stage_word
from instep.web.records.history import Sayings
from instep.web.records.pages import RecordPage
from instep.web.records.standing import travels

FEW = 12


class OrganisationPage(RecordPage):
    """One organisation."""

    kind = "organisation"
    right = "see organisations"
    template_name = "organisations/record.html"

    def load(self, firm_id: int, key: int) -> OrganisationDetails:
        return organisation_details(firm_id, key)

    def sayings(self, found: OrganisationDetails) -> Sayings:
        row = found.organisation
        return sayings(self.request.terms, [row.account_manager, row.default_handler])

    def context(self, found: OrganisationDetails) -> dict[str, Any]:
        row, request = found.organisation, self.request
        keep_addresses(row, found.addresses)
        fields = organisation_fields(request.terms).show(request, row, travels=travels(self.syncs))
        fields = with_doubts(fields, request)
        jobs = _jobs_of(request.actor, row)
        return {
            "record": row,
            "heading": row.name,
            "url": reverse("organisations:record", args=[row.pk]),
            "stage": Stage(row.stage),
            "stage_word": stage_word(row.stage, request.terms),
            "stage_tone": STAGE_TONES[Stage(row.stage)],
            "details": [each for each in fields if each.name in DETAILS],
            "reach": [each for each in fields if each.name in REACH],
            "places": [each for each in fields if each.name in PLACES],
            "contacts": found.contacts,
            "jobs": jobs[:FEW],
            "more_jobs": len(jobs) > FEW,
            "may_edit": request.actor.can("edit organisations"),
            "may_add_contact": request.actor.can("edit contacts") and row.archived_at is None,
            "may_add_job": request.actor.can("edit jobs")
            and row.archived_at is None
            and allows(row.stage, Dealing.OPPORTUNITY),
            **stage_moves(row),
        }


def stage_moves(row: Organisation) -> dict[str, list[Stage]]:
    """Where the organisation may go from its stage: {"ups": …, "downs": …}."""
    moves = sorted(STAGE_MOVES.allowed(Stage(row.stage)), key=list(Stage).index)
    return {
        "ups": [stage for stage in moves if not is_demotion(row.stage, stage)],
        "downs": [stage for stage in moves if is_demotion(row.stage, stage)],
    }


def _jobs_of(actor: Actor, row: Organisation) -> list[Job]:
    """Its newest jobs, as client or in another role; one query, none for whom jobs are not shown."""
    if not actor.can("see jobs"):
        return []
    own = Job.objects.of(actor.firm_id).filter(client=row).order_by().values("pk")
    others = JobParty.objects.of(actor.firm_id).filter(organisation=row).order_by().values("job")
    jobs = Job.objects.of(actor.firm_id).filter(pk__in=own.union(others)).select_related("status", "client")
    return list(jobs.order_by("-pk")[: FEW + 1])
