"""Two things at once: people who edit and decide while the engine works, other workers, clocks that jump."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from instep.bridge.organisation import OrganisationSide
from instep.connect.actions.connections import disconnect, pause_sync, replace_token, start_sync, sync_now
from instep.connect.apply import carry_out
from instep.connect.inbox.outbox import acknowledge_dirty, fan_out, mark_dirty
from instep.connect.limits.lease import take
from instep.connect.models import Conflict, Connection, ConnectionState, Cursor, Dirty, Intent, JournalEntry, Link
from instep.connect.observations import acknowledge_seen, look_again
from instep.connect.place import bench_of
from instep.connect.plan import gather
from instep.connect.protocols import Reply, Request, Transport
from instep.crm.actions.organisations import remove_organisation, update_organisation
from instep.crm.models import Organisation
from tests.connect.history_world import Meddler
from tests.connect.rig import TOKEN, Cut, CutTransport, Rig

pytestmark = pytest.mark.django_db(transaction=True)


def linked(rig: Rig, name: str = "Acme", **values: Any) -> tuple[Organisation, str]:
    """An organisation that is in step, and its id there."""
    acme = rig.organisation(name, **values)
    if not hasattr(rig, "connection"):
        rig.connect()
    rig.settle()
    return acme, rig.link("organisation", acme.pk).remote_id or ""


def run(rig: Rig, act: Callable[[], Any], *, at: int, after: bool = False) -> Meddler:
    """A cycle in which something happens beside its n-th call."""
    meddler = Meddler(None, at=at, after=after, act=act)  # type: ignore[arg-type]

    def wrap(inner: Transport) -> Transport:
        meddler.inner = inner
        return meddler

    rig.cycle(wrap=wrap)
    return meddler


@contextmanager
def at_reading(monkeypatch: pytest.MonkeyPatch, act: Callable[[], None], *, before: bool = False) -> Any:
    """Something happens right beside the moment when the planner reads our organisations, once."""
    read, left = OrganisationSide.read, [act]

    def reading(side: OrganisationSide, firm_id: int, ids: Sequence[int]) -> Any:
        if left and before:
            left.pop()()
        found = read(side, firm_id, ids)
        if left:
            left.pop()()
        return found

    with monkeypatch.context() as patch:
        patch.setattr(OrganisationSide, "read", reading)
        yield


@pytest.mark.parametrize("known_from", ["here", "there"])
def test_an_edit_made_while_the_record_is_being_planned_is_not_ticked_off_with_it(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, known_from: str
) -> None:
    acme, remote_id = linked(rig)
    mark_dirty(acme.firm_id, rig.connection.pk, "organisation", [acme.pk], now=rig.clock())
    if known_from == "there":
        look_again(acme.firm_id, rig.connection.pk, "companies", [remote_id])

    def edit() -> None:
        update_organisation(acme.pk, by=rig.ada, changes={"phone": "03 9123 4567"})
        fan_out(now=rig.clock())

    with monkeypatch.context() as patch:
        patch.setattr(gather.Gatherer, "index", lambda _self: iter(()))
        with at_reading(monkeypatch, edit):
            rig.cycle()
    rig.settle()

    assert rig.record("companies", "Acme")["office_phone"] == "03 9123 4567"


def test_only_what_was_dealt_with_is_ticked_off(rig: Rig) -> None:
    acme, remote_id = linked(rig)
    where = {"firm_id": acme.firm_id, "connection_id": rig.connection.pk}
    mark_dirty(**where, kind="organisation", ids=[acme.pk], now=rig.clock())
    before = Dirty.objects.get()
    before.delete()
    mark_dirty(**where, kind="organisation", ids=[acme.pk], now=rig.clock())

    acknowledge_dirty(acme.firm_id, [(before.pk, before.version)])
    assert Dirty.objects.get().version == before.version, "a row made anew is another row"

    bench = bench_of(rig.connection)
    look_again(acme.firm_id, rig.connection.pk, "companies", [remote_id])
    [seen] = gather.read_theirs(bench, bench.pairs[1], [remote_id]).values()
    look_again(acme.firm_id, rig.connection.pk, "companies", [remote_id])
    acknowledge_seen(bench, "companies", [(remote_id, seen.moved)])
    [seen] = gather.read_theirs(bench, bench.pairs[1], [remote_id]).values()
    assert seen.pending, "somebody asked once more meanwhile"


def test_a_record_that_was_removed_before_it_ever_went_leaves_nothing_waiting(rig: Rig) -> None:
    rig.connect()
    rig.settle()
    acme = rig.organisation("Acme")
    remove_organisation(acme.pk, by=rig.ada)

    rig.cycle(poll=False)

    assert not Dirty.objects.exists(), "else every tick of the worker would start a cycle for it"
    rig.late += timedelta(minutes=1)
    assert rig.cycle(poll=False).calls == {}


@pytest.mark.capability("A-34")
@pytest.mark.parametrize("end", [pause_sync, disconnect])
def test_once_it_is_switched_off_nothing_more_is_written_even_by_a_run_under_way(
    rig: Rig, end: Callable[..., Any]
) -> None:
    for i in range(4):
        rig.organisation(f"Org {i}")
    rig.seed(companies=[{"name": "Remote Co"}])
    rig.connect()

    meddler = run(rig, lambda: end(rig.connection.pk, by=rig.ada), at=6, after=True)

    assert meddler.sent[-1] == "create companies", "the sixth call was the first write of an organisation"
    assert len(rig.records("companies")) == 2
    assert Link.objects.filter(state="live", kind="organisation", remote_id__isnull=False).exists(), "its answer counts"
    assert rig.cycle().ran is False
    state = Connection.objects.get().state
    assert state == (ConnectionState.PAUSED if end is pause_sync else ConnectionState.DISCONNECTED)
    if end is pause_sync:
        start_sync(rig.connection.pk, by=rig.ada)
        rig.settle()
        assert len(rig.records("companies")) == 5


def test_a_refusal_of_the_old_token_does_not_stop_a_connection_that_has_a_new_one(rig: Rig) -> None:
    linked(rig)
    rig.faults({"call": 1, "operation": "list companies", "do": "status", "status": 401})

    run(rig, lambda: replace_token(rig.connection.pk, by=rig.ada, secret={"access_token": TOKEN}), at=2, after=False)

    assert Connection.objects.get().state == ConnectionState.ACTIVE


def test_who_asks_for_a_sync_while_one_runs_gets_one_more(rig: Rig) -> None:
    linked(rig)

    run(rig, lambda: sync_now(rig.connection.pk, by=rig.ada), at=2)

    assert Connection.objects.get().next_poll_at is None


# --- workers and clocks ----------------------------------------------------------------------------------------------


def test_planning_that_takes_longer_than_a_lease_keeps_it(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    for i in range(6):
        rig.organisation(f"Org {i}")
    rig.connect()
    monkeypatch.setattr(gather, "CHUNK", 1)
    read, taken = OrganisationSide.read, []

    def slowly(side: OrganisationSide, firm_id: int, ids: Sequence[int]) -> Any:
        rig.late += timedelta(seconds=7)
        taken.append(take(Connection.objects.get(), holder="w2", clock=rig.clock))
        return read(side, firm_id, ids)

    monkeypatch.setattr(OrganisationSide, "read", slowly)
    outcome = rig.cycle()

    assert taken == [None] * len(taken)
    assert not outcome.trouble
    assert len(rig.records("companies")) == 6


def test_a_worker_that_was_overtaken_keeps_nothing_of_what_it_reads(rig: Rig) -> None:
    linked(rig)
    before = list(Cursor.objects.order_by("pk").values())

    def overtake() -> None:
        rig.late += timedelta(seconds=16)
        assert take(Connection.objects.get(), holder="w2", clock=rig.clock) is not None

    run(rig, overtake, at=1, after=True)

    assert list(Cursor.objects.order_by("pk").values()) == before
    assert Connection.objects.get().trouble == ""


def test_a_holder_whose_clock_stepped_back_does_not_lock_the_others_out(rig: Rig) -> None:
    connection = rig.connect()
    rig.late += timedelta(hours=1)
    assert take(connection, holder="w1", clock=rig.clock) is not None
    rig.late -= timedelta(hours=1)

    assert take(connection, holder="w2", clock=rig.clock) is not None


def test_before_a_record_is_overwritten_late_in_a_long_run_it_is_looked_at_again(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = [linked(rig, f"Org {i}") for i in range(3)]
    for org, _ in records:
        update_organisation(org.pk, by=rig.ada, changes={"phone": "03 9123 4567"})
    monkeypatch.setattr(carry_out, "THERE_BATCH", 1)

    def edit() -> None:
        rig.late += timedelta(seconds=6)
        rig.edit("companies", records[2][1], office_phone="03 9999 9999")

    run(rig, edit, at=5, after=True)

    assert rig.record("companies", "Org 2")["office_phone"] == "03 9999 9999", "it was not written over"
    rig.settle()
    conflict = Conflict.objects.get()
    assert (conflict.ours, conflict.theirs) == ("03 9123 4567", "03 9999 9999")


def test_a_write_without_an_answer_costs_no_calls_until_it_can_be_settled(rig: Rig) -> None:
    acme, _ = linked(rig)
    update_organisation(acme.pk, by=rig.ada, changes={"phone": "03 9123 4567"})
    with pytest.raises(Cut):
        rig.cycle(wrap=lambda inner: CutTransport(inner, "update companies", 1, True))

    for _ in range(3):
        rig.late += timedelta(seconds=1)
        assert rig.cycle(poll=False).calls == {}
    rig.late += timedelta(seconds=20)
    calls = rig.cycle(poll=False).calls

    assert calls == {"list companies": 1, "read companies": 1}
    assert not Intent.objects.filter(state__in=["intended", "unknown"]).exists()
    assert rig.cycle().rows == 0


def test_an_update_that_gets_no_answer_twice_is_made_once_more_and_then_known(rig: Rig) -> None:
    acme, _ = linked(rig)
    update_organisation(acme.pk, by=rig.ada, changes={"phone": "03 9123 4567"})
    rig.faults({"every": 1, "operation": "update companies", "do": "drop_before", "times": 2})

    for _ in range(4):
        rig.cycle()
        rig.late += timedelta(seconds=30)

    assert rig.record("companies", "Acme")["office_phone"] == "03 9123 4567"
    assert JournalEntry.objects.filter(op="update_there", kind="organisation", outcome="done").count() == 1


def test_one_record_that_cannot_be_read_back_keeps_no_other_waiting(rig: Rig) -> None:
    acme, _ = linked(rig)
    beta, _ = linked(rig, "Beta")
    update_organisation(acme.pk, by=rig.ada, changes={"phone": "03 9123 4567"})
    rig.faults(
        {"call": 1, "operation": "update companies", "do": "drop_after"},
        {"every": 1, "operation": "read companies", "do": "html"},
    )
    rig.cycle()
    rig.late += timedelta(seconds=30)
    update_organisation(beta.pk, by=rig.ada, changes={"phone": "03 9999 9999"})
    rig.cycle()
    assert rig.record("companies", "Beta")["office_phone"] == "03 9999 9999"

    rig.late += timedelta(minutes=11)
    rig.settle()

    assert not Intent.objects.filter(state__in=["intended", "unknown"]).exists(), "in the end the lists are believed"


# --- the remote's clock ----------------------------------------------------------------------------------------------


@dataclass
class Undated:
    """A remote, or a proxy before it, that dates no answer."""

    inner: Transport

    def send(self, request: Request) -> Reply:
        reply = self.inner.send(request)
        return Reply(reply.status, {k: v for k, v in reply.headers.items() if k != "date"}, reply.body)


@pytest.mark.parametrize("learned", [True, False], ids=["zone known", "zone never learned"])
def test_without_a_date_in_the_answers_our_own_clock_moves_no_cursor(rig: Rig, learned: bool) -> None:
    if learned:
        _, remote_id = linked(rig)
    else:
        rig.organisation("Acme")
        rig.connect()
        rig.cycle(wrap=Undated)
        remote_id = str(rig.record("companies", "Acme")["id"])
    rig.late += timedelta(hours=1)
    rig.cycle(wrap=Undated)

    rig.edit("companies", remote_id, mobile="0412 345 678")
    rig.cycle(wrap=Undated)

    assert Organisation.objects.get().mobile == "0412 345 678"


def test_nothing_is_missed_when_the_remotes_own_clock_goes_back(rig: Rig) -> None:
    """Melbourne, the night of 5 April 2026: at 3:00 in the morning it is 2:00 once more."""
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        ZoneInfo("Australia/Melbourne")
    except ZoneInfoNotFoundError:
        pytest.skip("no zone data on this machine")
    from datetime import UTC, datetime

    from django.utils import timezone

    rig.post("switches", {"zone": "Australia/Melbourne"})
    change = datetime(2026, 4, 4, 16, 0, tzinfo=UTC)

    def it_is(moment: datetime) -> None:
        rig.late = moment - timezone.now()
        rig.post("clock", {"offset": rig.late.total_seconds()})

    it_is(change - timedelta(minutes=30))
    _, remote_id = linked(rig)
    rig.edit("companies", remote_id, office_phone="03 9111 1111")
    for minutes in (-5, 4):
        it_is(change + timedelta(minutes=minutes))
        rig.cycle()
    assert Organisation.objects.get().phone == "03 9111 1111"
    rig.edit("companies", remote_id, mobile="0412 345 678")  # stamped an hour before what was read already
    for minutes in (5, 15, 25, 36, 50):
        it_is(change + timedelta(minutes=minutes))
        rig.cycle()

    assert Organisation.objects.get().mobile == "0412 345 678"


def test_a_list_that_trails_within_one_second_brings_nothing_back(rig: Rig) -> None:
    acme, _ = linked(rig)
    rig.post("switches", {"visibility_lag_seconds": 4})
    for i in range(4):
        update_organisation(acme.pk, by=rig.ada, changes={"phone": f"03 9123 456{i}"})
        rig.cycle()
        rig.cycle()

    acme.refresh_from_db()
    assert acme.phone == "03 9123 4563"
    assert rig.record("companies", "Acme")["office_phone"] == "03 9123 4563"
    written = JournalEntry.objects.filter(op="update_there", kind="organisation")
    assert written.count() == 4, "one write for each edit, and no echo"
    assert not JournalEntry.objects.filter(op="update_here").exists()


def test_a_stamp_of_another_day_is_no_zone(rig: Rig) -> None:
    from datetime import UTC, datetime

    from instep.connect.observe import learn_zone
    from instep.connect.protocols import RemoteRecord

    connection = rig.connect()
    bench = bench_of(connection)
    answered = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
    for stamp, zone in (
        (datetime(2026, 11, 22, 22, 0), 600),  # noqa: DTZ001  (a remote's stamp has no zone)
        (datetime(2026, 11, 19, 12, 0), 600),  # noqa: DTZ001
        (datetime(2026, 11, 23, 3, 0), 600),  # noqa: DTZ001
        (datetime(2026, 11, 22, 21, 51), 600),  # noqa: DTZ001
        (datetime(2026, 11, 22, 17, 31), 330),  # noqa: DTZ001
    ):
        learn_zone(bench, RemoteRecord("companies", "1", {}, stamp=stamp), answered)
        assert bench.connection.stamp_offset_minutes == zone
