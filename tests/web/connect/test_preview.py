"""The preview: everything that would happen, nothing written, and exactly that carried out."""

from __future__ import annotations

import json
import re

import pytest
from django.urls import reverse

from instep.base.tasks.models import Task
from instep.connect.models import JournalEntry, Plan, PlanOp, Run
from tests.web.connect.desk import HTMX, Desk, readable

pytestmark = pytest.mark.django_db
ROWS = {**HTMX, "HX-Target": "rows"}


def seeded(desk: Desk) -> None:
    """Something new on each side, something that is the same, something to ask about."""
    acme = desk.rig.organisation("Acme Pty Ltd", tax_number="51 824 753 556", stage="client", code="ACM")
    desk.rig.organisation("Parish of St Columb", phone="03 9000 0000")
    desk.rig.contact("Mary Jane", "O'Neil", organisation=acme.pk)
    desk.rig.job("House", acme, status="active")
    desk.rig.seed(
        companies=[
            {"name": "Acme Pty Ltd", "abn": "51824753556", "mobile": "0412 345 678"},
            {"name": "Parish of St Columb"},
            {"name": "Remote Co"},
        ]
    )


def test_connecting_makes_a_preview_in_the_background_that_can_be_left(desk: Desk) -> None:
    seeded(desk)
    desk.connect()
    waiting = desk.ada.get(desk.url("preview"))
    assert "You may leave this page" in readable(waiting)
    assert 'hx-trigger="every 1s"' in waiting.content.decode()
    assert "Waiting to start" in desk.text(desk.url("preview_progress"), headers=HTMX)

    desk.work()

    assert desk.ada.get(desk.url("preview_progress"), headers=HTMX).headers["HX-Refresh"] == "true"
    assert Task.objects.get().state == "done"


@pytest.mark.capability("X-17", "X-16", "A-10")
def test_what_was_shown_is_what_is_done_and_before_that_nothing_is(desk: Desk) -> None:
    seeded(desk)
    desk.connect()
    desk.work()
    page = desk.ada.get(desk.url("preview"))
    text = readable(page)
    plan: Plan = page.context["plan"]

    assert desk.rig.writes() == 0
    assert not JournalEntry.objects.exists()
    assert "New in tiny+" in text
    assert "New in Instep" in text
    assert "Linked; changed in Instep" in text
    assert "2 rows need a decision" in text

    desk.ada.post(reverse("connect:approve", args=[plan.pk]))
    desk.cycle()
    run = Run.objects.get(plan=plan)
    ended = desk.ada.get(reverse("connect:begun", args=[plan.pk]), headers=HTMX)

    assert ended.headers["HX-Redirect"] == reverse("connect:run", args=[run.pk])
    done = PlanOp.objects.filter(plan=plan, state="applied").exclude(op="rebase").count()
    assert JournalEntry.objects.filter(run=run).count() == done
    assert run.plan is not None
    assert run.plan.approved_by == "Ada"
    assert desk.rig.record("companies", "Acme Pty Ltd")["external_url"]
    trail = desk.text(reverse("settings:log") + "?kind=plan")
    assert re.search(
        r"tiny\+ · banksia Preview approved As it was shown: .*\d made on the other side, .*\d held\.", trail
    )
    assert "{" not in trail


def test_rows_are_filtered_by_kind_by_what_happens_and_by_what_needs_a_person(desk: Desk) -> None:
    seeded(desk)
    desk.connect()
    desk.work()
    url = desk.url("preview")

    contacts = desk.ada.get(f"{url}?kind=contact", headers=ROWS)
    assert "Mary Jane O'Neil" in readable(contacts)
    assert "Remote Co" not in readable(contacts)
    asked = readable(desk.ada.get(f"{url}?only=problems", headers=ROWS))
    assert asked.count("Parish of St Columb") >= 2
    assert "House" not in asked
    new_here = readable(desk.ada.get(f"{url}?does=create_here", headers=ROWS))
    assert "Remote Co" in new_here
    assert "House" not in new_here
    assert "Show all" in readable(desk.ada.get(f"{url}?kind=contact&does=create_here", headers=ROWS))
    whole = desk.ada.get(url)
    counts = [count for _head, counts in whole.context["totals"] for count in counts]
    assert sum(int(count.text.split()[0]) for count in counts) == whole.context["total_rows"]
    assert all(desk.ada.get(count.url).context["rows"] for count in counts), "each number leads to its rows"


def test_a_row_shows_the_exact_request_with_names_for_ids_that_are_not_known_yet(desk: Desk) -> None:
    acme = desk.rig.organisation("Acme")
    desk.rig.contact("Mary", "Lee", organisation=acme.pk, role="Director")
    desk.connect()
    desk.work()
    plan = Plan.objects.get()
    op = PlanOp.objects.get(plan=plan, kind="contact")

    exact = desk.ada.get(reverse("connect:row", args=[plan.pk, op.no])).context["exact"]

    assert exact.line == "POST contacts?return_record=1"
    body = json.loads(exact.body.replace("‹id of “Acme”, given when it is made›", "1"))
    assert (body["name"], body["title"], body["primary_company"]) == ("Mary Lee", "Director", 1)
    assert body["remote_id"] == f"instep:{desk.connection.key}:contact:{op.local_id}:1"
    assert "given when it is made" in exact.body


def test_a_preview_that_nobody_may_approve_any_more_says_so(desk: Desk) -> None:
    seeded(desk)
    desk.connect()
    desk.work()
    plan = Plan.objects.get()
    desk.ada.post(desk.url("join"), {"domain": "job_type", "ours": "housing", "theirs": "Housing"})

    answer = desk.ada.post(reverse("connect:approve", args=[plan.pk]))

    assert answer.status_code == 409
    assert "This preview is out of date. Make a new preview" in readable(answer)


def test_two_sides_that_agree_are_started_without_a_plan(desk: Desk) -> None:
    desk.rig.post("reset", {})
    desk.rig.seed(team_members=[{"name": "Nobody Here", "record_status": "deactivated"}])
    desk.rig.handler.__class__.objects.all().delete()
    desk.connect()
    desk.work()
    assert "Nothing to do" in desk.text(desk.url("preview"))

    desk.ada.post(desk.url("start"))

    assert desk.connection.state == "active"


def test_a_remote_that_fails_while_it_is_read_leaves_a_sentence_and_the_way_on(desk: Desk) -> None:
    desk.connect()
    desk.rig.faults({"every": 1, "operation": "*", "do": "status", "status": 503})
    desk.work()
    text = desk.text(desk.url("preview"))
    desk.rig.faults()

    assert "The preview could not be made, and nothing was written." in text
    assert "Make a preview" in text


@pytest.mark.capability("A-34")
def test_a_paused_connection_shows_its_backlog_before_it_goes_on(desk: Desk) -> None:
    desk.linked()
    desk.ada.post(desk.url("pause"))
    desk.rig.organisation("Made meanwhile")
    writes = desk.rig.writes()
    desk.ada.post(desk.url("make_preview"))
    desk.work()

    page = desk.ada.get(desk.url("preview"))
    assert "Made meanwhile" in readable(page)
    assert "Do this and resume" in readable(page)
    assert desk.rig.writes() == writes
    desk.ada.post(reverse("connect:approve", args=[page.context["plan"].pk]))
    desk.cycle()

    assert desk.connection.state == "active"
    assert desk.rig.record("companies", "Made meanwhile")
