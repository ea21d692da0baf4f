"""Records that are gone, previews that grew old, and one record's trouble that is not another's."""

from __future__ import annotations

from typing import Any

import pytest

from instep.connect.actions.connections import connect_remote, disconnect, mark_for_first_link, pause_sync
from instep.connect.actions.decisions import approve_plan, decide_held
from instep.connect.errors import PlanNotOpen
from instep.connect.models import (
    Conflict,
    Connection,
    ConnectionState,
    Dirty,
    Intent,
    JournalEntry,
    Link,
    LinkState,
    Observation,
    Plan,
    PlanOp,
)
from instep.crm.actions.organisations import archive_organisation, restore_organisation, update_organisation
from instep.crm.models import Contact, Organisation
from instep.jobs.models import Job
from instep.kernel.errors import BadValue
from tests.connect.rig import Cut, CutTransport, Rig
from tests.connect.test_races import linked

pytestmark = pytest.mark.django_db

NUMBER = "51 824 753 556"


def names(rig: Rig) -> list[str]:
    return sorted(r["name"] for r in rig.records("companies"))


# --- records that are gone -------------------------------------------------------------------------------------------


def gone_there(rig: Rig) -> tuple[Organisation, Link]:
    acme, remote_id = linked(rig)
    rig.http.delete(f"{rig.address}/v2/companies/{remote_id}", headers={"Authorization": rig.token})
    update_organisation(acme.pk, by=rig.ada, changes={"phone": "03 9123 4567"})
    rig.settle()
    link = rig.link("organisation", acme.pk)
    assert link.held_code == "gone_there"
    return acme, link


@pytest.mark.capability("A-32")
def test_a_record_that_is_gone_there_is_made_anew_once_when_somebody_asks_for_it(rig: Rig) -> None:
    acme, link = gone_there(rig)
    update_organisation(acme.pk, by=rig.ada, changes={"mobile": "0412 345 678"})
    rig.settle()
    assert names(rig) == [], "an edit alone does not bring it back"

    decide_held(link.pk, by=rig.ada, choice="create")
    rig.settle()

    assert rig.record("companies", "Acme")["office_phone"] == "03 9123 4567"
    assert rig.link("organisation", acme.pk).held_code == ""
    assert rig.cycle().rows == 0


@pytest.mark.capability("A-32")
@pytest.mark.parametrize("choice", ["link", "ignore"])
def test_a_record_that_is_gone_there_may_be_joined_with_another_or_left_at_that(rig: Rig, choice: str) -> None:
    acme, link = gone_there(rig)
    other = rig.seed(companies=[{"name": "Other name", "mobile": "0412 345 678"}])["companies"][0]
    rig.cycle()

    if choice == "link":
        theirs = Link.objects.get(kind="organisation", remote_id=str(other))
        with pytest.raises(BadValue):
            decide_held(link.pk, by=rig.ada, choice="link", remote_id=str(other))
        assert theirs.state == LinkState.LIVE, "it was taken over here already"
        third = rig.seed(companies=[{"name": "Acme Pty Ltd", "mobile": "0412 345 678"}])["companies"][0]
        rig.preview()
        decide_held(link.pk, by=rig.ada, choice="link", remote_id=str(third))
        rig.settle()
        acme.refresh_from_db()
        assert acme.mobile == "0412 345 678"
        assert rig.link("organisation", acme.pk).remote_id == str(third)
        assert Conflict.objects.get().field == "name", "a first meeting: what differs is asked"
    else:
        decide_held(link.pk, by=rig.ada, choice="ignore")
        rig.settle()
        assert rig.link("organisation", acme.pk).held_code == "ignored"
        assert names(rig) == ["Other name"]


@pytest.mark.capability("A-32")
def test_what_was_changed_while_a_record_was_archived_comes_when_it_is_restored(rig: Rig) -> None:
    acme, remote_id = linked(rig)
    archive_organisation(acme.pk, by=rig.ada)
    rig.settle()
    rig.edit("companies", remote_id, mobile="0412 345 678")
    rig.settle()
    assert Organisation.objects.get().mobile == ""

    restore_organisation(acme.pk, by=rig.ada)
    rig.settle()

    assert Organisation.objects.get().mobile == "0412 345 678"
    assert rig.link("organisation", acme.pk).held_code == ""


def test_a_held_record_that_is_archived_waits_for_nobody_any_more(rig: Rig) -> None:
    acme = rig.organisation("Acme")
    rig.seed(companies=[{"name": "Acme Pty Ltd"}])
    rig.connect()
    rig.settle()
    archive_organisation(acme.pk, by=rig.ada)
    rig.settle()

    assert rig.link("organisation", acme.pk).held_code == ""
    restore_organisation(acme.pk, by=rig.ada)
    rig.settle()
    assert rig.link("organisation", acme.pk).held_code == "possible_match"


def test_a_number_that_the_remote_gives_to_another_record_brings_nothing_into_ours(rig: Rig) -> None:
    acme, remote_id = linked(rig)
    rig.http.delete(f"{rig.address}/v2/companies/{remote_id}", headers={"Authorization": rig.token})
    rig.post("clock", {"advance": 1000})
    rig.late = rig.late * 0
    rig.seed(companies=[{"id": int(remote_id), "name": "Quite another"}])
    for _ in range(3):
        rig.cycle()

    assert Organisation.objects.get().name == "Acme"
    assert rig.link("organisation", acme.pk).held_code == "gone_there"
    assert rig.cycle().rows == 0

    decide_held(rig.link("organisation", acme.pk).pk, by=rig.ada, choice="create")
    rig.settle()
    assert names(rig) == ["Acme", "Quite another"]


# --- previews --------------------------------------------------------------------------------------------------------


def previewed(rig: Rig) -> Plan:
    rig.connect(start=False)
    mark_for_first_link(rig.connection.pk, by=rig.ada)
    plan = rig.preview()
    assert plan is not None
    return plan


def test_a_preview_that_is_approved_after_the_sync_ran_by_itself_doubles_nothing(rig: Rig) -> None:
    from instep.connect.actions.connections import start_sync

    rig.organisation("Acme")
    rig.organisation("Beta")
    rig.seed(companies=[{"name": "Remote Co"}, {"name": "Beta"}])
    plan = previewed(rig)
    start_sync(rig.connection.pk, by=rig.ada)
    rig.settle()
    beta = rig.link("organisation", Organisation.objects.get(name="Beta").pk)
    decide_held(beta.pk, by=rig.ada, choice="link", remote_id=str(rig.record("companies", "Beta")["id"]))
    rig.settle()

    approve_plan(plan.pk, by=rig.ada)
    rig.settle()

    assert names(rig) == ["Acme", "Beta", "Remote Co"]
    assert sorted(Organisation.objects.values_list("name", flat=True)) == ["Acme", "Beta", "Remote Co"]
    assert not Link.objects.exclude(held_code="").exists(), "and nothing is held that is in step"
    states = set(PlanOp.objects.filter(plan=plan, kind="organisation").values_list("state", flat=True))
    assert states == {"stale"}


def test_a_preview_is_approved_once_though_two_look_at_it(rig: Rig) -> None:
    rig.organisation("Acme")
    plan = previewed(rig)
    approve_plan(plan.pk, by=rig.ada)

    with pytest.raises(PlanNotOpen):
        approve_plan(plan.pk, by=rig.cast.bo)
    rig.settle()
    assert names(rig) == ["Acme"]


@pytest.mark.capability("X-19")
@pytest.mark.parametrize("after", [False, True])
def test_an_approved_plan_is_gone_on_with_after_a_death_in_its_middle(rig: Rig, after: bool) -> None:
    for i in range(4):
        rig.organisation(f"Org {i}")
    plan = previewed(rig)
    approve_plan(plan.pk, by=rig.ada)
    with pytest.raises(Cut):
        rig.cycle(wrap=lambda inner: CutTransport(inner, "create companies", 2, after))
    assert PlanOp.objects.filter(plan=plan, state="sending").count() == 1

    rig.late += rig.late.resolution * 30_000_000
    rig.settle()

    assert names(rig) == [f"Org {i}" for i in range(4)]
    plan.refresh_from_db()
    assert plan.state == "applied"
    states = list(PlanOp.objects.filter(plan=plan, kind="organisation").order_by("no").values_list("state", flat=True))
    assert states == ["applied", "applied" if after else "stale", "applied", "applied"]


def test_what_a_record_waits_for_may_come_between_preview_and_approval(rig: Rig) -> None:
    acme = rig.organisation("Acme")
    rig.contact("Lee", "Wong", organisation=acme.pk)
    told = rig.seed(companies=[{"name": "Acme Pty Ltd"}])
    rig.connect()
    rig.settle()
    pause_sync(rig.connection.pk, by=rig.ada)
    Dirty.objects.all().delete()
    Contact.objects.get()
    from instep.connect.inbox.outbox import mark_dirty

    mark_dirty(acme.firm_id, rig.connection.pk, "contact", [Contact.objects.get().pk], now=rig.clock())
    plan = rig.preview()
    assert plan is not None
    assert PlanOp.objects.get(plan=plan, kind="contact").op == "hold"
    Link.objects.filter(kind="organisation", remote_id=str(told["companies"][0])).update(state="dead")
    Link.objects.filter(kind="organisation", local_id=acme.pk).update(
        state="live", remote_id=str(told["companies"][0]), held_code=""
    )

    approve_plan(plan.pk, by=rig.ada)
    assert Connection.objects.get().state == ConnectionState.ACTIVE, "a preview may be how a pause ends"
    rig.settle()

    assert [c["name"] for c in rig.records("contacts")] == ["Lee Wong"]
    assert rig.link("contact", Contact.objects.get().pk).held_code == ""


@pytest.mark.capability("A-34")
def test_a_connection_that_comes_back_carries_what_changed_meanwhile_and_no_plan_of_before(rig: Rig) -> None:
    acme, _ = linked(rig)
    rig.organisation("Planned")
    plan = rig.preview()
    assert plan is not None
    approve_plan(plan.pk, by=rig.ada)
    disconnect(rig.connection.pk, by=rig.ada)
    update_organisation(acme.pk, by=rig.ada, changes={"phone": "03 9123 4567"})
    gone = rig.organisation("Gone")
    archive_organisation(gone.pk, by=rig.ada)
    rig.cycle()  # the outbox is carried over: to nobody

    connect_remote(
        rig.cast.firm.pk, by=rig.ada, provider="tinyplus", secret={"access_token": rig.token},
        address=f"{rig.address}/v2/",
    )  # fmt: skip
    mark_for_first_link(rig.connection.pk, by=rig.ada)
    again = rig.preview()
    assert again is not None
    assert names(rig) == ["Acme"]
    assert {op.label: op.op for op in PlanOp.objects.filter(plan=again)} == {
        "Acme": "update_there", "Planned": "create_there",
    }  # fmt: skip
    approve_plan(again.pk, by=rig.ada)
    rig.settle()

    plan.refresh_from_db()
    assert plan.state == "aborted"
    assert names(rig) == ["Acme", "Planned"]
    assert rig.record("companies", "Acme")["office_phone"] == "03 9123 4567"


def test_a_row_that_was_skipped_is_planned_again_though_another_of_its_record_went_well(rig: Rig) -> None:
    acme, lee_there = linked(rig)
    lee = rig.contact("Lee", "Wong", organisation=acme.pk, phone="03 9111 1111")
    rig.settle()
    lee_there = rig.link("contact", lee.pk).remote_id or ""
    from instep.crm.actions.contacts import update_contact

    beta = rig.organisation("Beta")
    update_contact(lee.pk, by=rig.ada, changes={"organisation": beta.pk, "phone": "03 9222 2222"})
    rig.edit("contacts", lee_there, direct="03 9333 3333")
    plan = rig.preview()
    assert plan is not None
    approve_plan(plan.pk, by=rig.ada)
    rig.faults({"call": 1, "operation": "create companies", "do": "status", "status": 422})
    rig.cycle()
    assert Conflict.objects.get().field == "phone"
    update_organisation(beta.pk, by=rig.ada, changes={"mobile": "0412 345 678"})
    rig.settle()

    assert rig.records("contacts")[0]["primary_company"] == rig.record("companies", "Beta")["id"]


# --- one record's trouble is its own ---------------------------------------------------------------------------------


def test_a_record_that_cannot_be_put_into_a_request_is_held_and_the_others_go(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    from instep.connect.registry import connector_for

    for name in ("Acme", "Bad", "Zeta"):
        rig.organisation(name)
    rig.connect()
    ask = type(connector_for("tinyplus")).ask_create

    def asking(self: Any, remote_type: str, fields: Any, *, marker: str) -> Any:
        if fields.get("name") == "Bad":
            raise ValueError("a field of no form")
        return ask(self, remote_type, fields, marker=marker)

    with monkeypatch.context() as patch:
        patch.setattr(type(connector_for("tinyplus")), "ask_create", asking)
        rig.settle()

    assert names(rig) == ["Acme", "Zeta"]
    bad = Organisation.objects.get(name="Bad")
    assert rig.link("organisation", bad.pk).held_code == "cannot_be_sent"
    assert not Intent.objects.filter(state="intended").exists()
    update_organisation(bad.pk, by=rig.ada, changes={"name": "Good"})
    rig.settle()
    assert names(rig) == ["Acme", "Good", "Zeta"]


@pytest.mark.parametrize("found", [True, False])
def test_a_creation_whose_plan_is_gone_is_settled_all_the_same(rig: Rig, found: bool) -> None:
    rig.organisation("Acme", phone="03 9123 4567")
    rig.connect()
    with pytest.raises(Cut):
        rig.cycle(wrap=lambda inner: CutTransport(inner, "create companies", 1, found))
    Plan.objects.all().delete()
    rig.late += rig.late.resolution * 30_000_000
    rig.settle()

    assert names(rig) == ["Acme"]
    assert rig.link("organisation", Organisation.objects.get().pk).state == LinkState.LIVE
    assert not Conflict.objects.exists()


def test_what_our_side_does_not_take_goes_back_instead_of_being_agreed_on_in_silence(rig: Rig) -> None:
    house = rig.job("House", rig.organisation("Acme"))
    rig.connect()
    rig.settle()
    there = rig.record("projects", "House")
    rig.edit("projects", there["id"], assigned_user=None)  # a job always has a handler

    rig.settle()

    assert rig.record("projects", "House")["assigned_user"] == there["assigned_user"]
    assert Job.objects.get(pk=house.pk).handler_id == rig.handler.pk


def test_a_value_that_something_keeps_putting_back_is_held_in_the_end(rig: Rig) -> None:
    house = rig.job("House", rig.organisation("Acme"))
    rig.connect()
    rig.settle()
    there = rig.link("job", house.pk).remote_id or ""
    for _ in range(6):
        rig.edit("projects", there, project_number="ROBOT")
        rig.cycle()

    puts = JournalEntry.objects.filter(kind="job", op="update_there", fields__has_key="number").exclude(
        fields__number__0=None
    )
    assert puts.count() == 3
    held = rig.link("job", house.pk)
    assert held.held_code == "circling"
    rig.edit("projects", there, description="still flows")
    rig.settle()
    assert Job.objects.get().scope == "still flows"
    assert rig.cycle().rows == 0

    rig.late += rig.late.resolution * 3_700_000_000
    decide_held(rig.link("job", house.pk).pk, by=rig.ada, choice="again")
    rig.settle()
    assert rig.record("projects", "House")["project_number"] == house.number
    assert rig.link("job", house.pk).held_code == ""
    assert not Observation.objects.filter(pending=True).exists()
