"""Random histories from a seed: a list of steps as plain data, to be printed, replayed and made shorter."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from instep.connect.actions.conflicts import resolve_conflict
from instep.connect.actions.connections import pause_sync, start_sync
from instep.connect.actions.decisions import approve_plan, decide_held
from instep.connect.models import Conflict, ConnectionState, Link, Plan, PlanState
from instep.connect.models.links import MAYBE_MADE
from instep.kernel.errors import Refusal
from tests.bed.cuts import Cut
from tests.bed.invariants import Broken, check_all, check_quiet
from tests.bed.nature import Nature, nature_of
from tests.bed.remote import FAULTS, Fault
from tests.bed.world import EDITED, EDITED_THERE, Stage, World, history

KINDS = ("bedcompany", "bedcompany", "bedperson")
STAGE_OF = ("bed", "bed", "bedbatch")
LONG = 700.0
"""Seconds after which every doubt of the engine has an end."""

Step = tuple[str, tuple[Any, ...]]


@dataclass(frozen=True)
class Script:
    """A history that may be played: who the remote is, what is there at first, what happens then."""

    seed: int
    stage: str
    nature: Nature
    steps: tuple[Step, ...]

    def __str__(self) -> str:
        lines = [f"seed {self.seed} on {self.stage}: {self.nature}"]
        lines += [f"  {no:2} {name}{args}" for no, (name, args) in enumerate(self.steps, start=1)]
        return "\n".join(lines)


def script_of(seed: int) -> Script:
    """The history of this seed; the same one for ever."""
    chance = Random(seed)
    stage = chance.choice(STAGE_OF)
    nature = nature_of(chance, batch=stage == "bedbatch")
    steps: list[Step] = []
    for _ in range(chance.choice([0, 1, 2, 4])):
        name = chance.choice(["make_here", "make_there", "same_on_both"])
        steps.append((name, (chance.choice(KINDS), chance.randrange(8))))
    steps += [("wait", (chance.choice([0, 0, 30]),)), ("start", ())]
    if chance.random() < 0.7:
        steps.append(("turn", (True,)))
    names, weights = zip(*((name, weight) for name, (weight, _) in MAKERS.items()), strict=True)
    for name in chance.choices(names, weights, k=chance.randint(6, 11)):
        steps.append((name, MAKERS[name][1](chance)))
        if chance.random() < 0.5:
            steps.append(("wait", (chance.choice([1, 1, 4, 12, 40]),)))
    return Script(seed, stage, nature, tuple(steps))


def _record(chance: Random) -> tuple[Any, ...]:
    return chance.choice(KINDS), chance.randrange(8)


def _field(chance: Random) -> tuple[Any, ...]:
    return chance.choice(KINDS), chance.randrange(8), chance.randrange(8), chance.random() < 0.15


MAKERS: dict[str, tuple[int, Callable[[Random], tuple[Any, ...]]]] = {
    "make_here": (9, _record),
    "make_there": (5, _record),
    "same_on_both": (2, _record),
    "edit_here": (11, _field),
    "edit_there": (11, _field),
    "edit_both": (4, _field),
    "archive": (2, lambda c: (*_record(c), c.random() < 0.6)),
    "delete_there": (2, _record),
    "merge_there": (2, lambda c: (*_record(c), c.randrange(8))),
    "hint": (3, lambda c: (*_record(c), c.randint(1, 3))),
    "decide_conflict": (2, lambda c: (c.randrange(8), c.choice(["ours", "theirs"]))),
    "decide_held": (2, lambda c: (c.randrange(8), c.choice(["create", "link", "ignore", "again"]), c.randrange(8))),
    "preview": (2, lambda c: (c.random() < 0.7,)),
    "pause": (1, lambda c: ()),
    "partial": (2, lambda c: ()),
    "turn": (10, lambda c: (c.random() < 0.7,)),
    "faulty": (12, lambda c: (c.choice(FAULTS), c.randint(1, 3), c.random() < 0.7)),
    "slow": (2, lambda c: (c.choice([3, 12]),)),
    "dies": (12, lambda c: (c.randint(1, 60), c.random() < 0.8)),
    "meddled": (9, lambda c: (c.randint(1, 7), c.random() < 0.5, c.random() < 0.3, *_field(c))),
    "overtaken": (2, lambda c: (c.randint(1, 6),)),
}


# --- playing ---------------------------------------------------------------------------------------------------------


def play(
    stages: dict[str, Stage],
    script: Script,
    *,
    prepare: Callable[[World], None] | None = None,
    afterwards: Callable[[World], None] | None = None,
) -> World:
    """Play a history and leave it alone until it is quiet. Raises Broken with the invariant that did not hold."""
    with history(stages[script.stage], script.nature, script.seed) as world:
        if prepare is not None:
            prepare(world)
        player = Player(world)
        for name, args in script.steps:
            getattr(player, name)(*args)
        heal(world)
        check_all(world)
        check_quiet(world)
        if afterwards is not None:
            afterwards(world)
    return world


def heal(world: World, *, most: int = 7) -> None:
    """No more faults, nobody works: it must come to rest."""
    remote = world.remote
    remote.faults, remote.before, remote.after, remote.partial = [], None, None, False
    if world.fresh().state in (ConnectionState.PAUSED, ConnectionState.SETUP):
        start_sync(world.stage.connection_id, by=world.stage.by)
    for _ in range(most):
        world.clock.advance(LONG)
        outcome = world.turn()
        if outcome is None or outcome.trouble:
            raise Broken("I4", f"it is stuck: {outcome and outcome.trouble}")
        if reviewed(world):
            continue
        if outcome.rows == 0 and world.at_rest():
            return
    raise Broken("I4", "it does not come to rest")


def reviewed(world: World) -> bool:
    """Where what waits is shown to a person first, they see it and let it go."""
    if not world.fresh().review:
        return False
    plan = world.preview()
    if plan is not None and plan.state == PlanState.PROPOSED:
        approve_plan(plan.pk, by=world.stage.by)
    return True


def shortened(stages: dict[str, Stage], script: Script, broken: Broken, **how: Any) -> Script:
    """A part of the history that breaks the same invariant: steps are left out one by one while it still does."""
    found = True
    while found:
        found = False
        for no in reversed(range(len(script.steps))):
            shorter = replace(script, steps=script.steps[:no] + script.steps[no + 1 :])
            if _breaks(stages, shorter, broken, **how):
                script, found = shorter, True
    return script


def _breaks(stages: dict[str, Stage], script: Script, broken: Broken, **how: Any) -> bool:
    try:
        play(stages, script, **how)
    except Broken as again:
        return again.invariant == broken.invariant
    except Exception:
        return False
    return False


class Player:
    """Steps by name; numbers pick from whatever there is."""

    def __init__(self, world: World) -> None:
        self.world = world

    # --- people ------------------------------------------------------------------------------------------------------

    def make_here(self, kind: str, near: int) -> None:
        self.world.make_here(kind, near)

    def make_there(self, kind: str, near: int) -> None:
        self.world.make_there(kind, near)

    def same_on_both(self, kind: str, near: int) -> None:
        if kind == "bedcompany":
            email = self.world.value(kind, "email")
            self.world.make_here(kind, near, email=email)
            self.world.make_there(kind, near, email=email)

    def edit_here(self, kind: str, pick: int, field: int, empty: bool) -> None:
        records = [r for r in self.world.here(kind) if not r.archived]
        if records:
            name = EDITED[kind][field % len(EDITED[kind])]
            value = None if empty and name != "name" else ""
            self.world.edit_here(kind, records[pick % len(records)].id, name, value)

    def edit_there(self, kind: str, pick: int, field: int, empty: bool) -> None:
        rows = self.world.there(kind)
        if rows:
            name = EDITED_THERE[kind][field % len(EDITED_THERE[kind])]
            value = None if empty and name != "name" else ""
            self.world.edit_there(kind, rows[pick % len(rows)].id, name, value)

    def edit_both(self, kind: str, pick: int, field: int, empty: bool) -> None:
        links = self._links(kind, "live")
        if not links:
            return
        link = links[pick % len(links)]
        name = EDITED[kind][field % len(EDITED[kind])]
        self.world.edit_here(kind, link.local_id or 0, name)
        if any(row.id == link.remote_id for row in self.world.there(kind)):
            self.world.edit_there(kind, link.remote_id or "", name)

    def archive(self, kind: str, pick: int, archived: bool) -> None:
        records = [r for r in self.world.here(kind) if r.archived != archived]
        if records:
            self.world.archive(kind, records[pick % len(records)].id, archived=archived)

    def delete_there(self, kind: str, pick: int) -> None:
        rows = self.world.there(kind)
        if rows:
            self.world.delete_there(kind, rows[pick % len(rows)].id)

    def merge_there(self, kind: str, pick: int, other: int) -> None:
        rows = self.world.there(kind)
        if len(rows) > 1:
            row, into = rows[pick % len(rows)], rows[other % len(rows)]
            if row is not into:
                self.world.merge_there(kind, row.id, into.id)

    def hint(self, kind: str, pick: int, times: int) -> None:
        rows = self.world.there(kind)
        self.world.hint(kind, rows[pick % len(rows)].id if rows else "c99", times)

    def decide_conflict(self, pick: int, keep: str) -> None:
        rows = list(Conflict.objects.filter(connection=self.world.stage.connection_id, state="open").order_by("pk"))
        if rows:
            self._quietly(resolve_conflict, rows[pick % len(rows)].pk, keep=keep)

    def decide_held(self, pick: int, choice: str, other: int) -> None:
        links = [li for li in self._links("", "") if li.held_code]
        if not links:
            return
        link = links[pick % len(links)]
        how: dict[str, Any] = {"choice": choice}
        if choice == "link":
            candidates = link.held_facts.get("candidates") or []
            if not candidates:
                return
            record = candidates[other % len(candidates)]["record"]
            how |= {"remote_id": record} if link.local_id is not None else {"local_id": int(record)}
        if (choice == "create" or link.held_code == MAYBE_MADE) and link.local_id is not None:
            self.world.remade.add((link.kind, link.local_id))
        self._quietly(decide_held, link.pk, **how)

    def pause(self) -> None:
        state = self.world.fresh().state
        if state == ConnectionState.PAUSED:
            self._quietly(start_sync, self.world.stage.connection_id)
        elif state == ConnectionState.ACTIVE:
            self._quietly(pause_sync, self.world.stage.connection_id)

    def preview(self, approved: bool) -> None:
        plan = self.world.preview()
        if plan is not None and approved and plan.state == PlanState.PROPOSED:
            self._quietly(approve_plan, plan.pk)

    # --- time and the engine -----------------------------------------------------------------------------------------

    def wait(self, seconds: int) -> None:
        self.world.clock.advance(seconds)

    def start(self) -> None:
        self.world.start()

    def partial(self) -> None:
        self.world.remote.partial = not self.world.remote.partial and not self.world.nature.delta

    def turn(self, poll: bool) -> None:
        self.world.turn(poll=poll)

    def faulty(self, what: str, call: int, writes: bool) -> None:
        remote = self.world.remote
        at = call + (remote.writes if writes else remote.calls)
        remote.faults = [Fault(at, what, writes)]
        self.world.troubles += 1
        self.world.turn()
        remote.faults = []

    def slow(self, seconds: int) -> None:
        """Every call of the cycle takes its time."""
        remote = self.world.remote
        remote.before = lambda request: self.world.clock.advance(seconds)
        self.world.turn()
        remote.before = None

    def dies(self, at: int, poll: bool) -> None:
        self.world.turn(poll=poll, cut_at=at)

    def dies_at_write(self) -> None:
        """Its first write takes effect; it dies before the answer is kept."""
        remote = self.world.remote

        def act(request: Any) -> None:
            if request.method != "GET":
                raise Cut

        remote.after = act
        self.world.turn()
        remote.after = None

    def meddled(self, call: int, after: bool, here: bool, kind: str, pick: int, field: int, empty: bool) -> None:
        """Somebody edits at a call of the cycle."""
        remote, seen = self.world.remote, 0

        def act(request: Any) -> None:
            nonlocal seen
            seen += 1
            if seen == call:
                (self.edit_here if here else self.edit_there)(kind, pick, field, empty)

        if after:
            remote.after = act
        else:
            remote.before = act
        try:
            self.world.turn()
        finally:
            remote.before = remote.after = None

    def overtaken(self, call: int) -> None:
        """The worker waits too long for an answer, and another one takes over."""
        remote, seen = self.world.remote, 0

        def act(request: Any) -> None:
            nonlocal seen
            seen += 1
            if seen == call:
                remote.after = None
                self.world.clock.advance(17)
                self.world.troubles += 1
                self.world.turn(holder="w2")

        remote.after = act
        try:
            self.world.turn()
        finally:
            remote.after = None

    # --- parts -------------------------------------------------------------------------------------------------------

    def _links(self, kind: str, state: str) -> list[Link]:
        rows = Link.objects.filter(connection=self.world.stage.connection_id).exclude(state__in=["dead", "detached"])
        rows = rows.filter(kind=kind) if kind else rows
        return list((rows.filter(state=state) if state else rows).order_by("pk"))

    def _quietly(self, action: Callable[..., Any], *args: Any, **how: Any) -> None:
        """Do it, if the house allows it."""
        try:
            action(*args, by=self.world.stage.by, **how)
        except Refusal:
            pass


def last_plan(world: World) -> Plan | None:
    return Plan.objects.filter(connection=world.stage.connection_id).order_by("-id").first()
