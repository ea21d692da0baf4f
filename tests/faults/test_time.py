"""Rows 9, 12, 17, 28, 29: lists that show late, clocks that change, workers that sleep, many records of one second."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from instep.connect.apply.there import Sender
from instep.connect.models import Link, LinkState
from instep.connect.protocols import Reply, Request, Transport
from instep.crm.models import Organisation
from tests.connect.rig import Rig
from tests.faults.ends import calm, same

pytestmark = pytest.mark.django_db

ASLEEP = timedelta(seconds=17)
"""Longer than a lease, and than a write without an answer may take to show."""
SUMMER_ENDS = datetime(2027, 4, 3, 16, tzinfo=UTC)
SUMMER_BEGINS = datetime(2027, 10, 2, 16, tzinfo=UTC)
"""In Sydney."""


def phones(rig: Rig) -> dict[str, str]:
    return dict(Organisation.objects.filter(firm=rig.cast.firm).values_list("name", "phone"))


def edit(rig: Rig, name: str, phone: str) -> None:
    rig.edit("companies", rig.record("companies", name)["id"], office_phone=phone)


@pytest.mark.capability("X-11")
def test_what_a_list_shows_some_seconds_late_is_not_missed(rig: Rig) -> None:
    rig.organisation("Acme")
    rig.connect()
    rig.settle()
    rig.wait(60)
    rig.post("switches", {"visibility_lag_seconds": 5})
    edit(rig, "Acme", "03 9765 4321")
    rig.wait(2)
    rig.cycle()
    assert phones(rig)["Acme"] == "", "the list does not show it yet, and the cursor moves past it"
    rig.wait(3)
    rig.cycle()
    assert phones(rig)["Acme"] == "03 9765 4321"
    same(rig)


@pytest.mark.capability("X-05")
def test_what_shows_later_than_anybody_said_is_told_as_a_copy_and_makes_no_twin_here(rig: Rig) -> None:
    """Beyond the bound that its connector names, a creation without an answer counts as never made."""
    acme = rig.organisation("Acme")
    rig.connect()
    rig.post("switches", {"visibility_lag_seconds": 300})
    rig.faults({"operation": "create companies", "call": 1, "times": 1, "do": "drop_after"})
    rig.cycle()
    calm(rig)
    rig.wait(400)
    rig.settle()
    told_once(rig, acme)


def told_once(rig: Rig, acme: Organisation) -> None:
    """One record of ours, linked with one of theirs; the copy waits for a person, and nothing is made of it."""
    assert Organisation.objects.filter(firm=rig.cast.firm).count() == 1
    assert rig.link("organisation", acme.pk).state == LinkState.LIVE
    there = rig.records("companies")
    assert len(there) == 2
    copy = Link.objects.get(kind="organisation", local_id=None)
    assert (copy.state, copy.held_code) == (LinkState.HELD, "ambiguous_match")
    assert {copy.remote_id, rig.link("organisation", acme.pk).remote_id} == {str(r["id"]) for r in there}


@pytest.mark.capability("X-11", "X-12")
@pytest.mark.parametrize("moment", [SUMMER_ENDS, SUMMER_BEGINS], ids=["summer ends", "summer begins"])
def test_nothing_is_missed_when_the_remotes_clock_changes_for_summer(rig: Rig, moment: datetime) -> None:
    names = [f"Org {n}" for n in range(10)]
    for name in names:
        rig.organisation(name)
    rig.post("switches", {"zone": "Australia/Sydney"})
    rig.connect()
    rig.wait(int((moment - timedelta(minutes=45) - rig.clock()).total_seconds()))
    rig.settle()  # the first writes show what its clock says
    for n, name in enumerate(names):
        rig.wait(600)
        edit(rig, name, f"03 9000 000{n}")
        rig.cycle()
    for _ in range(2):
        rig.wait(31 * 60)
        rig.cycle()
    assert phones(rig) == {name: f"03 9000 000{n}" for n, name in enumerate(names)}
    same(rig)


@pytest.mark.capability("X-11")
def test_more_records_of_one_second_than_a_page_holds_all_arrive(rig: Rig) -> None:
    rig.post("switches", {"limit_max": 15})
    rig.connect()
    for part in ("First", "Second"):
        moment = (rig.clock() + timedelta(hours=10)).strftime("%Y-%m-%d %H:%M:%S")  # as Brisbane, where it is, has it
        stamps = {"created_date": moment, "modified_date": moment}
        rig.seed(companies=[{"name": f"{part} {n}", **stamps} for n in range(35)])
        stamped = {r["modified_date"] for r in rig.records("companies") if r["name"].startswith(part)}
        assert stamped == {moment}
        rig.settle()
        rig.wait(60)
    assert Organisation.objects.filter(firm=rig.cast.firm).count() == 70
    same(rig)


# --- workers that sleep ----------------------------------------------------------------------------------------------


@pytest.mark.capability("X-05", "X-19")
def test_a_worker_that_slept_before_it_sends_sends_nothing(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    acme = rig.organisation("Acme")
    rig.connect()
    right, slept = Sender.next_send, []

    def late(self: Sender, *args: Any) -> Any:
        out = right(self, *args)
        if out is not None and not slept:
            slept.append(1)
            rig.late += ASLEEP
            rig.cycle(holder="w2")
        return out

    monkeypatch.setattr(Sender, "next_send", late)
    assert rig.cycle().trouble == "lease lost"
    assert len(rig.records("companies")) == 1, "of the one who took over"
    calm(rig)
    assert rig.link("organisation", acme.pk).state == LinkState.LIVE
    same(rig)


@dataclass
class Frozen:
    """Sleeps in the middle of sending its first creation, while another worker takes over."""

    inner: Transport
    rig: Rig
    slept: bool = False

    def send(self, request: Request) -> Reply:
        if request.operation.startswith("create") and not self.slept:
            self.slept = True
            self.rig.late += ASLEEP
            self.rig.cycle(holder="w2")
        return self.inner.send(request)


@pytest.mark.capability("X-05", "X-19")
def test_what_a_frozen_worker_sends_too_late_is_told_as_a_copy_and_makes_no_twin_here(rig: Rig) -> None:
    """Nobody can call back a request of a process that stood still; what it leaves is known by its mark."""
    acme = rig.organisation("Acme")
    rig.connect()
    assert rig.cycle(wrap=lambda inner: Frozen(inner, rig)).trouble == "lease lost"
    calm(rig)
    rig.settle()
    told_once(rig, acme)
