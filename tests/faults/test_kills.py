"""Real deaths of a real worker in the middle of a first link: nothing twice, nothing missing, exact counts.

The large one takes minutes: `INSTEP_LONG=1 python3 run.py test tests/faults/test_kills.py -s`, and the same with
`INSTEP_TEST_DB=postgres` in front. INSTEP_KILLS, INSTEP_KILLS_SEED and INSTEP_KILLS_RECORDS choose how many deaths,
when, and of how many records.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

import httpx2
import pytest

from tests.cast import Cast
from tests.connect.rig import Rig
from tests.connectors.sandbox import Sandbox
from tests.faults.killing import Killed, link_and_kill, plant

SEED = int(os.environ.get("INSTEP_KILLS_SEED", "20260131"))
KILLS = int(os.environ.get("INSTEP_KILLS", "20"))
RECORDS = int(os.environ.get("INSTEP_KILLS_RECORDS", "5000"))
SECONDS = 2_400


@pytest.fixture
def apart(transactional_db: None, cast: Cast) -> Iterator[Rig]:
    """A firm beside a sandbox that is a process of its own, as the worker is."""
    with Sandbox("tinyplus") as sandbox, httpx2.Client(trust_env=False, timeout=60) as http:
        rig = Rig(cast, sandbox.address, http)
        rig.seed(team_members=[{"name": "Ada Bell", "email": "ada@bb.example", "record_status": "active"}])
        yield rig


def quiet_and_right(rig: Rig, names: set[str], told: Killed) -> None:
    assert told.faults(names) == []
    writes = rig.writes()
    rig.wait(60)
    assert rig.cycle(holder="w1").rows == 0
    assert rig.writes() == writes, "the next run is quiet"


@pytest.mark.capability("X-05", "X-19")
def test_two_deaths_in_a_first_link_leave_each_record_once_on_both_sides(apart: Rig) -> None:
    names = plant(apart, here=40, there=160)
    apart.connect()
    told = link_and_kill(apart, names, kills=2, seconds=60, seed=SEED, to_the_end=False)
    assert told.kills + told.cuts == 2
    assert told.at[0] < len(names)
    quiet_and_right(apart, names, told)


@pytest.mark.long
@pytest.mark.capability("X-05", "X-19")
def test_twenty_deaths_in_a_link_of_five_thousand_leave_each_record_once_on_both_sides(
    apart: Rig, capsys: pytest.CaptureFixture[str]
) -> None:
    names = plant(apart, here=RECORDS // 2, there=RECORDS // 2)
    apart.connect()
    told = link_and_kill(apart, names, kills=KILLS, seconds=SECONDS, seed=SEED)
    with capsys.disabled():
        sys.stdout.write(
            f"\n{told.kills} kills, {told.cuts} cut connections at {told.at} of {len(names)} records; "
            f"{told.in_doubt} writes in doubt; {sum(told.here.values())} here, {sum(told.there.values())} there, "
            f"{told.linked} linked, {told.creations} creations sent; {told.seconds:.0f} s\n"
        )
    assert told.kills + told.cuts == KILLS
    quiet_and_right(apart, names, told)
