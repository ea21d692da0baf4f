"""The list of organisations: search, stages, suppliers, the archive, the sync mark, the panel."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client

from instep.connect.models import Dirty
from instep.crm.actions.organisations import archive_organisation
from tests.cast import Cast
from tests.web.records.world import World, connect, link


def names(client: Client, query: str = "") -> list[str]:
    """What the list shows, in its order."""
    answer = client.get(f"/organisations/{query}")
    assert answer.status_code == 200
    return re.findall(r'class="i-row__link"[^>]*>(.*?)</a>', answer.content.decode())


@pytest.mark.capability("E-47")
def test_tabs_and_filters_are_the_address(world: World, ada: Client) -> None:
    assert names(ada) == ["Beam Engineers", "Bowls Club", "City of Yarra", "Merri Creek Trust"]
    assert names(ada, "?sort=-name") == ["Merri Creek Trust", "City of Yarra", "Bowls Club", "Beam Engineers"]
    assert names(ada, "?view=client") == ["City of Yarra"]
    assert names(ada, "?stage=lead") == ["Bowls Club"]
    assert names(ada, "?view=suppliers") == ["Beam Engineers"]
    assert names(ada, "?supplier=no&stage=prospect") == ["Merri Creek Trust"]
    assert names(ada, "?q=creek") == names(ada, "?q=merri+tru") == ["Merri Creek Trust"]
    assert names(ada, "?q=yarra") == ["City of Yarra"]  # by its name, and by its code
    assert names(ada, "?stage=nonsense&supplier=perhaps&page=zzz&sort=weight") == names(ada)


def test_what_is_archived_is_shown_only_where_it_is_asked_for(world: World, ada: Client) -> None:
    archive_organisation(world.lead.pk, by=world.cast.ada)
    assert "Bowls Club" not in names(ada)
    assert names(ada, "?view=archived") == ["Bowls Club"]
    assert "Bowls Club" in names(ada, "?archived=with")


def test_the_chosen_tab_is_marked_and_filters_say_what_it_stands_for(world: World, ada: Client) -> None:
    page = ada.get("/organisations/?view=client").content.decode()
    assert page.count('aria-current="page"') == 3  # the area in the rail and behind "More", and the tab
    assert '<option value="client" selected>' in page


def test_each_row_says_how_it_stands_with_the_connection(cast: Cast, world: World, ada: Client) -> None:
    assert "In step" not in ada.get("/organisations/").content.decode()  # no connection, no column
    tied = connect(cast)
    link(tied, "organisation", world.client.pk)
    link(tied, "organisation", world.lead.pk, held_code="conflict", held_reason="The name was changed on both sides.")
    link(tied, "organisation", world.prospect.pk, held_code="ambiguous", held_reason="Two of the remote look the same.")
    link(tied, "organisation", world.engineer.pk)
    waits = {"kind": "organisation", "record_id": world.engineer.pk, "version": 1, "since": tied.created_at}
    Dirty.objects.create(firm=cast.firm, connection=tied, **waits)
    answer = ada.get("/organisations/")
    marks = {row.cells[0]: row.cells[-1] for row in answer.context["rows"]}
    assert "In step" in marks["City of Yarra"]
    assert "Conflict" in marks["Bowls Club"]
    assert "The name was changed on both sides." in marks["Bowls Club"]
    assert "Held" in marks["Merri Creek Trust"]
    assert "Two of tiny+ look the same." in marks["Merri Creek Trust"]
    assert "Waiting" in marks["Beam Engineers"]


def test_a_row_opens_beside_the_list_and_the_address_knows(world: World, ada: Client) -> None:
    page = ada.get(f"/organisations/?open={world.client.pk}").content.decode()
    assert f'hx-get="/organisations/{world.client.pk}/" hx-trigger="load"' in page
    panel = ada.get(
        f"/organisations/{world.client.pk}/", headers={"HX-Request": "true", "HX-Target": "panel"}
    ).content.decode()
    assert "data-panel-close" in panel
    assert "i-rail" not in panel
    assert "City of Yarra" in panel


def test_the_words_of_stages_are_the_firms_and_new_is_offered_to_who_may(
    world: World, signed_in: Callable[[str], Client]
) -> None:
    assert "New organisation" in signed_in("bo").get("/organisations/").content.decode()
    assert "New organisation" not in signed_in("cy").get("/organisations/").content.decode()
