"""The planner by itself, without database or wire: two sides in memory, and what it decides carried out at once.

So a million histories are played in minutes. What the database, the wire and deaths add is for the whole engine's.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import Any

from instep.connect.fieldmap import Place, Way
from instep.connect.merge import decided
from instep.connect.models.links import LinkState
from instep.connect.models.plans import OpKind
from instep.connect.plan.decide import decide
from instep.connect.plan.subject import Draft, Known, Ours, Subject, Theirs
from instep.connect.translate import Lookups, canonical_ours, canonical_theirs
from tests.bed.connector import RECORDS
from tests.bed.invariants import Broken, must

MAP = RECORDS["bedcompany"]
PLACE, NOTHING = Place(), Lookups()
WAYS = {f.ours: f.way for f in MAP.fields}
HERE = ("name", "email", "code", "tag", "fee")
THERE = ("name", "email", "code", "tag", "note", "fee")
ROUNDS = 4


@dataclass
class Pairing:
    """One record on each side, and what ties them."""

    chance: Random
    strange: bool
    ours: dict[str, Any] | None = None
    theirs: dict[str, Any] | None = None
    linked: bool = False
    base_a: dict[str, Any] = field(default_factory=dict)
    base_b: dict[str, Any] = field(default_factory=dict)
    phase: dict[str, Any] = field(default_factory=dict)
    conflicts: dict[str, tuple[Any, Any]] = field(default_factory=dict)
    kept: set[Any] = field(default_factory=set)
    """Every value that the journal or a conflict holds."""
    typed: dict[tuple[str, str], Any] = field(default_factory=dict)
    there: set[Any] = field(default_factory=set)
    """Every value that was ever typed there, as it is kept there."""
    token: int = 0

    # --- people ------------------------------------------------------------------------------------------------------

    def value(self, name: str) -> str:
        self.token += 1
        return f"E{self.token}@Bed.Example" if name == "email" else f"{name} {self.token} x"

    def made_of(self, name: str, value: Any) -> Any:
        """What the remote makes of a value."""
        if not isinstance(value, str) or not self.strange:
            return value
        return value.lower() if name == "email" else value.upper() if name == "code" else value

    def edit_here(self) -> None:
        if self.ours is None:
            self.ours = dict.fromkeys(MAP.kind.names)
            self._set("here", self.ours, "name", self.value("name"))
        name = self.chance.choice(HERE)
        self._set("here", self.ours, name, self._typed(name))

    def edit_there(self) -> None:
        if self.theirs is None:
            self.theirs = {f.theirs: None for f in MAP.fields}
            self._set("there", self.theirs, "name", self.made_of("name", self.value("name")))
        name = self.chance.choice(THERE)
        self._set("there", self.theirs, name, self.made_of(name, self._typed(name)))

    def decide(self) -> None:
        """A person decides a conflict."""
        for name in list(self.conflicts):
            if self.ours is None or self.theirs is None:
                return
            a = canonical_ours(MAP, self.ours, PLACE)[name]
            b = canonical_theirs(MAP, self.theirs, PLACE)[name]
            self.conflicts.pop(name)
            mine = self.chance.random() < 0.5
            self.base_a[name], self.base_b[name] = (decided(a), b) if mine else (a, decided(b))

    def _typed(self, name: str) -> Any:
        return None if name != "name" and self.chance.random() < 0.15 else self.value(name)

    def _set(self, side: str, record: dict[str, Any], name: str, value: Any) -> None:
        record[name] = value
        self.typed[side, name] = value
        if side == "there":
            self.there.add(value)

    # --- the planner -------------------------------------------------------------------------------------------------

    def subject(self) -> Subject:
        link = None
        if self.linked:
            link = Known(1, LinkState.LIVE, 1, "c1", 1, dict(self.base_a), dict(self.base_b), dict(self.phase))
        ours = Ours(1, 1, dict(self.ours), "ours") if self.ours is not None else None
        theirs = None
        if self.theirs is not None:
            theirs = Theirs("c1", dict(self.theirs), canonical_theirs(MAP, self.theirs, PLACE))
        return Subject(link, ours, theirs)

    def run(self) -> bool:
        """Plan, and carry out; whether anything moved."""
        drafts = decide(MAP, self.subject(), NOTHING, PLACE)
        moved = False
        self.conflicts = {}
        for draft in drafts:
            moved |= self._carry_out(draft)
        return moved

    def _carry_out(self, draft: Draft) -> bool:
        for change in draft.changes:
            self.kept.add(str(change["from"]))
        for conflict in draft.conflicts:
            self.conflicts[conflict["field"]] = (conflict["ours"], conflict["theirs"])
            self.kept |= {str(conflict["ours"]), str(conflict["theirs"])}
        if draft.op is OpKind.HOLD:
            return False
        if draft.op in (OpKind.CREATE_THERE, OpKind.UPDATE_THERE):
            self._write_there(draft)
        elif draft.op in (OpKind.CREATE_HERE, OpKind.UPDATE_HERE):
            self._write_here(draft)
        for name, (a, b) in draft.base.items():
            self.base_a[name], self.base_b[name] = a, b
        if draft.op in (OpKind.CREATE_THERE, OpKind.UPDATE_THERE) and self.theirs is not None:
            stored = canonical_theirs(MAP, self.theirs, PLACE)
            for name in draft.base:
                self.base_b[name] = stored[name]
        self.phase |= draft.phase
        self.linked = True
        return True

    def _write_there(self, draft: Draft) -> None:
        self.theirs = self.theirs if self.theirs is not None else {f.theirs: None for f in MAP.fields}
        for name, value in draft.body.items():
            must(WAYS[name] is not Way.PULL, "I12", f"{name} was written there")
            self.theirs[name] = self.made_of(name, value)

    def _write_here(self, draft: Draft) -> None:
        new = self.ours is None
        self.ours = self.ours if self.ours is not None else dict.fromkeys(MAP.kind.names)
        for name, value in draft.body.items():
            must(WAYS[name] is not Way.PUSH or new, "I12", f"{name} was written here")
            must(value is None or value in self.there, "I8", f"{name} was set to {value!r}, which nobody typed there")
            self.ours[name] = value
        stored = canonical_ours(MAP, self.ours, PLACE)
        draft.base = {n: [stored[n] if n in draft.body else a, b] for n, (a, b) in draft.base.items()}


def play_pure(seed: int) -> None:
    """One history of the planner. Raises Broken."""
    chance = Random(seed)
    pairing = Pairing(chance, strange=chance.random() < 0.5)
    for _ in range(chance.randint(2, 8)):
        what = chance.random()
        if what < 0.34:
            pairing.edit_here()
        elif what < 0.68:
            pairing.edit_there()
        elif what < 0.74:
            pairing.decide()
        else:
            pairing.run()
        if not pairing.linked and pairing.ours is not None and pairing.theirs is not None:
            # Made on both sides before they were linked: somebody said that they are one.
            pairing.linked = True
    for _ in range(ROUNDS):
        if not pairing.run():
            break
    else:
        raise Broken("I4", "it does not come to rest")
    _check(pairing)


def _check(pairing: Pairing) -> None:
    if pairing.ours is None or pairing.theirs is None:
        must(pairing.ours is None and pairing.theirs is None, "I14", "one side is empty")
        return
    drafts = [decide(MAP, pairing.subject(), NOTHING, PLACE) for _ in range(2)]
    said = [[(d.op, d.body, d.base, d.changes, d.conflicts) for d in each] for each in drafts]
    must(said[0] == said[1], "I15", "the same records were decided on in two ways")
    for f in MAP.fields:
        a, b = pairing.ours[f.ours], pairing.theirs[f.theirs]
        same = (
            canonical_ours(MAP, {f.ours: pairing.made_of(f.ours, a)}, PLACE)[f.ours]
            == (canonical_theirs(MAP, {f.theirs: b}, PLACE)[f.ours])
        )
        first = None in (a, b) and f.way in (Way.PUSH, Way.PULL)  # a first meeting erases nothing
        must(same or f.ours in pairing.conflicts or first, "I1", f"{f.ours}: ours {a!r}, theirs {b!r}")
    there = {str(v) for v in (*pairing.ours.values(), *pairing.theirs.values())} | pairing.kept
    made = {str(pairing.made_of(name, v)) for name, v in pairing.ours.items()}
    for (side, name), value in pairing.typed.items():
        must(value is None or str(value) in there | made, "I2", f"{side} {name} {value!r} is nowhere any more")
