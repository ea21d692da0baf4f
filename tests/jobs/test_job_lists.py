"""Lists of jobs, their pages and the search in them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from instep.crm.actions.organisations import create_organisation
from instep.jobs.fees import fees_of_jobs
from instep.jobs.queries import BY_NAME, NEWEST_FIRST, job_details, job_page
from instep.kernel.money import Money
from tests.jobs.conftest import Office

pytestmark = pytest.mark.django_db


def aud(amount: str) -> Money:
    """Australian dollars."""
    return Money(Decimal(amount), "AUD")


def test_lists_join_what_they_show_and_cost_a_fixed_number_of_queries(office: Office) -> None:
    firm_id = office.cast.firm.pk
    for n in range(12):
        office.job(f"Job {n}", fee=aud(str(n)), status=["proposal", "active", "complete"][n % 3])
    with CaptureQueriesContext(connection) as queries:
        page = job_page(firm_id, size=10)
        shown = [(row.number, row.client.name, row.status.name, row.handler.name, row.job_type) for row in page.rows]
        fees = fees_of_jobs(firm_id, page.rows)
    assert len(queries) == 2
    assert shown[1] == ("J0002", "Client Co", "Active", "Hana Lee", None)
    assert [fees[row.pk] for row in page.rows[:3]] == [aud("0"), aud("1"), aud("2")]
    rest = job_page(firm_id, size=10, token=page.next_token)
    assert [row.number for row in rest.rows] == ["J0011", "J0012"]
    assert [row.name for row in job_page(firm_id, order=BY_NAME, size=3).rows] == ["Job 0", "Job 1", "Job 10"]
    assert [row.number for row in job_page(firm_id, order=NEWEST_FIRST, size=2).rows] == ["J0012", "J0011"]
    assert len(job_page(firm_id, status="active").rows) == 4
    assert len(job_page(firm_id, client=office.client.pk, handler=office.hana.pk).rows) == 12
    with CaptureQueriesContext(connection) as queries:
        details = job_details(firm_id, page.rows[0].pk)
        assert (details.job.client.name, details.job.status.key) == ("Client Co", "proposal")
    assert len(queries) == 3


def test_a_search_looks_at_number_name_reference_and_client(office: Office) -> None:
    firm_id = office.cast.firm.pk
    other = create_organisation(name="Zebra Zoo", stage="client", code="Z", by=office.cast.bo).sure()
    office.job("Library", external_reference="PO_26725")
    office.job("Zoo gate", client=other.pk, handler=office.hana.pk)
    office.job("Aviary", client=other.pk, handler=office.hana.pk)

    def found(text: str, **filters: Any) -> list[str]:
        return [row.name for row in job_page(firm_id, search=text, **filters).rows]

    assert found("j0001") == found("libr") == found("po_267") == found("26725") == ["Library"]
    assert found("zebra") == found("zoo") == ["Zoo gate", "Aviary"]
    assert found("zoo gate") == ["Zoo gate"]
    assert found("zebra", order=BY_NAME, size=1) == ["Aviary"]
    assert found("ibrary") == []
