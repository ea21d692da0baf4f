"""The page of an organisation: its fields and their owners, its people and work, how it stands, what happened."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from instep.base.ownership.owners import set_owners
from instep.crm.actions.organisations import create_organisations, update_organisation
from instep.crm.models import Organisation
from instep.web.records import standing
from tests.cast import Cast
from tests.web.records.world import World, connect, link

HTMX = {"HX-Request": "true"}


def page_of(client: Client, record: Organisation) -> str:
    """The page of the organisation."""
    answer = client.get(f"/organisations/{record.pk}/")
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.capability("E-17", "T-16")
def test_the_page_shows_fields_people_work_and_what_happened(world: World, ada: Client) -> None:
    page = page_of(ada, world.client)
    for said in ("City of Yarra", "YARRA", "Client", "Mary Jane O&#x27;Neil", "Library refurbishment", "Active"):
        assert said in page
    assert "Usual project manager" in page
    assert "Dimitra Pappas" in page
    assert "Organisation created" in page
    assert f'href="/contacts/new/?organisation={world.client.pk}"' in page
    engineer = page_of(ada, world.engineer)
    assert "Library refurbishment" in engineer
    assert "for City of Yarra" in engineer


def test_history_is_for_who_may_see_it_and_tells_of_changes_made_many_at_once(
    world: World, signed_in: Callable[[str], Client]
) -> None:
    assert "History" not in page_of(signed_in("cy"), world.client)
    many = create_organisations([{"name": "One"}, {"name": "Two"}], by=world.cast.ada)
    assert "Organisation created" in page_of(signed_in("ada"), many[1].sure())
    update_organisation(world.client.pk, by=world.cast.bo, changes={"phone": "03 9999 0000"})
    page = page_of(signed_in("ada"), world.client)
    assert "Phone: 03 9205 5555 → 03 9999 0000" in page
    assert "Bo" in page


@pytest.mark.capability("T-16")
def test_a_field_is_edited_in_place_and_the_journal_knows(world: World, ada: Client) -> None:
    address = f"/organisations/{world.client.pk}/field/billing_address/"
    form = ada.get(f"{address}?edit=1", headers=HTMX).content.decode()
    assert f'name="version" value="{world.client.version}"' in form
    saved = ada.post(address, {"value": "PO Box 168\nRichmond", "version": world.client.version}, headers=HTMX)
    assert saved.status_code == 200
    assert "record:changed" in saved.headers["HX-Trigger"]
    part = ada.get(f"/organisations/{world.client.pk}/?part=side", headers=HTMX).content.decode()
    assert "Billing address: PO Box 168 Richmond" in part
    assert "i-topbar" not in part


def test_somebody_elses_change_is_shown_beside_what_was_typed_and_the_next_save_goes(world: World, ada: Client) -> None:
    address, read = f"/organisations/{world.client.pk}/field/phone/", world.client.version
    update_organisation(world.client.pk, by=world.cast.bo, changes={"phone": "03 1111 1111"})
    stale = ada.post(address, {"value": "03 2222 2222", "version": read}, headers=HTMX)
    assert stale.status_code == 409
    said = stale.content.decode()
    assert 'value="03 2222 2222"' in said
    assert "03 1111 1111" in said
    assert "Somebody changed this organisation" in said
    again = ada.post(address, {"value": "03 2222 2222", "version": read + 1}, headers=HTMX)
    assert again.status_code == 200
    assert Organisation.objects.get(pk=world.client.pk).phone == "03 2222 2222"


def test_what_cannot_be_saved_stays_in_the_field_with_its_sentence(world: World, ada: Client) -> None:
    refused = ada.post(f"/organisations/{world.client.pk}/field/email/", {"value": "not an address"}, headers=HTMX)
    assert refused.status_code == 422
    assert 'value="not an address"' in refused.content.decode()
    assert "not an address is not an email address" in refused.content.decode()
    empty = ada.post(f"/organisations/{world.client.pk}/field/name/", {"value": "  "}, headers=HTMX)
    assert empty.status_code == 422
    assert "It cannot be empty" in empty.content.decode()
    assert ada.post(f"/organisations/{world.client.pk}/field/stage/", {"value": "lead"}).status_code == 404


@pytest.mark.capability("A-23")
def test_a_doubtful_tax_number_is_kept_and_warned_of_now_and_later(world: World, ada: Client) -> None:
    address = f"/organisations/{world.client.pk}/field/tax_number/"
    saved = ada.post(address, {"value": "51 824 753 557", "version": world.client.version}, headers=HTMX)
    assert saved.status_code == 200
    assert "its check digits are wrong" in saved.content.decode()
    assert "its check digits are wrong" in page_of(ada, world.client)
    right = ada.post(address, {"value": "51 824 753 556", "version": world.client.version + 1}, headers=HTMX)
    assert "check digits" not in right.content.decode()
    assert "check digits" not in page_of(ada, world.client)


def test_a_field_that_another_system_keeps_is_greyed_with_the_reason_and_refuses(
    cast: Cast, world: World, ada: Client
) -> None:
    set_owners(
        cast.firm.pk, "organisation", [world.client.pk], ["phone"], owner="tiny+", owner_key="connection:1", why="Kept."
    )
    page = page_of(ada, world.client)
    assert "Owned by tiny+" in page
    assert "/field/phone/?edit=1" not in page
    assert "/field/email/?edit=1" in page
    refused = ada.post(f"/organisations/{world.client.pk}/field/phone/", {"value": "1"}, headers=HTMX)
    assert refused.status_code == 409
    assert Organisation.objects.get(pk=world.client.pk).phone == "03 9205 5555"


def test_the_card_says_how_it_stands_and_the_fields_how_they_travel(cast: Cast, world: World, ada: Client) -> None:
    tied = connect(cast)
    link(tied, "organisation", world.client.pk)
    page = page_of(ada, world.client)
    assert "In step with tiny+ since" in page
    assert f'href="https://tiny.example/companies/{world.client.pk}"' in page
    assert "Kept in step both ways" in page
    field = ada.get(f"/organisations/{world.client.pk}/field/name/", headers=HTMX).content.decode()
    assert "Kept in step both ways" in field


def test_what_holds_it_back_is_said_with_the_link_that_solves_it(
    cast: Cast, world: World, signed_in: Callable[[str], Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(standing, "_solvers", [lambda sync: (f"/solve/{sync.link_id}/", "Choose")])
    held = link(connect(cast), "organisation", world.client.pk, held_code="conflict", held_reason="Both changed.")
    page = page_of(signed_in("ada"), world.client)
    assert "Both changed." in page
    assert f'href="/solve/{held.pk}/"' in page
    assert "In step with" not in page
    looks_only = page_of(signed_in("cy"), world.client)
    assert "Both changed." in looks_only
    assert "/solve/" not in looks_only


def test_a_link_of_the_remote_that_is_no_web_address_is_not_offered(cast: Cast, world: World, ada: Client) -> None:
    link(connect(cast), "organisation", world.client.pk, app_url="javascript:alert(1)")
    page = page_of(ada, world.client)
    assert "javascript:" not in page
    assert "In step with tiny+" in page
