"""Undoing a run: what it wrote is put back, what was edited since is left and said, and the next sync is quiet."""

from __future__ import annotations

import pytest

from instep.base.audit.models import AuditEntry
from instep.base.ownership.owners import owners_of
from instep.connect.actions.connections import pause_sync, start_sync
from instep.connect.actions.decisions import approve_plan, decide_held
from instep.connect.actions.removals import set_removal_rules
from instep.connect.actions.undo import plan_undo
from instep.connect.errors import AlreadyUndone, NothingToUndo, PlanNotOpen, UndoUnderWay
from instep.connect.models import Connection, JournalEntry, LinkState, Plan, PlanOp, Run
from instep.connect.registry import transport_to
from instep.crm.actions.contacts import update_contact
from instep.crm.actions.organisations import update_organisation
from instep.crm.models import Contact, Organisation
from instep.kernel.errors import NotFound
from tests.connect.rig import Cut, CutTransport, Rig

pytestmark = pytest.mark.django_db


def undo(rig: Rig, run: Run) -> Plan:
    """The plan that takes a run back, as the worker makes it."""
    return plan_undo(run.pk, by=rig.ada, transport=transport_to(f"{rig.address}/v2/"), clock=rig.clock)


def undone(rig: Rig, run: Run, *, cycles: int = 1) -> Run:
    """Take a run back, to its end; the run that did it."""
    plan = undo(rig, run)
    approve_plan(plan.pk, by=rig.ada, now=rig.clock())
    for _ in range(cycles):
        rig.cycle()
    plan.refresh_from_db()
    assert plan.state == "applied"
    return Run.objects.get(plan=plan)


def last_run() -> Run:
    return Run.objects.order_by("-id")[0]


def rows(plan: Plan) -> list[tuple[str, str, str]]:
    return list(PlanOp.objects.filter(plan=plan).order_by("no").values_list("op", "label", "state"))


def quiet(rig: Rig) -> None:
    """The next syncs write to neither side, and make no row."""
    before = rig.writes(), JournalEntry.objects.count(), Organisation.objects.order_by("-version")[0].version
    rig.wait(30)
    for _ in range(2):
        assert rig.cycle().rows == 0
    after = rig.writes(), JournalEntry.objects.count(), Organisation.objects.order_by("-version")[0].version
    assert after == before


def changed_on_both_sides(rig: Rig) -> tuple[Organisation, Contact, str, Run]:
    """A run that took a phone from there and gave a mobile to there, of one organisation, and moved a contact."""
    acme = rig.organisation("Acme", phone="03 9000 0000")
    beta = rig.organisation("Beta")
    lee = rig.contact("Lee", "Wong", organisation=acme.pk)
    rig.connect()
    rig.settle()
    there = rig.link("organisation", acme.pk).remote_id or ""
    rig.wait(30)
    rig.edit("companies", there, office_phone="03 9123 4567")
    update_organisation(acme.pk, by=rig.ada, changes={"mobile": "0412 345 678"})
    update_contact(lee.pk, by=rig.ada, changes={"organisation": beta.pk})
    rig.cycle()
    rig.wait(30)
    return acme, lee, there, last_run()


def test_an_undo_puts_both_sides_back_and_the_next_sync_is_quiet(rig: Rig) -> None:
    acme, _, there, run = changed_on_both_sides(rig)
    acme_there = int(there)

    plan = undo(rig, run)

    assert [op for op, _, _ in rows(plan)] == ["update_there", "update_here", "update_there"]
    moved = PlanOp.objects.get(plan=plan, kind="contact").changes
    assert [(c["field"], c["to"]) for c in moved] == [("organisation", acme.pk)], "in our words, for a person"
    assert plan.undoes == run.pk
    assert JournalEntry.objects.filter(undone_by=None).count() == JournalEntry.objects.count(), "nothing was written"

    approve_plan(plan.pk, by=rig.ada)
    rig.cycle()

    acme.refresh_from_db()
    assert (acme.phone, acme.mobile) == ("03 9000 0000", "0412 345 678")
    company = rig.record("companies", "Acme")
    assert (company["office_phone"], company["mobile"]) == ("03 9123 4567", None)
    assert rig.record("contacts", "Lee Wong")["primary_company"] == acme_there
    by = AuditEntry.objects.filter(kind="organisation", record_id=acme.pk).order_by("-id")[0]
    assert by.actor_kind == "connection", "as any other write of the connection"
    undoing = last_run()
    assert (undoing.purpose, undoing.state, undoing.plan_id) == ("undo", "done", plan.pk)
    assert set(JournalEntry.objects.filter(run=run).values_list("undone_by", flat=True)) == {undoing.pk}
    quiet(rig)

    with pytest.raises(AlreadyUndone):
        undo(rig, run)
    with pytest.raises(NotFound):
        plan_undo(run.pk, by=rig.cast.odo)


def test_an_undo_of_an_undo_does_it_again(rig: Rig) -> None:
    acme, _, _, run = changed_on_both_sides(rig)
    undoing = undone(rig, run)
    rig.wait(30)

    undone(rig, undoing)

    acme.refresh_from_db()
    assert acme.phone == "03 9123 4567"
    assert rig.record("companies", "Acme")["mobile"] == "0412 345 678"
    assert rig.record("contacts", "Lee Wong")["primary_company"] == rig.record("companies", "Beta")["id"]
    quiet(rig)
    undone(rig, run)
    acme.refresh_from_db()
    assert acme.phone == "03 9000 0000", "and what was done again can be taken back again"
    quiet(rig)


@pytest.mark.capability("X-16")
def test_what_was_edited_since_is_left_with_both_values_and_the_rest_is_put_back(rig: Rig) -> None:
    """Fault row 36, on both sides; and what is edited between the preview and its approval is skipped, and said."""
    acme, _, there, run = changed_on_both_sides(rig)
    update_organisation(acme.pk, by=rig.ada, changes={"phone": "03 9777 7777"})
    rig.edit("companies", there, mobile="0499 999 999", website="acme.example")

    plan = undo(rig, run)

    states = {(op, label): state for op, label, state in rows(plan)}
    assert states == {
        ("update_here", "Acme"): "skipped",
        ("update_there", "Acme"): "skipped",
        ("update_there", "Lee Wong"): "proposed",
    }
    for op, wrote, now in (
        ("update_here", "03 9123 4567", "03 9777 7777"),
        ("update_there", "0412 345 678", "0499 999 999"),
    ):
        left = PlanOp.objects.get(plan=plan, op=op, state="skipped")
        [change] = left.changes
        assert str(change["from"])[-3:] == wrote[-3:], "what the run wrote"
        assert change["to"] == now
        assert left.errors[0]["code"] == "edited_since"
    approve_plan(plan.pk, by=rig.ada)
    with pytest.raises(UndoUnderWay):
        undo(rig, run)
    rig.cycle()

    beta = rig.record("companies", "Beta")["id"]
    assert rig.record("contacts", "Lee Wong")["primary_company"] != beta, "the rest is put back"
    acme.refresh_from_db()
    assert acme.phone == "03 9777 7777"
    rig.settle()
    acme.refresh_from_db()
    assert (acme.mobile, acme.website) == ("0499 999 999", "acme.example"), "what people typed goes on as always"
    assert rig.record("companies", "Acme")["office_phone"] == "03 9777 7777"
    quiet(rig)


def test_an_edit_between_preview_and_approval_makes_that_row_alone_stale(rig: Rig) -> None:
    acme, _, there, run = changed_on_both_sides(rig)
    plan = undo(rig, run)
    approve_plan(plan.pk, by=rig.ada)
    update_organisation(acme.pk, by=rig.ada, changes={"phone": "03 9777 7777"})
    rig.wait(30)
    rig.edit("companies", there, mobile="0499 999 999")
    rig.cycle()

    assert sorted((op, state) for op, _, state in rows(plan)) == [
        ("update_here", "stale"),
        ("update_there", "applied"),
        ("update_there", "stale"),
    ]
    assert rig.record("companies", "Acme")["mobile"] == "0499 999 999"
    acme.refresh_from_db()
    assert acme.phone == "03 9777 7777"


def test_records_that_were_joined_are_parted_untouched_and_join_again_when_somebody_says_so(rig: Rig) -> None:
    acme = rig.organisation("Acme", tax_number="51 824 753 556", phone="03 9000 0000")
    rig.seed(companies=[{"name": "Acme", "abn": "51 824 753 556", "mobile": "0412 345 678"}])
    rig.connect()
    rig.cycle()
    rig.wait(30)
    run = last_run()
    there = rig.link("organisation", acme.pk).remote_id or ""
    assert {"link", "update_here", "update_there"} <= set(JournalEntry.objects.values_list("op", flat=True))

    undoing = undone(rig, run)

    acme.refresh_from_db()
    company = rig.record("companies", "Acme")
    assert (acme.phone, acme.mobile) == ("03 9000 0000", "")
    assert (company["office_phone"], company["mobile"], company["external_url"]) == (None, "0412 345 678", None)
    parted = rig.link("organisation", acme.pk)
    assert (parted.state, parted.held_code, parted.decision["choice"]) == (LinkState.HELD, "ignored", "ignore")
    assert owners_of(rig.cast.firm.pk, "organisation", [acme.pk])[acme.pk] == {}
    quiet(rig)
    update_organisation(acme.pk, by=rig.ada, changes={"phone": "03 9123 4567"})
    rig.edit("companies", there, office_phone="03 9999 9999")
    rig.settle()
    assert len(rig.records("companies")) == 1
    assert Organisation.objects.count() == 1
    assert Organisation.objects.get().phone == "03 9123 4567"
    update_organisation(acme.pk, by=rig.ada, changes={"phone": "03 9000 0000"})
    rig.edit("companies", there, office_phone=None)
    rig.settle()

    undone(rig, undoing)
    rig.settle()
    joined = rig.link("organisation", acme.pk)
    assert (joined.state, joined.remote_id, joined.held_code) == (LinkState.LIVE, there, "")
    assert Organisation.objects.get().mobile == "0412 345 678"
    assert rig.record("companies", "Acme")["office_phone"] == "03 9000 0000"
    quiet(rig)

    undone(rig, run)
    decide_held(rig.link("organisation", acme.pk).pk, by=rig.ada, choice="again")
    rig.settle()
    assert rig.link("organisation", acme.pk).state == LinkState.LIVE, "the choice to link them again"
    assert rig.link("organisation", acme.pk).remote_id == there


def test_what_was_made_there_stays_where_the_remote_cannot_put_it_away_and_is_not_brought_here(rig: Rig) -> None:
    acme = rig.organisation("Acme", phone="03 9123 4567")
    rig.connect()
    rig.settle()
    rig.wait(30)
    run = Run.objects.order_by("id")[0]
    there = rig.link("organisation", acme.pk).remote_id or ""

    plan = undo(rig, run)
    [row] = PlanOp.objects.filter(plan=plan, kind="organisation")
    assert (row.op, row.preconditions["facts"]["note"][:10]) == ("unlink", "The remote")
    approve_plan(plan.pk, by=rig.ada)
    rig.cycle()
    rig.edit("companies", there, mobile="0412 345 678")
    update_organisation(acme.pk, by=rig.ada, changes={"phone": "03 9777 7777"})
    rig.settle()

    assert [r["name"] for r in rig.records("companies")] == ["Acme"]
    assert rig.record("companies", "Acme")["office_phone"] == "03 9123 4567"
    assert [o.mobile for o in Organisation.objects.all()] == [""]
    quiet(rig)


@pytest.mark.capability("X-19")
@pytest.mark.parametrize("after", [False, True])
def test_an_undo_that_dies_in_the_middle_goes_on_without_doubling(rig: Rig, after: bool) -> None:
    acme, _, _, run = changed_on_both_sides(rig)
    plan = undo(rig, run)
    approve_plan(plan.pk, by=rig.ada, now=rig.clock())
    before = rig.writes()
    with pytest.raises(Cut):
        rig.cycle(wrap=lambda inner: CutTransport(inner, "update companies", 1, after))
    rig.wait(30)
    rig.cycle()

    plan.refresh_from_db()
    assert plan.state == "applied"
    assert {state for _, _, state in rows(plan)} == {"applied"}
    assert rig.writes() == before + 2, "each write once"
    acme.refresh_from_db()
    assert acme.phone == "03 9000 0000"
    assert rig.record("companies", "Acme")["mobile"] is None
    assert acme.mobile == "0412 345 678", "the value of before is not taken for an edit of theirs"
    assert Run.objects.filter(plan=plan).count() == 1, "one undo is one run"
    assert not JournalEntry.objects.filter(run=run, undone_by=None).exists()
    quiet(rig)


def test_a_run_that_wrote_nothing_leaves_nothing_to_undo_and_two_tabs_undo_once(rig: Rig) -> None:
    acme, _, _, run = changed_on_both_sides(rig)
    first = undo(rig, run)
    second = undo(rig, run)
    with pytest.raises(PlanNotOpen):
        approve_plan(first.pk, by=rig.ada)
    approve_plan(second.pk, by=rig.ada)
    rig.cycle()
    JournalEntry.objects.filter(run=run).update(undone_by=None)
    with pytest.raises(NothingToUndo):
        undo(rig, run)  # all of it is as it was before already
    acme.refresh_from_db()
    assert acme.phone == "03 9000 0000"


def test_what_was_made_here_is_put_away_and_comes_back_with_an_undo_of_the_undo(rig: Rig) -> None:
    rig.seed(companies=[{"name": "Theirs", "mobile": "0412 345 678"}])
    rig.connect()
    rig.cycle()
    rig.wait(30)
    run = last_run()
    rig.settle()
    theirs = Organisation.objects.get(name="Theirs")

    undoing = undone(rig, run)
    theirs.refresh_from_db()
    assert theirs.archived_at is not None
    assert [r["name"] for r in rig.records("companies")] == ["Theirs"]
    rig.edit("companies", rig.record("companies", "Theirs")["id"], office_phone="03 9123 4567")
    rig.settle()
    assert Organisation.objects.count() == 1, "it is not made anew"
    quiet(rig)

    undone(rig, undoing)
    rig.settle()
    theirs.refresh_from_db()
    assert (theirs.archived_at, theirs.phone) == (None, "03 9123 4567"), "and what was edited meanwhile comes too"
    assert rig.link("organisation", theirs.pk).state == LinkState.LIVE
    update_organisation(theirs.pk, by=rig.ada, changes={"website": "theirs.example"})
    rig.settle()
    [left] = [op for op, _, state in rows(undo(rig, run)) if state == "skipped"]
    assert left == "archive_here", "with edits of a person's it stays"


@pytest.mark.capability("A-34")
@pytest.mark.parametrize("goes_on", [False, True])
def test_letting_an_undo_happen_lets_nothing_else_happen_that_nobody_saw(rig: Rig, goes_on: bool) -> None:
    acme, _, _, run = changed_on_both_sides(rig)
    pause_sync(rig.connection.pk, by=rig.ada)
    update_organisation(acme.pk, by=rig.ada, changes={"website": "https://acme.example"})
    if goes_on:
        start_sync(rig.connection.pk, by=rig.ada)
        rig.cycle()  # what was collected is shown, and nobody has said yes to it

    undone(rig, run)
    for _ in range(2):
        rig.wait(30)
        rig.cycle()

    acme.refresh_from_db()
    there = rig.record("companies", "Acme")
    assert (acme.phone, there["mobile"]) == ("03 9000 0000", None), "it was taken back"
    assert there["website"] is None, "what was collected during the pause waits"
    assert Connection.objects.get().review == "resumed"
    shown = rig.approve()
    assert "website" in {c["field"] for op in PlanOp.objects.filter(plan=shown) for c in op.changes}
    rig.settle()
    assert rig.record("companies", "Acme")["website"]


def test_a_preview_does_not_end_an_undo_that_has_begun(rig: Rig) -> None:
    acme, _, _, run = changed_on_both_sides(rig)
    plan = undo(rig, run)
    approve_plan(plan.pk, by=rig.ada, now=rig.clock())
    with pytest.raises(Cut):
        rig.cycle(wrap=lambda inner: CutTransport(inner, "update companies", 1, False))
    rig.wait(30)

    rig.preview()
    rig.cycle()

    plan.refresh_from_db()
    assert plan.state == "applied"
    acme.refresh_from_db()
    assert (acme.phone, rig.record("companies", "Acme")["mobile"]) == ("03 9000 0000", None)


def test_what_a_rule_put_away_here_comes_back_with_an_undo_and_somebody_is_asked(rig: Rig) -> None:
    acme = rig.organisation("Acme")
    beta = rig.organisation("Beta")
    rig.connect()
    rig.settle()
    set_removal_rules(rig.connection.pk, by=rig.ada, kind="organisation", here="archive", there="ask")
    there = rig.link("organisation", acme.pk).remote_id
    rig.http.delete(f"{rig.address}/v2/companies/{there}", headers={"Authorization": rig.token})
    update_organisation(beta.pk, by=rig.ada, changes={"mobile": "0412 345 678"})
    rig.wait(90_000)
    rig.cycle()
    run = last_run()
    acme.refresh_from_db()
    assert acme.archived_at is not None

    undoing = undone(rig, run)
    rig.settle()

    acme.refresh_from_db()
    assert (acme.archived_at, rig.record("companies", "Beta")["mobile"]) == (None, None)
    assert rig.link("organisation", acme.pk).held_code == "restored_here", "no rule puts it away again"
    [left] = [op for op, _, state in rows(undo(rig, undoing)) if state == "skipped"]
    assert left == "restore_here", "what an undo leaves is said"
