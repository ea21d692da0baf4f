"""Both sides field by field: what the sandbox holds against what is here, through the connector's own map."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from instep.cli.demo.sandbox import Sandbox
from instep.connect.merge import left_as_typed
from instep.connect.models import Conflict, ConflictState, Connection, Link, LinkState, Pair
from instep.connect.place import Bench, bench_of
from instep.connect.protocols import LocalRecord, RemoteRecord, Reply
from instep.connect.translate import Lookups, canonical_ours, canonical_theirs, carried_equals
from instep.kernel.canonical import canon_name

CHUNK = 400


@dataclass(frozen=True, slots=True)
class Side:
    """Both sides of one kind, by id, and which is linked with which."""

    pair: Pair
    ours: Mapping[int, LocalRecord]
    theirs: Mapping[str, RemoteRecord]
    links: Sequence[Link]


def read_sides(connection: Connection, sandbox: Sandbox, account: str) -> tuple[Bench, list[Side]]:
    """Everything on both sides, read from where it is kept: our tables, and the sandbox's own store."""
    bench = bench_of(connection)
    return bench, [_side(bench, pair, sandbox, account) for pair in bench.pairs]


def _side(bench: Bench, pair: Pair, sandbox: Sandbox, account: str) -> Side:
    side = bench.side_of(pair)
    ours: dict[int, LocalRecord] = {}
    last = 0
    while ids := side.scan(bench.firm_id, after_id=last, limit=CHUNK):
        ours.update((record.id, record) for record in side.read(bench.firm_id, ids))
        last = ids[-1]
    body = json.dumps(sandbox.records(account, pair.remote_type) or []).encode()
    request = bench.connector.ask_page(pair.remote_type, since=None, after=None)
    page = bench.connector.read_page(pair.remote_type, request, Reply(200, {}, body))
    links = Link.objects.of(bench.firm_id).filter(pair=pair).exclude(state__in=(LinkState.DEAD, LinkState.DETACHED))
    return Side(pair, ours, {record.id: record for record in page.records}, list(links))


def differences(bench: Bench, sides: Sequence[Side]) -> tuple[int, list[dict[str, Any]]]:
    """(fields compared, what differs). Left out is what is held (records that say why, fields in conflict), and what
    somebody typed there where we have nothing to say."""
    lookups = _lookups(bench, sides)
    conflicts = set(
        Conflict.objects.of(bench.firm_id)
        .filter(connection=bench.connection, state=ConflictState.OPEN)
        .values_list("link_id", "field")
    )
    compared, found = 0, []
    for side in sides:
        for told in _of_side(bench, side, lookups, conflicts):
            if told is None:
                compared += 1
            else:
                found.append(told)
        found += list(_unlinked(bench, side))
    return compared, found


def _lookups(bench: Bench, sides: Sequence[Side]) -> Lookups:
    live = [(s.pair.kind, li.local_id, li.remote_id) for s in sides for li in s.links if li.state == LinkState.LIVE]
    return Lookups(
        remote_of={(kind, local): remote for kind, local, remote in live if local is not None and remote is not None},
        local_of={(kind, remote): local for kind, local, remote in live if local is not None and remote is not None},
        choices_there=bench.choices_there,
        choices_here=bench.choices_here,
        defaults=bench.connection.defaults,
    )


def _of_side(
    bench: Bench, side: Side, lookups: Lookups, conflicts: set[tuple[int, str]]
) -> Iterator[dict[str, Any] | None]:
    """None for every field that was compared, and a line for each that differs."""
    record_map = bench.map_of(side.pair)
    for link in side.links:
        if link.state != LinkState.LIVE:
            continue
        ours, theirs = side.ours.get(link.local_id or 0), side.theirs.get(link.remote_id or "")
        if ours is None or theirs is None:
            where = "here" if ours is None else "there"
            yield _line(side, link.label, f"(missing {where})", ours is not None, theirs is not None)
            continue
        canonical = canonical_theirs(record_map, theirs.fields, bench.place)
        here = canonical_ours(record_map, ours.fields, bench.place)
        for f in record_map.fields:
            if (link.pk, f.ours) in conflicts or link.held_facts.get("field") == f.ours:
                continue
            yield None
            if left_as_typed(f.way, ours=here.get(f.ours)):
                continue
            theirs_now = canonical.get(f.ours)
            same = carried_equals(
                record_map,
                f,
                ours_raw=ours.fields.get(f.ours),
                theirs_raw=theirs.fields.get(f.theirs),
                theirs=theirs_now,
                lookups=lookups,
                place=bench.place,
            )
            if not same:
                yield _line(side, ours.label, f.ours, here.get(f.ours), theirs_now)
        if link.base_a and any(name in here and here[name] != value for name, value in link.base_a.items()):
            yield _line(side, ours.label, "(what was agreed on)", "moved", "")


def _unlinked(bench: Bench, side: Side) -> Iterator[dict[str, Any]]:
    """Records without a counterpart that do not say why."""
    known_here = {li.local_id for li in side.links if li.state == LinkState.LIVE or li.held_code}
    known_there = {li.remote_id for li in side.links if li.state == LinkState.LIVE or li.held_code}
    for record_id, record in side.ours.items():
        if record_id not in known_here and not record.archived:
            yield _line(side, record.label, "(only here)", record_id, "")
    if bench.map_of(side.pair).creates_here:
        for remote_id, remote in side.theirs.items():
            if remote_id not in known_there:
                yield _line(side, str(remote.fields.get("name")), "(only there)", "", remote_id)


def _line(side: Side, label: str, field: str, ours: Any, theirs: Any) -> dict[str, Any]:
    return {"kind": side.pair.kind, "label": label, "field": field, "ours": ours, "theirs": theirs}


def names_of(sides: Sequence[Side]) -> dict[tuple[str, str], Counter[str]]:
    """{(kind, "here" or "there"): how often each name stands there}."""
    return {
        (side.pair.kind, where): Counter(names)
        for side in sides
        for where, names in (
            ("here", [canon_name(record.label) or "" for record in side.ours.values()]),
            ("there", [canon_name(str(record.fields.get("name"))) or "" for record in side.theirs.values()]),
        )
    }


def duplicates(sides: Sequence[Side], before: Mapping[tuple[str, str], Counter[str]]) -> list[str]:
    """Records that exist twice: two with one mark at the remote, or more of one name than either side began with."""
    found = []
    for side in sides:
        marks = Counter(record.marker for record in side.theirs.values() if record.marker)
        found += [
            f"{side.pair.remote_type}: {count} records with the mark {m}" for m, count in marks.items() if count > 1
        ]
    now = names_of(sides)
    for (kind, where), names in now.items():
        other = now[kind, "there" if where == "here" else "here"]
        for name, count in names.items():
            most = max(other[name], before.get((kind, where), Counter())[name])
            if count > most and other[name]:
                found.append(f"{kind}: {count} called “{name}” {where}, {most} expected")
    return found
