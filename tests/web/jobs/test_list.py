"""The list of jobs: what is in work, whose it is, what it is worth, in the words of the firm."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client

from instep.jobs.actions.jobs import archive_job, change_job_status, create_job
from instep.kernel.money import Money
from instep.staff.actions.resources import create_staff
from tests.web.records.world import World


def names(client: Client, query: str = "") -> list[str]:
    """What the list shows, in its order."""
    answer = client.get(f"/jobs/{query}")
    assert answer.status_code == 200
    return re.findall(r'class="i-row__link"[^>]*>(.*?)</a>', answer.content.decode())


@pytest.fixture
def work(world: World) -> World:
    """Five more jobs: a proposal of Ada's own, one that waits for its invoice, one on hold, one done, one archived."""
    by, client = world.cast.ada, world.client.pk
    me = create_staff(by=by, first_name="Ada", last_name="Okafor", user=world.cast.users["ada"].pk).sure()
    create_job(by=by, name="Boat shed", client=world.prospect.pk, handler=me.pk)
    create_job(by=by, name="Depot roof", client=client, status="pending_invoice")
    create_job(by=by, name="Science wing", client=client, status="on_hold")
    create_job(by=by, name="Pump house", client=client, status="complete")
    old = create_job(by=by, name="Old foundry", client=client, status="complete").sure()
    archive_job(old.pk, by=by)
    return world


@pytest.mark.capability("T-01", "E-47")
def test_tabs_stand_for_types_of_status_and_the_first_is_what_is_in_work(work: World, ada: Client) -> None:
    assert names(ada) == ["Science wing", "Boat shed", "Library refurbishment"]
    assert names(ada, "?view=mine") == ["Boat shed"]
    assert names(ada, "?view=proposals") == ["Boat shed"]
    assert names(ada, "?view=pending") == ["Depot roof"]
    assert names(ada, "?view=complete") == ["Pump house"]
    assert names(ada, "?view=archived") == ["Old foundry"]
    assert len(names(ada, "?view=all")) == 5
    assert len(names(ada, "?view=all&archived=with")) == 6
    assert names(ada, "?type=&status=complete") == ["Pump house"]
    assert names(ada, "?status=complete") == []  # in work and complete at once there is none
    assert names(ada, "?sort=name") == ["Boat shed", "Library refurbishment", "Science wing"]


def test_filters_by_client_and_handler_show_whom_they_mean(work: World, ada: Client) -> None:
    assert names(ada, f"?client={work.prospect.pk}") == ["Boat shed"]
    assert names(ada, f"?handler={work.handler.pk}&view=complete") == ["Pump house"]
    page = ada.get(f"/jobs/?client={work.prospect.pk}").content.decode()
    assert 'value="Merri Creek Trust"' in page
    nothing = ada.get(f"/jobs/?client={work.lead.pk}").content.decode()
    assert 'value="Bowls Club"' in nothing
    assert "Nothing matches" in nothing
    assert names(ada, "?client=nobody&handler=-1&status=none&type=") == []


def test_a_search_looks_at_number_name_and_client(work: World, ada: Client) -> None:
    assert names(ada, "?q=refurb") == ["Library refurbishment"]
    assert names(ada, f"?q={work.job.number.lower()}") == ["Library refurbishment"]
    assert names(ada, "?q=merri") == ["Boat shed"]


@pytest.mark.capability("A-14")
def test_each_row_shows_the_sum_of_its_fees(work: World, ada: Client) -> None:
    fee = Money.from_minor(50, "NZD")
    create_job(by=work.cast.ada, name="Auckland", client=work.client.pk, currency="NZD", fee=fee)
    page = ada.get("/jobs/").content.decode()
    assert "10,000.00" in page
    assert '<span class="i-money__code">NZD</span>0.50' in page


def test_an_empty_first_tab_tells_none_at_all_from_none_in_work(world: World, ada: Client) -> None:
    change_job_status(world.job.pk, by=world.cast.ada, to="complete")
    page = ada.get("/jobs/").content.decode()
    assert "Nothing matches" in page
    assert 'href="/jobs/?view=all"' in page


def test_the_same_page_speaks_of_projects_to_architects_and_of_jobs_to_an_agency(
    world: World, signed_in: Callable[[str], Client]
) -> None:
    ours, theirs = (signed_in(name).get("/jobs/").content.decode() for name in ("ada", "odo"))
    assert "New project" in ours
    assert "Project manager" in ours
    assert "New job" in theirs
    assert "Handler" in theirs
    for word in ("project", "Project", "Stages"):
        assert word not in theirs
    assert "New stage" not in theirs
