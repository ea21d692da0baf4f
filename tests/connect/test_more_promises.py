"""Further promises: lists cut short, references that come late, two connections of one firm, what a row may cost."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from instep.connect.actions.connections import connect_remote, start_sync
from instep.connect.actions.decisions import decide_held
from instep.connect.cycle import run_cycle
from instep.connect.inbox.outbox import fan_out
from instep.connect.models import Conflict, Connection, JournalEntry, Link, LinkState, Observation
from instep.connect.observe import NEVER, _begun
from instep.connect.place import bench_of
from instep.connect.protocols import PageOfRecords, RemoteRecord, Reply, Request, Transport
from instep.connect.registry import transport_to
from instep.crm.actions.contacts import update_contact
from instep.crm.actions.organisations import update_organisation
from instep.crm.models import Organisation
from instep.jobs.actions.jobs import update_job
from instep.staff.actions.resources import create_staff
from tests.connect.rig import Cut, CutTransport, Rig

pytestmark = pytest.mark.django_db


def test_a_list_that_is_cut_between_two_pages_is_read_to_its_end_and_nothing_is_missed(rig: Rig) -> None:
    rig.organisation("Acme")
    rig.connect()
    rig.settle()
    ids = rig.seed(companies=[{"name": f"Co {i:03}"} for i in range(150)])["companies"]
    with pytest.raises(Cut):
        rig.cycle(wrap=lambda inner: CutTransport(inner, "list companies", 2, False))
    rig.wait(300)
    rig.edit("companies", ids[0], mobile="0412 345 678")  # on the page that was read already

    calls = rig.cycle().calls
    rig.settle()

    assert Organisation.objects.count() == 151
    assert Organisation.objects.get(name="Co 000").mobile == "0412 345 678"
    assert calls["list companies"] == 1, "it is gone on with from where it was cut"


@pytest.mark.capability("A-16")
def test_a_handler_without_a_counterpart_is_named_as_soon_as_there_is_one(rig: Rig) -> None:
    rig.seed(team_members=[{"name": "Bo Young", "email": "bo@elsewhere.example"}])
    bo = create_staff(by=rig.ada, first_name="Bo", last_name="Young", email="bo@bb.example").sure()
    house = rig.job("House", rig.organisation("Acme"), handler=bo.pk)
    rig.connect()
    rig.settle()
    waiting = rig.link("staff", bo.pk)
    assert waiting.held_code == "possible_match"
    assert rig.record("projects", "House")["assigned_user"] is None
    assert rig.link("job", house.pk).held_code == "", "a job waits for no handler"
    update_job(house.pk, by=rig.ada, changes={"scope": "meanwhile"})
    rig.settle()

    member = rig.record("team-members", "Bo Young")
    decide_held(waiting.pk, by=rig.ada, choice="link", remote_id=str(member["id"]))
    rig.settle()

    assert rig.record("projects", "House")["assigned_user"] == member["id"]
    house.refresh_from_db()
    assert house.handler_id == bo.pk, "and nothing came back"
    assert rig.cycle().rows == 0


def test_a_handler_of_theirs_without_a_counterpart_is_taken_over_as_soon_as_there_is_one(rig: Rig) -> None:
    house = rig.job("House", rig.organisation("Acme"))
    rig.connect()
    rig.settle()
    member = rig.seed(team_members=[{"name": "Bo Young", "email": "bo@bb.example"}])["team-members"][0]
    rig.edit("projects", rig.link("job", house.pk).remote_id or "", assigned_user=member)
    rig.settle()
    house.refresh_from_db()
    assert house.handler_id == rig.handler.pk

    bo = create_staff(by=rig.ada, first_name="Bo", last_name="Young", email="bo@bb.example").sure()
    rig.settle()

    house.refresh_from_db()
    assert house.handler_id == bo.pk
    assert rig.record("projects", "House")["assigned_user"] == member
    assert not Conflict.objects.exists()


@dataclass
class Shouting:
    """A remote that keeps roles in capitals, whatever it is sent."""

    inner: Transport

    def send(self, request: Request) -> Reply:
        if request.body and b"title" in request.body:
            body = json.loads(request.body)
            body["title"] = (body["title"] or "").upper() or None
            request = replace(request, body=json.dumps(body).encode())
        return self.inner.send(request)


@pytest.mark.capability("A-30")
def test_what_the_remote_rewrites_when_it_stores_it_is_no_change_of_theirs(rig: Rig) -> None:
    lee = rig.contact("Lee", "Wong", organisation=rig.organisation("Acme").pk, role="Director")
    rig.connect()
    for role in ("Director", "Owner"):
        update_contact(lee.pk, by=rig.ada, changes={"role": role})
        for _ in range(3):
            rig.cycle(wrap=Shouting)
            rig.late += timedelta(seconds=30)

        lee.refresh_from_db()
        assert (lee.role, rig.records("contacts")[0]["title"]) == (role, role.upper())

    entries = JournalEntry.objects.filter(kind="contact", side="there")
    assert entries.count() == 2
    assert all("another form" in e.detail and "Role" in e.detail for e in entries), "the journal tells of it"


def test_a_new_version_with_other_fields_reads_everything_once_more(rig: Rig) -> None:
    rig.seed(companies=[{"name": "Remote Co"}])
    rig.connect()
    rig.settle()
    rig.wait(7200)
    rig.cycle()
    Connection.objects.update(capability_version="as it was")
    Observation.objects.filter(remote_type="companies").update(raw={"name": "Remote Co"}, canonical={})

    rig.settle()

    assert set(Observation.objects.get(remote_type="companies").canonical) >= {"name", "phone", "deep_link"}
    assert rig.cycle().rows == 0


@pytest.mark.capability("X-04")
def test_two_connections_of_one_firm_come_to_rest_and_each_keeps_to_its_own(rig: Rig) -> None:
    acme = rig.organisation("Acme")
    rig.connect()
    rig.settle()
    other = {
        "key": "second", "name": "Second", "phases": {"active": ["On hold", "Pending invoice"]},
        "tokens": [{"token": "second", "scope": "readwrite"}],
        "records": {"team-members": [{"name": "Zed"}], "companies": [{"name": "From the second"}]},
    }  # fmt: skip
    rig.post("seed", {"accounts": [other]})
    second = connect_remote(
        rig.cast.firm.pk, by=rig.ada, provider="tinyplus", secret={"access_token": "second"},
        address=f"{rig.address}/v2/",
    )  # fmt: skip
    start_sync(second.pk, by=rig.ada)

    def both() -> int:
        rows = 0
        for connection in Connection.objects.order_by("pk"):
            while fan_out(now=rig.clock()):
                pass
            outcome = run_cycle(
                connection, holder="w1", transport=transport_to(f"{rig.address}/v2/"), clock=rig.clock, rng=_rng()
            )
            rows += outcome.rows
        return rows

    assert any(both() == 0 for _ in range(8))
    update_organisation(acme.pk, by=rig.ada, changes={"phone": "03 9123 4567"})
    assert any(both() == 0 for _ in range(4))

    told = rig.http.get(f"{rig.address}/_sandbox/records", params={"account": "second", "resource": "companies"}).json()
    for companies in (rig.records("companies"), told["records"]):
        assert sorted(c["name"] for c in companies) == ["Acme", "From the second"]
        assert next(c for c in companies if c["name"] == "Acme")["office_phone"] == "03 9123 4567"
    assert Link.objects.filter(kind="organisation", state=LinkState.LIVE).count() == 4
    assert Organisation.objects.count() == 2
    before = JournalEntry.objects.count()
    assert both() == 0
    assert JournalEntry.objects.count() == before


def _rng() -> Any:
    import random

    return random.Random(1)


def test_a_row_costs_the_same_number_of_queries_whatever_the_number_of_rows(rig: Rig) -> None:
    rig.connect()
    rig.settle()

    def queries(number: int, name: str) -> dict[str, int]:
        found = {}
        made = [rig.organisation(f"{name} {i}") for i in range(number)]
        rig.wait(60)
        with CaptureQueriesContext(database) as captured:
            rig.cycle()
        found["create there"] = len(captured)
        rig.settle()
        rig.wait(60)
        for org in made:
            rig.edit("companies", rig.link("organisation", org.pk).remote_id or "", mobile="0412 345 678")
        rig.wait(60)
        with CaptureQueriesContext(database) as captured:
            rig.cycle()
        found["update here"] = len(captured)
        rig.settle()
        return found

    few, many = queries(2, "Few"), queries(12, "Many")
    a_row = {name: (many[name] - few[name]) / 10 for name in few}
    assert a_row["create there"] <= 36, a_row
    assert a_row["update here"] <= 6, a_row


def test_a_quiet_cycle_asks_the_database_the_same_whatever_the_number_of_records(rig: Rig) -> None:
    rig.organisation("Acme")
    rig.connect()
    rig.settle()

    def quiet() -> int:
        rig.cycle()
        with CaptureQueriesContext(database) as captured:
            assert rig.cycle().rows == 0
        return len(captured)

    before = quiet()
    for i in range(8):
        rig.organisation(f"Org {i}")
    rig.settle()
    assert quiet() == before


@dataclass
class Answered:
    """What a caller knows of its last answer."""

    server_time: datetime | None
    last_ms: int = 0


def test_a_list_begins_when_the_remote_was_asked_and_not_when_it_answered(rig: Rig) -> None:
    bench = bench_of(rig.connect())
    noon = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
    page = PageOfRecords([RemoteRecord("companies", "1", {}, stamp=datetime(2026, 11, 22, 21, 0))], None)  # noqa: DTZ001

    def begun(answered: Answered, offset: int | None, page: PageOfRecords = page) -> datetime:
        bench.connection.stamp_offset_minutes = offset
        return _begun(bench, answered, page)  # type: ignore[arg-type]

    assert begun(Answered(noon, 9_000), 600) == noon - timedelta(seconds=9)
    assert begun(Answered(None), 600) == noon - timedelta(hours=1), "without a Date, the newest stamp it shows"
    assert begun(Answered(None), None) == NEVER
    assert begun(Answered(None), 600, PageOfRecords([], None)) == NEVER
