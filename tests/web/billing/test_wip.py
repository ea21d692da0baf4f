"""Work in progress on its page: now and as at a past day, by age, down to the entries; and drafting from it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from instep.billing.models import Document
from instep.jobs.actions.jobs import create_job
from instep.jobs.models import Phase
from tests.billing.conftest import Practice, aud

MARCH = dt.date(2025, 3, 31)


@pytest.mark.capability("E-50")
def test_the_page_says_what_is_not_billed_now_and_on_any_past_day(practice: Practice, ada: Client) -> None:
    practice.time(90)
    practice.time(60, on=dt.date(2025, 4, 2), phase=practice.fixed)
    page = ada.get("/billing/").content.decode()
    assert "$250.00" in page
    assert "Draft an invoice" in page
    assert "Over 90 days" in page
    practice.invoice(dated_on=MARCH)
    then = ada.get("/billing/?on=2025-03-30").content.decode()
    assert "$150.00" in then
    assert "1 entry up to that day was recorded or changed after it" in then
    assert "Nothing was left to bill on that day" in ada.get("/billing/?on=2025-04-01").content.decode()
    assert "$100.00" in ada.get("/billing/").content.decode()
    entries = ada.get(f"/billing/jobs/{practice.job.pk}/?on=2025-03-30&phase={practice.hourly.pk}").content.decode()
    assert "150.00" in entries
    assert "Hana Lee" in entries
    assert "Nothing here yet" in ada.get(f"/billing/jobs/{practice.job.pk}/?on=2025-01-01").content.decode()


def test_many_jobs_take_as_many_queries_as_one_and_other_firms_see_none(
    practice: Practice, ada: Client, signed_in: Callable[[str], Client]
) -> None:
    practice.time(90)
    # The page's templates are compiled and the kinds of rows known before anything is counted.
    assert ada.get("/billing/?on=2025-03-30").status_code == 200
    with CaptureQueriesContext(connection) as few:
        ada.get("/billing/?on=2025-03-30")
    for name in ("Annex", "Stair", "Garden"):
        job = create_job(by=practice.by, name=name, client=practice.client.pk, status="active", fee=aud(10)).sure()
        practice.time(30, phase=Phase.objects.get(job=job))
    with CaptureQueriesContext(connection) as many:
        page = ada.get("/billing/?on=2025-03-30").content.decode()
    assert "Garden" in page
    assert len(many) == len(few) <= 8
    odo = signed_in("odo")
    assert "Garden" not in odo.get("/billing/").content.decode()
    assert odo.get(f"/billing/jobs/{practice.job.pk}/").status_code == 404
    assert odo.get(f"/billing/jobs/{practice.job.pk}/draft/").status_code == 404
    assert odo.get(f"/billing/jobs/{practice.job.pk}/strip/").status_code == 404
    assert signed_in("cy").get("/billing/").status_code == 403


@pytest.mark.capability("E-25")
def test_a_draft_takes_a_part_of_a_fee_and_the_time_up_to_a_day(practice: Practice, ada: Client) -> None:
    practice.time(90)
    practice.time(60, on=dt.date(2025, 4, 2))
    url = f"/billing/jobs/{practice.job.pk}/draft/"
    page = ada.get(f"{url}?until=2025-03-31").content.decode()
    assert "150.00" in page
    fixed, hourly = practice.fixed.pk, practice.hourly.pk
    said = {"dated_on": "2025-03-31", "until": "2025-03-31", "reference": "PO 9", "asked": "1"}
    wrong = ada.post(url, {**said, f"claim.{fixed}": "half"})
    assert wrong.status_code == 422
    assert 'value="half"' in wrong.content.decode()
    assert ada.post(url, said).status_code == 422
    over = ada.post(url, {**said, f"claim.{fixed}": "120 %"})
    assert over.status_code == 409
    assert "Bill it all the same" in over.content.decode()
    assert 'value="120 %"' in over.content.decode()
    made = ada.post(url, {**said, f"claim.{fixed}": "50 %", "take": [str(hourly)]})
    document = Document.objects.get()
    assert (made.status_code, made["Location"]) == (302, f"/billing/invoices/{document.pk}/")
    assert (document.net, document.reference) == (aud(650), "PO 9")
    again = ada.post(url, {**said, f"claim.{fixed}": "10 %"})
    assert again.status_code == 422
    assert f'href="/billing/invoices/{document.pk}/"' in again.content.decode()
    assert f"/billing/jobs/{practice.job.pk}/strip/" in ada.get(f"/jobs/{practice.job.pk}/").content.decode()
    strip = ada.get(f"/billing/jobs/{practice.job.pk}/strip/").content.decode()
    assert "Open the draft" in strip
    assert "$250.00" in strip
