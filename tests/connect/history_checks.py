"""What must hold after any history, once it is left alone: the invariants of the sync design, section b.15."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from instep.connect.fieldmap import RecordMap, Reference, Way
from instep.connect.merge import left_as_typed
from instep.connect.models import Conflict, Dirty, Intent, JournalEntry, Link, LinkState, Observation, Plan, Run
from instep.connect.place import Bench, bench_of
from instep.connect.plan.gather import ours_of, theirs_of
from instep.connect.plan.lookups import lookups_for
from instep.connect.plan.subject import Subject
from instep.connect.protocols import RemoteRecord, Reply
from instep.connect.translate import Value, canonical_theirs, carried_equals, to_theirs
from tests.connect.history_world import KINDS, World

EXCUSED = {"archived_here", "gone_there", "gone_here", "rejected", "too_long", "value_not_mapped", "waits", "ignored"}


def check_all(world: World) -> None:
    """Every invariant but quiet, which needs a cycle of its own."""
    bench = bench_of(world.fresh())
    there = {kind: remote_records(world, bench, kind) for kind in KINDS}
    check_converged(world, bench, there)
    check_nothing_lost(world, there)
    check_nothing_doubled(world, there)
    check_bijection(world, there)
    # Two writes for each thing a person did (the record, and what the other side owns of it), and what troubles cost.
    assert world.writes_sent <= 2 * world.edits + 3 * world.troubles + 2, "I8: more writes than people caused"


def remote_records(world: World, bench: Bench, kind: str) -> dict[str, RemoteRecord]:
    """All records of a kind as the connector reads them."""
    found = {}
    for row in world.remote(kind):
        request = bench.connector.ask_record(KINDS[kind], str(row["id"]))
        reply = Reply(200, {}, json.dumps(row).encode())
        record = bench.connector.read_record(KINDS[kind], request, reply)
        found[record.id] = record
    return found


def check_converged(world: World, bench: Bench, there: dict[str, dict[str, RemoteRecord]]) -> None:
    """I1: for every live link and every field that nothing holds, the two sides say the same."""
    open_fields = {(c.link_id, c.field) for c in Conflict.objects.filter(connection=world.connection, state="open")}
    for pair in bench.pairs:
        if pair.kind not in KINDS:
            continue
        record_map = bench.map_of(pair)
        links = Link.objects.filter(pair=pair, state=LinkState.LIVE)
        ours = {r.id: ours_of(r) for r in bench.side_of(pair).read(bench.firm_id, [li.local_id for li in links])}
        for link in links:
            if link.held_code in EXCUSED:
                continue
            assert link.held_code in ("", "conflict"), f"I1: {link.label} is held: {link.held_code} {link.held_reason}"
            assert (link.held_code == "conflict") == any(link_id == link.pk for link_id, _ in open_fields)
            record = there[pair.kind].get(link.remote_id or "")
            if record is None:
                continue  # nobody told us yet that it is gone (no tombstones), and we wrote nothing since
            _same_fields(bench, record_map, link, ours[link.local_id or 0], record, open_fields)


def _same_fields(
    bench: Bench, record_map: RecordMap, link: Link, ours: Any, record: RemoteRecord, open_fields: set[tuple[int, str]]
) -> None:  # fmt: skip
    canonical = canonical_theirs(record_map, record.fields, bench.place)
    row = Observation(remote_id=record.id, raw=record.fields, canonical=canonical)
    subject = Subject(None, ours, theirs_of(record_map, row))
    lookups = lookups_for(bench, record_map, None, [subject])
    for f in record_map.fields:
        if (link.pk, f.ours) in open_fields or f.way is Way.PULL:
            continue
        a, b = ours.raw.get(f.ours), record.fields.get(f.theirs)
        said = to_theirs(record_map, f, a, known=b, lookups=lookups, place=bench.place)
        if isinstance(f.lens, Reference) and (not isinstance(said, Value) or said.defaulted):
            continue
        equal = carried_equals(
            record_map, f, ours_raw=a, theirs_raw=b, theirs=canonical.get(f.ours), lookups=lookups, place=bench.place
        )
        bases = (link.base_a.get(f.ours, "-"), link.base_b.get(f.ours, "-"))
        if left_as_typed(f.way, ours=a) and bases == (None, canonical.get(f.ours)):
            continue  # we never had a value: what somebody typed there stays, and is known
        assert equal, f"I1: {link.label}.{f.ours}: ours {a!r}, theirs {b!r}, agreed on {bases}"


def check_nothing_lost(world: World, there: dict[str, dict[str, RemoteRecord]]) -> None:
    """I2: the last value that a person typed is on a side, in a conflict, or in the journal."""
    if not world.typed:
        return
    firm = world.cast.firm
    kept = [json.dumps(list(Conflict.objects.filter(firm=firm).values_list("ours", "theirs")))]
    kept += [json.dumps(f) for f in JournalEntry.objects.filter(firm=firm).values_list("fields", flat=True)]
    bench = bench_of(world.fresh())
    for pair in bench.pairs:
        if pair.kind in KINDS:
            kept += [
                json.dumps(dict(r.fields)) for r in bench.side_of(pair).read(bench.firm_id, world.local(pair.kind))
            ]
            kept += [json.dumps(dict(r.fields)) for r in there[pair.kind].values()]
    text = "\n".join(kept)
    for key, value in world.typed.items():
        assert json.dumps(value)[1:-1] in text, f"I2: {key} was given {value!r}, which is nowhere any more"


def check_nothing_doubled(world: World, there: dict[str, dict[str, RemoteRecord]]) -> None:
    """I3: no mark twice, one record with our mark for each of ours, and every named record once a side."""
    for kind in KINDS:
        marks = [r.marker for r in there[kind].values() if r.marker]
        assert len(marks) == len(set(marks)), f"I3: a mark twice: {marks}"
        per_record = Counter(tuple(m.split(":")[:4]) for m in marks)
        remade = set(
            Link.objects.filter(connection=world.connection, kind=kind, generation__gt=1).values_list(
                "local_id", flat=True
            )
        )
        for mark, number in per_record.items():
            assert number == 1 or int(mark[3]) in world.remade, f"I3: {mark} was made {number} times ({remade})"
    ours: Counter[str] = Counter()
    theirs: Counter[str] = Counter()
    for kind in KINDS:
        for model_row in world.rows(kind):
            ours[_identity(world, str(model_row))] += 1
        for record in there[kind].values():
            theirs[_identity(world, str(record.fields.get("name")))] += 1
    for name, (_, most) in world.identities.items():
        assert ours[name] <= most, f"I3: {name} is here {ours[name]} times"
        assert theirs[name] <= most, f"I3: {name} is there {theirs[name]} times"


def _identity(world: World, name: str) -> str:
    return next((word for word in name.split() if word in world.identities), name)


def check_bijection(world: World, there: dict[str, dict[str, RemoteRecord]]) -> None:
    """I13: live links are one to one, and an intent without an outcome is left nowhere."""
    links = Link.objects.filter(connection=world.connection).exclude(state__in=["dead", "detached"])
    here = Counter((li.kind, li.local_id) for li in links if li.local_id)
    away = Counter((li.kind, li.remote_id) for li in links if li.remote_id)
    assert not [key for key, n in (here + away).items() if n > 1]
    assert not [li for li in links if li.state not in ("live", "held")], "a record is on its way for ever"
    assert world.open_intents() == 0
    assert not Run.objects.filter(connection=world.connection, state="running").exists()
    unlinked = {
        (kind, record.id) for kind, found in there.items() for record in found.values() if (kind, record.id) not in away
    }
    assert not unlinked, f"never seen: {unlinked}"


def snapshot(world: World) -> dict[str, Any]:
    """Everything that a quiet cycle may not touch."""
    mine = {"connection": world.connection}
    return {
        "links": list(Link.objects.filter(**mine).order_by("pk").values()),
        "observations": list(Observation.objects.filter(**mine).order_by("pk").values()),
        "conflicts": list(Conflict.objects.filter(**mine).order_by("pk").values()),
        "intents": Intent.objects.filter(**mine).count(),
        "plans": Plan.objects.filter(**mine).count(),
        "journal": JournalEntry.objects.filter(firm=world.cast.firm).count(),
        "dirty": Dirty.objects.filter(**mine).count(),
        "versions": [list(world.rows(kind).values_list("pk", "version")) for kind in KINDS],
        "remote": [world.remote(kind) for kind in KINDS],
    }


def check_quiet(world: World) -> None:
    """I4: one more cycle reads each list once and changes nothing at all."""
    before = snapshot(world)
    for poll in (True, False):
        outcome = world.turn(poll=poll)
        assert outcome is not None
        assert outcome.rows == 0, "I4: rows were planned for nothing"
        assert not outcome.trouble, outcome.trouble
        if poll and all(len(rows) < 15 for rows in before["remote"]):
            lists = {f"list {name}": 1 for name in ("team-members", *KINDS.values())}
            assert outcome.calls == lists, f"I4: {outcome.calls}"
        elif not poll:
            assert not outcome.calls, f"I4: {outcome.calls}"
        after = snapshot(world)
        for name, was in before.items():
            assert after[name] == was, f"I4: {name} changed in a quiet cycle"
