"""How long an edit was under way: from the moment it was made, as far as that is known, to its being carried out."""

from __future__ import annotations

from datetime import datetime, timedelta

from instep.connect.models import OpKind, PlanOp
from instep.connect.place import Bench
from instep.connect.plan.subject import Draft, Subject

SINCE = "since"
"""In a row's preconditions: when what it carries was edited (UTC)."""
HERE = (OpKind.CREATE_HERE, OpKind.UPDATE_HERE, OpKind.ARCHIVE_HERE, OpKind.RESTORE_HERE)
THERE = (OpKind.CREATE_THERE, OpKind.UPDATE_THERE, OpKind.ARCHIVE_THERE, OpKind.DELETE_THERE)


def edited_at(bench: Bench, remote_type: str, draft: Draft) -> datetime | None:
    """When what a row carries was edited; None where nobody knows, and for what is older than the first link."""
    moment: datetime | None = None
    if draft.op in THERE:
        moment = draft.subject.since
    elif draft.op in HERE:
        moment = _stamped(bench, remote_type, draft.subject)
    linked_at = bench.connection.linked_at
    return moment if moment is not None and linked_at is not None and moment >= linked_at else None


def _stamped(bench: Bench, remote_type: str, subject: Subject) -> datetime | None:
    """Their stamp in UTC."""
    stamp = subject.theirs.stamp if subject.theirs is not None else None
    if stamp is None or bench.capability_of(remote_type).stamp_utc:
        return stamp
    offset = bench.connection.stamp_offset_minutes
    return None if offset is None else stamp - timedelta(minutes=offset)


def lag_ms(op: PlanOp, now: datetime) -> int | None:
    """From then to now; clocks that differ make it nothing, never less."""
    since = op.preconditions.get(SINCE)
    if since is None:
        return None
    return max(0, int((now - datetime.fromisoformat(since)).total_seconds() * 1000))
