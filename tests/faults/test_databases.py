"""Row 16: the database refuses a commit (a deadlock, a restart); and no request leaves inside a transaction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from django.db import OperationalError
from django.db import connection as database

from instep.billing.actions.claims import Claim
from instep.connect.protocols import Reply, Request, Transport
from instep.crm.actions.organisations import update_organisation
from tests.bed import world as bed_world
from tests.bed.cuts import Cut, Steps
from tests.bed.forks import ending, steps_of
from tests.bed.histories import heal
from tests.bed.nature import Nature
from tests.bed.world import Stage, history
from tests.connect.rig import Rig
from tests.connect.test_cuts import everything_waits
from tests.environment import POSTGRES
from tests.transfer.rig import Books

pytestmark = pytest.mark.django_db

EVERY = 12 if POSTGRES else 6


class Deadlock(Cut, OperationalError):
    """What the database says in place of a commit. The bed takes it for the end of that cycle, the engine for what it
    is: an error of the database, after which it goes on."""


class Refusing(Steps):
    """Refuses one commit instead of ending the worker; what was begun is rolled back by who began it."""

    def step(self, name: str) -> None:
        self.names.append(name)
        if len(self.names) == self.at:
            raise Deadlock("deadlock detected")

    def _released(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if self._depth == 1 and not self._undone and len(self.names) + 1 == self.at:
            self.step("commit")
        return super()._released(execute, sql, params, many, context)


@pytest.mark.capability("X-05", "X-07")
def test_a_commit_that_is_refused_changes_nothing_in_the_end(
    bed: dict[str, Stage], monkeypatch: pytest.MonkeyPatch
) -> None:
    nature = Nature(guard=True, batch=2, key_window=6, handle="number")
    with history(bed["bedbatch"], nature, 7) as world:
        everything_waits(world)
        names = steps_of(world, heal)
        uncut = ending(world, heal)
        monkeypatch.setattr(bed_world, "Steps", Refusing)
        commits = [no for no, name in enumerate(names, start=1) if name == "commit"]
        assert len(commits) > 15
        for step in commits[::EVERY]:
            assert ending(world, heal, cut_at=step) == uncut, f"refused at step {step} of {len(names)}"


@dataclass
class Deep:
    """Notes how deep in transactions each request leaves."""

    inner: Transport
    depths: set[int]

    def send(self, request: Request) -> Reply:
        self.depths.add(len(database.savepoint_ids))
        return self.inner.send(request)


@pytest.mark.capability("X-05")
def test_no_request_leaves_inside_a_transaction_that_could_be_retried(rig: Rig, books: Books) -> None:
    outside, depths = len(database.savepoint_ids), set[int]()
    acme = rig.organisation("Acme")
    rig.seed(companies=[{"name": "Theirs"}])
    rig.connect()
    rig.cycle(wrap=lambda inner: Deep(inner, depths))
    update_organisation(acme.pk, by=rig.ada, changes={"phone": "03 9123 4567"})
    rig.faults({"operation": "update companies", "call": 1, "times": 1, "do": "drop_after"})
    for _ in range(2):
        rig.wait(60)
        rig.cycle(wrap=lambda inner: Deep(inner, depths))
    assert rig.calls().get("read companies", 0) > 0, "a lost answer was looked up as well"

    [phase] = books.stages(1000)
    books.practice.invoice(claims=[Claim(phase=phase.pk)])
    books.connect()
    books.transfer(wrap=lambda inner: Deep(inner, depths))
    assert len(books.stored("invoices")) == 1
    assert depths == {outside}
