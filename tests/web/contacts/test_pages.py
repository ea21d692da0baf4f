"""The pages of contacts: the list, one contact, making one, moving one, archiving."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from django.test import Client

from instep.crm.models import Contact, Employment
from tests.web.records.world import World

HTMX = {"HX-Request": "true"}
BESIDE = {"HX-Request": "true", "HX-Target": "act"}


@pytest.mark.capability("E-17")
def test_the_list_finds_people_by_name_email_and_organisation(world: World, ada: Client) -> None:
    for query in ("", "?q=oneil", "?q=mj%40yarra", f"?organisation={world.client.pk}"):
        page = ada.get(f"/contacts/{query}").content.decode()
        assert "Mary Jane O&#x27;Neil" in page
    assert "Mary Jane" not in ada.get(f"/contacts/?organisation={world.lead.pk}").content.decode()
    assert "Mary Jane" not in ada.get("/contacts/?view=archived").content.decode()
    assert 'value="City of Yarra"' in ada.get(f"/contacts/?organisation={world.client.pk}").content.decode()
    assert 'value="Bowls Club"' in ada.get(f"/contacts/?organisation={world.lead.pk}").content.decode()


@pytest.mark.capability("E-17")
def test_one_is_made_from_the_organisations_page_and_shown_there(world: World, ada: Client) -> None:
    form = ada.get(f"/contacts/new/?organisation={world.client.pk}").content.decode()
    assert 'value="City of Yarra"' in form
    given = {"first_name": "Jan", "last_name": "van der Berg", "organisation": world.client.pk, "role": "Accounts"}
    answer = ada.post("/contacts/new/", given, follow=True)
    made = Contact.objects.get(last_name="van der Berg")
    assert answer.redirect_chain == [(f"/contacts/{made.pk}/", 302)]
    assert "Jan van der Berg" in ada.get(f"/organisations/{world.client.pk}/").content.decode()


def test_a_refused_one_keeps_what_was_typed_beside_the_sentence(world: World, ada: Client) -> None:
    page = ada.post("/contacts/new/", {"first_name": " ", "role": "Chair", "organisation": world.client.pk})
    assert page.status_code == 422
    assert page.context["form"].errors.keys() == {"first_name"}
    assert 'value="Chair"' in page.content.decode()
    assert 'value="City of Yarra"' in page.content.decode()
    page = ada.post("/contacts/new/", {"first_name": "Jan", "organisation": 999999})
    assert page.context["form"].errors.keys() == {"organisation"}
    page = ada.post("/contacts/new/", {"first_name": "Jan", "organisation": "not a number"})
    assert page.status_code == 422


def test_both_parts_of_the_name_are_edited_together(world: World, ada: Client) -> None:
    address = f"/contacts/{world.contact.pk}/field/name/"
    assert 'name="first" value="Mary Jane"' in ada.get(f"{address}?edit=1", headers=HTMX).content.decode()
    saved = ada.post(address, {"first": "Mary", "last": "O'Neil-Lee", "version": 1}, headers=HTMX)
    assert "Mary O&#x27;Neil-Lee" in saved.content.decode()
    part = ada.get(f"/contacts/{world.contact.pk}/?part=side", headers=HTMX).content.decode()
    assert 'id="record-heading" hx-swap-oob="true">Mary O&#x27;Neil-Lee' in part


@pytest.mark.capability("A-20", "E-17")
def test_moving_keeps_where_they_were_and_since_when(world: World, ada: Client) -> None:
    address = f"/contacts/{world.contact.pk}/move/"
    assert "Now at City of Yarra" in ada.get(address, headers=BESIDE).content.decode()
    given = {"to": world.prospect.pk, "on": "2026-03-31", "role": "Chair"}
    done = ada.post(address, given, headers=BESIDE)
    assert done.status_code == 204
    toast = json.loads(done.headers["HX-Trigger"])["toast"]["toasts"][0]
    assert toast["text"] == "Mary Jane O'Neil is at Merri Creek Trust now."
    page = ada.get(f"/contacts/{world.contact.pk}/").content.decode()
    assert "since <time" in page
    assert "until <time" in page
    assert "31 Mar 2026" in page
    assert "Organisation: City of Yarra → Merri Creek Trust" in page
    assert Employment.objects.filter(contact=world.contact).count() == 2
    early = ada.post(address, {"to": world.lead.pk, "on": "2020-01-01", "role": "Chair"}, headers=BESIDE)
    assert early.status_code == 422
    assert "choose a later day" in early.content.decode()
    assert 'value="Bowls Club"' in early.content.decode()
    assert Contact.objects.get(pk=world.contact.pk).organisation == world.prospect


def test_choosing_another_organisation_in_place_is_a_move_today(world: World, ada: Client) -> None:
    address = f"/contacts/{world.contact.pk}/field/organisation/"
    saved = ada.post(address, {"value": world.lead.pk, "version": 1}, headers=HTMX)
    assert "Bowls Club" in saved.content.decode()
    ended = Employment.objects.get(contact=world.contact, organisation=world.client)
    assert ended.until == world.cast.firm.today()
    assert isinstance(ended.until, dt.date)


def test_archiving_takes_a_contact_off_the_list_until_it_is_undone(world: World, ada: Client) -> None:
    archived = ada.post(f"/contacts/{world.contact.pk}/archive/", headers=HTMX)
    undo = json.loads(archived.headers["HX-Trigger"])["toast"]["toasts"][0]["action"]
    assert "Mary Jane" not in ada.get("/contacts/").content.decode()
    assert "Mary Jane" in ada.get("/contacts/?view=archived").content.decode()
    assert ada.post(undo["url"], headers=HTMX).status_code == 204
    assert "Mary Jane" in ada.get("/contacts/").content.decode()
