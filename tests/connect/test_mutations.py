"""The bed notices when a mechanism of the engine is missing: each is taken out, and a named invariant breaks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import IntegrityError

from tests.bed import mutations
from tests.bed.histories import Script, Step, play
from tests.bed.invariants import Broken
from tests.bed.nature import Nature
from tests.bed.world import Stage, stages

pytestmark = pytest.mark.django_db

C = "bedcompany"
NAME, EMAIL, CODE, TAG, FEE = range(5)
LINKED: tuple[Step, ...] = (("make_here", (C, 0)), ("start", ()), ("turn", (True,)), ("wait", (60,)))


def edit(side: str, field: int, pick: int = 0) -> Step:
    return f"edit_{side}", (C, pick, field, False)


LOST_CREATION: tuple[Step, ...] = (("make_here", (C, 0)), ("start", ()), ("dies_at_write", ()))
KEYED: tuple[Step, ...] = (("make_here", (C, 0)), ("start", ()), ("faulty", ("drop_after", 1, True)))

TABLE: dict[str, tuple[str, Nature, tuple[Step, ...]]] = {
    "no_intent_log": ("I3", Nature(lag=6), (*LOST_CREATION, ("turn", (True,)))),
    "no_waiting_for_the_lag": ("I3", Nature(lag=6), (*LOST_CREATION, ("turn", (True,)))),
    "new_key_per_attempt": ("I3", Nature(handle="key", key_window=1000), (*KEYED, ("wait", (40,)), ("turn", (True,)))),
    "window_judged_at_planning": (
        "I3",
        Nature(handle="key", key_window=36),
        (*KEYED, ("wait", (14,)), ("slow", (12,))),
    ),
    "unresolved_not_gated": ("the database", Nature(lag=6), (*LOST_CREATION, ("turn", (True,)))),
    "recovered_record_as_base": ("I1", Nature(), (*LOST_CREATION, ("wait", (30,)), edit("there", NAME))),
    "one_base": ("I1", Nature(shape="strange"), (*LINKED, edit("here", CODE), ("turn", (True,)))),
    "sent_value_as_base": ("I8", Nature(shape="strange"), (*LINKED, edit("here", CODE), ("turn", (True,)))),
    "no_overlap": ("I14", Nature(lag=6), (*LINKED, ("make_there", (C, 0)), ("turn", (True,)))),
    "gone_when_not_shown": (
        "I10",
        Nature(delta=False, removals="archive"),
        (*LINKED, ("make_here", (C, 0)), ("turn", (True,)), ("wait", (60,)), ("partial", ()), *[("turn", (True,))] * 3),
    ),
    "offset_paging": (
        "I14",
        Nature(),
        (
            *[("make_there", (C, 0))] * 5,
            ("wait", (60,)),
            ("start", ()),
            ("meddled", (2, False, False, C, 0, NAME, False)),
        ),
    ),
    "cursor_saved_before_pages": (
        "I14",
        Nature(),
        (*LINKED, ("make_there", (C, 0)), ("wait", (30,)), ("faulty", ("drop_before", 1, False))),
    ),
    "last_writer_wins": ("I19", Nature(guard=True), (*LINKED, ("edit_both", (C, 0, NAME, False)))),
    "no_precondition": (
        "I2",
        Nature(guard=True),
        (*LINKED, edit("here", NAME), ("meddled", (3, False, False, C, 0, NAME, False))),
    ),
}


@pytest.fixture
def bed() -> Iterator[dict[str, Stage]]:
    with stages() as made:
        yield made


def broken_by(name: str, bed: dict[str, Stage], script: Script) -> str:
    """The invariant that this engine breaks, or what else stops it."""
    try:
        with getattr(mutations, name)() as prepare:
            play(bed, script, prepare=prepare)
    except Broken as broken:
        return broken.invariant
    except IntegrityError:
        return "the database"
    return ""


def test_the_bed_notices_every_mechanism_that_is_missing(bed: dict[str, Stage]) -> None:
    found: dict[str, Any] = {}
    for name, (_, nature, steps) in TABLE.items():
        script = Script(1, "bedbatch" if nature.handle == "key" else "bed", nature, steps)
        play(bed, script)  # the engine as it is goes well
        found[name] = broken_by(name, bed, script)
    assert found == {name: invariant for name, (invariant, _, _) in TABLE.items()}
