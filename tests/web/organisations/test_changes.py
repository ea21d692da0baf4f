"""Making an organisation, moving it through the stages, archiving it and bringing it back."""

from __future__ import annotations

import json

import pytest
from django.test import Client

from instep.crm.actions.organisations import create_organisation
from instep.crm.models import Address, Organisation
from instep.jobs.actions.jobs import create_job
from tests.web.records.world import World

HTMX = {"HX-Request": "true"}
BESIDE = {"HX-Request": "true", "HX-Target": "act"}


def toast_of(answer: object) -> dict[str, object]:
    """The last toast that an answer to htmx brings."""
    return json.loads(answer.headers["HX-Trigger"])["toast"]["toasts"][-1]  # type: ignore[attr-defined]


@pytest.mark.capability("T-16")
def test_a_new_organisation_is_made_by_the_action_and_its_page_follows(world: World, ada: Client) -> None:
    given = {
        "name": "Red Hill Vineyard",
        "stage": "lead",
        "is_supplier": "on",
        "address": "1 Arthurs Seat Rd\nRed Hill",
    }
    answer = ada.post("/organisations/new/", {**given, "account_manager": world.handler.pk}, follow=True)
    made = Organisation.objects.get(name="Red Hill Vineyard")
    assert answer.redirect_chain == [(f"/organisations/{made.pk}/", 302)]
    assert "Created Red Hill Vineyard." in answer.content.decode()
    assert made.is_supplier
    assert made.account_manager == world.handler
    assert Address.objects.get(organisation=made).text == "1 Arthurs Seat Rd\nRed Hill"


def test_nothing_typed_is_lost_when_it_is_refused(world: World, ada: Client) -> None:
    given = {"name": "", "stage": "client", "email": "nobody", "phone": "03 9", "account_manager": world.handler.pk}
    page = ada.post("/organisations/new/", given)
    assert page.status_code == 422
    assert "It cannot be empty." in page.content.decode()
    given |= {"name": "Red Hill", "stage": "lead"}
    page = ada.post("/organisations/new/", given)
    assert page.status_code == 422
    said = page.content.decode()
    assert "is not an email address, such as" in said
    for typed in ('value="Red Hill"', 'value="nobody"', 'value="03 9"', 'value="Dimitra Pappas"'):
        assert typed in said
    assert not Organisation.objects.filter(name="Red Hill").exists()


def test_a_client_without_a_code_is_asked_for_it_at_the_code(world: World, ada: Client) -> None:
    page = ada.post("/organisations/new/", {"name": "Red Hill", "stage": "client"})
    assert page.status_code == 422
    assert page.context["form"].errors.keys() == {"code"}
    page = ada.post("/organisations/new/", {"name": "Red Hill", "stage": "client", "code": "yarra"})
    assert "already belongs to City of Yarra" in str(page.context["form"].errors["code"])


def test_names_that_look_alike_are_shown_with_their_pages_and_may_be_created_anyway(world: World, ada: Client) -> None:
    given = {"name": "City of Yarra Pty Ltd", "stage": "lead", "phone": "1"}
    asked = ada.post("/organisations/new/", given)
    assert asked.status_code == 409
    said = asked.content.decode()
    assert "These look alike" in said
    assert f'<a href="/organisations/{world.client.pk}/">City of Yarra</a>' in said
    assert 'value="City of Yarra Pty Ltd"' in said
    made = ada.post("/organisations/new/", {**given, "accepted": asked.context["code"]})
    assert made.status_code == 302
    assert Organisation.objects.filter(name="City of Yarra Pty Ltd").exists()


@pytest.mark.capability("A-23")
def test_a_new_one_with_a_doubtful_tax_number_is_made_with_a_warning(world: World, ada: Client) -> None:
    given = {"name": "Red Hill", "stage": "lead", "tax_number": "51 824 753 557"}
    assert "its check digits are wrong" in ada.post("/organisations/new/", given, follow=True).content.decode()


@pytest.mark.capability("E-13")
def test_becoming_a_client_asks_for_the_code_with_a_suggestion(world: World, ada: Client) -> None:
    address = f"/organisations/{world.prospect.pk}/promote/"
    form = ada.get(address, headers=BESIDE).content.decode()
    assert 'value="MCT"' in form
    assert "i-topbar" not in form
    assert "i-topbar" in ada.get(address).content.decode()  # a page of its own without a script
    taken = ada.post(address, {"client_code": "YARRA"}, headers=BESIDE)
    assert taken.status_code == 422
    assert "already belongs to City of Yarra" in taken.content.decode()
    assert 'value="YARRA"' in taken.content.decode()
    done = ada.post(address, {"client_code": "MCT"}, headers=BESIDE)
    assert done.status_code == 204
    assert "record:moved" in done.headers["HX-Trigger"]
    assert toast_of(done)["text"] == "Merri Creek Trust is a client now."
    world.prospect.refresh_from_db()
    assert (world.prospect.stage, world.prospect.code) == ("client", "MCT")


@pytest.mark.capability("E-28")
def test_a_lead_goes_up_by_one_press_and_down_again_with_undo(world: World, ada: Client) -> None:
    page = ada.get(f"/organisations/{world.lead.pk}/").content.decode()
    assert "Make it a prospect" in page
    assert "Make it a client" not in page
    assert "New project" not in page  # not for a lead
    up = ada.post(f"/organisations/{world.lead.pk}/step-up/?to=prospect", headers=HTMX)
    assert up.status_code == 204
    assert "New project" in ada.get(f"/organisations/{world.lead.pk}/").content.decode()
    down = ada.post(f"/organisations/{world.lead.pk}/demote/?to=lead", headers=HTMX)
    undo = toast_of(down)["action"]
    assert undo["label"] == "Make it prospect again"  # type: ignore[index]
    assert ada.post(undo["url"], headers=HTMX).status_code == 204  # type: ignore[index]
    world.lead.refresh_from_db()
    assert world.lead.stage == "prospect"


def test_a_leap_over_a_stage_is_refused_in_a_sentence(world: World, ada: Client) -> None:
    refused = ada.post(f"/organisations/{world.lead.pk}/promote/", {"client_code": "X"}, headers=BESIDE)
    assert refused.status_code == 422
    assert "This is lead" in refused.content.decode()
    toast = ada.post(f"/organisations/{world.lead.pk}/step-up/?to=client", headers=HTMX)
    assert toast.status_code == 409
    assert "This is lead" in str(toast_of(toast)["text"])
    assert ada.post(f"/organisations/{world.lead.pk}/step-up/?to=heaven", headers=HTMX).status_code == 404


def test_archiving_can_be_undone_and_waits_for_open_work(world: World, ada: Client) -> None:
    create_job(by=world.cast.ada, name="Walk", client=world.prospect.pk, handler=world.handler.pk)
    refused = ada.post(f"/organisations/{world.prospect.pk}/archive/", headers=HTMX)
    assert refused.status_code == 409
    assert "still has open work" in str(toast_of(refused)["text"])
    archived = ada.post(f"/organisations/{world.lead.pk}/archive/", headers=HTMX)
    assert toast_of(archived)["text"] == "Bowls Club is archived."
    assert "Archived" in ada.get(f"/organisations/{world.lead.pk}/").content.decode()
    undo = toast_of(archived)["action"]
    assert undo["label"] == "Bring Bowls Club back"  # type: ignore[index]
    assert ada.post(undo["url"], headers=HTMX).status_code == 204  # type: ignore[index]
    world.lead.refresh_from_db()
    assert world.lead.archived_at is None


def test_without_a_script_an_action_leads_back_to_the_record(world: World, ada: Client) -> None:
    answer = ada.post(f"/organisations/{world.lead.pk}/archive/", follow=True)
    assert answer.redirect_chain == [(f"/organisations/{world.lead.pk}/", 302)]
    assert "Bowls Club is archived." in answer.content.decode()


def test_the_picker_offers_what_is_on_the_lists_with_words_that_tell_twins_apart(world: World, ada: Client) -> None:
    create_organisation(by=world.cast.ada, name="Yarra Boats", stage="lead")
    found = ada.get("/organisations/pick/?q=yar", headers=HTMX).content.decode()
    assert found.index("City of Yarra") < found.index("Yarra Boats")
    assert "YARRA" in found
    assert "Lead" in found
