"""`instep connect status | plan | apply | run` against a real sandbox."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from instep.connect.actions.connections import disconnect
from instep.connect.models import Connection, ConnectionState, Link, LinkState, Plan, PlanState
from instep.connect.queries.runs import operations
from instep.crm.actions.organisations import update_organisation
from tests.cli.conftest import Said
from tests.connect.rig import Rig

pytestmark = pytest.mark.django_db(transaction=True)
Run = Callable[..., Said]


@pytest.mark.capability("X-17", "X-18")
def test_a_plan_writes_nothing_and_applying_it_does_exactly_what_it_showed(instep: Run, rig: Rig) -> None:
    rig.organisation("Acme", phone="03 9123 4567")
    rig.seed(companies=[{"name": "Remote Co"}])
    connection = rig.connect(start=False)

    planned = instep("connect", "plan", "--connection", connection.pk, "--json")
    assert planned.code == 0
    shown = planned.json
    assert rig.writes() == 0
    assert shown["counts"] == {"create_there": 1, "create_here": 1, "link": 1, "update_there": 1}
    creation = next(row for row in shown["rows"] if row["op"] == "create_there")
    assert {"field": "phone", "from": None, "to": "03 9123 4567", "why": ""} in creation["changes"]
    assert Connection.objects.get().state == ConnectionState.SETUP

    applied = instep("connect", "apply", shown["plan"], "--json")
    assert applied.code == 0, applied.out
    assert applied.json["state"] == "applied"
    assert applied.json["rows"] == {"applied": len(shown["rows"])}
    done = [(op.op, op.label, op.state) for op in operations(rig.cast.firm.pk, shown["plan"]).order_by("no")]
    assert done == [(row["op"], row["label"], "applied") for row in shown["rows"]]
    assert rig.record("companies", "Acme")["office_phone"] == "03 9123 4567"

    again = instep("connect", "apply", shown["plan"], "--json")
    assert (again.code, again.json["error"]["code"]) == (1, "plan_not_open")
    rig.settle()
    writes = rig.writes()
    quiet = instep("connect", "plan", "--connection", connection.pk)
    assert (quiet.code, "nothing to do" in quiet.out) == (0, True)
    assert rig.writes() == writes


@pytest.mark.capability("X-09")
def test_conflicts_are_listed_and_one_value_is_kept(instep: Run, rig: Rig) -> None:
    acme = rig.organisation("Acme", phone="03 9000 0000")
    rig.connect()
    rig.settle()
    assert instep("connect", "conflicts").code == 0
    update_organisation(acme.pk, by=rig.ada, changes={"phone": "03 9111 1111"})
    rig.edit("companies", rig.link("organisation", acme.pk).remote_id or "", office_phone="03 9222 2222")
    rig.settle()

    listed = instep("connect", "conflicts", "--json")
    [row] = listed.json["conflicts"]
    assert (listed.code, row["ours"], row["ours_by"], row["theirs"]) == (1, "03 9111 1111", "Ada", "03 9222 2222")
    assert "03 9111 1111 (Ada)" in instep("connect", "conflicts").out
    assert instep("connect", "conflicts", "--keep", "mine", row["id"]).code == 2
    assert instep("connect", "conflicts", "--keep", "theirs", row["id"]).code == 0
    rig.settle()

    acme.refresh_from_db()
    assert acme.phone == "03 9222 2222"


def test_a_plan_that_would_hold_something_says_so(instep: Run, rig: Rig) -> None:
    rig.organisation("Twin")
    rig.seed(companies=[{"name": "Twin"}])
    rig.connect(start=False)
    said = instep("connect", "plan")
    assert said.code == 1
    assert "same name" in said.out
    assert "instep connect apply" in said.out


def test_run_brings_everything_in_step_and_status_tells_how_it_stands(instep: Run, rig: Rig) -> None:
    acme = rig.organisation("Acme", phone="03 9123 4567")
    rig.seed(contacts=[{"name": "No Company"}])
    connection = rig.connect()

    ran = instep("connect", "run", "--json")
    assert ran.code == 1  # the contact without a company is held
    [told] = ran.json["connections"]
    assert (told["quiet"], told["trouble"], told["held"]) == (True, "", 1)
    assert told["held_records"][0]["code"] == "needs_field"
    assert told["calls"]["create companies"] == 1
    assert Link.objects.get(kind="organisation", local_id=acme.pk).state == LinkState.LIVE

    update_organisation(acme.pk, by=rig.ada, changes={"phone": "03 9999 0000"})
    assert "in step" in instep("connect", "run", "--connection", connection.pk).out
    assert rig.record("companies", "Acme")["office_phone"] == "03 9999 0000"

    status = instep("connect", "status", "--firm", rig.cast.firm.key, "--json")
    assert status.code == 1
    [stands] = status.json["connections"]
    assert set(stands) == {
        *("id", "firm", "title", "state", "trouble", "linked", "linked_by_kind", "held", "conflicts", "waiting"),
        *("in_step_at", "poll_seconds", "held_records", "unseen", "asks_first"),
    }
    assert (stands["state"], stands["linked_by_kind"]) == ("active", {"organisation": 1, "staff": 1})
    shown = instep("connect", "status")
    assert "No Company" in shown.out
    assert "Organisation is empty" in shown.out


def test_what_cannot_be_run_says_what_to_do_instead(instep: Run, rig: Rig) -> None:
    assert "no connection yet" in instep("connect", "status").out
    assert instep("connect", "run").code == 2
    assert instep("connect", "plan").code == 2
    connection = rig.connect(start=False)
    fresh = instep("connect", "run")
    assert fresh.code == 2
    assert "instep connect plan" in fresh.err
    assert instep("connect", "status", "--connection", 12345).code == 2
    assert instep("connect", "apply", 12345).code == 2
    assert instep("connect", "status", "--firm", "nowhere").code == 2
    disconnect(connection.pk, by=rig.ada)
    assert "no connection yet" in instep("connect", "status").out
    assert instep("connect", "run").code == 2


def test_an_ended_token_stops_a_run_and_a_plan_with_its_sentence(instep: Run, rig: Rig) -> None:
    rig.connect()
    rig.settle()
    rig.faults({"do": "status", "status": 401})
    ran = instep("connect", "run", "--json")
    assert ran.code == 1
    assert ran.json["connections"][0]["state"] == "needs_person"
    assert ran.json["connections"][0]["trouble"]
    assert not Plan.objects.filter(state=PlanState.APPLYING).exists()


def test_a_plan_of_a_remote_that_does_not_answer_is_one_sentence(instep: Run, rig: Rig) -> None:
    connection = rig.connect(start=False)
    Connection.objects.filter(pk=connection.pk).update(address="http://127.0.0.1:1/v2/")
    said = instep("connect", "plan", "--json")
    assert said.code == 1
    assert "cannot be reached" in said.json["error"]["sentence"]
