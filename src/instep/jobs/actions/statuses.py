"""A firm's job statuses below the six fixed types: the default set, adding, renaming, retiring (T-01)."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from instep.base.audit.log import record
from instep.base.identity.actor import Actor
from instep.base.identity.rows import firm_id_of
from instep.base.outbox.notices import announce_many
from instep.base.records.texts import one_choice
from instep.jobs.actions.names import clean_name, free_key
from instep.jobs.errors import DefaultStatusStays
from instep.jobs.models import Job, JobStatus
from instep.jobs.states import StatusType
from instep.kernel.errors import BadValue, NotFound

_DEFAULTS: tuple[tuple[str, str, StatusType, int | None], ...] = (
    ("proposal", "Proposal", StatusType.PROPOSAL, 50),
    ("won", "Won", StatusType.ACTIVE, None),
    ("active", "Active", StatusType.ACTIVE, None),
    ("pending_invoice", "Pending invoice", StatusType.PENDING_INVOICE, None),
    ("on_hold", "On hold", StatusType.HOLD, None),
    ("lost", "Lost", StatusType.UNSUCCESSFUL, None),
    ("cancelled", "Cancelled", StatusType.UNSUCCESSFUL, None),
    ("complete", "Complete", StatusType.COMPLETE, None),
)


@transaction.atomic
def create_default_statuses(firm: Any, *, by: Actor) -> list[JobStatus]:
    """The set that a new firm begins with, "proposal" being the default; a firm that has statuses keeps its own.

    Raises NotAllowed ("edit settings"), NotFound for another firm than the actor's.
    """
    if firm_id_of(firm) != by.firm_id:
        raise NotFound(what="firm")
    by.must("edit settings")
    there = list(JobStatus.objects.of(firm).order_by("position", "pk"))
    if there:
        return there
    rows = [
        JobStatus(
            firm_id=by.firm_id,
            key=key,
            name=name,
            type=kind,
            likelihood=likelihood,
            position=position,
            is_default=position == 1,
        )
        for position, (key, name, kind, likelihood) in enumerate(_DEFAULTS, start=1)
    ]
    JobStatus.objects.bulk_create(rows)
    record(
        "job_status.set_up",
        by=by,
        kind="job_status",
        record_id=None,
        changes={row.key: [None, row.name] for row in rows},
    )
    return rows


@transaction.atomic
def add_status(
    name: str,
    *,
    by: Actor,
    type: StatusType,
    likelihood: int | None = None,
    key: str | None = None,
) -> JobStatus:
    """Add a status below one of the fixed types, at the end. Its key is made from the name unless given.

    `likelihood` in percent is for proposals only. Raises NotAllowed ("edit settings"), BadValue.
    """
    by.must("edit settings")
    title = clean_name(name)
    kind = StatusType(one_choice(type, StatusType, "Type"))
    rows = list(JobStatus.objects.of(by.firm_id).select_for_update())
    row = JobStatus(
        firm_id=by.firm_id,
        key=free_key(key or title, {other.key for other in rows}),
        name=title,
        type=kind,
        likelihood=_likelihood(likelihood, kind),
        position=max((other.position for other in rows), default=0) + 1,
        is_default=not any(other.is_default for other in rows),
    )
    row.save(force_insert=True)
    changes = {"name": [None, row.name], "type": [None, row.type], "likelihood": [None, row.likelihood]}
    record("job_status.created", by=by, kind="job_status", record_id=row.pk, changes=changes)
    return row


@transaction.atomic
def change_status_row(
    status_id: int, *, by: Actor, name: str | None = None, likelihood: int | None = None, position: int | None = None
) -> JobStatus:
    """Rename or reorder a status, or change its likelihood; what is None stays. Its key and type never change."""
    by.must("edit settings")
    row = JobStatus.objects.select_for_update().get_of(by.firm_id, status_id, what="status")
    wanted: dict[str, Any] = {}
    if name is not None:
        wanted["name"] = clean_name(name)
    if likelihood is not None:
        wanted["likelihood"] = _likelihood(likelihood, StatusType(row.type))
    if position is not None:
        wanted["position"] = position
    return _save(row, wanted, "job_status.changed", by)


@transaction.atomic
def retire_status(status_id: int, *, by: Actor) -> JobStatus:
    """No longer to be chosen; jobs that have it keep it. Raises DefaultStatusStays for the default."""
    by.must("edit settings")
    row = JobStatus.objects.select_for_update().get_of(by.firm_id, status_id, what="status")
    if row.is_default:
        raise DefaultStatusStays(status=row.name)
    return _save(row, {"retired": True}, "job_status.retired", by)


@transaction.atomic
def restore_status(status_id: int, *, by: Actor) -> JobStatus:
    """To be chosen again."""
    by.must("edit settings")
    row = JobStatus.objects.select_for_update().get_of(by.firm_id, status_id, what="status")
    return _save(row, {"retired": False}, "job_status.restored", by)


@transaction.atomic
def lock_status(status_id: int, *, by: Actor, locked: bool = True) -> JobStatus:
    """Jobs with this status are not sent to other systems from now on, or are again; what is linked stays linked."""
    by.must("edit settings")
    row = JobStatus.objects.select_for_update().get_of(by.firm_id, status_id, what="status")
    if row.locked != locked:
        _save(row, {"locked": locked}, "job_status.locked" if locked else "job_status.unlocked", by)
        jobs = Job.objects.of(by.firm_id).filter(status=row, archived_at=None)
        announce_many(by.firm_id, "job", jobs.values_list("pk", flat=True))
    return row


@transaction.atomic
def make_default_status(status_id: int, *, by: Actor) -> JobStatus:
    """New jobs get this status. Raises BadValue for a retired one."""
    by.must("edit settings")
    rows = {row.pk: row for row in JobStatus.objects.of(by.firm_id).select_for_update()}
    row = rows.get(status_id)
    if row is None:
        raise NotFound(what="status")
    if row.retired:
        raise BadValue(field="Status", problem=f"{row.name} is retired; restore it first")
    if not row.is_default:
        JobStatus.objects.of(by.firm_id).filter(is_default=True).update(is_default=False)
    return _save(row, {"is_default": True}, "job_status.made_default", by)


def _save(row: JobStatus, wanted: dict[str, Any], event: str, by: Actor) -> JobStatus:
    changes = {name: [getattr(row, name), value] for name, value in wanted.items() if getattr(row, name) != value}
    if changes:
        for name, value in wanted.items():
            setattr(row, name, value)
        row.save(update_fields=list(changes))
        record(event, by=by, kind="job_status", record_id=row.pk, changes=changes)
    return row


def _likelihood(value: int | None, kind: StatusType) -> int | None:
    if kind is not StatusType.PROPOSAL:
        if value is not None:
            raise BadValue(field="Likelihood", problem="only a proposal has one")
        return None
    if value is not None and (type(value) is not int or not 0 <= value <= 100):
        raise BadValue(field="Likelihood", problem="give a whole number of percent from 0 to 100")
    return value
