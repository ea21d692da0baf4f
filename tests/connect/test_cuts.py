"""A worker that dies at any step changes nothing in the end (I7): one life from one state, cut everywhere, compared.

Steps are before and after every send and every commit. INSTEP_CUTS=all cuts at every one; else at the suite's share.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from instep.connect.actions.decisions import approve_plan
from instep.connect.models import OpState, PlanOp, Severity
from tests.bed.forks import ending, final_state, steps_of
from tests.bed.histories import heal
from tests.bed.nature import Nature
from tests.bed.world import Stage, World, history, stages
from tests.environment import POSTGRES

pytestmark = pytest.mark.django_db

EVERY = 1 if os.environ.get("INSTEP_CUTS") == "all" else 14 if POSTGRES else 7


@pytest.fixture
def bed() -> Iterator[dict[str, Stage]]:
    with stages() as made:
        yield made


def everything_waits(world: World) -> None:
    """Two linked companies and a person; then something of every kind happens that a cycle has to carry."""
    for _ in range(2):
        world.make_here("bedcompany")
        world.make_there("bedcompany")
    world.make_here("bedperson")
    world.start()
    heal(world)
    ids = {row.fields["name"]: row.id for row in world.there("bedcompany")}
    first, second, third, _ = world.here("bedcompany")
    world.edit_here("bedcompany", first.id, "code")
    world.edit_there("bedcompany", ids[second.label], "email")
    world.edit_here("bedcompany", third.id, "name")
    world.edit_there("bedcompany", ids[third.label], "name")
    world.make_here("bedcompany", email="both@bed.example")
    world.make_there("bedcompany", email="both@bed.example")
    world.make_there("bedperson", 1)
    world.make_here("bedcompany")
    world.make_here("bedperson", 5)
    world.clock.advance(60)


@pytest.mark.capability("X-07")
@pytest.mark.parametrize(
    ("stage", "nature"),
    [
        ("bed", Nature(guard=False, lag=2, shape="known", utc=False, zone=600)),
        ("bedbatch", Nature(guard=True, batch=2, key_window=6, handle="number")),
    ],
    ids=["one by one", "in batches"],
)
def test_a_death_at_any_step_changes_nothing_in_the_end(bed: dict[str, Stage], stage: str, nature: Nature) -> None:
    with history(bed[stage], nature, 7) as world:
        everything_waits(world)
        names = steps_of(world, heal)
        uncut = ending(world, heal)
        assert len(names) > 60
        for step in range(1, len(names) + 1, EVERY):
            where = f"cut at step {step} of {len(names)}, {names[step - 1]}"
            assert ending(world, heal, cut_at=step) == uncut, where


# --- documents: a person sees every run first ------------------------------------------------------------------------


def approve(world: World, *, leaving_out: str = "") -> bool:
    """Preview, leave out what needs a person or is called so, let the rest go; False: there is nothing to send."""
    plan = world.preview()
    if plan is None:
        return False
    rows = PlanOp.objects.filter(plan=plan, state=OpState.PROPOSED)
    asking = [op.no for op in rows if op.severity == Severity.PERSON or op.label == leaving_out]
    if len(asking) == rows.count():
        return False
    approve_plan(plan.pk, by=world.stage.by, skipped=asking, now=world.clock.now())
    return True


def transfer(world: World) -> None:
    """Time passes, what was approved is gone on with, and somebody approves what is left, until nothing is."""
    for _ in range(6):
        world.clock.advance(700)
        world.turn()
        if not approve(world, leaving_out="Poison"):
            return
    raise AssertionError("it does not come to rest")


@pytest.mark.capability("D-28", "D-31", "X-07")
def test_a_death_while_documents_are_sent_doubles_and_loses_none(bed: dict[str, Stage]) -> None:
    nature = Nature(handle="number", batch=3, key_window=6, guard=True, asks_first=True)
    with history(bed["beddocs"], nature, 7) as world:
        for _ in range(2):
            world.make_here("bedcompany")
        world.start()
        transfer(world)
        for number in range(5):
            name = {"name": "Poison"} if number == 2 else {}
            world.make_here("bedbill", number, amount=f"{number}00.00", **name)
        world.make_here("bedcompany")
        world.make_here("bedbill", 2, amount="700.00")
        assert approve(world)
        names = steps_of(world, transfer)
        uncut = ending(world, transfer)
        assert sum("'bedbill'" in row for row in uncut["there"]) == 5, "I20: what was approved is there, once"
        assert sum("'bedbill'" in row for row in uncut["links"]) == 6
        for step in range(1, len(names) + 1, EVERY):
            where = f"cut at step {step} of {len(names)}, {names[step - 1]}"
            assert ending(world, transfer, cut_at=step) == uncut, where
        assert final_state(world) != uncut
