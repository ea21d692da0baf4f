"""Announcing changes, and taking the announcements away once they are dealt with."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection
from django.db.models import QuerySet

from instep.base.identity.inserting import ids_as_rows
from instep.base.outbox.models import OutboxRow

BATCH = 500
_INSERT = "INSERT INTO outbox_outboxrow (firm_id, kind, record_id, version) SELECT %s, %s, value, 1 FROM "
# A row that is already there moves on, so whoever read it before cannot take the newer change away with it. (SQLite
# needs the WHERE to tell this ON from that of a join.)
_ON_CONFLICT = (
    " WHERE true ON CONFLICT (firm_id, kind, record_id)"
    " DO UPDATE SET version = outbox_outboxrow.version + excluded.version"
)


def announce(firm_id: int, kind: str, record_id: int) -> None:
    """Say that this record changed, in the caller's transaction. Safe against a second announcer; one statement."""
    announce_many(firm_id, kind, [record_id])


def announce_many(firm_id: int, kind: str, ids: Iterable[int]) -> None:
    """Announce many records of one kind, one statement for all. A repeated id counts once.

    Ids go in order, so that two bulk actions that meet on PostgreSQL wait for each other instead of deadlocking.
    """
    if todo := sorted(set(ids)):
        listed, given = ids_as_rows(todo)
        with connection.cursor() as cursor:
            cursor.execute(_INSERT + listed + _ON_CONFLICT, [firm_id, kind, given])


def waiting(limit: int = BATCH) -> QuerySet[OutboxRow]:
    """The oldest rows of every firm that wait to be looked at."""
    return OutboxRow.objects.order_by("id")[:limit]


def settle(row: OutboxRow) -> bool:
    """Take the row away unless the record was announced again since `row` was read. True when this call removed it."""
    deleted, _ = OutboxRow.objects.of(row.firm_id).filter(pk=row.pk, version=row.version).delete()
    return bool(deleted)
