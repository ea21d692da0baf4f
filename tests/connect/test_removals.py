"""Records that end on one side: what proves it, what becomes of the other side, and who is asked first (b.6, I10)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from instep.connect.actions.decisions import approve_plan, decide_held
from instep.connect.actions.removals import allow_removals, set_removal_rules
from instep.connect.errors import RemovalsDiffer
from instep.connect.models import JournalEntry, Link, LinkState, Observation, Plan, PlanOp, Tombstone
from instep.connectors.tinyplus.connector import TinyPlus
from instep.crm.actions.organisations import (
    archive_organisation,
    remove_organisation,
    restore_organisation,
    update_organisation,
)
from instep.crm.models import Organisation
from instep.kernel.errors import BadValue, NotAllowed, NotFound
from tests.connect.rig import Cut, CutTransport, Rig
from tests.connect.test_gone_and_previews import names

pytestmark = pytest.mark.django_db

DAY = 86_400


def several(rig: Rig, count: int, **rules: str) -> list[Organisation]:
    made = [rig.organisation(f"Org {i:02}") for i in range(count)]
    rig.connect()
    rig.settle()
    if rules:
        rule(rig, **rules)
    return made


def rule(rig: Rig, *, here: str = "ask", there: str = "ask") -> None:
    set_removal_rules(rig.connection.pk, by=rig.ada, kind="organisation", here=here, there=there)


def delete(rig: Rig, *records: Organisation) -> None:
    """What a tiny+ user does on a page."""
    for ours in records:
        remote_id = rig.link("organisation", ours.pk).remote_id
        rig.http.delete(f"{rig.address}/v2/companies/{remote_id}", headers={"Authorization": rig.token})


def tomorrow(rig: Rig) -> dict[str, int]:
    """The calls of the cycle in which the whole list is read again."""
    rig.wait(DAY + 60)
    return rig.cycle().calls


def archived(*records: Organisation) -> list[bool]:
    return [Organisation.objects.get(pk=each.pk).archived_at is not None for each in records]


def held(rig: Rig, ours: Organisation) -> str:
    return Link.objects.exclude(state__in=["detached", "dead"]).get(kind="organisation", local_id=ours.pk).held_code


# --- what proves that a record is gone ------------------------------------------------------------------------------


@pytest.mark.capability("A-32", "X-15")
def test_what_a_whole_list_does_not_show_is_asked_for_and_only_then_counts_as_gone(rig: Rig) -> None:
    acme, beta = several(rig, 2)
    delete(rig, acme)
    rig.wait(60)
    quiet = rig.cycle().calls
    assert set(quiet.values()) == {1}, "a quiet poll costs what it did: deletions do not show in it"
    assert held(rig, acme) == ""

    calls = tomorrow(rig)

    assert calls["read companies"] == 1, "one call for the one that is missing"
    assert (held(rig, acme), held(rig, beta)) == ("gone_there", "")
    assert archived(acme, beta) == [False, False]
    assert names(rig) == ["Org 01"], "nothing is made anew by itself"
    rig.wait(60)
    assert set(rig.cycle().calls.values()) == {1}
    assert rig.cycle().rows == 0


@pytest.mark.capability("X-15")
@pytest.mark.parametrize("shown", [0, 1])
def test_a_list_that_shows_less_than_there_is_removes_nothing(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, shown: int
) -> None:
    ours = several(rig, 13, here="archive")
    read = TinyPlus.read_page

    def short(self: TinyPlus, remote_type: str, request: Any, reply: Any) -> Any:
        page = read(self, remote_type, request, reply)
        return replace(page, records=page.records[:shown], next_after=None) if remote_type == "companies" else page

    with monkeypatch.context() as patch:
        patch.setattr(TinyPlus, "read_page", short)
        calls = tomorrow(rig)
        assert calls["read companies"] == 11, "after so many that are there, the list is not believed"
        rig.wait(60)
        assert "read companies" not in rig.cycle().calls

    assert not any(archived(*ours))
    assert not Observation.objects.filter(gone=True).exists()
    assert not Link.objects.exclude(held_code="").filter(kind="organisation").exists()


def test_a_list_with_another_number_of_records_than_it_says_is_not_whole(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    (acme,) = several(rig, 1)
    delete(rig, acme)
    read = TinyPlus.read_page

    def told(self: TinyPlus, remote_type: str, request: Any, reply: Any) -> Any:
        page = read(self, remote_type, request, reply)
        return replace(page, total=5)

    with monkeypatch.context() as patch:
        patch.setattr(TinyPlus, "read_page", told)
        assert "read companies" not in tomorrow(rig)
    assert held(rig, acme) == ""
    assert tomorrow(rig)["read companies"] == 1
    assert held(rig, acme) == "gone_there"


# --- what becomes of the other side ---------------------------------------------------------------------------------


@pytest.mark.capability("A-32", "X-15")
def test_by_a_rule_ours_is_archived_and_takes_its_old_link_up_again_when_it_comes_back(rig: Rig) -> None:
    ours = several(rig, 3, here="archive")
    acme = ours[0]
    there = rig.link("organisation", acme.pk)
    gone = rig.record("companies", "Org 00")
    delete(rig, acme)
    tomorrow(rig)
    rig.settle()

    assert archived(*ours) == [True, False, False]
    assert held(rig, acme) == "put_away", "nobody is asked, and it is not said to be in step"
    assert JournalEntry.objects.get(op="archive_here").local_id == acme.pk
    assert Tombstone.objects.filter(local_id=acme.pk, key_type="name").exists()
    assert rig.cycle().rows == 0

    restore_organisation(acme.pk, by=rig.ada)
    rig.settle()
    assert archived(acme) == [False], "a rule does not put away again what a person restored"
    assert held(rig, acme) == "restored_here"
    rig.seed(companies=[{"id": gone["id"], "name": "Org 00", "remote_id": gone["remote_id"]}])
    rig.wait(60)
    rig.settle()

    link = rig.link("organisation", acme.pk)
    assert (link.pk, link.remote_id, link.held_code) == (there.pk, there.remote_id, "")
    update_organisation(acme.pk, by=rig.ada, changes={"phone": "03 9123 4567"})
    rig.settle()
    assert rig.record("companies", "Org 00")["office_phone"] == "03 9123 4567"


@pytest.mark.capability("A-32", "X-15")
@pytest.mark.parametrize("after", [False, True])
def test_by_a_rule_theirs_is_deleted_once_whatever_becomes_of_the_answer(rig: Rig, after: bool) -> None:
    acme, beta, gamma = several(rig, 3, there="delete")
    archive_organisation(acme.pk, by=rig.ada)
    with pytest.raises(Cut):
        rig.cycle(wrap=lambda inner: CutTransport(inner, "delete companies", 1, after))
    rig.wait(60)
    rig.settle()

    assert names(rig) == ["Org 01", "Org 02"]
    assert held(rig, acme) == "put_away"
    assert rig.calls()["delete companies"] == 1
    assert rig.cycle().rows == 0
    told = JournalEntry.objects.filter(op="delete_there", local_id=acme.pk)
    assert ["Org 00", None] in [entry.fields.get("name") for entry in told], "the journal keeps what was there"

    with pytest.raises(BadValue):
        rule(rig, there="archive")  # tiny+ knows no archive, so the rule is not offered
    with pytest.raises(NotAllowed):
        set_removal_rules(rig.connection.pk, by=rig.cast.cy, kind="organisation", here="ask", there="ask")
    with pytest.raises(NotFound):
        set_removal_rules(rig.connection.pk, by=rig.cast.odo, kind="organisation", here="ask", there="ask")
    remove_organisation(beta.pk, by=rig.ada)
    rig.settle()
    assert names(rig) == ["Org 02"], "one that was removed here goes there as well"
    assert archived(gamma) == [False]


@pytest.mark.capability("A-32")
@pytest.mark.parametrize("choice", ["archive", "unlink", "delete"])
def test_a_held_record_is_put_away_or_parted_when_somebody_says_so(rig: Rig, choice: str) -> None:
    acme, beta = several(rig, 2)
    if choice == "delete":
        archive_organisation(acme.pk, by=rig.ada)
        rig.settle()
    else:
        delete(rig, acme)
        tomorrow(rig)
    link = rig.link("organisation", acme.pk)
    with pytest.raises(BadValue):
        decide_held(link.pk, by=rig.ada, choice="archive" if choice == "delete" else "delete")

    decide_held(link.pk, by=rig.ada, choice=choice)
    plan = rig.preview()
    assert plan is not None
    row = PlanOp.objects.get(plan=plan, kind="organisation")
    assert row.op == {"archive": "archive_here", "unlink": "unlink", "delete": "delete_there"}[choice]
    rig.settle()

    assert archived(acme, beta) == [choice != "unlink", False]
    assert held(rig, acme) == ("ignored" if choice == "unlink" else "put_away")
    assert names(rig) == ["Org 01"]
    update_organisation(beta.pk, by=rig.ada, changes={"phone": "03 9123 4567"})
    if choice == "unlink":
        assert Link.objects.get(pk=link.pk).state == LinkState.DETACHED
        update_organisation(acme.pk, by=rig.ada, changes={"phone": "03 9123 4567"})
    rig.settle()
    assert names(rig) == ["Org 01"], "what was parted is not made anew"


@pytest.mark.capability("X-15")
@pytest.mark.parametrize("gone", ["here", "there"])
@pytest.mark.parametrize("first", ["edit", "removal"])
def test_an_edit_beside_a_removal_is_held_whatever_the_rule_and_both_values_are_kept(
    rig: Rig, gone: str, first: str
) -> None:
    acme, _beta = several(rig, 2, here="archive", there="delete")
    remote_id = rig.link("organisation", acme.pk).remote_id or ""

    def edit() -> None:
        if gone == "there":
            update_organisation(acme.pk, by=rig.ada, changes={"phone": "03 9123 4567"})
        else:
            rig.edit("companies", remote_id, office_phone="03 9123 4567")

    def remove() -> None:
        delete(rig, acme) if gone == "there" else archive_organisation(acme.pk, by=rig.ada)

    for act in (edit, remove) if first == "edit" else (remove, edit):
        act()
    tomorrow(rig)
    rig.settle()

    link = rig.link("organisation", acme.pk)
    assert link.held_code == ("gone_there" if gone == "there" else "archived_here")
    assert [each["field"] for each in link.held_facts["edited"]] == ["phone"]
    assert "Phone" in link.held_reason
    if gone == "there":
        assert archived(acme) == [False]
        assert Organisation.objects.get(pk=acme.pk).phone == "03 9123 4567"
    else:
        assert rig.record("companies", "Org 00")["office_phone"] == "03 9123 4567"


# --- guards ---------------------------------------------------------------------------------------------------------


@pytest.mark.capability("A-32", "X-15")
@pytest.mark.parametrize(
    ("count", "gone", "asks"),
    [(12, 12, True), (200, 12, True), (20, 10, False), (20, 11, True)],
    ids=["all", "6 %", "10 records", "11 records"],
)
def test_many_removals_at_once_wait_until_somebody_confirms_that_very_plan(
    rig: Rig, count: int, gone: int, asks: bool
) -> None:
    ours = several(rig, count, here="archive")
    leaving = ours[:gone]
    delete(rig, *leaving)
    tomorrow(rig)
    rig.settle()
    assert archived(*leaving) == [not asks] * gone
    if not asks:
        return
    assert {held(rig, each) for each in leaving} == {"too_many_removals"}

    other, plan = rig.preview(), rig.preview()
    assert plan is not None
    assert other is not None
    rows = PlanOp.objects.filter(plan=plan, op="archive_here")
    assert set(rows.values_list("severity", flat=True)) == {"person"}
    for number in (0, gone - 1, gone + 1):
        with pytest.raises(RemovalsDiffer):
            allow_removals(plan.pk, by=rig.ada, count=number)
    with pytest.raises(NotFound):
        allow_removals(plan.pk, by=rig.cast.odo, count=gone)
    allow_removals(plan.pk, by=rig.ada, count=gone)
    assert set(PlanOp.objects.filter(plan=other, op="archive_here").values_list("severity", flat=True)) == {"person"}
    assert not any(archived(*leaving)), "confirming is not yet approving"
    approve_plan(plan.pk, by=rig.ada)
    rig.settle()

    assert all(archived(*leaving))
    assert not any(archived(*ours[gone:]))
    assert Plan.objects.get(pk=plan.pk).removals_allowed_by == rig.ada.name
    assert rig.cycle().rows == 0


def test_a_preview_with_too_many_removals_that_is_approved_without_that_word_removes_nothing(rig: Rig) -> None:
    ours = several(rig, 3, here="archive")
    delete(rig, *ours)
    rig.wait(DAY + 60)
    plan = rig.preview()
    assert plan is not None
    approve_plan(plan.pk, by=rig.ada)
    rig.settle()

    assert not any(archived(*ours))
    assert {held(rig, each) for each in ours} == {"too_many_removals"}
