"""An account's limits: never above them, the remote's word counts, and something is left for what people ask for."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from instep.connect import registry
from instep.connect.actions.connections import sync_now
from instep.connect.actions.previews import make_preview
from instep.connect.capability import AccountLimits
from instep.connect.errors import AskedToWait
from instep.connect.limits.gauge import Gauge
from instep.connect.limits.lease import take
from instep.connect.limits.meters import KEEP_EVERY
from instep.connect.models import Connection, JournalEntry, Meter
from instep.connect.protocols import Reply
from instep.connect.registry import transport_to
from instep.connectors.tinyplus.connector import TinyPlus
from instep.crm.models import Organisation
from tests.billing.conftest import Practice, practice
from tests.connect.rig import Rig
from tests.connectors.conftest import sandbox_of
from tests.transfer.conftest import books
from tests.transfer.rig import Books

__all__ = ["Practice", "books", "practice", "sandbox_of"]
pytestmark = pytest.mark.capability("X-13")


class Limited(TinyPlus):
    """tiny+, if it had limits that it never speaks of."""

    limits = AccountLimits(per_minute=6, per_day=50)

    def calls_left(self, reply: Reply) -> Mapping[str, int]:
        return {}


@pytest.fixture
def limited() -> Iterator[None]:
    registry._connectors["tinyplus"] = Limited()
    yield
    registry._connectors["tinyplus"] = TinyPlus()


def refused(rig: Rig) -> int:
    """Calls that the remote turned away."""
    last = rig.http.get(f"{rig.address}/_sandbox/calls").json()["last"]
    return sum(call["status"] == 429 for call in last)


def fresh(connection: Connection) -> Connection:
    return Connection.objects.get(pk=connection.pk)


# --- the gauge ------------------------------------------------------------------------------------------------------


@settings(deadline=None, max_examples=60)
@given(
    st.integers(1, 12),
    st.lists(st.tuples(st.floats(0, 40), st.integers(1, 20)), min_size=1, max_size=40),
    st.randoms(use_true_random=False),
)
def test_no_window_of_a_minute_ever_holds_more_than_the_limit(
    most: int, bursts: list[tuple[float, int]], chance: random.Random
) -> None:
    gauge, now, made = Gauge("minute", most), 1_000_000_000.0, list[float]()
    for pause, wanted in bursts:
        now += pause
        for _ in range(wanted):
            if gauge.left(now) <= 0:
                now += gauge.wait(now, 0)  # it names the moment from which a call may leave
                assert gauge.left(now) > 0
            gauge.count(now)
            made.append(now)
            if chance.random() < 0.2:  # another worker takes over
                again = Gauge("minute", most)
                again.restore(gauge.first(), gauge.slots(), None)
                assert again.used(now) == gauge.used(now)
                gauge = again
    assert all(sum(at - 60 < other <= at for other in made) <= most for at in made)


def test_the_word_of_the_remote_counts_for_as_long_as_it_can_be_true() -> None:
    gauge, now = Gauge("day", 1000), 1_000_000_000.0
    gauge.count(now)
    gauge.learn(4_980, now)
    assert (gauge.left(now), gauge.whole(now)) == (4_980, 4_981)
    gauge.learn(3, now)
    gauge.count(now)
    assert gauge.left(now) == 2
    assert gauge.wait(now, 10) <= 3_600, "somebody else uses the account: it is asked again within the hour"
    later = now + 2 * 3_600
    assert gauge.left(later) == 998, "what it said then says nothing now"


# --- a connection ---------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_an_import_keeps_to_the_minute_and_loses_nothing(rig: Rig, limited: None) -> None:
    rig.post("switches", {"per_minute": 6})
    for n in range(12):
        rig.organisation(f"Client {n}")
    rig.connect()
    paused = 0
    for _ in range(20):
        outcome = rig.cycle()
        known = fresh(rig.connection)
        if known.resume_at is None:
            break
        paused += 1
        assert outcome.trouble == "tiny+ takes 6 calls a minute from one account. The rest goes on by itself."
        assert known.failures == 0
        rig.wait(int((known.resume_at - rig.clock()).total_seconds()) + 1)
    assert paused >= 2
    assert refused(rig) == 0, "the remote never had to say no"
    assert len(rig.records("companies")) == 12
    assert not JournalEntry.objects.exclude(outcome="done").exists(), "nothing is marked as failed"
    assert rig.cycle().rows == 0


@pytest.mark.django_db
def test_a_fifth_of_the_day_is_left_to_people_and_the_rest_resumes_in_the_next_window(rig: Rig, limited: None) -> None:
    Limited.limits = AccountLimits(per_day=50)
    connection = rig.connect()
    rig.settle()
    for _ in range(60):
        rig.wait(61)
        Connection.objects.update(next_poll_at=rig.clock())
        rig.cycle()
        if fresh(connection).resume_at is not None:
            break
    made = sum(Meter.objects.get(dimension="day").slots)
    assert made == 40, "four fifths"
    known = fresh(connection)
    assert "50 calls a day" in known.trouble
    assert "20 of a hundred are kept for what people ask for" in known.trouble
    assert known.resume_at is not None
    assert timedelta(hours=20) < known.resume_at - rig.clock() <= timedelta(hours=25)

    sync_now(connection.pk, by=rig.ada)  # a person may go on
    assert rig.cycle().trouble == ""
    assert sum(Meter.objects.get(dimension="day").slots) > made
    preview = make_preview(connection.pk, by=rig.ada, transport=transport_to(f"{rig.address}/v2/"), clock=rig.clock)
    assert preview is None
    for _ in range(4):
        sync_now(connection.pk, by=rig.ada)
        rig.cycle()
    assert sum(Meter.objects.get(dimension="day").slots) == 50
    assert fresh(connection).trouble.startswith("All of the 50 calls that tiny+ takes")

    rig.wait(25 * 3600)
    Connection.objects.update(next_poll_at=rig.clock())
    assert rig.cycle().trouble == ""


@pytest.mark.django_db
def test_a_pause_that_the_remote_named_holds_for_people_too(rig: Rig) -> None:
    connection = rig.connect()
    rig.settle()
    rig.faults(
        {"do": "status", "operation": "list companies", "status": 429, "headers": {"Retry-After": "40"}, "times": 1}
    )
    rig.edit("companies", rig.seed(companies=[{"name": "Acme"}])["companies"][0], name="Acme Ltd")
    rig.cycle()
    known = fresh(connection)
    assert known.resume_at is not None
    assert 35 < (known.resume_at - rig.clock()).total_seconds() <= 40
    before = rig.calls()
    sync_now(connection.pk, by=rig.ada)
    rig.cycle()
    with pytest.raises(AskedToWait, match="asked for a pause"):
        make_preview(connection.pk, by=rig.ada, transport=transport_to(f"{rig.address}/v2/"), clock=rig.clock)
    assert rig.calls() == before, "nobody called"
    rig.wait(41)
    rig.settle()
    assert Organisation.objects.filter(name="Acme Ltd").exists()


@pytest.mark.django_db
def test_without_a_time_the_pause_grows_by_chance_and_a_day_limit_waits_for_the_next_window(books: Books) -> None:
    books.connect()
    connection, sandbox = books.connection, books.stage.sandbox
    books.transfer() if books.preview() else None
    Connection.objects.update(state="active")

    def strike(problem: str) -> timedelta:
        now = books.clock()
        head = {"X-Rate-Limit-Problem": problem}
        sandbox.faults(
            {"do": "status", "operation": "list contacts", "status": 429, "headers": head, "times": 1, "body": ""}
        )
        Connection.objects.update(next_poll_at=None, resume_at=None)
        Meter.objects.filter(dimension="pause").delete()
        books.cycle()
        known = fresh(connection)
        assert known.resume_at is not None
        return known.resume_at - now

    pauses = [strike("concurrent").total_seconds() for _ in range(4)]
    assert pauses == sorted(pauses)
    assert 1 < pauses[0] < 4
    assert 40 < pauses[3] < 80
    assert timedelta(minutes=4) < strike("day") <= timedelta(hours=25)
    assert "All calls that Xero allows this organisation in a day are used up" in fresh(connection).trouble


@pytest.mark.django_db
def test_what_others_use_of_the_same_account_is_seen_before_the_remote_has_to_refuse(books: Books) -> None:
    books.connect()
    sandbox: Any = books.stage.sandbox
    sandbox.switches(per_day=30)
    Connection.objects.update(state="active", linked_at=books.clock())
    for _ in range(12):
        Connection.objects.update(next_poll_at=books.clock() - timedelta(seconds=1))
        books.cycle()
        if fresh(books.connection).resume_at is not None:
            break
    calls = [call["status"] for call in sandbox.ask("calls")["last"]]
    assert 429 not in calls
    left = Meter.objects.get(dimension="day").told_left
    assert left is not None
    assert 0 < left <= 30, "told by the remote, not by the 1,000 that the smallest tier has"


@pytest.mark.django_db
def test_calls_that_a_dead_worker_did_not_note_are_counted_for_it(rig: Rig, limited: None) -> None:
    Limited.limits = AccountLimits(per_day=1000)
    connection = rig.connect()
    rig.settle()
    before = sum(Meter.objects.get(dimension="day").slots)
    assert take(fresh(connection), holder="dead", clock=rig.clock) is not None
    rig.wait(60)
    made = sum(rig.cycle().calls.values())
    assert sum(Meter.objects.get(dimension="day").slots) == before + KEEP_EVERY + made
