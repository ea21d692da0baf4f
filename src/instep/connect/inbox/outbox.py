"""From the outbox to dirty rows: every connection that maps the kind gets its own, and acknowledges only its own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import connection as database
from django.db import transaction

from instep.base.outbox.models import OutboxRow
from instep.base.outbox.notices import waiting
from instep.connect.models import Connection, ConnectionState, Dirty, Link, LinkState, Pair
from instep.connect.registry import side_for
from instep.connect.sides import FollowsOthers
from instep.kernel.errors import NotFound

_INSERT = "INSERT INTO connect_dirty (firm_id, connection_id, kind, record_id, version, since) VALUES "
_BUMP = " ON CONFLICT (firm_id, connection_id, kind, record_id) DO UPDATE SET version = connect_dirty.version + 1"


def mark_dirty(firm_id: int, connection_id: int, kind: str, ids: Iterable[int], *, now: datetime) -> None:
    """Say that this connection has to look at these records; a record that waits already moves its version on."""
    todo = sorted(set(ids))
    for start in range(0, len(todo), 400):
        batch = todo[start : start + 400]
        values = ", ".join(["(%s, %s, %s, %s, 1, %s)"] * len(batch))
        params = [v for record_id in batch for v in (firm_id, connection_id, kind, record_id, _moment(now))]
        with database.cursor() as cursor:
            cursor.execute(_INSERT + values + _BUMP, params)


def _moment(now: datetime) -> Any:
    return database.ops.adapt_datetimefield_value(now)


@transaction.atomic
def fan_out(*, now: datetime, limit: int = 500) -> set[int]:
    """Carry waiting outbox rows over to the connections they concern; the ids of those connections.

    A row is taken away only if it did not move meanwhile, so a change made during the fan-out is seen next time.
    """
    rows: Sequence[OutboxRow] = list(waiting(limit))
    if not rows:
        return set()
    firms = {row.firm_id for row in rows}
    mapped: dict[int, list[Pair]] = defaultdict(list)
    pairs = Pair.objects.filter(firm_id__in=firms, enabled=True).order_by("connection_id", "rank", "id")
    for pair in pairs.exclude(connection__state=ConnectionState.DISCONNECTED):
        mapped[pair.firm_id].append(pair)
    grouped: dict[tuple[int, str], list[int]] = defaultdict(list)
    for row in rows:
        grouped[row.firm_id, row.kind].append(row.record_id)
    touched: set[int] = set()
    # In one order, so that two workers that meet here wait for each other instead of deadlocking.
    for (firm_id, kind), ids in sorted(grouped.items()):
        for pair in mapped.get(firm_id, ()):
            if found := _concerned(pair, kind, ids):
                mark_dirty(firm_id, pair.connection_id, pair.kind, found, now=now)
                touched.add(pair.connection_id)
    _settle(rows)
    return touched


def _concerned(pair: Pair, kind: str, ids: Sequence[int]) -> Sequence[int]:
    """Records of the pair's kind that a change to these records concerns."""
    try:
        side = side_for(pair.kind)
    except NotFound:
        return ids if pair.kind == kind else ()  # this installation does not carry the kind any more
    if not isinstance(side, FollowsOthers):
        return ids if pair.kind == kind else ()
    if kind != pair.kind and kind not in side.follows:
        return ()
    return side.concerned(pair.firm_id, kind, ids, pair.scope.get("only", ""))


def _settle(rows: Sequence[OutboxRow]) -> None:
    by_version: dict[int, list[int]] = defaultdict(list)
    for row in rows:
        by_version[row.version].append(row.pk)
    for version, ids in by_version.items():
        OutboxRow.objects.filter(pk__in=ids, version=version).delete()


def acknowledge_dirty(firm_id: int, dealt_with: Iterable[tuple[int, int]]) -> None:
    """Take away dirty rows (key, version) that did not move since. A row made anew has another key, so that what was
    planned on the row before it can never take it away."""
    by_version: dict[int, list[int]] = defaultdict(list)
    for key, version in dealt_with:
        by_version[version].append(key)
    for version, keys in by_version.items():
        Dirty.objects.of(firm_id).filter(pk__in=keys, version=version).delete()


@transaction.atomic
def mark_everything(connection: Connection, kind: str, *, now: datetime) -> int:
    """Before the first link: every record of a kind has to be looked at. Returns how many there are.

    A connection that comes back has links already: what was archived here meanwhile is looked at as well.
    """
    side = side_for(kind)
    pair = Pair.objects.of(connection.firm_id).get(connection=connection, kind=kind)
    count, last = 0, 0
    while ids := side.scan(connection.firm_id, after_id=last, limit=1000):
        carried = _concerned(pair, kind, ids)
        mark_dirty(connection.firm_id, connection.pk, kind, carried, now=now)
        last, count = ids[-1], count + len(carried)
    linked = Link.objects.of(connection.firm_id).filter(connection=connection, kind=kind, state=LinkState.LIVE)
    mark_dirty(connection.firm_id, connection.pk, kind, _ids(linked.values_list("local_id", flat=True)), now=now)
    return count


def _ids(found: Iterable[int | None]) -> list[int]:
    return [i for i in found if i is not None]
