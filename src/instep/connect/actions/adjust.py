"""Adjusting a connection: how often it looks at the remote, and which entries of two lists stand for each other."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.utils import timezone

from instep.base.audit.log import record
from instep.base.identity.actor import Actor
from instep.connect.fieldmap import Choice
from instep.connect.inbox.outbox import mark_dirty, mark_everything
from instep.connect.limits.lease import hold_still
from instep.connect.models import Connection, Link, LinkState, Observation, ValueMap
from instep.connect.observations import look_again
from instep.connect.registry import connector_for
from instep.kernel.errors import BadValue, NotFound

_AT_ONCE = 500
SOONEST_SECONDS, LATEST_SECONDS = 15, 86_400


@transaction.atomic
def change_pace(connection_id: int, *, by: Actor, poll_seconds: int) -> Connection:
    """Look at the remote every so many seconds. Raises NotAllowed, NotFound, BadValue."""
    by.must("manage connections")
    connection = _locked(by, connection_id)
    if type(poll_seconds) is not int or not SOONEST_SECONDS <= poll_seconds <= LATEST_SECONDS:
        raise BadValue(
            field="poll_seconds", problem=f"give a whole number of seconds from {SOONEST_SECONDS} to {LATEST_SECONDS}"
        )
    was = connection.poll_seconds
    if was != poll_seconds:
        connection.poll_seconds = poll_seconds
        connection.next_poll_at = None
        connection.save(update_fields=["poll_seconds", "next_poll_at"])
        changes = {"poll_seconds": [was, poll_seconds]}
        record("connection.changed", by=by, kind="connection", record_id=connection.pk, changes=changes)
    return connection


@transaction.atomic
def begin_on(connection_id: int, *, by: Actor, on: date | None, now: datetime | None = None) -> Connection:
    """Carry records from this day on; what is dated before it, and not linked, is left alone. None: the whole history.

    What the move concerns is looked at again, and a preview that was made before is out of date. Raises NotAllowed,
    NotFound, SyncBusy, and BadValue where this remote's records have no date.
    """
    by.must("manage connections")
    hold_still(by.firm_id, connection_id)
    connection = _locked(by, connection_id)
    maps = connector_for(connection.provider).maps
    if not any(m.dated for m in maps.values()):
        raise BadValue(field="Date", problem="records of this connection have none to go by")
    was = connection.begins_on
    if was == on:
        return connection
    connection.begins_on = on
    connection.save(update_fields=["begins_on"])
    for kind, record_map in maps.items():
        if record_map.dated or record_map.along:
            _look_at_unlinked(connection, kind, record_map.remote_type, now=now or timezone.now())
    record(
        "connection.changed", by=by, kind="connection", record_id=connection.pk,
        changes={"begins_on": [was and was.isoformat(), on and on.isoformat()]}, now=now,
    )  # fmt: skip
    return connection


def _look_at_unlinked(connection: Connection, kind: str, remote_type: str, *, now: datetime) -> None:
    """Of both sides. Records that are in step cost nothing but the look."""
    if connection.linked_at is not None:  # before that, a preview looks at everything anyway
        mark_everything(connection, kind, now=now)
    linked = Link.objects.of(connection.firm_id).filter(connection=connection, kind=kind, state=LinkState.LIVE)
    seen = Observation.objects.of(connection.firm_id).filter(connection=connection, remote_type=remote_type, gone=False)
    known = {remote_id for remote_id in linked.values_list("remote_id", flat=True) if remote_id}
    alone = [remote_id for remote_id in seen.values_list("remote_id", flat=True) if remote_id not in known]
    for start in range(0, len(alone), _AT_ONCE):
        look_again(connection.firm_id, connection.pk, remote_type, alone[start : start + _AT_ONCE])


@transaction.atomic
def join_values(
    connection_id: int, *, by: Actor, domain: str, ours: str, theirs: str, now: datetime | None = None
) -> ValueMap:
    """Let our entry of a list and theirs stand for each other, one to one; what was held for it is looked at again.

    An entry of ours that was joined with another is joined anew. Raises NotAllowed, NotFound, BadValue when theirs
    stands for another one of ours.
    """
    by.must("manage connections")
    connection = _locked(by, connection_id)
    _check_domain(connection, domain)
    ours, theirs = ours.strip(), theirs.strip()
    if not ours or len(ours) > 120:
        raise BadValue(field="ours", problem="choose an entry of the list")
    if not theirs or len(theirs) > 200:
        raise BadValue(field="theirs", problem="give the name exactly as the remote writes it")
    rows = ValueMap.objects.of(by.firm_id).filter(connection=connection, domain=domain)
    if rows.filter(theirs=theirs).exclude(ours=ours).exists():
        raise BadValue(field="theirs", problem=f"“{theirs}” stands for another entry already; part those two first")
    row = rows.filter(ours=ours).first()
    was = row.theirs if row is not None else None
    if row is None:
        row = ValueMap(firm_id=by.firm_id, connection=connection, domain=domain, ours=ours)
    row.theirs = theirs
    row.save()
    record(
        "connection.values_joined", by=by, kind="connection", record_id=connection.pk,
        changes={ours: [was, theirs]}, note=domain, now=now,
    )  # fmt: skip
    _look_again(connection, now=now or timezone.now())
    return row


@transaction.atomic
def part_values(connection_id: int, *, by: Actor, domain: str, ours: str) -> None:
    """Our entry stands for none of theirs any more: records that have it are held. Raises NotAllowed, NotFound."""
    by.must("manage connections")
    connection = _locked(by, connection_id)
    row = ValueMap.objects.of(by.firm_id).filter(connection=connection, domain=domain, ours=ours).first()
    if row is None:
        raise NotFound(what="pair of entries")
    record(
        "connection.values_parted", by=by, kind="connection", record_id=connection.pk,
        changes={row.ours: [row.theirs, None]}, note=domain,
    )  # fmt: skip
    row.delete()


def _locked(by: Actor, connection_id: int) -> Connection:
    return Connection.objects.of(by.firm_id).select_for_update().get_of(by.firm_id, connection_id, what="connection")


def _check_domain(connection: Connection, domain: str) -> None:
    maps = connector_for(connection.provider).maps.values()
    if not any(isinstance(f.lens, Choice) and f.lens.domain == domain for m in maps for f in m.choices()):
        raise NotFound(what="list")


def _look_again(connection: Connection, *, now: datetime) -> None:
    held = Link.objects.of(connection.firm_id).filter(connection=connection, held_code="value_not_mapped")
    ours: dict[str, list[int]] = {}
    theirs: dict[str, list[str]] = {}
    for link in held.only("kind", "local_id", "remote_type", "remote_id"):
        if link.local_id is not None:
            ours.setdefault(link.kind, []).append(link.local_id)
        if link.remote_id is not None:
            theirs.setdefault(link.remote_type, []).append(link.remote_id)
    for kind, ids in ours.items():
        mark_dirty(connection.firm_id, connection.pk, kind, ids, now=now)
    for remote_type, remote_ids in theirs.items():
        look_again(connection.firm_id, connection.pk, remote_type, remote_ids)
