"""Random histories against a remote in memory that lags, rewrites, loses answers and forgets (tests/bed).

INSTEP_HISTORIES says how many are played (the suite's share by default), INSTEP_HISTORIES_FROM the first seed. One that
fails is made shorter and printed: `python3 run.py check --replay SEED` plays it again.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

import pytest

from instep.connect.models import JournalEntry
from tests.bed.found import FOUND
from tests.bed.histories import Script, play, script_of, shortened
from tests.bed.invariants import Broken
from tests.bed.world import Stage, World, stages
from tests.environment import POSTGRES

pytestmark = pytest.mark.django_db

HISTORIES = int(os.environ.get("INSTEP_HISTORIES", "12" if POSTGRES else "50"))
KEY = re.compile(rb'"key": "[0-9a-f]+"')
FIRST = int(os.environ.get("INSTEP_HISTORIES_FROM", "0"))


@pytest.fixture
def bed() -> Iterator[dict[str, Stage]]:
    with stages() as made:
        yield made


@pytest.mark.capability("X-05", "X-07", "X-18", "X-19")
def test_whatever_the_remote_does_nothing_is_lost_doubled_or_left_unquiet(bed: dict[str, Stage]) -> None:
    for seed in range(FIRST, FIRST + HISTORIES):
        script = script_of(seed)
        try:
            play(bed, script)
        except Broken as broken:
            pytest.fail(
                f"{broken}\n{shortened(bed, script, broken)}\nreplay with: python3 run.py check --replay {seed}"
            )


@pytest.mark.parametrize("script", FOUND.values(), ids=FOUND)
def test_what_went_wrong_once_goes_well(bed: dict[str, Stage], script: Script) -> None:
    play(bed, script)


def _journal(bed: dict[str, Stage], script: Script) -> list[object]:
    kept: list[object] = []

    def read(world: World) -> None:
        rows = JournalEntry.objects.filter(firm=world.firm_id).order_by("pk")
        kept.extend(
            rows.values_list("at", "side", "op", "kind", "local_id", "remote_id", "fields", "outcome", "detail")
        )
        kept.extend((w.at, w.by, w.what, w.type, w.id, w.fields, w.marker) for w in world.remote.written)
        # A key is made of the link's id, which a database may count on from history to history.
        kept.extend((r.operation, r.path, r.query, KEY.sub(b"", r.body or b"")) for r in world.remote.sent)

    play(bed, script, afterwards=read)
    return kept


def test_one_seed_twice_is_one_history(bed: dict[str, Stage]) -> None:
    for seed in (3, 5):
        first, second = (_journal(bed, script_of(seed)) for _ in range(2))
        assert len(first) > 5
        assert first == second
