"""Phases of a job: adding, changing, moving through their states (E-32, T-02, 7.2.13)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction

from instep.base.audit.log import record
from instep.base.identity.actor import Actor
from instep.base.outbox.notices import announce
from instep.base.ownership.owners import check_editable
from instep.base.records.outcomes import Draft
from instep.jobs.actions.parts import money_json
from instep.jobs.actions.phase_values import settle_phase
from instep.jobs.errors import OnlyByDocument
from instep.jobs.fees import fee_of_phases
from instep.jobs.heeds import tell_moved
from instep.jobs.models import Job, Phase
from instep.jobs.states import BY_DOCUMENT, FIRST_PHASE_STATUS, PHASE_MOVES, PhaseStatus, StatusType
from instep.kernel.errors import NotFound, StaleVersion
from instep.kernel.money import Money


@transaction.atomic
def add_phases(
    job_id: int, rows: Sequence[Mapping[str, Any]], *, by: Actor, expected_version: int | None = None
) -> list[Phase]:
    """Add phases at the end, each with the next number of the job: name, fee_type
    fixed|percent|hourly|capped|no_billing (fixed), fee (Money exclusive of tax, of a fixed or capped one), percent
    (Decimal, up to 4 places) and contract (Money) of a percent one, handler (id, overriding the job's), position.
    Twelve monthly ones are twelve rows (E-32).

    `expected_version` is the job's. All or nothing; raises NotAllowed, NotFound, StaleVersion, BadValue, OtherCurrency,
    HandlerNeeded, FieldOwned when the fee of the job is kept elsewhere.
    """
    job, phases = _lock(job_id, by, expected_version)
    before = fee_of_phases(phases, job.currency)
    last = max((phase.number for phase in phases), default=0)
    position = max((phase.position for phase in phases), default=0)
    status = FIRST_PHASE_STATUS[StatusType(job.status.type)]
    changes: dict[str, Any] = {}
    added: list[Phase] = []
    for count, row in enumerate(rows, start=1):
        phase = Phase(firm_id=by.firm_id, job_id=job.pk, number=last + count, position=position + count)
        phase.currency, phase.status = job.currency, status
        draft = Draft(phase, dict(row))
        settle_phase(draft, job)
        _apply(draft)
        changes |= {f"phase {phase.number} {field}": values for field, values in draft.changes.items()}
        added.append(phase)
    if added:
        Phase.objects.bulk_create(added)
        _finish(job, by, "job.phases_added", changes, before=before, phases=[*phases, *added])
    return added


def add_phase(job_id: int, *, by: Actor, expected_version: int | None = None, **values: Any) -> Phase:
    """Add one phase; as `add_phases`."""
    return add_phases(job_id, [values], by=by, expected_version=expected_version)[0]


@transaction.atomic
def update_phase(phase_id: int, *, by: Actor, changes: Mapping[str, Any], expected_version: int | None = None) -> Phase:
    """Change the fields given of a phase; its number never changes. Values and refusals as for `add_phases`."""
    job, phases, phase = _lock_phase(phase_id, by, expected_version)
    before = fee_of_phases(phases, job.currency)
    draft = Draft(phase, dict(changes))
    settle_phase(draft, job)
    if draft.changes:
        _apply(draft)
        phase.save(update_fields=[_column(name) for name in draft.attributes])
        noted = {f"phase {phase.number} {field}": values for field, values in draft.changes.items()}
        _finish(job, by, "job.phase_changed", noted, before=before, phases=phases)
    return phase


@transaction.atomic
def change_phase_status(phase_id: int, *, by: Actor, to: PhaseStatus, expected_version: int | None = None) -> Phase:
    """Move a phase by hand (7.2.13): quote, live, in-house, complete and back. Raises WrongState, and OnlyByDocument
    for closing and reopening, which final documents do."""
    job, phases, phase = _lock_phase(phase_id, by, expected_version)
    old = PhaseStatus(phase.status)
    if old is to:
        return phase
    PHASE_MOVES.check(old, to)
    if {old, to} & BY_DOCUMENT:
        raise OnlyByDocument()
    phase.status = to.value
    phase.save(update_fields=["status"])
    fee = fee_of_phases(phases, job.currency)
    changes = {f"phase {phase.number} status": [old.value, to.value]}
    _finish(job, by, "job.phase_moved", changes, before=fee, phases=phases)
    if PhaseStatus.IN_HOUSE in {old, to}:
        tell_moved(by, [phase.pk])
    return phase


# --- the way ---------------------------------------------------------------------------------------------------------


def _lock(job_id: int, by: Actor, expected_version: int | None) -> tuple[Job, list[Phase]]:
    by.must("edit jobs")
    job = Job.objects.select_related("status").select_for_update(of=("self",)).get_of(by.firm_id, job_id, what="job")
    if expected_version is not None and job.version != expected_version:
        raise StaleVersion(what="job")
    return job, list(Phase.objects.of(by.firm_id).filter(job=job).order_by("number"))


def _lock_phase(phase_id: int, by: Actor, expected_version: int | None) -> tuple[Job, list[Phase], Phase]:
    by.must("edit jobs")
    found = Phase.objects.get_of(by.firm_id, phase_id, what="phase")
    job, phases = _lock(found.job_id, by, expected_version)
    phase = next((phase for phase in phases if phase.pk == found.pk), None)
    if phase is None:
        raise NotFound(what="phase")
    return job, phases, phase


def _apply(draft: Draft[Phase]) -> None:
    for attribute, value in draft.attributes.items():
        setattr(draft.row, attribute, value)


def _column(attribute: str) -> str:
    return "handler" if attribute == "handler_id" else attribute


def _finish(
    job: Job, by: Actor, event: str, changes: dict[str, Any], *, before: Money | None, phases: Sequence[Phase]
) -> None:
    """A changed phase is a changed job: version, journal, announcement; the job's fee may be kept by another system."""
    after = fee_of_phases(phases, job.currency)
    if after != before:
        check_editable(by, "job", job.pk, ["fee"])
        changes["fee"] = [money_json(before), money_json(after)]
    job.version += 1
    job.save(update_fields=["version"])
    record(event, by=by, kind="job", record_id=job.pk, changes=changes)
    announce(by.firm_id, "job", job.pk)
