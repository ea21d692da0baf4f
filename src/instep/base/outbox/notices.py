"""Announcing changes, and taking the announcements away once they are dealt with."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

from django.db import connection
from django.db.models import QuerySet

from instep.base.outbox.models import OutboxRow

BATCH = 500
_INSERT = "INSERT INTO outbox_outboxrow (firm_id, kind, record_id, version) VALUES "
# A row that is already there moves on, so whoever read it before cannot take the newer change away with it.
_ON_CONFLICT = (
    " ON CONFLICT (firm_id, kind, record_id) DO UPDATE SET version = outbox_outboxrow.version + excluded.version"
)


def announce(firm_id: int, kind: str, record_id: int) -> None:
    """Say that this record changed, in the caller's transaction. Safe against a second announcer; one statement."""
    announce_many(firm_id, kind, [record_id])


def announce_many(firm_id: int, kind: str, ids: Iterable[int]) -> None:
    """Announce many records of one kind, one statement per 500. A repeated id counts once.

    Ids go in order, so that two bulk actions that meet on PostgreSQL wait for each other instead of deadlocking.
    """
    todo = iter(sorted(set(ids)))
    while batch := list(islice(todo, BATCH)):
        values = ", ".join(["(%s, %s, %s, 1)"] * len(batch))
        params = [value for record_id in batch for value in (firm_id, kind, record_id)]
        with connection.cursor() as cursor:
            cursor.execute(_INSERT + values + _ON_CONFLICT, params)


def waiting(limit: int = BATCH) -> QuerySet[OutboxRow]:
    """The oldest rows of every firm that wait to be looked at."""
    return OutboxRow.objects.order_by("id")[:limit]


def settle(row: OutboxRow) -> bool:
    """Take the row away unless the record was announced again since `row` was read. True when this call removed it."""
    deleted, _ = OutboxRow.objects.of(row.firm_id).filter(pk=row.pk, version=row.version).delete()
    return bool(deleted)
