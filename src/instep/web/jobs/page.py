"""The page of one job: fields, phases with their fees, parties, how it stands, what happened."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from instep.jobs.fees import PERCENT_SCALE
from instep.jobs.models import Job, JobParty, JobStatus, Phase
from instep.jobs.queries import JobDetails, job_details, statuses_of
from instep.jobs.states import (
    BY_DOCUMENT,
    NEEDS_REASON,
    PHASE_MOVES,
    STATUS_MOVES,
    UNFINISHED,
    PhaseStatus,
    StatusType,
)
from instep.kernel.money import Money
from instep.web.components.formats import Form
from instep.web.jobs.fields import job_fields
from instep.web.jobs.words import (
    PHASE_TONES,
    STATUS_TONES,
    fee_type_word,
    phase_status_word,
    role_word,
    sayings,
    takes_word,
    type_word,
)
from instep.web.records.history import Sayings
from instep.web.records.pages import RecordPage
from instep.web.records.standing import travels


@dataclass(frozen=True)
class StatusMove:
    """A status that the job may take now. `asks`: it wants a reason first."""

    key: str
    name: str
    tone: str
    takes: str
    asks: bool


@dataclass(frozen=True)
class PhaseRow:
    """One phase as the table prints it."""

    phase: Phase
    fee_type: str
    of: str
    status: str
    tone: str
    moves: list[tuple[str, str]]


class JobPage(RecordPage):
    """One job."""

    kind = "job"
    right = "see jobs"
    template_name = "jobs/record.html"
    statuses: list[JobStatus]

    def load(self, firm_id: int, key: int) -> JobDetails:
        found = job_details(firm_id, key)
        self.statuses = statuses_of(firm_id, retired=True)
        return found

    def sayings(self, found: JobDetails) -> Sayings:
        terms, form = self.request.terms, Form.of(self.request.firm)
        job, people = found.job, {found.job.handler_id: found.job.handler.name}
        people |= {phase.handler_id: phase.handler.name for phase in found.phases if phase.handler}
        names = {job.client_id: job.client.name} | {p.organisation_id: p.organisation.name for p in found.parties}

        def read(field: str, value: Any) -> Any:
            return _read(field, value, job=job, form=form, names=names)

        values = {
            "client": names,
            "handler": people,
            "status": {status.key: status.name for status in self.statuses},
            "job_type": {job.job_type.key: job.job_type.name} if job.job_type else {},
            "project": {job.project.pk: job.project.name} if job.project else {},
        }
        phases = {phase.number: f"{phase.number} {phase.name}" for phase in found.phases}
        return sayings(terms, values, phases, read)

    def context(self, found: JobDetails) -> dict[str, Any]:
        job, request = found.job, self.request
        form = Form.of(request.firm)
        may_edit = request.actor.can("edit jobs")
        ways = travels(self.syncs)
        kind = StatusType(job.status.type)
        fields = job_fields(request.terms).show(request, job, travels=ways)
        if not job.close_reason and kind not in NEEDS_REASON:
            fields = [each for each in fields if each.name != "close_reason"]
        if not job.project:
            fields = [each for each in fields if each.name != "project"]
        return {
            "record": job,
            "heading": job.name,
            "url": reverse("jobs:record", args=[job.pk]),
            "status_tone": STATUS_TONES[kind],
            "status_title": f"{type_word(kind)}: {takes_word(kind)}",
            "status_takes": takes_word(kind),
            "moves": status_moves(job, self.statuses) if may_edit and job.archived_at is None else [],
            "may_archive": may_edit and kind not in UNFINISHED and job.archived_at is None,
            "may_edit": may_edit,
            "fields": fields,
            "phases": [_phase_row(phase, form) for phase in found.phases],
            "fee": found.fee,
            "may_see_money": request.actor.can("see invoices"),
            "fee_travels": ways.get("fee", ""),
            "parties": [(party, role_word(party.role, request.terms)) for party in found.parties],
        }


def status_moves(job: Job, statuses: Sequence[JobStatus]) -> list[StatusMove]:
    """The statuses that the job may take now, in the firm's order: those of the same type, and where the type leads."""
    kind = StatusType(job.status.type)
    may = {kind} | STATUS_MOVES.allowed(kind)
    return [
        StatusMove(
            key=status.key,
            name=status.name,
            tone=STATUS_TONES[StatusType(status.type)],
            takes=takes_word(status.type),
            asks=StatusType(status.type) in NEEDS_REASON,
        )
        for status in statuses
        if not status.retired and status.pk != job.status_id and StatusType(status.type) in may
    ]


def _phase_row(phase: Phase, form: Form) -> PhaseRow:
    status = PhaseStatus(phase.status)
    by_hand = frozenset() if status in BY_DOCUMENT else PHASE_MOVES.allowed(status) - BY_DOCUMENT
    return PhaseRow(
        phase=phase,
        fee_type=fee_type_word(phase.fee_type),
        of=_percent_of(phase, form),
        status=phase_status_word(status),
        tone=PHASE_TONES[status],
        moves=[(to.value, phase_status_word(to)) for to in PhaseStatus if to in by_hand],
    )


def _percent_of(phase: Phase, form: Form) -> str:
    """ "7.5 % of $200,000.00" """
    if phase.percent is None:
        return ""
    percent = f"{percent_text(phase.percent)} %"
    if phase.contract_minor is None:
        return percent
    contract = form.money(Money.from_minor(phase.contract_minor, phase.currency))
    return _("%(percent)s of %(contract)s") % {"percent": percent, "contract": contract}


def percent_text(percent: int) -> str:
    """A percentage at scale 4 in plain digits: 75000 is "7.5"."""
    text = f"{Decimal(percent) / PERCENT_SCALE:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _read(field: str, value: Any, *, job: Job, form: Form, names: dict[int, str]) -> Any:
    """A stored value of the journal as people read it: amounts, percentages, days, parties."""
    if isinstance(value, dict) and "minor" in value:
        return form.money(Money.from_minor(value["minor"], value["currency"]))
    if field.startswith("phase ") and isinstance(value, int):
        if field.endswith((" fee", " contract")):
            return form.money(Money.from_minor(value, job.currency))
        if field.endswith(" percent"):
            return f"{percent_text(value)} %"
    if field in ("starts_on", "ends_on") and isinstance(value, str):
        return form.date(dt.date.fromisoformat(value))
    if field == "parties" and isinstance(value, list):
        return [f"{names.get(party[0], party[0])} ({party[1]})" for party in value]
    return value


def parties_of(firm_id: int, job_id: int) -> list[JobParty]:
    """The other organisations at a job."""
    return list(JobParty.objects.of(firm_id).filter(job=job_id).order_by("pk"))
