"""How much a connection leaves alone because it is older than the day from which it carries."""

from __future__ import annotations

from typing import Any

from django.db.models import Q

from instep.connect.models import Connection, Link, LinkState, Observation
from instep.connect.plan.older import CHOSEN, is_older
from instep.connect.registry import connector_for, side_for
from instep.connect.sides import Dated


def left_alone_count(connection: Connection) -> int:
    """Our records that would be sent and theirs that would be taken over, were it not for their date. A few queries
    for each kind that has one."""
    if connection.begins_on is None:
        return 0
    maps = connector_for(connection.provider).maps
    count = 0
    for kind, record_map in maps.items():
        side = side_for(kind)
        if record_map.dated and record_map.creates_there and isinstance(side, Dated):
            tied = set(_tied(connection, kind).values_list("local_id", flat=True))
            count += len(set(side.dated_before(connection.firm_id, connection.begins_on)) - tied)
        if record_map.dated and record_map.creates_here:
            count += _theirs(connection, kind)
    return count


def _theirs(connection: Connection, kind: str) -> int:
    """Of theirs: what is dated before, or belongs to something that is, and does not belong to what is linked."""
    maps = connector_for(connection.provider).maps
    record_map, begins_on = maps[kind], connection.begins_on
    assert begins_on is not None
    linked, older = set[tuple[str, str]](), set[tuple[str, str]]()
    names = {record_map.field(name).theirs: record_map.kind.field(name).ref or "" for name in record_map.goes_with}
    for other in set(names.values()):
        known = set(_live(connection, other).values_list("remote_id", flat=True))
        linked |= {(other, remote_id) for remote_id in known if remote_id}
        rows = _seen(connection, maps[other].remote_type).values_list("remote_id", "canonical")
        older |= {
            (other, remote_id)
            for remote_id, canonical in rows.iterator(2000)
            if remote_id not in known and is_older(canonical.get(maps[other].dated), begins_on)
        }
    tied = set(_tied(connection, kind).values_list("remote_id", flat=True))
    count = 0
    for remote_id, raw, canonical in _seen(connection, record_map.remote_type).values_list(
        "remote_id", "raw", "canonical"
    ):
        belongs = {(other, str(raw[name])) for name, other in names.items() if raw.get(name)}
        alone = belongs & older or (
            not (belongs and belongs <= linked) and is_older(canonical.get(record_map.dated), begins_on)
        )
        count += bool(alone and remote_id not in tied and not record_map.ended(canonical))
    return count


def _seen(connection: Connection, remote_type: str) -> Any:
    return Observation.objects.of(connection.firm_id).filter(connection=connection, remote_type=remote_type, gone=False)


def _live(connection: Connection, kind: str) -> Any:
    return Link.objects.of(connection.firm_id).filter(connection=connection, kind=kind, state=LinkState.LIVE)


def _tied(connection: Connection, kind: str) -> Any:
    """Linked, or somebody said what becomes of it."""
    rows = Link.objects.of(connection.firm_id).filter(connection=connection, kind=kind)
    return rows.filter(Q(state=LinkState.LIVE) | Q(decision__choice__in=CHOSEN))
