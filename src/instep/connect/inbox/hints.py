"""Hints: somebody said "look at this record". They are acted upon by level: order and repetition do not matter."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil

from django.db import transaction
from django.db.models import F

from instep.base.identity.rows import FirmQuerySet
from instep.connect.abilities import ReadsMany, RemoteHint
from instep.connect.calls import Caller
from instep.connect.limits.meters import Share
from instep.connect.models import Connection, ConnectionState, Cursor, Hint, Meter, Observation, Pair
from instep.connect.observations import How, mark_gone, store
from instep.connect.place import Bench
from instep.connect.protocols import BadReply, Gone, Rejected, RemoteRecord

log = logging.getLogger(__name__)

HEARD = "heard"
"""The meter of webhooks: how many ever came, and when the last one did."""
AT_ONCE = 500
"""Hints that one cycle takes up."""


def leave_hints(connection: Connection, hints: Iterable[RemoteHint], *, now: datetime) -> None:
    """Keep hints until a cycle takes them up: two statements. One that waits already is not kept twice; a connection
    that does not run keeps none, it looks at everything when it goes on."""
    if connection.state != ConnectionState.ACTIVE:
        return
    rows = [
        Hint(
            firm_id=connection.firm_id,
            connection=connection,
            event_key=hint.event_key[:200],
            remote_type=hint.remote_type,
            remote_id=hint.remote_id,
            changed_at=hint.changed_at,
            received_at=now,
            due_at=now,
        )
        for hint in hints
    ]
    if rows:
        Hint.objects.bulk_create(rows, ignore_conflicts=True)
        _count_heard(connection, len(rows), now=now)


def _count_heard(connection: Connection, count: int, *, now: datetime) -> None:
    """For whoever wonders whether webhooks come at all."""
    known = Meter.objects.of(connection.firm_id).filter(connection=connection, dimension=HEARD)
    if not known.update(used=F("used") + count, window_at=now):
        Meter.objects.bulk_create(
            [Meter(firm_id=connection.firm_id, connection=connection, dimension=HEARD, window_at=now, used=count)],
            ignore_conflicts=True,
        )


@dataclass(slots=True)
class Looked:
    """Hints that this cycle settles by lists: the types to read, and what is ticked off after that."""

    named: set[str] = field(default_factory=set)
    rows: list[int] = field(default_factory=list)


def look_at_hints(bench: Bench, caller: Caller, *, now: datetime, reads: frozenset[str]) -> Looked:
    """Take up what waits: read the records that hints name, by one call where that is possible.

    Where a list is cheaper, or is read anyway (`reads`), the hints wait for it, once what changed must show there. What
    was seen since it changed there needs no call at all. Raises LeaseLost and the connector's troubles.
    """
    looked = Looked()
    waiting = Hint.objects.of(bench.firm_id).filter(connection=bench.connection, due_at__lte=now)
    by_type: dict[str, list[Hint]] = {}
    for hint in waiting.order_by("id")[:AT_ONCE]:
        by_type.setdefault(hint.remote_type, []).append(hint)
    for remote_type, hints in by_type.items():
        pair = bench.pair_there(remote_type)
        if pair is None:
            _tick_off(bench, caller, [hint.pk for hint in hints])
            continue
        caller.works_for(Share.HINTS)
        news = _news(bench, caller, pair, hints)
        _split(bench, caller, pair, news, looked, now=now, listed=_listed(bench, pair, reads))
    return looked


def acknowledge_hints(bench: Bench, caller: Caller, looked: Looked) -> None:
    """The lists were read: the hints that waited for them are settled."""
    _tick_off(bench, caller, looked.rows)


def _listed(bench: Bench, pair: Pair, reads: frozenset[str]) -> bool:
    return any(bench.list_of(remote_type) == bench.list_of(pair.remote_type) for remote_type in reads)


def _split(
    bench: Bench, caller: Caller, pair: Pair, hints: Sequence[Hint], looked: Looked, *, now: datetime, listed: bool
) -> None:
    """Which of them are read by id now, which by the list, and which wait until the list must show them."""
    lag = timedelta(seconds=bench.capability_of(pair.remote_type).visibility_lag)
    young = [hint for hint in hints if now < hint.received_at + lag]
    old = [hint for hint in hints if hint not in young]
    by_id = [hint for hint in hints if hint.remote_id]
    cheap = _calls(bench, pair, by_id) <= 1
    shown = [hint for hint in old if listed or not hint.remote_id or not cheap]
    wait = [hint for hint in young if not hint.remote_id or not cheap]
    if shown:
        looked.named.add(pair.remote_type)
        looked.rows += [hint.pk for hint in shown]
    if wait:
        with transaction.atomic():
            caller.fence()
            for hint in wait:
                hint.due_at = hint.received_at + lag
            Hint.objects.bulk_update(wait, ["due_at"])
    taken = {hint.pk for hint in (*shown, *wait)}
    if left := [hint for hint in by_id if hint.pk not in taken]:
        _read(bench, caller, pair, left, now=now)


def _calls(bench: Bench, pair: Pair, hints: Sequence[Hint]) -> int:
    """What reading these by their ids costs."""
    connector = bench.connector
    together = isinstance(connector, ReadsMany) and pair.remote_type in connector.reads_many
    size = bench.capability_of(pair.remote_type).read_many if together else 1
    return ceil(len({hint.remote_id for hint in hints}) / size)


def _news(bench: Bench, caller: Caller, pair: Pair, hints: Sequence[Hint]) -> list[Hint]:
    """Without those whose change was seen already: our own writes come back as hints too. Only the remote's own times
    are compared."""
    if not bench.capability_of(pair.remote_type).stamp_utc:
        return list(hints)
    seen = dict(_observed(bench, pair, hints).values_list("remote_id", "stamp"))
    cursors = Cursor.objects.of(bench.firm_id).filter(
        connection=bench.connection, remote_type=bench.list_of(pair.remote_type)
    )
    seen[""] = cursors.values_list("since", flat=True).first() if any(not hint.remote_id for hint in hints) else None
    known = [h for h in hints if h.changed_at and (at := seen.get(h.remote_id)) is not None and at >= h.changed_at]
    _tick_off(bench, caller, [hint.pk for hint in known])
    return [hint for hint in hints if hint not in known]


def _read(bench: Bench, caller: Caller, pair: Pair, hints: Sequence[Hint], *, now: datetime) -> None:
    """Ask for the records themselves."""
    connector, ids = bench.connector, list(dict.fromkeys(hint.remote_id for hint in hints))
    found: dict[str, RemoteRecord] = {}
    if isinstance(connector, ReadsMany) and pair.remote_type in connector.reads_many:
        size = bench.capability_of(pair.remote_type).read_many
        for start in range(0, len(ids), size):
            request = connector.ask_many(pair.remote_type, ids[start : start + size])
            page = connector.read_page(pair.remote_type, request, caller.send(request))
            found |= {record.id: record for record in page.records}
        # What is not shown may be of a kind that we do not keep in step; what we knew is asked for by itself.
        known = set(_observed(bench, pair, hints).filter(gone=False).values_list("remote_id", flat=True))
        ids = [remote_id for remote_id in ids if remote_id not in found and remote_id in known]
    gone = [remote_id for remote_id in ids if not _read_one(bench, caller, pair, remote_id, found)]
    with transaction.atomic():
        caller.fence()
        store(bench, pair, list(found.values()), scan_no=0, now=now, how=How.READ)
        for remote_id in gone:
            mark_gone(bench.firm_id, bench.connection.pk, pair.remote_type, remote_id)
        # What reads as before was seen now, too: a page that is opened again asks no more for a while.
        _observed(bench, pair, hints).update(seen_at=now)
        Hint.objects.of(bench.firm_id).filter(pk__in=[hint.pk for hint in hints]).delete()


def _read_one(bench: Bench, caller: Caller, pair: Pair, remote_id: str, found: dict[str, RemoteRecord]) -> bool:
    """Into `found`; False when the remote itself says that it is gone. One that cannot be read is left to the lists."""
    request = bench.connector.ask_record(pair.remote_type, remote_id)
    reply = caller.send(request)
    try:
        record = bench.connector.read_record(pair.remote_type, request, reply)
    except Gone:
        return False
    except (BadReply, Rejected) as trouble:
        caller.cleanse(trouble)
        log.warning("connection %s: a hint about %s leads nowhere: %s", bench.connection.pk, remote_id, trouble)
        return True
    found[record.id] = record
    return True


def _observed(bench: Bench, pair: Pair, hints: Sequence[Hint]) -> FirmQuerySet[Observation]:
    return Observation.objects.of(bench.firm_id).filter(
        connection=bench.connection,
        remote_type=pair.remote_type,
        remote_id__in={hint.remote_id for hint in hints if hint.remote_id},
    )


def _tick_off(bench: Bench, caller: Caller, rows: Sequence[int]) -> None:
    if rows:
        with transaction.atomic():
            caller.fence()
            Hint.objects.of(bench.firm_id).filter(pk__in=rows).delete()
