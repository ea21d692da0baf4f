"""The pages of staff resources: the list, one resource, making one, making one inactive, handing work over."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from instep.jobs.models import Job
from instep.staff.models import StaffResource
from tests.web.records.world import World

HTMX = {"HX-Request": "true"}
BESIDE = {"HX-Request": "true", "HX-Target": "act"}


def toast_of(answer: Any) -> dict[str, Any]:
    """The last toast that an answer to htmx brings."""
    return json.loads(answer.headers["HX-Trigger"])["toast"]["toasts"][-1]


@pytest.mark.capability("E-46", "E-42")
def test_a_resource_is_made_with_or_without_a_user_of_the_firm(world: World, ada: Client) -> None:
    form = ada.get("/staff/new/").content.decode()
    assert "cy@banksia-bell.example" in form
    assert "odo@" not in form
    given = {"first_name": "Cy", "last_name": "Adler", "kind": "person", "user": world.cast.users["cy"].pk}
    answer = ada.post("/staff/new/", given, follow=True)
    made = StaffResource.objects.get(last_name="Adler")
    assert made.user == world.cast.users["cy"]
    assert "cy@banksia-bell.example" in answer.content.decode()
    again = ada.post("/staff/new/", {**given, "last_name": "Twin"})
    assert again.status_code == 422
    assert again.context["form"].errors.keys() == {"user"}
    assert 'value="Twin"' in again.content.decode()
    stranger = ada.post("/staff/new/", {**given, "user": world.cast.users["odo"].pk})
    assert stranger.context["form"].errors.keys() == {"user"}
    pool = ada.post("/staff/new/", {"first_name": "Drafting", "kind": "pool"}, follow=True)
    assert "Pool" in pool.content.decode()


def test_the_list_shows_who_is_active_and_finds_the_others(world: World, ada: Client) -> None:
    ada.post("/staff/new/", {"first_name": "Drafting", "kind": "pool"})
    assert "Dimitra Pappas" in ada.get("/staff/").content.decode()
    assert "Dimitra Pappas" in ada.get("/staff/?q=pap").content.decode()
    assert "Dimitra" not in ada.get("/staff/?view=pools").content.decode()
    assert "Dimitra" not in ada.get("/staff/?view=inactive").content.decode()
    ada.post(f"/staff/{world.handler.pk}/deactivate/", follow=True)
    assert "Dimitra Pappas" not in ada.get("/staff/").content.decode()
    assert "Dimitra Pappas" in ada.get("/staff/?view=inactive").content.decode()
    assert "Dimitra Pappas" not in ada.get("/staff/pick/?q=pap", headers=HTMX).content.decode()


def test_fields_are_edited_in_place_and_who_signs_in_is_chosen_among_members(world: World, ada: Client) -> None:
    address = f"/staff/{world.handler.pk}/field/"
    assert ada.post(f"{address}job_title/", {"value": "Architect", "version": 1}, headers=HTMX).status_code == 200
    choices = ada.get(f"{address}user/?edit=1", headers=HTMX).content.decode()
    assert "bo@banksia-bell.example" in choices
    assert "odo@" not in choices
    chosen = ada.post(f"{address}user/", {"value": world.cast.users["bo"].pk, "version": 2}, headers=HTMX)
    assert "bo@banksia-bell.example" in chosen.content.decode()
    page = ada.get(f"/staff/{world.handler.pk}/").content.decode()
    assert "Architect" in page
    assert "Signs in as: Bo" in page


@pytest.mark.capability("E-23", "E-42")
def test_becoming_inactive_can_be_undone_and_unfinished_work_is_handed_over(world: World, ada: Client) -> None:
    page = ada.get(f"/staff/{world.handler.pk}/").content.decode()
    assert "Library refurbishment" in page
    gone = ada.post(f"/staff/{world.handler.pk}/deactivate/", headers=HTMX)
    assert toast_of(gone)["action"]["label"] == "Make Dimitra Pappas active again"
    page = ada.get(f"/staff/{world.handler.pk}/").content.decode()
    assert "Work is left without an active project manager" in page
    ada.post("/staff/new/", {"first_name": "Ewan", "last_name": "Mackay", "kind": "person"})
    other = StaffResource.objects.get(last_name="Mackay")
    address = f"/staff/{world.handler.pk}/hand-over/"
    empty = ada.post(address, {"to": ""}, headers=BESIDE)
    assert empty.status_code == 422
    himself = ada.post(address, {"to": world.handler.pk}, headers=BESIDE)
    assert himself.status_code == 422
    assert himself.context["form"].errors.keys() == {"to"}
    done = ada.post(address, {"to": other.pk}, headers=BESIDE)
    assert toast_of(done)["text"] == "Ewan Mackay handles 1 project more."
    assert Job.objects.get(pk=world.job.pk).handler == other
    assert "Work is left" not in ada.get(f"/staff/{world.handler.pk}/").content.decode()
    assert ada.post(toast_of(gone)["action"]["url"], headers=HTMX).status_code == 204
    world.handler.refresh_from_db()
    assert world.handler.active
