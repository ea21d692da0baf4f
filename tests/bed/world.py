"""One firm, one hostile remote, the engine between them, and the people who work on both sides."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from itertools import count
from random import Random
from typing import Any

from django.db import transaction

from instep.base.firms.actions.firms import create_firm
from instep.base.identity.actor import Actor
from instep.base.identity.permissions import Role
from instep.base.outbox.models import OutboxRow
from instep.connect import registry
from instep.connect.abilities import RemoteHint
from instep.connect.actions.connections import connect_remote, start_sync
from instep.connect.actions.removals import set_removal_rules
from instep.connect.cycle import Outcome, preview, run_cycle
from instep.connect.inbox.hints import leave_hints
from instep.connect.inbox.outbox import fan_out
from instep.connect.models import Connection, Dirty, Intent, Observation, Plan
from instep.connect.models.plans import OPEN_INTENTS
from instep.connect.protocols import RemoteTrouble, Request
from instep.kernel.errors import Refusal
from tests.bed import ours
from tests.bed.clock import VirtualClock
from tests.bed.connector import BILL, COMPANY, DOCUMENTS, KINDS, PERSON, RECORDS, BatchingBedConnector, BedConnector
from tests.bed.cuts import Cut, Steps
from tests.bed.nature import Nature
from tests.bed.ours import BedSide
from tests.bed.remote import ENGINE, HostileRemote, Row
from tests.bed.remote import PERSON as SOMEBODY
from tests.cast import actor, member

SIDES = {kind.key: BedSide(kind) for kind in (COMPANY, PERSON, BILL)}
KIND_OF = {remote_type: kind.key for remote_type, kind in KINDS.items()}
TYPE_OF = {kind: remote_type for remote_type, kind in KIND_OF.items()}
EDITED = {
    "bedcompany": ("name", "email", "code", "tag", "fee"),
    "bedperson": ("name", "role"),
    "bedbill": ("name", "amount"),
}
"""Fields that people change here."""
EDITED_THERE = {
    "bedcompany": ("name", "email", "code", "tag", "note", "fee"),
    "bedperson": ("name", "role"),
    "bedbill": (),
}
CONNECTORS = {
    "bed": BedConnector("bed", RECORDS),
    "bedbatch": BatchingBedConnector("bedbatch", RECORDS),
    "beddocs": BatchingBedConnector("beddocs", DOCUMENTS, asks_first=True),
}


class _Undo(Exception):
    """The end of a history: nothing of it stays."""


@dataclass(frozen=True)
class Stage:
    """A firm with a connection, made once and shared by all histories with one connector."""

    connector: BedConnector
    firm_id: int
    by: Actor
    connection_id: int


@contextmanager
def stages() -> Iterator[dict[str, Stage]]:
    """Every connector with its firm, in the caller's transaction. They are unknown to the house afterwards."""
    clock = VirtualClock()
    registry.install(CONNECTORS.values(), SIDES.values(), registry._make[0])
    try:
        with ours.table(), clock.installed():
            yield {key: _stage(number, connector) for number, (key, connector) in enumerate(CONNECTORS.items())}
    finally:
        for key in CONNECTORS:
            registry._connectors.pop(key)
        for kind in SIDES:
            registry._sides.pop(kind)


def _stage(number: int, connector: BedConnector) -> Stage:
    firm = create_firm(
        key=f"bed-{number}", name=f"Bed {number}", currency="AUD", country="AU", zone="UTC", vocabulary="architecture"
    )
    by = actor(firm, member(firm, "Ada", Role.OWNER))
    connector.become(Nature())
    remote = HostileRemote(connector.nature, VirtualClock(), Random(0), types_of(connector))
    connection = connect_remote(
        firm.pk,
        by=by,
        provider=connector.key,
        secret={"token": "token-of-the-bed"},
        address=connector.address,
        transport=remote,
    )
    Connection.objects.filter(pk=connection.pk).update(key=f"bedkey{number}")
    return Stage(connector, firm.pk, by, connection.pk)


def types_of(connector: BedConnector) -> dict[str, tuple[str, ...]]:
    """Their types with the names of their fields."""
    return {m.remote_type: tuple(f.theirs for f in m.fields) for m in connector.maps.values()}


@contextmanager
def history(stage: Stage, nature: Nature, seed: int) -> Iterator[World]:
    """A world of its own, of which nothing stays."""
    clock = VirtualClock()
    stage.connector.become(nature)
    remote = HostileRemote(nature, clock, Random(f"remote {seed}"), types_of(stage.connector))
    try:
        with transaction.atomic(), clock.installed():
            yield World(stage, nature, clock, remote)
            raise _Undo
    except _Undo:
        pass


@dataclass
class World:
    """What may happen in a history, and what has."""

    stage: Stage
    nature: Nature
    clock: VirtualClock
    remote: HostileRemote
    tokens: Iterator[int] = field(default_factory=lambda: count(1))
    typed: dict[tuple[str, str, str, str], str | None] = field(default_factory=dict)
    """(side, kind, record, field) -> the last value that a person gave it."""
    typed_there: set[Any] = field(default_factory=set)
    """Every value that a person, or the remote by itself, ever gave a field there."""
    typed_here: set[Any] = field(default_factory=set)
    edits: int = 0
    troubles: int = 0
    deaths: int = 0
    remade: set[tuple[str, int]] = field(default_factory=set)
    """Records of ours that somebody chose to make anew there."""
    deleted: set[tuple[str, str]] = field(default_factory=set)
    overwritten: set[tuple[str, str, str]] = field(default_factory=set)
    steps: Steps = field(default_factory=Steps)

    # --- time and the engine -----------------------------------------------------------------------------------------

    @property
    def firm_id(self) -> int:
        return self.stage.firm_id

    def fresh(self) -> Connection:
        return Connection.objects.get(pk=self.stage.connection_id)

    def start(self) -> None:
        if self.nature.removals != "ask":
            for kind in self.stage.connector.maps:
                set_removal_rules(
                    self.stage.connection_id, by=self.stage.by, kind=kind, here=self.nature.removals, there="ask"
                )
        start_sync(self.stage.connection_id, by=self.stage.by)

    def turn(self, *, poll: bool = True, cut_at: int = 0, watch: bool = False, holder: str = "w1") -> Outcome | None:
        """One cycle as the worker runs it, or None: it is not due yet, or it died at its step `cut_at`."""
        connection = self.fresh()
        if connection.resume_at is not None and connection.resume_at > self.clock.now():
            return None
        self.steps = Steps(at=cut_at)
        watching = self.steps.watching() if cut_at or watch else nullcontext()
        before, after = self.remote.before, self.remote.after
        if cut_at or watch:
            self.remote.before, self.remote.after = self._before(before), self._after(after)
        try:
            with watching:
                while fan_out(now=self.clock.now()):
                    pass
                return run_cycle(
                    connection, holder=holder, transport=self.remote, clock=self.clock.now, rng=Random(1), poll=poll
                )
        except Cut:
            self.deaths += 1
            self.troubles += 1
            return None
        finally:
            self.remote.before, self.remote.after = before, after

    def _before(self, other: Callable[[Request], None] | None) -> Callable[[Request], None]:
        def step(request: Request) -> None:
            if other is not None:
                other(request)
            self.steps.step(f"send {request.operation}")

        return step

    def _after(self, other: Callable[[Request], None] | None) -> Callable[[Request], None]:
        def step(request: Request) -> None:
            self.steps.step(f"sent {request.operation}")
            if other is not None:
                other(request)

        return step

    def preview(self) -> Plan | None:
        """A preview, or None: there is nothing to see, or the remote was in the way."""
        while fan_out(now=self.clock.now()):
            pass
        try:
            return preview(self.fresh(), holder="w1", transport=self.remote, clock=self.clock.now)
        except (RemoteTrouble, Refusal):
            return None

    def at_rest(self) -> bool:
        """Whether nothing waits to be looked at."""
        mine = {"connection": self.stage.connection_id}
        return not (
            Dirty.objects.filter(**mine).exists()
            or Observation.objects.filter(**mine, pending=True).exists()
            or Intent.objects.filter(**mine, state__in=OPEN_INTENTS).exists()
            or OutboxRow.objects.filter(firm=self.firm_id).exists()
        )

    # --- people here -------------------------------------------------------------------------------------------------

    def here(self, kind: str) -> list[Any]:
        return SIDES[kind].all(self.firm_id)

    def value(self, kind: str, name: str) -> str:
        """A value that was never seen before."""
        number = next(self.tokens)
        return {
            "email": f"E{number}@Bed.Example",
            "number": f"N{number}",
            "role": f"{number} role of a kind",
        }.get(name, f"{name} {number} x")

    def make_here(self, kind: str, near: int = 0, **values: Any) -> Any:
        fields: dict[str, Any] = {"name": self.value(kind, "name"), **values}
        if self.nature.handle == "number":
            fields["number"] = self.value(kind, "number")
        if kind != "bedcompany":
            companies = [r.id for r in self.here("bedcompany") if not r.archived]
            fields["company"] = companies[near % len(companies)] if companies else None
        self.edits += 1
        record = SIDES[kind].make(self.firm_id, fields)
        self._typed("here", kind, str(record.id), fields)
        return record

    def edit_here(self, kind: str, record_id: int, name: str, value: str | None = "") -> None:
        value = self.value(kind, name) if value == "" else value
        self.edits += 1
        SIDES[kind].edit(self.firm_id, record_id, {name: value})
        self._typed("here", kind, str(record_id), {name: value})

    def archive(self, kind: str, record_id: int, *, archived: bool) -> None:
        self.edits += 1
        SIDES[kind].put_away(self.firm_id, record_id, archived=archived)

    # --- people there ------------------------------------------------------------------------------------------------

    def there(self, kind: str) -> list[Row]:
        return self.remote.live(TYPE_OF[kind])

    def make_there(self, kind: str, near: int = 0, **values: Any) -> Row:
        fields: dict[str, Any] = {"name": self.value(kind, "name"), **values}
        if kind != "bedcompany":
            companies = [r.id for r in self.there("bedcompany")]
            fields["company"] = companies[near % len(companies)] if companies else None
        self.edits += 1
        row = self.remote.add(TYPE_OF[kind], fields, by=SOMEBODY)
        self._typed("there", kind, row.id, {name: row.fields[name] for name in fields})
        return row

    def edit_there(self, kind: str, remote_id: str, name: str, value: str | None = "") -> None:
        value = self.value(kind, name) if value == "" else value
        self.edits += 1
        self.remote.change(TYPE_OF[kind], remote_id, {name: value}, by=SOMEBODY)
        self._typed("there", kind, remote_id, {name: self.remote.rows[TYPE_OF[kind]][remote_id].fields[name]})

    def delete_there(self, kind: str, remote_id: str) -> None:
        self.edits += 1
        self.deleted.add((kind, remote_id))
        self.remote.remove(TYPE_OF[kind], remote_id)
        self._gave_up(kind, remote_id)

    def merge_there(self, kind: str, remote_id: str, into: str) -> None:
        self.edits += 2
        self.deleted.add((kind, remote_id))
        self.remote.merge(TYPE_OF[kind], remote_id, into)
        self._gave_up(kind, remote_id)

    def hint(self, kind: str, remote_id: str, times: int) -> None:
        """The remote says that a record changed; it may say so again, late, or of nothing."""
        hint = RemoteHint(f"{kind} {remote_id} {next(self.tokens)}", "bed", TYPE_OF[kind], remote_id)
        for _ in range(times):
            leave_hints(self.fresh(), [hint], now=self.clock.now())

    def _gave_up(self, kind: str, remote_id: str) -> None:
        """Whoever removed a record gave up what it said."""
        for key in [k for k in self.typed if k[:3] == ("there", kind, remote_id)]:
            del self.typed[key]

    def _typed(self, side: str, kind: str, record: str, fields: dict[str, Any]) -> None:
        for name, value in fields.items():
            if name not in ("company", "number"):
                self.typed[side, kind, record, name] = value
            (self.typed_there if side == "there" else self.typed_here).add(value)

    # --- what was written --------------------------------------------------------------------------------------------

    def writes(self) -> int:
        """How many writes of the engine's the remote kept."""
        return sum(w.by == ENGINE for w in self.remote.written)
