"""What waits for a person: the reason, what might be the same, and one click that settles it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.urls import reverse

from instep.connect.capability import CreateHandle
from instep.connect.models import Conflict, Link
from instep.connect.queries import card
from instep.connectors.tinyplus.connector import TinyPlus
from instep.crm.actions.organisations import update_organisation
from instep.crm.models import Organisation
from instep.jobs.actions.types import add_job_type
from tests.web.connect.desk import HTMX, Desk, readable

pytestmark = pytest.mark.django_db


def two_of_one_name(desk: Desk) -> tuple[Link, Link]:
    """A parish on each side, of which nobody knows whether they are one: (ours, theirs)."""
    ours = desk.rig.organisation("Parish of St Columb", phone="03 9000 0000")
    desk.rig.seed(companies=[{"name": "Parish of St Columb", "office_phone": "03 9000 1111"}])
    desk.linked()
    links = Link.objects.filter(kind="organisation")
    return links.get(local_id=ours.pk), links.get(local_id=None)


def decide(desk: Desk, link: Link, choice: str, record: str = "") -> object:
    return desk.ada.post(
        reverse("connect:decide_held", args=[link.pk]), {"choice": choice, "record": record}, headers=HTMX
    )


def test_what_may_have_been_made_there_is_asked_about_and_sent_again_by_one_click(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.linked()
    numbers = {name: replace(c, handle=CreateHandle.NONE) for name, c in TinyPlus.capabilities.items()}
    monkeypatch.setattr(TinyPlus, "capabilities", numbers)
    ours = desk.rig.organisation("Quite new")
    desk.rig.faults({"call": 1, "operation": "create companies", "do": "status", "status": 503})
    desk.cycle()
    desk.rig.late += timedelta(seconds=60)
    desk.rig.settle()

    link = desk.rig.link("organisation", ours.pk)
    page = desk.text(desk.url("held"))
    assert "No answer came when this was sent" in page
    assert "It was not made: send it again" in page
    assert "Leave it out" not in page
    decide(desk, link, "create")
    desk.rig.settle()
    link.refresh_from_db()
    assert (link.state, link.held_code) == ("live", "")


@pytest.mark.capability("A-10")
def test_a_held_record_is_linked_with_the_one_a_person_points_at(desk: Desk) -> None:
    ours, theirs = two_of_one_name(desk)
    page = desk.text(desk.url("held"))
    assert "A record in tiny+ has the same name: “Parish of St Columb”." in page
    assert "It is this one" in page

    answer = decide(desk, ours, "link", theirs.remote_id or "")
    assert "Linked with the record you chose." in readable(answer)
    assert "hx-swap-oob" not in answer.content.decode(), "its twin was not shown"
    assert desk.connection.next_poll_at is None, "the person does not wait for the next look"
    desk.cycle()

    ours.refresh_from_db()
    assert (ours.state, ours.remote_id) == ("live", theirs.remote_id)
    assert "Nothing is held" in desk.text(desk.url("held"))


def test_the_two_are_compared_field_by_field_before_that(desk: Desk) -> None:
    ours, theirs = two_of_one_name(desk)

    changes = desk.ada.get(reverse("connect:compare", args=[ours.pk, theirs.remote_id])).context["changes"]

    told = {change.label: (change.before, change.after, change.verdict) for change in changes}
    assert told["Name"] == ("Parish of St Columb", "Parish of St Columb", "same")
    assert told["Phone"] == ("03 9000 0000", "03 9000 1111", "changed")
    again = desk.ada.get(reverse("connect:compare", args=[theirs.pk, ours.local_id])).context["changes"]
    assert [c.label for c in again] == [c.label for c in changes], "the same from either side"


def asked_about(desk: Desk, query: str = "") -> list[int]:
    """The held records that the page shows."""
    return [row.id for row in desk.ada.get(desk.url("held") + query).context["rows"]]


def test_two_of_one_name_are_one_question_until_they_are_told_apart(desk: Desk) -> None:
    ours, theirs = two_of_one_name(desk)
    firm_id = desk.rig.cast.firm.pk

    assert asked_about(desk) == [ours.pk]
    assert card(firm_id, desk.connection.pk).waits_for_person == 1
    assert "One thing waits for you" in desk.ada.get("/").content.decode()
    assert asked_about(desk, f"?record={theirs.pk}") == [theirs.pk], "a link to the other one leads to it"
    decide(desk, ours, "ignore")
    assert asked_about(desk) == [theirs.pk], "ours is left out, so what becomes of theirs is a question of its own"
    decide(desk, ours, "again")
    Link.objects.filter(pk=theirs.pk).update(held_facts={"candidates": [{"record": "987654", "rule": "name"}]})
    assert set(asked_about(desk)) == {ours.pk, theirs.pk}, "like another one, it is another question"


def test_the_other_one_goes_with_it_where_it_was_a_question_of_its_own(desk: Desk) -> None:
    ours, theirs = two_of_one_name(desk)

    answer = decide(desk, theirs, "link", str(ours.local_id))

    assert f'id="held-{ours.pk}" hx-swap-oob="delete"' in answer.content.decode()
    desk.cycle()
    assert asked_about(desk) == []


def test_a_held_record_is_made_anew_and_one_may_undo_that_before_it_travels(desk: Desk) -> None:
    ours, theirs = two_of_one_name(desk)
    answer = decide(desk, ours, "create")
    assert "A new one is made in tiny+." in readable(answer)
    assert "Undo" in readable(answer)
    assert asked_about(desk) == [theirs.pk]

    decide(desk, ours, "again")
    assert asked_about(desk) == [ours.pk]
    decide(desk, ours, "create")
    assert "A new one is made in Instep." in readable(decide(desk, theirs, "create"))
    desk.cycle()

    assert Organisation.objects.filter(name="Parish of St Columb").count() == 2
    assert Link.objects.filter(kind="organisation", state="live").count() == 2


def test_a_record_is_left_out_and_brought_back(desk: Desk) -> None:
    ours, _theirs = two_of_one_name(desk)
    decide(desk, ours, "ignore")
    desk.cycle()
    assert "Bring it back" in desk.text(f"{desk.url('held')}?view=left_out")

    decide(desk, ours, "again")
    desk.cycle()

    assert "Nothing is left out" in desk.text(f"{desk.url('held')}?view=left_out")
    ours.refresh_from_db()
    assert ours.held_code == "possible_match"


@pytest.mark.capability("A-21")
def test_what_waits_by_itself_is_told_apart_and_leads_to_what_it_waits_for(desk: Desk) -> None:
    ours = desk.rig.organisation("Parish of St Columb")
    desk.rig.contact("Brendan", "Tully", organisation=ours.pk)
    desk.rig.seed(companies=[{"name": "Parish of St Columb"}])
    desk.linked()

    assert "Brendan Tully" not in desk.text(desk.url("held"))
    page = desk.ada.get(f"{desk.url('held')}?view=by_itself")
    [row] = page.context["rows"]
    assert (row.title, row.fix_url) == ("Brendan Tully", f"/organisations/{ours.pk}/")
    assert not row.asks


@pytest.mark.capability("A-15")
def test_records_whose_type_is_not_joined_are_one_question_and_one_answer_sends_them_all(desk: Desk) -> None:
    desk.rig.post("reset", {})
    desk.rig.post(
        "seed",
        {
            "accounts": [
                {
                    "key": "banksia", "name": "Banksia", "currency": "AUD", "project_types": ["Housing"],
                    "tokens": [{"token": desk.rig.token, "scope": "readwrite"}],
                    "records": {
                        "team-members": [{"name": "Ada Bell", "email": "ada@bb.example", "record_status": "active"}]
                    },
                }
            ]
        },
    )  # fmt: skip
    housing = add_job_type("Housing", by=desk.rig.ada)
    acme = desk.rig.organisation("Acme", stage="client", code="ACM")
    for name in ("One", "Two", "Three"):
        desk.rig.job(name, acme, job_type=housing.key)
    desk.linked()
    [row] = desk.ada.get(desk.url("held")).context["rows"]
    assert row.reason == "Type “Housing” stands for no entry of tiny+ yet."
    assert len(row.others) == 2
    assert row.fix_url == f"{desk.url('fields')}#lists"

    desk.ada.post(desk.url("join_all"), {"domain": "job_type"})
    desk.cycle()

    assert not desk.ada.get(desk.url("held")).context["rows"]
    assert desk.rig.record("projects", "Two")["project_type"] == "Housing"


def conflict(desk: Desk) -> tuple[Organisation, Conflict]:
    acme = desk.rig.organisation("Acme", email="old@acme.example")
    desk.linked()
    update_organisation(acme.pk, by=desk.rig.ada, changes={"email": "ours@acme.example"})
    desk.rig.edit("companies", desk.rig.record("companies", "Acme")["id"], email_address="theirs@acme.example")
    desk.cycle()
    return acme, Conflict.objects.get()


@pytest.mark.capability("X-09", "X-10")
@pytest.mark.parametrize(("keep", "value"), [("ours", "ours@acme.example"), ("theirs", "theirs@acme.example")])
def test_a_conflict_shows_both_values_and_one_click_decides_it(desk: Desk, keep: str, value: str) -> None:
    acme, row = conflict(desk)
    page = desk.text(desk.url("conflicts"))
    assert "ours@acme.example" in page
    assert "theirs@acme.example" in page
    assert "Before, both said: old@acme.example" in page

    answer = desk.ada.post(reverse("connect:decide_conflict", args=[row.pk]), {"keep": keep}, headers=HTMX)
    assert value in readable(answer)
    desk.cycle()

    acme.refresh_from_db()
    assert acme.email == value
    assert desk.rig.record("companies", "Acme")["email_address"] == value
    closed = desk.text(f"{desk.url('conflicts')}?view=decided")
    assert "ours@acme.example" in closed
    assert "theirs@acme.example" in closed
    assert "Ada kept the value of" in closed


@pytest.mark.capability("X-09")
def test_the_inbox_shows_the_whole_firm_and_takes_a_choice_back(desk: Desk) -> None:
    acme, row = conflict(desk)
    inbox = reverse("connect:inbox")
    page = desk.ada.get(inbox)
    assert [each.id for each in page.context["rows"]] == [row.pk]
    assert "Ada" in readable(page)
    assert desk.ada.get(f"{inbox}?kind=contact").context["rows"] == page.context["rows"], "a kind that has none is none"
    assert desk.as_user("odo").get(inbox).context["rows"] == []
    assert desk.as_user("odo").post(reverse("connect:put_back", args=[row.pk])).status_code == 404
    assert desk.as_user("cy").get(inbox).status_code == 403

    desk.ada.post(reverse("connect:decide_conflict", args=[row.pk]), {"keep": "theirs"}, headers=HTMX)
    answer = desk.ada.post(reverse("connect:take_back", args=[row.pk]), headers=HTMX)
    assert "Keep tiny+'s" in readable(answer)
    said = {"connection": desk.connection.pk, "kind": "organisation", "field": "email", "keep": "theirs"}
    desk.ada.post(reverse("connect:decide_field"), said)
    desk.cycle()
    acme.refresh_from_db()
    assert acme.email == "theirs@acme.example"
    assert "Put Instep's back" in desk.text(f"{inbox}?view=decided")
    again = desk.ada.post(reverse("connect:put_back", args=[row.pk]), headers=HTMX)
    assert "Ada put the other value back." in readable(again)
    acme.refresh_from_db()
    assert acme.email == "ours@acme.example"


@pytest.mark.capability("X-21")
def test_a_field_is_changed_on_its_map_and_the_next_run_is_seen_first(desk: Desk) -> None:
    acme, _row = conflict(desk)
    said = {"kind": "organisation", "field": "email", "way": "pull"}
    assert desk.as_user("bo").post(desk.url("rule"), said).status_code == 403
    desk.ada.post(desk.url("rule"), said)
    assert "Version 2" in desk.text(desk.url("fields"))
    desk.rig.cycle()

    page = desk.ada.get(desk.url("preview"))
    assert "Its field map was changed." in readable(page)
    assert [(e["field"], e["here"], e["there"]) for e in page.context["effects"]] == [("Email", 1, 0)]
    assert "2 wait" in desk.ada.get(reverse("shell:health"), headers=HTMX).content.decode()
    desk.ada.post(reverse("connect:approve", args=[page.context["plan"].pk]))
    desk.cycle()

    acme.refresh_from_db()
    assert acme.email == "theirs@acme.example"
    assert "tiny+ owns it" in desk.text(desk.url("fields"))


def test_without_a_script_a_decision_leads_back_to_where_one_was(desk: Desk) -> None:
    _acme, row = conflict(desk)

    answer = desk.ada.post(
        reverse("connect:decide_conflict", args=[row.pk]), {"keep": "ours"}, headers={"Referer": "http://testserver/"}
    )

    assert answer.url == "http://testserver/"


def test_a_decision_that_somebody_else_made_first_is_said_so(desk: Desk) -> None:
    ours, _theirs = two_of_one_name(desk)
    decide(desk, ours, "create")
    desk.cycle()

    answer = decide(desk, ours, "create")

    assert answer.status_code == 409
    assert "no longer waits for a decision" in answer.headers["HX-Trigger"]
