"""What waits for a person, and what becomes of the answer: nothing is guessed, nothing decided in silence."""

from __future__ import annotations

from typing import Any

import pytest

from instep.connect.actions.conflicts import resolve_conflict
from instep.connect.actions.decisions import decide_held
from instep.connect.errors import NotHeld, SyncBusy
from instep.connect.models import (
    Conflict,
    Connection,
    Intent,
    Link,
    LinkState,
)
from instep.crm.actions.organisations import update_organisation
from instep.crm.models import Organisation
from instep.kernel.errors import BadValue, NotAllowed, NotFound
from tests.connect.rig import Cut, CutTransport, Rig
from tests.connect.test_races import linked, run

pytestmark = pytest.mark.django_db

NUMBER = "51 824 753 556"


def names(rig: Rig) -> list[str]:
    return sorted(r["name"] for r in rig.records("companies"))


# --- matches ---------------------------------------------------------------------------------------------------------


def test_two_of_ours_that_match_one_of_theirs_are_never_guessed_between(rig: Rig) -> None:
    rig.organisation("Acme North", tax_number=NUMBER)
    rig.organisation("Acme South", tax_number=NUMBER)
    rig.seed(companies=[{"name": "Acme", "abn": NUMBER}])
    rig.connect()
    for _ in range(3):
        rig.cycle()

    held = Link.objects.filter(kind="organisation")
    assert {li.held_code for li in held} == {"ambiguous_match"}
    assert len(held) == 3
    assert names(rig) == ["Acme"]
    assert Organisation.objects.count() == 2
    labels = held.get(local_id=None).held_facts["candidates"]
    assert [c["label"] for c in labels] == ["Acme North", "Acme South"], "candidates are told by their names"


def test_a_new_record_that_matches_a_linked_one_is_asked_about(rig: Rig) -> None:
    acme, _ = linked(rig, tax_number=NUMBER)
    twin = rig.organisation("Acme again", tax_number=NUMBER)
    rig.seed(companies=[{"name": "Acme remote", "abn": NUMBER}])
    rig.settle()

    held = rig.link("organisation", twin.pk)
    assert held.held_code == "ambiguous_match"
    assert names(rig) == ["Acme", "Acme remote"]
    assert Organisation.objects.count() == 2

    decide_held(held.pk, by=rig.ada, choice="create")
    rig.settle()
    assert names(rig) == ["Acme", "Acme again", "Acme remote"]
    assert rig.link("organisation", acme.pk).state == LinkState.LIVE


def test_two_that_waited_on_either_side_are_joined_once_they_match_for_certain(rig: Rig) -> None:
    acme = rig.organisation("Acme")
    told = rig.seed(companies=[{"name": "Acme Pty Ltd"}])
    rig.connect()
    rig.settle()
    assert Link.objects.filter(kind="organisation", held_code="possible_match").count() == 2

    update_organisation(acme.pk, by=rig.ada, changes={"tax_number": NUMBER})
    rig.edit("companies", told["companies"][0], abn=NUMBER)
    rig.settle()

    live = Link.objects.exclude(state=LinkState.DEAD).get(kind="organisation")
    assert (live.state, live.local_id, live.remote_id) == (LinkState.LIVE, acme.pk, str(told["companies"][0]))
    assert rig.cycle().rows == 0


def test_a_copy_that_somebody_makes_at_the_remote_with_our_mark_makes_no_twin_here(rig: Rig) -> None:
    _, remote_id = linked(rig)
    there = rig.record("companies", "Acme")
    rig.seed(companies=[{"name": "Acme (copy)", "remote_id": there["remote_id"]}])
    rig.settle()

    assert Organisation.objects.count() == 1
    held = Link.objects.get(kind="organisation", local_id=None)
    assert held.held_code == "ambiguous_match"
    assert "linked with another one already" in held.held_reason
    assert rig.link("organisation", Organisation.objects.get().pk).remote_id == remote_id


def test_a_mark_that_somebody_typed_is_no_trouble(rig: Rig) -> None:
    _, _ = linked(rig)
    key = Connection.objects.get().key
    rig.seed(
        companies=[
            {"name": "Typed", "remote_id": f"instep:{key}:organisation:{'9' * 40}:1"},
            {"name": "Wrong", "remote_id": f"instep:{key}:organisation:999999:1"},
        ]
    )
    rig.settle()

    assert sorted(Organisation.objects.values_list("name", flat=True)) == ["Acme", "Typed", "Wrong"]


def test_who_was_left_out_stays_out_when_a_match_turns_up(rig: Rig) -> None:
    acme = rig.organisation("Acme", tax_number=NUMBER)
    rig.organisation("Acme two", tax_number=NUMBER)
    rig.seed(companies=[{"name": "Acme", "abn": NUMBER}])
    rig.connect()
    rig.settle()
    decide_held(rig.link("organisation", acme.pk).pk, by=rig.ada, choice="ignore")
    decide_held(Link.objects.get(kind="organisation", local_id=None).pk, by=rig.ada, choice="ignore")
    two = Organisation.objects.get(name="Acme two")
    update_organisation(two.pk, by=rig.ada, changes={"tax_number": "33 102 417 032"})
    rig.settle()
    rig.edit("companies", rig.record("companies", "Acme")["id"], mobile="0412 345 678")
    update_organisation(acme.pk, by=rig.ada, changes={"phone": "03 9123 4567"})
    rig.settle()

    assert rig.link("organisation", acme.pk).held_code == "ignored"
    assert Link.objects.get(kind="organisation", local_id=None).held_code == "ignored"
    assert names(rig) == ["Acme", "Acme two"]


# --- answers ---------------------------------------------------------------------------------------------------------


def test_an_answer_waits_while_a_write_about_the_record_has_none(rig: Rig) -> None:
    acme = rig.organisation("Acme")
    told = rig.seed(companies=[{"name": "Acme Pty Ltd"}])
    rig.connect()
    rig.settle()
    mine = rig.link("organisation", acme.pk)
    decide_held(mine.pk, by=rig.ada, choice="create")
    with pytest.raises(Cut):
        rig.cycle(wrap=lambda inner: CutTransport(inner, "create companies", 1, True))

    other = Link.objects.get(kind="organisation", local_id=None)
    with pytest.raises(SyncBusy):
        decide_held(mine.pk, by=rig.ada, choice="link", remote_id=str(told["companies"][0]))
    with pytest.raises(SyncBusy):
        decide_held(other.pk, by=rig.ada, choice="link", local_id=acme.pk)

    assert Intent.objects.filter(state="intended").count() == 1
    rig.settle()
    assert names(rig) == ["Acme", "Acme Pty Ltd"]


def test_answers_that_make_no_sense_are_refused(rig: Rig) -> None:
    acme, remote_id = linked(rig)
    rig.organisation("Beta")
    told = rig.seed(companies=[{"name": "Beta"}])
    rig.settle()
    live = rig.link("organisation", acme.pk)
    mine, theirs = Link.objects.filter(held_code="possible_match").order_by("local_id")
    if mine.local_id is None:
        mine, theirs = theirs, mine

    def refused(link: Link, error: type[Exception], **choice: Any) -> None:
        with pytest.raises(error):
            decide_held(link.pk, by=rig.ada, **choice)

    refused(live, NotHeld, choice="create")
    refused(mine, BadValue, choice="burn")
    refused(mine, BadValue, choice="link")
    refused(mine, NotFound, choice="link", remote_id="404")
    refused(mine, BadValue, choice="link", remote_id=remote_id)
    refused(theirs, BadValue, choice="link")
    refused(theirs, NotFound, choice="link", local_id=10**9)
    refused(theirs, BadValue, choice="link", local_id=acme.pk)
    with pytest.raises(NotAllowed):
        decide_held(mine.pk, by=rig.cast.cy, choice="create")
    with pytest.raises(NotFound):
        decide_held(mine.pk, by=rig.cast.odo, choice="create")
    update_organisation(acme.pk, by=rig.ada, changes={"phone": "03 9123 4567"})
    rig.edit("companies", remote_id, office_phone="03 9999 9999")
    rig.settle()
    refused(rig.link("organisation", acme.pk), BadValue, choice="link", remote_id=str(told["companies"][0]))
    refused(rig.link("organisation", acme.pk), BadValue, choice="ignore")
    decide_held(rig.link("organisation", acme.pk).pk, by=rig.ada, choice="again")
    rig.settle()
    assert rig.link("organisation", acme.pk).held_code == "conflict"


@pytest.mark.parametrize("first", ["link", "ignore"])
def test_an_answer_may_be_changed_before_it_is_carried_out(rig: Rig, first: str) -> None:
    beta = rig.organisation("Beta")
    told = rig.seed(companies=[{"name": "Beta"}])
    rig.connect()
    rig.settle()
    mine = rig.link("organisation", beta.pk)
    decide_held(mine.pk, by=rig.ada, choice=first, remote_id=str(told["companies"][0]))
    decide_held(mine.pk, by=rig.ada, choice="create")
    rig.settle()

    assert names(rig) == ["Beta", "Beta"]
    assert rig.link("organisation", beta.pk).remote_id != str(told["companies"][0])
    links = Link.objects.exclude(state=LinkState.DEAD)
    assert links.get(kind="organisation", remote_id=str(told["companies"][0])).held_code == "possible_match"


def test_a_decision_made_during_a_run_wins_over_what_was_planned_before_it(rig: Rig) -> None:
    for name in ("Org 1", "Org 2"):
        rig.organisation(name)
    rig.seed(companies=[{"name": "Org 2"}])
    rig.connect()
    rig.settle()
    org2 = Organisation.objects.get(name="Org 2")
    waiting = rig.link("organisation", org2.pk)
    decide_held(waiting.pk, by=rig.ada, choice="create")
    update_organisation(Organisation.objects.get(name="Org 1").pk, by=rig.ada, changes={"phone": "03 9123 4567"})

    def think_again() -> None:
        decide_held(waiting.pk, by=rig.ada, choice="ignore")

    run(rig, think_again, at=5)
    rig.settle()

    assert names(rig) == ["Org 1", "Org 2"]
    assert rig.link("organisation", org2.pk).held_code == "ignored"


# --- conflicts -------------------------------------------------------------------------------------------------------


def in_conflict(rig: Rig) -> tuple[Organisation, str, Conflict]:
    acme, remote_id = linked(rig, email="old@acme.example")
    update_organisation(acme.pk, by=rig.ada, changes={"email": "ours@acme.example"})
    rig.edit("companies", remote_id, email_address="theirs@acme.example")
    rig.settle()
    return acme, remote_id, Conflict.objects.get()


@pytest.mark.capability("X-09")
@pytest.mark.parametrize("keep", ["ours", "theirs"])
def test_a_value_that_nobody_saw_when_the_conflict_was_decided_is_not_given_up_for_it(rig: Rig, keep: str) -> None:
    acme, remote_id, conflict = in_conflict(rig)
    if keep == "ours":
        rig.edit("companies", remote_id, email_address="newer@acme.example")
    else:
        update_organisation(acme.pk, by=rig.ada, changes={"email": "newer@acme.example"})

    resolve_conflict(conflict.pk, by=rig.ada, keep=keep)
    rig.settle()

    again = Conflict.objects.get(state="open")
    values = {again.ours, again.theirs}
    assert values == {"newer@acme.example", f"{keep}@acme.example"}
    assert not isinstance(again.base_ours, dict)
    assert not isinstance(again.base_theirs, dict)


def test_a_conflict_of_one_record_is_not_closed_by_what_others_of_the_batch_agree_on(rig: Rig) -> None:
    orgs = [linked(rig, f"Org {i}", email=f"old{i}@x.example") for i in range(3)]
    for i, (org, remote_id) in enumerate(orgs):
        rig.edit("companies", remote_id, email_address=f"theirs{i}@x.example")
        if i == 1:
            update_organisation(org.pk, by=rig.ada, changes={"email": "ours@x.example"})
    rig.settle()

    assert Conflict.objects.get().state == "open"
    emails = list(Organisation.objects.order_by("pk").values_list("email", flat=True))
    assert emails == ["theirs0@x.example", "ours@x.example", "theirs2@x.example"]


def test_a_conflict_that_somebody_undid_is_over_though_other_fields_move(rig: Rig) -> None:
    acme, remote_id, _ = in_conflict(rig)
    update_organisation(acme.pk, by=rig.ada, changes={"email": "old@acme.example", "phone": "03 9123 4567"})
    rig.edit("companies", remote_id, email_address="old@acme.example")
    rig.settle()

    assert Conflict.objects.get().state == "settled"
    assert rig.link("organisation", acme.pk).held_code == ""
    assert rig.record("companies", "Acme")["office_phone"] == "03 9123 4567"


@pytest.mark.capability("X-10")
def test_of_two_conflicts_of_one_record_the_other_stays_when_one_is_decided(rig: Rig) -> None:
    acme, remote_id, _ = in_conflict(rig)
    update_organisation(acme.pk, by=rig.ada, changes={"phone": "03 9123 4567"})
    rig.edit("companies", remote_id, office_phone="03 9999 9999")
    rig.settle()

    resolve_conflict(Conflict.objects.get(field="email").pk, by=rig.ada, keep="theirs")
    assert rig.link("organisation", acme.pk).held_code == "conflict"
    rig.settle()

    acme.refresh_from_db()
    assert (acme.email, acme.phone) == ("theirs@acme.example", "03 9123 4567")
    assert Conflict.objects.get(state="open").field == "phone"
    assert rig.link("organisation", acme.pk).held_code == "conflict"
