"""What a person sees when something is refused, missing or broken."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from django.test import Client

from instep.kernel.errors import BadValue, NotAllowed, StaleVersion
from instep.staff.models import StaffResource
from instep.web.shell.refusals import problem_of, refuse_form, tone_of
from instep.web.shell.tones import Tone
from tests.web.shell.sample import PersonForm

SignIn = Callable[[str], Client]
HTMX = {"HX-Request": "true"}


def _toasts(answer: object) -> list[dict[str, str]]:
    return json.loads(answer["HX-Trigger"])["toast"]["toasts"]  # type: ignore[index]


def test_a_refusal_is_a_page_with_its_sentence_and_status(as_user: SignIn) -> None:
    answer = as_user("cy").get("/staff/new/")
    assert answer.status_code == 403
    assert "You need the right to edit staff. Ask an administrator of the firm for it." in answer.text
    assert "<h1>" in answer.text


def test_for_a_fragment_it_is_a_toast_and_the_page_stays(as_user: SignIn) -> None:
    answer = as_user("cy").get("/staff/new/", headers=HTMX)
    assert answer.status_code == 403
    assert answer["HX-Reswap"] == "none"
    assert answer.content == b""
    said = _toasts(answer)[0]
    assert said["tone"] == "bad"
    assert said["text"].startswith("You need the right to edit staff.")


def test_a_caution_asks_and_goes_on_when_it_is_accepted(as_user: SignIn, people: list[StaffResource]) -> None:
    client, url = as_user("ada"), f"/staff/{people[0].pk}/deactivate/"
    asked = client.post(url, headers=HTMX)
    assert asked.status_code == 409
    caution = json.loads(asked["HX-Trigger"])["caution"]
    assert caution == {"text": "Kit Abbott handles 3 jobs. Deactivate anyway?", "codes": ["are_you_sure"]}
    done = client.post(url, {"accepted": caution["codes"]}, headers=HTMX)
    assert done.status_code == 204
    said = _toasts(done)[0]
    assert said["text"] == "Kit Abbott is inactive."
    assert said["action"] == {"url": "/staff/undo/", "label": "Bring back", "method": "post"}


def test_without_script_the_caution_is_a_page_that_sends_the_same_again(
    as_user: SignIn, people: list[StaffResource]
) -> None:
    answer = as_user("ada").post(f"/staff/{people[0].pk}/deactivate/", {"why": 'left "early"'})
    assert answer.status_code == 409
    assert '<input type="hidden" name="why" value="left &quot;early&quot;">' in answer.text
    assert '<input type="hidden" name="accepted" value="are_you_sure">' in answer.text


def test_toasts_outlive_a_redirect(as_user: SignIn) -> None:
    client = as_user("ada")
    answer = client.post("/staff/new/", {"first_name": "New"}, headers=HTMX)
    assert answer.status_code == 302
    assert "HX-Trigger" not in answer
    assert "Made." in client.get("/staff/").text
    assert "Made." not in client.get("/staff/").text


def test_a_bad_value_stands_at_its_field(as_user: SignIn) -> None:
    answer = as_user("ada").post("/staff/new/", {"first_name": "New", "email": "nowhere"})
    assert "nowhere is not an email address" in answer.text.split('name="email"')[1].split("</div>")[0]
    assert 'aria-invalid="true"' in answer.text
    form = PersonForm({"first_name": "x"})
    refuse_form(form, BadValue(field="mail", problem="no"), mail="email")
    refuse_form(form, NotAllowed(right="edit staff"))
    assert form.errors["email"] == ["No."]
    assert form.non_field_errors() == ["You need the right to edit staff. Ask an administrator of the firm for it."]


def test_orange_is_for_who_must_decide_and_red_for_what_failed() -> None:
    assert tone_of(StaleVersion(what="job")) is Tone.ASK
    assert tone_of(NotAllowed(right="edit jobs")) is Tone.BAD
    assert problem_of(BadValue(field="Fee", problem="write an amount")) == "Write an amount."


@pytest.mark.parametrize(("path", "status", "words"), [("/nowhere/", 404, "There is no such page")])
def test_missing_pages_speak_plainly_signed_in_or_not(as_user: SignIn, path: str, status: int, words: str) -> None:
    inside, outside = as_user("ada").get(path), Client().get(path)
    assert inside.status_code == outside.status_code == status
    assert words in inside.text
    assert words in outside.text
    assert "Areas" in inside.text
    assert "Areas" not in outside.text


def test_a_fault_of_ours_is_a_page_that_asks_nothing_of_the_database(as_user: SignIn) -> None:
    client = as_user("ada")
    client.raise_request_exception = False
    answer = client.get("/staff/broken/")
    assert answer.status_code == 500
    assert "Something broke on our side" in answer.text


def test_a_form_from_an_old_page_says_so(as_user: SignIn, site: None) -> None:
    client = Client(enforce_csrf_checks=True)
    answer = client.post("/accounts/login/", {"login": "a", "password": "b"})
    assert answer.status_code == 403
    assert "This page was too old" in answer.text
