"""Lists and fields edited in place, as a browser asks for them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from instep.base.ownership.owners import set_owners
from instep.staff.actions.resources import deactivate_staff, update_staff
from instep.staff.models import StaffResource
from tests.cast import Cast

SignIn = Callable[[str], Client]
LIST = {"HX-Request": "true", "HX-Target": "list"}
PANEL = {"HX-Request": "true", "HX-Target": "panel"}


def _names(answer: Any) -> list[str]:
    return re.findall(r'class="i-row__link"[^>]*>Kit (\w+)<', answer.text)


def _link(answer: Any, id_: str) -> str:
    found = re.search(rf'id="{id_}" href="([^"]+)"', answer.text)
    return found[1].replace("&amp;", "&") if found else ""


@pytest.mark.usefixtures("people")
def test_a_list_pages_forward_and_back_by_key(as_user: SignIn) -> None:
    client = as_user("cy")
    first = client.get("/staff/")
    assert _names(first) == ["Abbott", "Brook", "Chan"]
    assert "of 7" in first.text
    second = client.get(_link(first, "page-next"), headers=LIST)
    assert _names(second) == ["Dunn", "Evans", "Ford"]
    assert _names(client.get(_link(second, "page-next"))) == ["Grey"]
    assert _names(client.get(_link(second, "page-previous"))) == ["Abbott", "Brook", "Chan"]


@pytest.mark.usefixtures("people")
def test_heads_sort_and_turn_round_and_say_so(as_user: SignIn) -> None:
    client = as_user("cy")
    by_title = client.get(_link(client.get("/staff/?q=kit"), "sort-job_title"))
    assert _names(by_title) == ["Grey", "Ford", "Evans"]
    assert 'aria-sort="ascending"' in by_title.text
    round_ = _link(by_title, "sort-job_title")
    assert "q=kit" in round_
    assert _names(client.get(round_)) == ["Abbott", "Brook", "Chan"]
    assert _names(client.get("/staff/?sort=password")) == ["Abbott", "Brook", "Chan"]


@pytest.mark.usefixtures("people")
def test_an_old_or_forged_page_token_shows_the_first_page(as_user: SignIn) -> None:
    client = as_user("cy")
    token = _link(client.get("/staff/"), "page-next")
    assert _names(client.get("/staff/?page=forged")) == ["Abbott", "Brook", "Chan"]
    assert _names(client.get(f"{token}&sort=-name")) == ["Grey", "Ford", "Evans"]


def test_tabs_stand_for_filters_which_the_address_may_overrule(
    cast: Cast, as_user: SignIn, people: list[StaffResource]
) -> None:
    deactivate_staff(people[0].pk, by=cast.ada)
    client = as_user("cy")
    assert _names(client.get("/staff/"))[0] == "Brook"
    assert _names(client.get("/staff/?view=all"))[0] == "Abbott"
    assert _names(client.get("/staff/?active=no")) == ["Abbott"]
    anybody = client.get("/staff/?active=")
    assert _names(anybody)[0] == "Abbott"
    assert "active=&" in _link(anybody, "page-next") or "active=" in _link(anybody, "page-next")
    assert "Nothing matches" in client.get("/staff/?q=nobody").text


@pytest.mark.usefixtures("people")
def test_a_fragment_is_the_list_alone_and_going_back_is_the_page(as_user: SignIn) -> None:
    client = as_user("cy")
    assert "<html" not in client.get("/staff/", headers=LIST).text
    back = client.get("/staff/", headers={**LIST, "HX-History-Restore-Request": "true"})
    assert "<html" in back.text


@pytest.mark.usefixtures("people")
def test_a_list_page_asks_eight_times_at_most(as_user: SignIn, django_assert_max_num_queries: Any) -> None:
    client = as_user("cy")
    with django_assert_max_num_queries(8):
        client.get("/staff/?q=kit")
    with django_assert_max_num_queries(8):
        client.get("/staff/", headers=LIST)


def test_a_record_is_a_page_or_a_panel_by_one_template(as_user: SignIn, people: list[StaffResource]) -> None:
    client, url = as_user("cy"), f"/staff/{people[0].pk}/"
    page, panel = client.get(url).text, client.get(url, headers=PANEL).text
    assert "<html" in page
    assert "<html" not in panel
    assert "Kit Abbott" in panel
    assert "data-panel-close" in panel
    opened = client.get(f"/staff/?open={people[0].pk}").text
    assert f'hx-get="{url}" hx-trigger="load"' in opened
    assert 'hx-get="/staff/x/"' not in client.get("/staff/?open=x").text


def test_a_field_is_edited_and_says_that_it_is_saved(as_user: SignIn, people: list[StaffResource]) -> None:
    client, url = as_user("ada"), f"/staff/{people[0].pk}/field/name/"
    form = client.get(f"{url}?edit=1").text
    assert 'name="first" value="Kit"' in form
    assert 'name="version" value="1"' in form
    answer = client.post(url, {"first": " Mary  Jane", "last": "O'Neil", "version": "1"})
    assert "Mary Jane O&#x27;Neil" in answer.text
    assert "data-inline-saved" in answer.text
    assert json.loads(answer["HX-Trigger"])["record:changed"] == {"kind": "staff", "id": people[0].pk}
    assert StaffResource.objects.get(pk=people[0].pk).first_name == "Mary Jane"


def test_a_newer_version_shows_itself_keeps_what_was_typed_and_takes_the_next_save(
    cast: Cast, as_user: SignIn, people: list[StaffResource]
) -> None:
    client, url = as_user("ada"), f"/staff/{people[0].pk}/field/email/"
    update_staff(people[0].pk, by=cast.bo, changes={"email": "bo@x.example"})
    stale = client.post(url, {"value": "ada@x.example", "version": "1"})
    assert stale.status_code == 409
    assert "Somebody changed this" in stale.text
    assert "<strong>bo@x.example</strong>" in stale.text
    assert 'value="ada@x.example"' in stale.text
    version = re.search(r'name="version" value="(\d+)"', stale.text)
    assert version
    assert client.post(url, {"value": "ada@x.example", "version": version[1]}).status_code == 200


def test_a_bad_value_comes_back_in_the_field_with_what_to_do(as_user: SignIn, people: list[StaffResource]) -> None:
    url = f"/staff/{people[0].pk}/field"
    answer = as_user("ada").post(f"{url}/email/", {"value": "nowhere", "version": "1"})
    assert answer.status_code == 422
    assert 'value="nowhere"' in answer.text
    assert "nowhere is not an email address, such as name@example.com." in answer.text
    empty = as_user("ada").post(f"{url}/name/", {"first": " ", "last": "", "version": "1"})
    assert "It cannot be empty." in empty.text


@pytest.mark.capability("A-28")
def test_an_owned_field_names_its_owner_and_is_not_edited(
    cast: Cast, as_user: SignIn, people: list[StaffResource]
) -> None:
    pk = people[0].pk
    set_owners(
        cast.firm.pk, "staff", [pk], ["email"], owner="tiny+", owner_key="connection:1", why="It came from there"
    )
    client, url = as_user("ada"), f"/staff/{pk}/field/email/"
    page = client.get(f"/staff/{pk}/").text
    assert "Owned by tiny+" in page
    assert "It came from there" in page
    assert f'hx-get="{url}?edit=1"' not in page
    assert "<form" not in client.get(f"{url}?edit=1").text
    refused = client.post(url, {"value": "mine@x.example", "version": "1"})
    assert refused.status_code == 409
    assert StaffResource.objects.get(pk=pk).email == "abbott@x.example"


def test_who_may_not_edit_sees_values_without_buttons(as_user: SignIn, people: list[StaffResource]) -> None:
    client, url = as_user("cy"), f"/staff/{people[0].pk}/"
    assert "data-inline-edit" not in client.get(url).text
    assert "data-inline-edit" in as_user("ada").get(url).text
    assert client.get(f"{url}field/email/?edit=1").status_code == 403
    assert client.post(f"{url}field/email/", {"value": "x@x.example"}).status_code == 403
    assert client.get(f"{url}field/password/").status_code == 404


def test_a_door_opens_for_its_methods_alone(as_user: SignIn, people: list[StaffResource]) -> None:
    client = as_user("ada")
    assert client.get(f"/staff/{people[0].pk}/deactivate/").status_code == 405
    assert client.post(f"/staff/{people[0].pk}/").status_code == 405


def test_a_picker_offers_records_with_their_keys(as_user: SignIn, people: list[StaffResource]) -> None:
    offered = as_user("cy").get("/staff/pick/?q=brook").text
    assert f'data-value="{people[1].pk}" data-text="Kit Brook"' in offered
