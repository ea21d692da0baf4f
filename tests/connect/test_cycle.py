"""Whole cycles between a firm and tiny+: what travels, which way, and what is left alone."""

from __future__ import annotations

from decimal import Decimal

import pytest

from instep.connect.models import Conflict, Dirty, JournalEntry, Link, LinkState, Observation, PlanOp, Run
from instep.crm.actions.contacts import update_contact
from instep.crm.actions.organisations import archive_organisation, update_organisation
from instep.crm.models import Contact, Organisation
from instep.jobs.actions.jobs import update_job
from instep.jobs.models import Job
from instep.kernel.money import Money
from tests.connect.rig import Rig

pytestmark = pytest.mark.django_db


@pytest.mark.capability("A-07", "A-08", "A-19", "A-20", "X-04", "X-18")
def test_records_of_either_side_arrive_on_the_other_and_then_it_is_quiet(rig: Rig) -> None:
    acme = rig.organisation(
        "Acme Pty Ltd", tax_number="51 824 753 556", address="1 Bay St\nMelbourne", stage="client", code="ACM"
    )
    rig.contact("Mary Jane", "O'Neil", organisation=acme.pk, role="Director", phone="03 9123 4567")
    house = rig.job("House", acme, status="active", fee=Money(Decimal("12000.50"), "AUD"), scope="One\n\nTwo")
    told = rig.seed(companies=[{"name": "Remote Co", "mobile": "0412 345 678"}])
    rig.seed(contacts=[{"name": "Lee Wong", "primary_company": told["companies"][0], "title": "Buyer"}])
    rig.seed(
        projects=[
            {
                "name": "Shop fit-out",
                "client_company": told["companies"][0],
                "fee_value": 900,
                "project_number": "MINE-1",
            }
        ]
    )

    rig.connect()
    rig.settle()

    company = rig.record("companies", "Acme Pty Ltd")
    assert (company["abn"], company["physical_address"]) == ("51 824 753 556", "1 Bay St\nMelbourne")
    assert company["external_url"].endswith(f"/organisations/{acme.pk}/")
    contact = rig.record("contacts", "Mary Jane O'Neil")
    assert (contact["title"], contact["direct"], contact["primary_company"]) == (
        "Director",
        "03 9123 4567",
        company["id"],
    )
    project = rig.record("projects", "House")
    assert (project["record_status"], project["project_number"], project["client_company"]) == (
        "active",
        house.number,
        company["id"],
    )
    assert Decimal(str(project["fee_value"])) == Decimal("12000.5")
    assert project["description"] == "One\n\nTwo"
    # The other way round, and the number goes back.
    remote_co = Organisation.objects.get(name="Remote Co")
    assert (remote_co.mobile, remote_co.stage) == ("0412 345 678", "prospect")
    lee = Contact.objects.get(last_name="Wong")
    assert (lee.organisation_id, lee.role) == (remote_co.pk, "Buyer")
    shop = Job.objects.get(name="Shop fit-out")
    assert shop.client_id == remote_co.pk
    assert rig.record("projects", "Shop fit-out")["project_number"] == shop.number

    before, journal = rig.writes(), JournalEntry.objects.count()
    rig.cycle()

    assert rig.writes() == before
    assert JournalEntry.objects.count() == journal
    assert not Dirty.objects.exists()
    assert not Observation.objects.filter(pending=True).exists()


@pytest.mark.capability("A-11", "A-17", "A-30")
def test_edits_of_either_side_to_different_fields_of_one_record_both_survive(rig: Rig) -> None:
    acme = rig.organisation("Acme", phone="03 9123 4567")
    rig.connect()
    rig.settle()
    update_organisation(acme.pk, by=rig.ada, changes={"address": "5 High St\n\nLevel 2"})
    rig.edit("companies", rig.link("organisation", acme.pk).remote_id or "", mobile="0412 345 678")
    writes = rig.writes()

    rig.settle()

    assert rig.record("companies", "Acme")["physical_address"] == "5 High St\n\nLevel 2"
    acme.refresh_from_db()
    assert acme.mobile == "0412 345 678"
    assert rig.writes() == writes + 1, "only the address was written there: nothing came back as an echo"


@pytest.mark.capability("A-24", "A-23", "X-12")
def test_a_form_that_means_the_same_is_no_change(rig: Rig) -> None:
    acme = rig.organisation("Acme", phone="(03) 9123 4567", tax_number="51824753556", website="https://Acme.example/")
    rig.connect()
    rig.settle()
    remote_id = rig.link("organisation", acme.pk).remote_id or ""
    rig.edit("companies", remote_id, office_phone="+61 3 9123 4567", abn="51 824 753 556", website="acme.example")
    version = Organisation.objects.get(pk=acme.pk).version

    rig.settle()

    acme.refresh_from_db()
    assert (acme.version, acme.phone) == (version, "(03) 9123 4567"), "ours keeps the form that was typed here"


@pytest.mark.capability("A-22")
def test_a_name_that_was_merged_comes_back_in_the_same_parts(rig: Rig) -> None:
    acme = rig.organisation("Acme")
    mary = rig.contact("Mary Jane", "O'Neil", organisation=acme.pk)
    rig.connect()
    rig.settle()
    rig.edit("contacts", rig.link("contact", mary.pk).remote_id or "", title="Owner")

    rig.settle()

    mary.refresh_from_db()
    assert (mary.first_name, mary.last_name, mary.role) == ("Mary Jane", "O'Neil", "Owner")


@pytest.mark.capability("A-12")
def test_a_number_typed_in_the_remote_is_put_back_and_the_journal_keeps_it(rig: Rig) -> None:
    house = rig.job("House", rig.organisation("Acme"))
    rig.connect()
    rig.settle()
    rig.edit("projects", rig.link("job", house.pk).remote_id or "", project_number="X")

    rig.settle()

    assert rig.record("projects", "House")["project_number"] == house.number
    entry = JournalEntry.objects.filter(kind="job", side="there").latest("id")
    assert entry.fields == {"number": ["X", house.number]}
    assert PlanOp.objects.get(pk=entry.plan_op_id).changes[0]["why"] == "not allowed by map"


@pytest.mark.capability("A-14")
def test_the_first_fee_may_come_from_the_remote_and_then_stays_ours(rig: Rig) -> None:
    house = rig.job("House", rig.organisation("Acme"))
    rig.connect()
    rig.settle()
    remote_id = rig.link("job", house.pk).remote_id or ""
    rig.edit("projects", remote_id, fee_value=12000)

    rig.settle()
    first = rig.connection.firm and Job.objects.get(pk=house.pk)
    rig.edit("projects", remote_id, fee_value=99)
    rig.settle()

    assert first.pk == house.pk
    assert rig.link("job", house.pk).phase["fee"] == "steady"
    assert Decimal(str(rig.record("projects", "House")["fee_value"])) == Decimal(12000)


@pytest.mark.capability("X-10")
def test_a_field_that_both_sides_changed_is_held_and_the_other_fields_flow(rig: Rig) -> None:
    acme = rig.organisation("Acme", email="old@acme.example")
    rig.connect()
    rig.settle()
    update_organisation(acme.pk, by=rig.ada, changes={"email": "ours@acme.example"})
    rig.edit(
        "companies",
        rig.link("organisation", acme.pk).remote_id or "",
        email_address="theirs@acme.example",
        mobile="0412 345 678",
    )

    rig.settle()

    acme.refresh_from_db()
    conflict = Conflict.objects.get()
    assert (conflict.field, conflict.ours, conflict.theirs) == ("email", "ours@acme.example", "theirs@acme.example")
    assert (acme.email, acme.mobile) == ("ours@acme.example", "0412 345 678")
    assert rig.record("companies", "Acme")["email_address"] == "theirs@acme.example"
    assert rig.cycle().rows == 0, "a conflict that waits costs nothing"


@pytest.mark.parametrize("keep", ["ours", "theirs"])
def test_a_decided_conflict_carries_the_chosen_value_over(rig: Rig, keep: str) -> None:
    from instep.connect.actions.conflicts import resolve_conflict

    acme = rig.organisation("Acme", email="old@acme.example")
    rig.connect()
    rig.settle()
    update_organisation(acme.pk, by=rig.ada, changes={"email": "ours@acme.example"})
    rig.edit("companies", rig.link("organisation", acme.pk).remote_id or "", email_address="theirs@acme.example")
    rig.settle()

    conflict = resolve_conflict(Conflict.objects.get().pk, by=rig.ada, keep=keep)
    rig.settle()

    acme.refresh_from_db()
    expected = f"{keep}@acme.example"
    assert (acme.email, rig.record("companies", "Acme")["email_address"]) == (expected, expected)
    assert {conflict.ours, conflict.theirs} == {"ours@acme.example", "theirs@acme.example"}
    assert rig.link("organisation", acme.pk).held_code == ""


@pytest.mark.capability("A-20", "A-21")
def test_a_contact_of_a_company_that_is_not_linked_waits_and_then_follows(rig: Rig) -> None:
    rig.seed(companies=[{"name": "Acme Pty Ltd"}])
    acme = rig.organisation("Acme")
    rig.contact("Lee", "Wong", organisation=acme.pk)
    rig.connect()
    rig.settle()
    waiting = Link.objects.get(kind="contact")
    assert (waiting.state, waiting.held_code, waiting.waits_for) == (LinkState.HELD, "waits", f"organisation:{acme.pk}")

    from instep.connect.actions.decisions import decide_held

    theirs = rig.record("companies", "Acme Pty Ltd")
    decide_held(rig.link("organisation", acme.pk).pk, by=rig.ada, choice="link", remote_id=str(theirs["id"]))
    rig.settle()

    assert rig.record("contacts", "Lee Wong")["primary_company"] == theirs["id"]
    assert not Link.objects.exclude(held_code="").exclude(held_code="conflict").exists()
    assert len(rig.records("companies")) == 1


@pytest.mark.capability("A-20")
def test_a_person_who_moves_to_another_firm_moves_there_too_and_makes_no_twin(rig: Rig) -> None:
    acme, beta = rig.organisation("Acme"), rig.organisation("Beta")
    lee = rig.contact("Lee", "Wong", organisation=acme.pk)
    rig.connect()
    rig.settle()

    update_contact(lee.pk, by=rig.ada, changes={"organisation": beta.pk})
    rig.settle()

    [there] = rig.records("contacts")
    assert there["primary_company"] == rig.record("companies", "Beta")["id"]


def test_a_name_longer_than_the_remote_takes_is_held_and_never_cut(rig: Rig) -> None:
    house = rig.job("N" * 201, rig.organisation("Acme"))
    rig.connect()
    rig.settle()

    held = rig.link("job", house.pk)
    assert (held.state, held.held_code) == (LinkState.HELD, "too_long")
    assert "201" in held.held_reason
    assert rig.records("projects") == []
    assert rig.cycle().rows == 0, "waiting costs nothing"

    update_job(house.pk, by=rig.ada, changes={"name": "N" * 200})
    rig.settle()
    update_job(house.pk, by=rig.ada, changes={"name": "M" * 250, "scope": "still flows"})
    rig.settle()

    [there] = rig.records("projects")
    assert (there["name"], there["description"]) == ("N" * 200, "still flows")
    assert rig.link("job", house.pk).held_code == "too_long"


@pytest.mark.capability("A-32")
def test_a_record_that_is_archived_or_gone_on_one_side_is_never_removed_from_the_other(rig: Rig) -> None:
    acme, beta = rig.organisation("Acme"), rig.organisation("Beta")
    rig.connect()
    rig.settle()
    archive_organisation(acme.pk, by=rig.ada)
    gone = rig.link("organisation", beta.pk).remote_id
    rig.http.delete(f"{rig.address}/v2/companies/{gone}", headers={"Authorization": "token-of-banksia"})
    update_organisation(beta.pk, by=rig.ada, changes={"phone": "03 9123 4567"})

    rig.settle()

    assert [c["name"] for c in rig.records("companies")] == ["Acme"]
    assert Organisation.objects.count() == 2
    assert rig.link("organisation", acme.pk).held_code == "archived_here"
    assert rig.link("organisation", beta.pk).held_code == "gone_there"
    assert rig.cycle().rows == 0


@pytest.mark.capability("X-17")
def test_a_preview_writes_to_neither_side_and_shows_what_is_then_sent(rig: Rig) -> None:
    from instep.connect.actions.decisions import approve_plan
    from instep.connect.models import Intent

    acme = rig.organisation("Acme")
    rig.contact("Lee", "Wong", organisation=acme.pk)
    rig.seed(companies=[{"name": "Remote Co"}])
    rig.connect(start=False)
    from instep.connect.actions.connections import mark_for_first_link

    mark_for_first_link(rig.connection.pk, by=rig.ada)
    plan = rig.preview()
    assert plan is not None
    assert rig.writes() == 0
    assert Organisation.objects.count() == 1
    assert not Link.objects.exists()
    shown = {(op.op, op.label): op.body for op in PlanOp.objects.filter(plan=plan)}

    approve_plan(plan.pk, by=rig.ada)
    rig.cycle()

    sent = {(i.op_kind, i.link.label): i.body for i in Intent.objects.select_related("link")}
    company = rig.record("companies", "Acme")["id"]
    assert sent[("create_there", "Acme")] == shown[("create_there", "Acme")]
    expected = {**shown[("create_there", "Lee Wong")], "primary_company": str(company)}
    assert sent[("create_there", "Lee Wong")] == expected
    assert {op.state for op in PlanOp.objects.filter(plan=plan)} == {"applied"}
    assert Run.objects.get(plan=plan).state == "done"


def test_what_moved_between_preview_and_apply_is_skipped_and_planned_anew(rig: Rig) -> None:
    from instep.connect.actions.connections import mark_for_first_link
    from instep.connect.actions.decisions import approve_plan

    acme = rig.organisation("Acme")
    rig.organisation("Beta")
    rig.connect(start=False)
    mark_for_first_link(rig.connection.pk, by=rig.ada)
    plan = rig.preview()
    assert plan is not None
    update_organisation(acme.pk, by=rig.ada, changes={"phone": "03 9123 4567"})

    approve_plan(plan.pk, by=rig.ada)
    rig.cycle()

    states = dict(PlanOp.objects.filter(plan=plan).values_list("label", "state"))
    assert states["Acme"] == "stale"
    assert states["Beta"] == "applied"
    assert rig.record("companies", "Acme")["office_phone"] == "03 9123 4567"
