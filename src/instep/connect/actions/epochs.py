"""A database that went back in time, or that is the real one from now on: each connection begins a new epoch (b.14)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from instep.base.audit.log import record
from instep.base.identity.actor import Actor
from instep.connect.apply.epochs import RESTORED
from instep.connect.errors import NoCopy
from instep.connect.installation import here, is_copy
from instep.connect.models import Connection

ID_JUMP = 100_000
"""So many numbers are left out after going back: those that were given since the backup are in marks at the remotes,
and must never mean another record."""

NEW_EPOCH = (
    "UPDATE connect_connection"
    f" SET epoch = epoch + 1, capability_version = '{RESTORED}', next_poll_at = NULL, resume_at = NULL"
)
SQLITE_JUMP = (
    "INSERT INTO sqlite_sequence (name, seq) SELECT name, 0 FROM sqlite_master WHERE type = 'table'"
    " AND sql LIKE '%AUTOINCREMENT%' AND name NOT IN (SELECT name FROM sqlite_sequence)",
    f"UPDATE sqlite_sequence SET seq = seq + {ID_JUMP}",
)
POSTGRES_JUMP = (
    "SELECT setval(format('%I.%I', schemaname, sequencename)::regclass,"
    f" coalesce(last_value, 0) + {ID_JUMP}) FROM pg_sequences WHERE schemaname = 'public'",
)


def going_back(vendor: str) -> Sequence[str]:
    """What has to happen to a database that was put back, in the same step, before anything can run on it.

    Plain SQL, because the tables may be those of an older version: they are brought up to date after it.
    """
    return (NEW_EPOCH, *(SQLITE_JUMP if vendor == "sqlite" else POSTGRES_JUMP))


@transaction.atomic
def take_over(connection_id: int, *, by: Actor, now: datetime | None = None) -> Connection:
    """This installation is the real one from now on: the connection is its own.

    What the other one did at the remote since the copy was made is not known here, so everything is read anew and shown
    before anything is written. Raises NotAllowed, NotFound, NoCopy.
    """
    by.must("manage connections")
    rows = Connection.objects.of(by.firm_id).select_for_update()
    connection = rows.get_of(by.firm_id, connection_id, what="connection")
    if not is_copy(connection):
        raise NoCopy
    connection.environment, connection.epoch = here(), connection.epoch + 1
    connection.capability_version, connection.next_poll_at, connection.resume_at = RESTORED, None, None
    connection.save(update_fields=["environment", "epoch", "capability_version", "next_poll_at", "resume_at"])
    record(
        "connection.taken_over", by=by, kind="connection", record_id=connection.pk,
        changes={"epoch": [connection.epoch - 1, connection.epoch]}, now=now,
    )  # fmt: skip
    return connection
