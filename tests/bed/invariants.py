"""What must hold after any history (sync design, b.15), each by its name.

| | holds | proved by |
|---|---|---|
| I1 | linked records say the same | histories, mutations |
| I2 | what a person typed last is on a side, in a conflict or in the journal | histories, mutations |
| I3 | one record there for each of ours, with any handle | histories, mutations, cuts, tests/connect/test_handles.py |
| I4 | it comes to rest, and a quiet cycle changes nothing and reads each list once | histories, mutations |
| I5 | what is sent are rows of a plan, each once | histories |
| I6 | what is undone is as it was | tests/connect/test_undo.py |
| I7 | a death at any step changes nothing in the end | tests/connect/test_cuts.py, histories |
| I8 | the engine writes here only what somebody typed there, and no more than people caused | histories, mutations |
| I9 | hints may come twice, late, or never | histories |
| I10 | nothing is removed without proof | histories, mutations |
| I11 | what is absent from an answer causes no write | tests/connect/test_handles.py, histories (partial lists) |
| I12 | no write against a map's way | histories |
| I13 | live links are one to one | histories |
| I14 | what changed there is seen here | histories, mutations |
| I15 | one seed, one journal | tests/connect/test_hostile.py |
| I16 | lenses keep their laws | when a map is made (connect/fieldmap.py), tests/connectors/test_*_maps.py |
| I17 | nothing crosses connections | histories: the other firms' rows stay as they were |
| I18 | no call before the remote's time, no more calls than needed | histories (pauses, quiet cycles), bench |
| I19 | a conflict keeps both values | histories |
| I20 | what was approved is there, once | tests/connect/test_cuts.py (documents) |
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from instep.connect.fieldmap import Place, Reference, Way
from instep.connect.models import Conflict, Dirty, Intent, JournalEntry, Link, LinkState, Observation, Plan, PlanOp, Run
from instep.connect.models.links import ENDED
from instep.connect.models.plans import OPEN_INTENTS, OpKind, OpState
from instep.connect.translate import canon_ours, canon_theirs
from tests.bed.remote import AUTOMATION, ENGINE, PERSON, Row
from tests.bed.world import SIDES, TYPE_OF, World

EXCUSED = {
    *("archived_here", "archived_there", "gone_there", "gone_here", "merged_there", "merge_wait", "put_away"),
    *("restored_here", "restored_there", "too_many_removals", "relink", "rejected", "waits", "ignored"),
}
"""What may hold a linked record for good: a person has to come."""


class Broken(Exception):
    """An invariant does not hold."""

    def __init__(self, invariant: str, sentence: str) -> None:
        super().__init__(f"{invariant}: {sentence}")
        self.invariant, self.sentence = invariant, sentence


def must(holds: Any, invariant: str, sentence: str) -> None:
    """Raise Broken unless it holds."""
    if not holds:
        raise Broken(invariant, sentence)


@dataclass
class Ending:
    """Everything that is there when a history is over, read once."""

    world: World
    links: list[Link] = field(init=False)
    conflicts: list[Conflict] = field(init=False)
    intents: list[Intent] = field(init=False)
    journal: list[JournalEntry] = field(init=False)
    ops: list[PlanOp] = field(init=False)
    here: dict[str, dict[int, Any]] = field(init=False)
    there: dict[str, dict[str, Row]] = field(init=False)

    def __post_init__(self) -> None:
        mine = {"connection": self.world.stage.connection_id}
        kinds = list(self.world.stage.connector.maps)
        self.links = list(Link.objects.filter(**mine).exclude(state__in=ENDED).order_by("pk"))
        self.conflicts = list(Conflict.objects.filter(**mine).order_by("pk"))
        self.intents = list(Intent.objects.filter(**mine).order_by("pk"))
        self.journal = list(JournalEntry.objects.filter(firm=self.world.firm_id).order_by("pk"))
        self.ops = list(PlanOp.objects.filter(firm=self.world.firm_id).order_by("pk"))
        self.here = {kind: {r.id: r for r in self.world.here(kind)} for kind in kinds}
        self.there = {kind: {row.id: row for row in self.world.there(kind)} for kind in kinds}


def check_all(world: World) -> None:
    """Every invariant that can be seen in the end. Raises Broken."""
    end = Ending(world)
    nothing_doubled(end)
    one_to_one(end)
    converged(end)
    everything_seen(end)
    nothing_lost(end)
    no_echo(end)
    as_planned(end)
    only_the_allowed_way(end)
    nothing_removed(end)
    conflicts_keep_both(end)
    must(not world.remote.impatient, "I18", "a call came before the remote's time")


def converged(end: Ending) -> None:
    """I1: for every live link and every field that nothing holds, the two sides say the same."""
    held = {(c.link_id, c.field) for c in end.conflicts if c.state == "open"}
    pairs = {(li.kind, li.local_id): li.remote_id for li in end.links if li.state == LinkState.LIVE}
    for link in end.links:
        if link.state != LinkState.LIVE or link.held_code in EXCUSED:
            continue
        must(link.held_code in ("", "conflict"), "I1", f"{link.label} is held: {link.held_code} {link.held_reason}")
        waits = any(key[0] == link.pk for key in held)
        must((link.held_code == "conflict") == waits, "I1", f"{link.label}: {link.held_code!r}, conflicts {waits}")
        row, ours = end.there[link.kind].get(link.remote_id or ""), end.here[link.kind].get(link.local_id or 0)
        if row is None or ours is None:
            continue  # nobody told yet that it is gone
        record_map = end.world.stage.connector.maps[link.kind]
        for f in record_map.fields:
            if (link.pk, f.ours) in held or f.way is Way.ONCE:
                continue
            a, b = ours.fields.get(f.ours), row.fields.get(f.theirs)
            if isinstance(f.lens, Reference):
                a = pairs.get((f.lens.kind, a)) if a is not None else None
                equal = a == b or link.waits_for
            else:
                place = Place()
                equal = canon_ours(record_map, f, a, place) == canon_theirs(record_map, f, b, place)
                equal = equal or _agreed(link, f.ours, record_map, f, a, b, place)
            must(
                equal,
                "I1",
                f"{link.label}.{f.ours}: ours {a!r}, theirs {b!r}, agreed on"
                f" {link.base_a.get(f.ours, '-')!r} and {link.base_b.get(f.ours, '-')!r}",
            )


def _agreed(link: Link, name: str, record_map: Any, f: Any, a: Any, b: Any, place: Any) -> bool:
    """Both sides are what they last agreed on, and the remote only keeps it in a form of its own."""
    agreed = (link.base_a.get(name, ""), link.base_b.get(name, ""))
    if agreed == (a, b) and f.way in (Way.PUSH, Way.PULL) and None in (a, b):
        return True  # a first meeting erases nothing
    same = agreed == (canon_ours(record_map, f, a, place), canon_theirs(record_map, f, b, place))
    return same and _strange(name, a) == b


def _strange(name: str, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    return value.upper() if name == "code" else value[:7] if name == "role" else value


def everything_seen(end: Ending) -> None:
    """I14: no record there is unknown here, and none here was never looked at."""
    known = {(li.kind, li.remote_id) for li in end.links}
    known |= {(li.kind, c["record"]) for li in end.links for c in li.held_facts.get("candidates", ())}
    for kind, rows in end.there.items():
        for row in rows.values():
            must((kind, row.id) in known, "I14", f"{kind} {row.id} {row.fields['name']!r} was never taken over")
    ours = {(li.kind, li.local_id) for li in end.links}
    for kind, records in end.here.items():
        for record in records.values():
            must((kind, record.id) in ours or record.archived, "I14", f"{kind} {record.id} was never looked at")


def nothing_lost(end: Ending) -> None:
    """I2: the last value that a person gave a field is on a side, in a conflict or in the journal."""
    kept: list[Any] = [[c.ours, c.theirs] for c in end.conflicts]
    kept += [entry.fields for entry in end.journal]
    kept += [dict(r.fields) for rows in end.here.values() for r in rows.values()]
    kept += [row.fields for rows in end.there.values() for row in rows.values()]
    text = json.dumps(kept)
    gone = {(kind, record) for kind, record in end.world.deleted}
    for (side, kind, record, name), value in end.world.typed.items():
        if value is None or (side == "there" and (kind, record) in gone):
            continue
        if (kind, record, name) in _overwritten_unseen(end) and side == "there":
            continue
        found = json.dumps(value)[1:-1] in text
        must(found, "I2", f"{side} {kind} {record}.{name} was given {value!r}, which is nowhere any more")


def _overwritten_unseen(end: Ending) -> set[tuple[str, str, str]]:
    """Without a version guard a person's edit between our last look and our write cannot be seen (c.2)."""
    if end.world.nature.guard:
        return set()
    last: dict[tuple[str, str, str], str] = {}
    over: set[tuple[str, str, str]] = set()
    for w in end.world.remote.written:
        for name in w.fields:
            key = (_kind_of(w.type), w.id, name)
            if w.by == ENGINE and last.get(key) == PERSON:
                over.add(key)
            last[key] = w.by
    return over


def _kind_of(remote_type: str) -> str:
    return next(kind for kind, name in TYPE_OF.items() if name == remote_type)


def nothing_doubled(end: Ending) -> None:
    """I3: of the creations that the remote kept for one record of ours, more than one only if somebody asked for it."""
    made: Counter[tuple[str, str]] = Counter()
    for w in end.world.remote.written:
        # One that somebody deleted there before it was found again cannot be told from one that never was.
        if w.by == ENGINE and w.what == "create" and (_kind_of(w.type), w.id) not in end.world.deleted:
            _, _, kind, local_id, _ = w.marker.split(":")
            made[kind, local_id] += 1
    for (kind, local_id), number in made.items():
        asked = (kind, int(local_id)) in end.world.remade
        must(number == 1 or asked, "I3", f"{kind} {local_id} was made {number} times")
    back: Counter[tuple[str, str]] = Counter()
    for entry in end.journal:
        if entry.op == OpKind.CREATE_HERE and entry.outcome == "done":
            back[entry.kind, entry.remote_id] += 1
            row = end.world.remote.rows[TYPE_OF[entry.kind]].get(entry.remote_id)
            echo = row is not None and row.by == ENGINE and not end.world.remade
            must(not echo, "I3", f"{entry.kind} {entry.remote_id} is ours, and came back as another record")
    for key, number in back.items():
        must(number == 1 or end.world.remade, "I3", f"{key} was taken over {number} times")


def one_to_one(end: Ending) -> None:
    """I13: no record has two links, none is on its way for ever, and no intent is left without an outcome."""
    here = Counter((li.kind, li.local_id) for li in end.links if li.local_id is not None)
    there = Counter((li.kind, li.remote_id) for li in end.links if li.remote_id is not None)
    must(not [key for key, n in (here + there).items() if n > 1], "I13", "a record has two links")
    must(all(li.state in ("live", "held", "merge_wait") for li in end.links), "I13", "a record is on its way for ever")
    must(not [i for i in end.intents if i.state in OPEN_INTENTS], "I13", "an intent has no outcome")
    running = Run.objects.filter(connection=end.world.stage.connection_id, state="running").exists()
    must(not running, "I13", "a run never ended")


def no_echo(end: Ending) -> None:
    """I8: what the engine wrote here was typed there, or is what the remote made of ours; no more than was caused.

    What the remote made of our own value comes here only where the answer that showed it was lost.
    """
    world, types = end.world, end.world.remote.types
    allowed = {json.dumps(v) for v in world.typed_there}
    for w in world.remote.written:
        kept = {name: world.remote.kept(name, w.fields.get(name)) for name in types[w.type]}
        if w.by == AUTOMATION:
            allowed |= {json.dumps(v) for v in w.fields.values()}
        elif w.by == ENGINE and (world.troubles or world.nature.asks_first):
            allowed |= {json.dumps(v) for name, v in kept.items() if v != w.fields.get(name)}
    for entry in end.journal:
        if entry.side != "here" or entry.outcome != "done":
            continue
        for name, (_, value) in entry.fields.items():
            seen = isinstance(value, int | dict | list) or value is None or json.dumps(value) in allowed
            must(seen, "I8", f"{entry.label}.{name} was set to {value!r}, which nobody typed there")
    most = 2 * world.edits + 4 * world.troubles + 2
    must(world.writes() <= most, "I8", f"{world.writes()} writes for {world.edits} edits")


def as_planned(end: Ending) -> None:
    """I5: every write that left belongs to a row of a plan and says what the row says; each row left at most once."""
    noted = Counter((i.op_kind, _type(i), json.dumps(i.body, sort_keys=True)) for i in end.intents)
    sent: Counter[tuple[str, str, str]] = Counter()
    for w in end.world.remote.written:
        if w.by == ENGINE:
            op = OpKind.CREATE_THERE if w.what == "create" else OpKind.UPDATE_THERE
            sent[op.value, w.type, json.dumps(w.fields, sort_keys=True)] += 1
    for key, number in sent.items():
        must(noted[key] >= 1, "I5", f"{key} left without a row")
        must(number <= noted[key], "I5", f"{key} was kept {number} times for {noted[key]} rows")
    for op in end.ops:
        done = op.state not in (OpState.SENDING, OpState.UNKNOWN)
        must(done, "I5", f"row {op.no} {op.op} {op.label} has no outcome: {op.state}")


def _type(intent: Intent) -> str:
    return TYPE_OF[intent.link.kind]


def only_the_allowed_way(end: Ending) -> None:
    """I12: no field was written to a side that the map keeps for the other."""
    maps = end.world.stage.connector.maps
    for w in end.world.remote.written:
        if w.by != ENGINE:
            continue
        ways = {f.theirs: f.way for f in maps[_kind_of(w.type)].fields}
        for name in w.fields:
            must(ways[name] is not Way.PULL, "I12", f"{w.type}.{name} was written there")
            must(ways[name] is not Way.ONCE or w.what == "create", "I12", f"{w.type}.{name} was said twice")
    for entry in end.journal:
        if entry.side == "here" and entry.op == OpKind.UPDATE_HERE and entry.outcome == "done":
            for name in entry.fields:
                way = maps[entry.kind].field(name).way
                must(way not in (Way.PUSH, Way.ONCE), "I12", f"{entry.kind}.{name} was written here")


def nothing_removed(end: Ending) -> None:
    """I10: what the engine ended on one side had ended on the other."""
    for w in end.world.remote.written:
        must(w.by != ENGINE or w.what != "delete", "I10", f"{w.type} {w.id} was removed there")
    for entry in end.journal:
        if entry.op == OpKind.ARCHIVE_HERE and entry.outcome == "done":
            gone = (entry.kind, entry.remote_id) in end.world.deleted
            must(gone, "I10", f"{entry.kind} {entry.local_id} was put away and its counterpart is there")


def conflicts_keep_both(end: Ending) -> None:
    """I19: a conflict holds what each side said; and what a person typed there is not written over unless it was here,
    or in a conflict, before. (Without a version guard it may be, in the moment between our look and our write.)"""
    for c in end.conflicts:
        must(c.ours is not None or c.theirs is not None, "I19", f"the conflict of {c.field} holds nothing")
    if not end.world.nature.guard:
        return
    known = {_same(v) for v in end.world.typed_here}
    known |= {_same(value) for e in end.journal if e.side == "here" for _, value in e.fields.values()}
    known |= {_same(v) for c in end.conflicts for v in (c.theirs, c.ours)}
    maps = end.world.stage.connector.maps
    stands: dict[tuple[str, str, str], Any] = {}
    for w in end.world.remote.written:
        for name, value in w.fields.items():
            key, way = (w.type, w.id, name), next(f.way for f in maps[_kind_of(w.type)].fields if f.theirs == name)
            lost = stands.get(key)
            if w.by == ENGINE and way is Way.BOTH and lost is not None and w.what == "update":
                must(_same(lost) in known, "I19", f"{key}: {lost!r} was written over, and nobody was asked")
            stands[key] = end.world.remote.kept(name, value) if w.by == PERSON else None


def _same(value: Any) -> str:
    """Equal for what nobody would call two values."""
    return json.dumps(value).casefold()


# --- quiet -----------------------------------------------------------------------------------------------------------


def snapshot(world: World) -> dict[str, Any]:
    """Everything that a quiet cycle may not touch; the other firms' too."""
    return {
        "links": list(Link.objects.order_by("pk").values()),
        "observations": [
            {name: value for name, value in row.items() if name not in ("seen_scan", "seen_at")}
            for row in Observation.objects.order_by("pk").values()
        ],
        "conflicts": list(Conflict.objects.order_by("pk").values()),
        "counts": [m.objects.count() for m in (Intent, Plan, JournalEntry, Dirty)],
        "here": {kind: [(r.id, r.version) for r in SIDES[kind].all(world.firm_id)] for kind in SIDES},
        "written": len(world.remote.written),
    }


def check_quiet(world: World) -> None:
    """I4: one more cycle reads each list once and changes nothing at all."""
    world.clock.advance(60)
    before, calls = snapshot(world), len(world.remote.sent)
    outcome = world.turn()
    must(outcome is not None and not outcome.trouble, "I4", "a quiet cycle has troubles")
    after = snapshot(world)
    for name, was in before.items():
        must(after[name] == was, "I4", f"{name} changed in a quiet cycle")
    if world.nature.delta and world.nature.dated and world.nature.totals and world.nature.utc:
        lists = [r.operation for r in world.remote.sent[calls:]]
        most = len(world.stage.connector.maps)
        must(len(lists) == most, "I18", f"a quiet cycle cost {lists}")
