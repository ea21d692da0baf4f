"""Runs: live progress, the journal with names instead of ids, filters, pages, the file, the budget of a long run."""

from __future__ import annotations

import csv
import io
import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from instep.connect.models import JournalEntry, Run, RunState
from tests.web.connect.desk import HTMX, Desk, readable

pytestmark = pytest.mark.django_db
ROWS = {**HTMX, "HX-Target": "rows"}


def run_url(desk: Desk, run: Run, more: str = "") -> str:
    return reverse("connect:run", args=[run.pk]) + more


def linked_with_a_job(desk: Desk) -> Run:
    """A first run that made a job with its client and handler."""
    acme = desk.rig.organisation("Acme", stage="client", code="ACM")
    desk.rig.job("House", acme, status="active")
    desk.linked()
    return Run.objects.order_by("id")[0]


@pytest.mark.capability("X-16")
def test_a_run_shows_each_record_before_and_after_with_names(desk: Desk) -> None:
    run = linked_with_a_job(desk)

    text = desk.text(run_url(desk, run, "?kind=job"), headers=ROWS)

    assert "House" in text
    assert "Client – Acme" in text
    assert "Project manager – Ada Bell" in text
    assert "Status – Active" in text


def test_an_edit_is_shown_with_old_and_new_side_by_side(desk: Desk) -> None:
    linked_with_a_job(desk)
    company = desk.rig.record("companies", "Acme")["id"]
    desk.rig.edit("companies", company, office_phone="03 9123 4567")
    desk.cycle()
    desk.rig.edit("companies", company, office_phone="03 9999 9999")
    desk.cycle()
    run = Run.objects.order_by("-id")[0]

    page = desk.ada.get(run_url(desk, run))

    [row] = [row for row in page.context["rows"] if row.title == "Acme"]
    [change] = row.changes
    assert (change.label, change.before, change.after) == ("Phone", "03 9123 4567", "03 9999 9999")
    assert row.open
    assert "Changed in Instep" in readable(page)


def test_a_run_under_way_moves_by_itself_and_then_fetches_its_rows_once_more(desk: Desk) -> None:
    run = linked_with_a_job(desk)
    Run.objects.filter(pk=run.pk).update(
        state=RunState.RUNNING, done=120, total=400, started_at=timezone.now() - timezone.timedelta(seconds=30)
    )
    live = desk.ada.get(reverse("connect:run_now", args=[run.pk]), headers=HTMX)
    assert 'hx-trigger="every 1s"' in live.content.decode()
    text = readable(live)
    assert "120 of 400 rows" in text
    assert "4 a second, about 2 min left" in text
    assert "You may leave this page" in text
    assert "run:over" not in live.headers.get("HX-Trigger", "")

    Run.objects.filter(pk=run.pk).update(state=RunState.DONE, finished_at=timezone.now())
    over = desk.ada.get(reverse("connect:run_now", args=[run.pk]), headers=HTMX)
    assert "run:over" in over.headers["HX-Trigger"]
    assert "every 1s" not in over.content.decode()


def test_a_run_whose_worker_is_silent_says_so(desk: Desk) -> None:
    run = linked_with_a_job(desk)
    silent = timezone.now() - timezone.timedelta(minutes=5)
    Run.objects.filter(pk=run.pk).update(state=RunState.RUNNING, beat_at=silent, started_at=silent)

    assert "has not been heard of for 5 min" in desk.text(run_url(desk, run))


def test_the_calls_of_a_run_are_counted_by_what_they_did(desk: Desk) -> None:
    run = linked_with_a_job(desk)

    text = desk.text(run_url(desk, run, "?part=calls"))

    assert "Making companies in tiny+ 1" in text
    assert "Reading team-members in tiny+ 1" in text


def test_the_journal_is_filtered_by_side_kind_and_outcome_and_the_plan_stands_behind_it(desk: Desk) -> None:
    run = linked_with_a_job(desk)
    everything = desk.ada.get(run_url(desk, run))
    there = desk.ada.get(run_url(desk, run, "?side=there&kind=organisation"))
    refused = desk.ada.get(run_url(desk, run, "?outcome=refused"))
    plan = desk.ada.get(run_url(desk, run, "?part=plan"))

    assert {row.title for row in there.context["rows"]} == {"Acme"}
    assert there.context["count"] == 1
    assert everything.context["count"] == JournalEntry.objects.filter(run=run).count()
    assert refused.context["count"] == everything.context["count"], "a value that no row has is no filter"
    assert {"Acme", "House"} <= {row.title for row in plan.context["rows"]}


def test_the_plans_of_an_ordinary_sync_are_all_behind_its_run(desk: Desk) -> None:
    linked_with_a_job(desk)
    other = desk.rig.organisation("Second client", stage="client", code="SEC")
    desk.rig.contact("Lee", "Wong", organisation=other.pk)
    desk.rig.cycle()
    run = Run.objects.order_by("-id")[0]

    plan = desk.ada.get(run_url(desk, run, "?part=plan"))

    assert {row.title for row in plan.context["rows"]} == {"Second client", "Lee Wong"}


@pytest.mark.capability("X-16")
def test_the_journal_comes_as_a_file_that_no_spreadsheet_takes_for_formulas(desk: Desk) -> None:
    desk.rig.organisation("=HYPERLINK(1)", phone="03 9123 4567")
    desk.linked()
    run = Run.objects.order_by("id")[0]

    answer = desk.ada.get(reverse("connect:journal", args=[run.pk]))
    rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))

    assert len(rows) == JournalEntry.objects.filter(run=run).count(), "a line for each entry"
    [mine] = [row for row in rows if row["operation"] == "create_there"]
    assert mine["record"] == "'=HYPERLINK(1)"
    assert json.loads(mine["after"])["phone"] == "03 9123 4567"
    assert json.loads(mine["before"])["phone"] is None

    answer = desk.ada.get(reverse("connect:journal_json", args=[run.pk]))
    told = json.loads(b"".join(answer.streaming_content))
    assert "=HYPERLINK(1)" in {entry["record"] for entry in told["entries"]}
    assert told["calls"] == run.calls
    assert desk.as_user("odo").get(reverse("connect:journal_json", args=[run.pk])).status_code == 404


@pytest.mark.capability("X-16")
def test_a_run_of_three_thousand_rows_opens_in_twelve_queries_and_is_read_page_by_page(desk: Desk) -> None:
    run = linked_with_a_job(desk)
    pattern = JournalEntry.objects.get(run=run, kind="job")
    JournalEntry.objects.bulk_create(
        [
            JournalEntry(
                firm_id=run.firm_id, run=run, at=run.started_at, side="there", op="create_there", kind="job",
                label=f"Job {n}", local_id=pattern.local_id, fields=pattern.fields,
            )
            for n in range(3000)
        ]
    )  # fmt: skip

    with CaptureQueriesContext(connection) as asked:
        page = desk.ada.get(run_url(desk, run))

    assert len(asked) <= 12, [query["sql"][:90] for query in asked]
    assert len(page.context["rows"]) == 50
    assert page.context["count"] > 3000
    later = desk.ada.get(page.context["paged"].next_url)
    assert not {row.id for row in page.context["rows"]} & {row.id for row in later.context["rows"]}
    back = desk.ada.get(later.context["paged"].previous_url)
    assert [row.id for row in back.context["rows"]] == [row.id for row in page.context["rows"]]


def test_a_quiet_look_leaves_no_run_and_the_list_says_what_each_did(desk: Desk) -> None:
    linked_with_a_job(desk)
    runs = Run.objects.count()
    desk.cycle()

    assert Run.objects.count() == runs
    text = desk.text(desk.url("runs"))
    assert "2 made in tiny+, 1 changed in tiny+, 1 linked" in text
    assert "First link" in text
