"""The week grid: typed as people write hours, saved cell by cell, submitted, fast once it counts, nobody else's."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from instep.billing.actions.claims import draft_from_job
from instep.costs.actions.time import change_time
from instep.costs.models import Cost
from instep.costs.states import CostState
from instep.jobs.actions.jobs import create_job
from tests.web.time.conftest import MONDAY, Desk, cells

WEEK = f"/time/?week={MONDAY}"


def save(browser: Client, said: dict[str, Any]) -> dict[str, Any]:
    """What the page's script gets."""
    answer = browser.post("/time/save/", said, headers={"X-Requested-With": "fetch"})
    assert answer.status_code == 200, answer.content
    return answer.json()


@pytest.mark.capability("E-56")
def test_hours_are_saved_as_they_are_typed_and_a_refusal_stands_at_its_cell(desk: Desk, cy: Client) -> None:
    said = save(cy, cells(desk, (0, 0, "1:15"), (0, 1, "1.25"), (0, 2, "1h 15"), (1, 3, "seven"), (1, 4, "25")))
    assert [said["cells"][f"t.0.{day}"]["value"] for day in range(3)] == ["1:15"] * 3
    assert said["cells"]["t.1.3"] == {"value": "seven", "problem": said["cells"]["t.1.3"]["problem"], "minutes": 0}
    assert "1:15, 1.25 or 1h 15m" in said["cells"]["t.1.3"]["problem"]
    assert "24 hours" in said["cells"]["t.1.4"]["problem"]
    rows = list(Cost.objects.order_by("on"))
    assert [(row.on, row.minutes, row.state) for row in rows] == [
        (MONDAY + dt.timedelta(days=day), 75, CostState.DRAFT) for day in range(3)
    ]
    kept = {"id.0.0": said["values"]["id.0.0"], "v.0.0": said["values"]["v.0.0"]}
    assert kept["id.0.0"] == str(rows[0].pk)
    again = save(cy, cells(desk, (0, 0, "2"), **kept))
    assert again["cells"]["t.0.0"]["value"] == "2:00"
    change_time(rows[0].pk, by=desk.world.cast.ada, changes={"minutes": 30})
    stale = save(cy, cells(desk, (0, 0, "3"), **{**kept, "v.0.0": again["values"]["v.0.0"]}))
    assert "(0:30)" in stale["cells"]["t.0.0"]["problem"]
    gone = save(cy, cells(desk, (0, 0, ""), **{**kept, "v.0.0": stale["values"]["v.0.0"]}))
    assert gone["values"]["id.0.0"] == ""
    assert Cost.objects.get(pk=rows[0].pk).state == CostState.REMOVED


@pytest.mark.capability("E-56", "T-04")
def test_without_a_script_the_page_comes_back_with_everything_that_was_typed(desk: Desk, cy: Client) -> None:
    answer = cy.post("/time/save/", cells(desk, (0, 0, "4"), (1, 5, "half past"), (1, 6, "99")))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'value="half past"' in page
    assert 'value="99"' in page
    assert 'aria-invalid="true"' in page
    assert Cost.objects.get().minutes == 240
    held = cy.post("/time/submit/", cells(desk, (1, 5, "half past")))
    assert held.status_code == 422
    assert Cost.objects.get().state == CostState.DRAFT


@pytest.mark.capability("T-04", "E-45")
def test_what_is_submitted_or_on_a_document_is_fast_and_says_why(desk: Desk, cy: Client) -> None:
    save(cy, cells(desk, (0, 0, "2"), (1, 1, "3")))
    answer = cy.post("/time/submit/", cells(desk))
    assert answer.status_code == 302
    assert set(Cost.objects.values_list("state", flat=True)) == {CostState.SUBMITTED}
    page = cy.get(WEEK).content.decode()
    assert 'name="t.0.0"' not in page
    assert "It is submitted and counts" in page
    assert 'name="t.0.0"' in cy.get(f"{WEEK}&correct=1").content.decode()
    draft_from_job(desk.world.job.pk, by=desk.world.cast.ada, dated_on=MONDAY + dt.timedelta(days=7))
    page = cy.get(f"{WEEK}&correct=1").content.decode()
    assert "It is on a draft invoice for City of Yarra" in page
    on_site = Cost.objects.get(phase=desk.hourly)
    typed = cells(desk, (1, 1, "4"), **{"id.1.1": on_site.pk, "v.1.1": on_site.version})
    assert "Take it off the draft" in save(cy, typed)["cells"]["t.1.1"]["problem"]


def test_a_rate_that_is_missing_is_said_at_the_cell_and_the_others_are_submitted(desk: Desk, cy: Client) -> None:
    early = dt.date(2024, 12, 30)
    # The week in which the rate begins: two days before it, one after.
    said = {**cells(desk, (0, 0, "1"), (0, 3, "2")), "week": early.isoformat()}
    answer = cy.post("/time/submit/", said)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "has no rate in AUD on 2024-12-30" in page
    states = dict(Cost.objects.values_list("minutes", "state"))
    assert states == {60: CostState.DRAFT, 120: CostState.SUBMITTED}


def test_rows_of_last_week_come_over_and_a_phase_is_found_by_any_of_its_words(desk: Desk, cy: Client) -> None:
    save(cy, cells(desk, (0, 0, "2")))
    page = cy.get(f"/time/?week={MONDAY + dt.timedelta(days=7)}&copy=1").content.decode()
    assert 'value="Text 0"' in page
    assert "Nothing is recorded" in cy.get(f"/time/?week={MONDAY + dt.timedelta(days=7)}").content.decode()
    found = cy.get("/time/phases/?q=refurb yarra site").content.decode()
    assert f'data-value="{desk.hourly.pk}"' in found
    assert f'data-value="{desk.design.pk}"' not in found
    row = cy.get(f"/time/row/?phase={desk.hourly.pk}&at=7&week={MONDAY}").content.decode()
    assert 'name="t.7.0"' in row
    create_job(by=desk.world.cast.ada, name="Pump house", client=desk.world.client.pk, status="complete")
    assert "Pump" not in cy.get("/time/phases/?q=pump").content.decode()


@pytest.mark.capability("E-56")
def test_anothers_week_needs_the_right_and_another_firms_is_not_there(
    desk: Desk, signed_in: Callable[[str], Client], ada: Client, cy: Client
) -> None:
    mine = save(cy, cells(desk, (0, 0, "2")))["values"]["id.0.0"]
    assert 'value="2:00"' in ada.get(f"{WEEK}&staff={desk.cy.pk}").content.decode()
    assert cy.get(f"/time/?staff={desk.world.handler.pk}").status_code == 403
    typed = {**cells(desk, (0, 1, "1")), "staff": desk.world.handler.pk}
    assert cy.post("/time/save/", typed, headers={"X-Requested-With": "fetch"}).status_code == 403
    odo = signed_in("odo")
    assert odo.get(f"/time/?staff={desk.cy.pk}").status_code == 404
    assert odo.get(f"/time/row/?phase={desk.design.pk}&at=0").status_code == 404
    assert str(desk.design.pk) not in odo.get("/time/phases/?q=").content.decode()
    assert odo.post("/time/save/", cells(desk, (0, 2, "1"), **{"id.0.2": mine})).status_code == 404
    assert Cost.objects.count() == 1
    assert "No week of your own" in ada.get("/time/").content.decode()


def test_a_full_week_takes_as_many_queries_as_one_with_a_row(desk: Desk, cy: Client) -> None:
    save(cy, cells(desk, (0, 0, "2")))
    cy.post("/time/submit/", cells(desk))
    with CaptureQueriesContext(
        connection,
    ) as few:
        assert cy.get(WEEK).status_code == 200
    save(cy, cells(desk, *((row, day, "1") for row in (0, 1) for day in range(1, 7))))
    with CaptureQueriesContext(connection) as many:
        assert cy.get(WEEK).status_code == 200
    assert len(many) == len(few) <= 8
