"""`instep connect doctor` and `probe`: what is wrong is said with what to do, and a real account is only looked at."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from instep.base.tasks.models import Executor
from instep.connect.abilities import RemoteHint
from instep.connect.errors import SyncBusy
from instep.connect.inbox.hints import leave_hints
from instep.connect.inbox.outbox import fan_out
from instep.connect.limits.lease import take
from instep.connect.models import Connection, Cursor, JournalEntry, Lease, Meter
from instep.connect.probing import OnlyReads, WouldWrite, probe
from instep.connect.protocols import Reply, Request, Transport
from instep.connect.queries.findings import findings
from instep.connect.queries.health import Facts, health
from instep.connect.registry import transport_to
from instep.crm.actions.organisations import update_organisation
from tests.cli.conftest import Said, instep
from tests.connect.rig import TOKEN, Rig

__all__ = ["instep"]
pytestmark = pytest.mark.django_db
Run = Callable[..., Said]


def facts_of(rig: Rig) -> Facts:
    return health(rig.cast.firm.pk, rig.connection.pk, now=rig.clock())


def codes(rig: Rig) -> set[str]:
    now = rig.clock()
    return {each.code for each in findings(facts_of(rig), now=now, worker_seen=now)}


@pytest.mark.capability("X-13")
def test_the_doctor_measures_and_says_what_to_do(instep: Run, rig: Rig) -> None:
    acme = rig.organisation("Acme", phone="03 9000 0000")
    rig.connect()
    rig.settle()
    Executor.objects.create(name="w1", session="s", beat_at=timezone.now())
    well = instep("connect", "doctor", "--json")
    assert (well.code, well.json["ok"]) == (0, True), well.out
    [told] = well.json["connections"]
    assert (told["findings"], told["lag_ms"], told["unsent"]) == ([], {}, 0)
    assert abs(told["clock_ahead_seconds"]) < 30

    # One edit each way: how late each arrived is measured from the edit itself.
    update_organisation(acme.pk, by=rig.ada, changes={"phone": "03 9111 1111"})
    fan_out(now=rig.clock())  # the worker sees it at once, and the remote is out of reach for a while
    rig.wait(40)
    rig.cycle()
    rig.edit("companies", rig.link("organisation", acme.pk).remote_id or "", office_phone="03 9222 2222")
    rig.wait(30)
    rig.cycle()
    lags = {e.side: e.lag_ms or 0 for e in JournalEntry.objects.filter(lag_ms__isnull=False)}
    assert (40_000 <= lags["there"] < 60_000, 29_000 <= lags["here"] < 60_000) == (True, True), lags
    assert JournalEntry.objects.filter(run__purpose="first_link", lag_ms__isnull=False).count() == 0
    lag = facts_of(rig).lag
    assert (lag["there"].count, lag["there"].half, lag["here"].most) == (1, lags["there"], lags["here"])
    JournalEntry.objects.filter(side="there").update(lag_ms=600_000)
    assert codes(rig) == {"slow"}
    rig.late += timedelta(minutes=2)
    rig.cycle()
    assert codes(rig) == {"slow", "clock"}, "our clock was put ahead"

    rows = Connection.objects.filter(pk=rig.connection.pk)
    Cursor.objects.update(read_here_at=rig.clock(), read_at=rig.clock())
    JournalEntry.objects.update(lag_ms=None)
    assert codes(rig) == set()
    update_organisation(acme.pk, by=rig.ada, changes={"phone": "03 9333 3333"})
    rig.cycle(wrap=lambda inner: Down())
    assert codes(rig) == {"waits"}
    assert (facts_of(rig).last_stop or facts_of(rig).connection.trouble) is not None
    rig.late += timedelta(minutes=30)
    rows.update(resume_at=None, trouble="")
    Cursor.objects.update(read_here_at=rig.clock(), read_at=rig.clock())
    assert codes(rig) == {"late_edit", "late_look"}
    now = rig.clock()
    known = {e.code: e for e in findings(facts_of(rig), now=now, worker_seen=now - timedelta(hours=3))}
    assert set(known) == {"late_edit", "no_worker"}
    assert known["no_worker"].todo == "Start one with `instep worker`."
    assert "3 hours" in known["no_worker"].sentence

    rows.update(environment="elsewhere", epoch=2)
    assert {"read_only_copy", "new_epoch"} <= codes(rig)
    rows.update(environment="", epoch=1, review="restored")
    assert "review" in codes(rig)
    rows.update(review="", state="needs_person", trouble="The token ended.")
    told = instep("connect", "doctor")
    assert told.code == 1
    assert "! The token ended. Sign in again" in told.out
    assert TOKEN not in told.out
    Lease.objects.update(holder="w9", expires_at=rig.clock() - timedelta(hours=1))
    rows.update(state="active", trouble="")
    assert "died" in codes(rig)


class Down:
    def send(self, request: Request) -> Reply:
        return Reply(503, {}, b"")


def test_webhooks_are_counted(rig: Rig) -> None:
    rig.connect()
    hints = [RemoteHint(f"e{n}", "t", "companies", str(n)) for n in range(3)]
    leave_hints(Connection.objects.get(), hints, now=rig.clock())
    leave_hints(Connection.objects.get(), hints[:1], now=rig.clock())
    assert (facts_of(rig).hints_heard, facts_of(rig).heard_at is not None) == (4, True)
    assert Meter.objects.filter(dimension="heard").count() == 1


class Bent:
    """A remote that is not as it is described: no dates in its filter, another word, a field that has gone."""

    def __init__(self, inner: Transport) -> None:
        self.inner = inner
        self.methods: list[str] = []

    def send(self, request: Request) -> Reply:
        self.methods.append(request.method)
        query = tuple((name, value) for name, value in request.query if name != "modified_date")
        plain = Request(request.operation, request.method, request.path, query, request.headers, request.body)
        reply = self.inner.send(plain)
        text = reply.body.decode().replace('"record_status"', '"status_of_record"').replace('"abn"', '"vat"')
        return Reply(reply.status, {**reply.headers, "x-ratelimit-remaining": f"7 of {TOKEN}"}, text.encode())


@pytest.mark.capability("X-13")
def test_a_probe_tells_how_an_account_differs_and_writes_nothing(instep: Run, rig: Rig, tmp_path: Path) -> None:
    told = rig.seed(companies=[{"name": f"Co {n:03}", "abn": "51 824 753 556"} for n in range(105)])
    rig.connect(start=False)
    rig.wait(10)
    rig.edit("companies", told["companies"][3], name="Changed later")
    writes = rig.writes()
    said = instep("connect", "probe", rig.connection.pk, "--json", "--out", tmp_path / "report.json")
    assert said.code in (0, 1), said.err
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["types"] == said.json["types"]
    companies = next(each for each in report["types"] if each["remote_type"] == "companies")
    assert (companies["page"], companies["since"], companies["record"]) == ("honoured", "honoured", "read")
    assert companies["wrong"] == []
    marks = {each["theirs"]: each for each in companies["fields"]}
    assert (marks["name"]["shown"], marks["name"]["unreadable"]) == (101, 0)
    assert set(companies["assumed_seen"]).isdisjoint(companies["assumed_not_seen"])
    assert rig.writes() == writes
    assert "Co 004" not in (tmp_path / "report.json").read_text(), "no record is in the report"
    assert instep("connect", "probe", rig.connection.pk, "--out", tmp_path / "report.json").code == 2

    bent = Bent(transport_to(f"{rig.address}/v2/"))
    other = probe(Connection.objects.get(), holder="w1", transport=bent, clock=rig.clock)
    found = next(each for each in other.types if each.remote_type == "companies")
    assert found.since == "ignored"
    assert "abn" in found.assumed(shown=False) or any("abn" in sentence for sentence in found.wrong)
    assert other.headers["x-ratelimit-remaining"] == "7 of [hidden]"
    assert set(bent.methods) == {"GET"}
    assert rig.writes() == writes

    holding = take(Connection.objects.get(), holder="w2", clock=rig.clock)
    assert holding is not None
    with pytest.raises(SyncBusy):
        probe(Connection.objects.get(), holder="w1", transport=bent, clock=rig.clock)
    holding.release()


def test_a_probe_cannot_send_a_write() -> None:
    sent: list[Request] = []

    class Remote:
        def send(self, request: Request) -> Reply:
            sent.append(request)
            return Reply(200, {}, b"")

    wire = OnlyReads(Remote(), frozenset({"renew access"}))
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        with pytest.raises(WouldWrite):
            wire.send(Request("create contacts", method, "contacts"))
    wire.send(Request("list contacts", "GET", "contacts"))
    wire.send(Request("renew access", "POST", "token"))
    assert [request.operation for request in sent] == ["list contacts", "renew access"]
