"""A database that went back in time, or that is the real one from now on: each connection begins a new epoch (b.14)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from django.db import connection, transaction

from instep.base.audit.log import record
from instep.base.identity.actor import Actor
from instep.connect.apply.epochs import RESTORED
from instep.connect.errors import NoCopy
from instep.connect.installation import here, is_copy
from instep.connect.models import Connection, ConnectionState, TokenState

ID_GAP = 100_000
IDS_A_MINUTE = 1_000
COUNTED_FROM = datetime(2025, 1, 1, tzinfo=UTC)
"""Numbers that were given since the backup are in marks at the remotes, and must never mean another record: after going
back they begin above any that was given before, also where nobody can say which those were."""

NEW_EPOCH = (
    "UPDATE connect_connection"
    f" SET epoch = epoch + 1, capability_version = '{RESTORED}', next_poll_at = NULL, resume_at = NULL"
)
GAP = {
    "sqlite": (
        "INSERT INTO sqlite_sequence (name, seq) SELECT name, 0 FROM sqlite_master WHERE type = 'table'"
        " AND sql LIKE '%AUTOINCREMENT%' AND name NOT IN (SELECT name FROM sqlite_sequence)",
        "UPDATE sqlite_sequence SET seq = max(seq, {floor}) + {gap}",
    ),
    "postgresql": (
        "SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, greatest(last_value, {floor}) + {gap})"
        " FROM pg_sequences WHERE schemaname = 'public' AND data_type = 'bigint'::regtype",
    ),
}
HIGHEST = {
    "sqlite": "SELECT max(seq) FROM sqlite_sequence",
    "postgresql": "SELECT max(last_value) FROM pg_sequences WHERE schemaname = 'public'",
}


def highest_id() -> int:
    """The highest number that any record of the database in use has."""
    with connection.cursor() as cursor:
        cursor.execute(HIGHEST[connection.vendor])
        return cursor.fetchone()[0] or 0


def going_back(vendor: str, *, highest: int = 0, now: datetime) -> Sequence[str]:
    """What has to happen to a database that was put back, in the same step, before anything can run on it.

    `highest` is the highest number of the database that it takes the place of, where that can be read. Plain SQL,
    because the tables may be those of an older version: they are brought up to date after it.
    """
    floor = max(highest, int((now - COUNTED_FROM).total_seconds() // 60) * IDS_A_MINUTE)
    return (NEW_EPOCH, *(statement.format(floor=floor, gap=ID_GAP) for statement in GAP[vendor]))


Access = tuple[str, str, str, str]


def accesses() -> list[Access]:
    """The sealed sign-ins in use, as (firm, connection, account, secret): a refresh token that was used since a backup
    is worth nothing any more, so that what is in the backup would not open the remote."""
    rows = Connection.objects.exclude(sealed_secret="").filter(token_state=TokenState.GOOD)
    return list(rows.values_list("firm__key", "key", "tenant", "sealed_secret"))


@transaction.atomic
def put_accesses_back(known: Sequence[Access]) -> int:
    """After going back: connections that are still the same go on with the sign-in that was in use; how many."""
    count = 0
    for firm, key, tenant, sealed in known:
        rows = Connection.objects.filter(firm__key=firm, key=key, tenant=tenant)
        count += rows.exclude(state=ConnectionState.DISCONNECTED).update(
            sealed_secret=sealed, token_state=TokenState.GOOD
        )
    return count


@transaction.atomic
def take_over(connection_id: int, *, by: Actor, now: datetime | None = None) -> Connection:
    """This installation is the real one from now on: the connection is its own.

    What the other one did at the remote since the copy was made is not known here, so everything is read anew and shown
    before anything is written. Raises NotAllowed, NotFound, NoCopy.
    """
    by.must("manage connections")
    rows = Connection.objects.of(by.firm_id).select_for_update()
    taken = rows.get_of(by.firm_id, connection_id, what="connection")
    if not is_copy(taken):
        raise NoCopy
    taken.environment, taken.epoch = here(), taken.epoch + 1
    taken.capability_version, taken.next_poll_at, taken.resume_at = RESTORED, None, None
    taken.save(update_fields=["environment", "epoch", "capability_version", "next_poll_at", "resume_at"])
    record(
        "connection.taken_over", by=by, kind="connection", record_id=taken.pk,
        changes={"epoch": [taken.epoch - 1, taken.epoch]}, now=now,
    )  # fmt: skip
    return taken
