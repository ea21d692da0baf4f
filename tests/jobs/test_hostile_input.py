"""Input that no form sends: it is refused by type or finds nothing, and is never a fault."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest

from instep.crm.actions.contacts import create_contact
from instep.crm.actions.organisations import create_organisation, update_organisation
from instep.crm.queries import contact_page, organisation_page
from instep.jobs.actions.jobs import update_job
from instep.jobs.actions.parts import Party
from instep.jobs.actions.phases import add_phase
from instep.jobs.actions.statuses import add_status
from instep.jobs.queries import job_page
from instep.jobs.states import StatusType
from instep.kernel.errors import Refusal
from instep.staff.actions.resources import create_staff
from instep.staff.queries import staff_page
from tests.jobs.conftest import Office

pytestmark = pytest.mark.django_db
TEXTS = ("\x00", "\ud800", "a\x00b", "a\ud800b", "%_\\'\";--", "x" * 5000, "\u202e\u200b", "🏗" * 100)
VALUES: tuple[Any, ...] = (*TEXTS, 10**30, -1, 1.5, float("nan"), True, [], {}, b"bytes", object())
TEXT_FIELDS = ("name", "email", "phone", "website", "tax_number", "code", "address", "stage")
JOB_FIELDS = ("name", "number", "scope", "external_reference", "status", "job_type", "starts_on", "currency")
REF_FIELDS = ("client", "handler", "project", "fee", "archived")


def tried(work: Any) -> None:
    """Do it; only a refusal may come of it."""
    with suppress(Refusal):
        work()


@pytest.mark.parametrize("value", VALUES, ids=lambda value: ascii(value)[:20])
def test_no_value_of_a_field_is_a_fault(office: Office, value: Any) -> None:
    bo, job = office.cast.bo, office.job()
    for by in (bo, office.cast.system):
        for field in (*TEXT_FIELDS, "account_manager", "is_supplier"):
            tried(lambda field=field, by=by: create_organisation(by=by, **{"name": "Acme", field: value}))
            tried(lambda field=field, by=by: update_organisation(office.client.pk, by=by, changes={field: value}))
        for field in (*JOB_FIELDS, *REF_FIELDS):
            tried(lambda field=field: office.job(**{field: value}))
            tried(lambda field=field, by=by: update_job(job.pk, by=by, changes={field: value}))
        for field in ("first_name", "organisation", "email"):
            tried(lambda field=field, by=by: create_contact(by=by, **{"last_name": "A", field: value}))
        for field in ("first_name", "kind", "user", "active"):
            tried(lambda field=field, by=by: create_staff(by=by, **{"last_name": "A", field: value}))
    for field in ("name", "fee_type", "fee", "percent", "handler", "position"):
        tried(lambda field=field: add_phase(job.pk, by=bo, **{"name": "A", field: value}))
    tried(lambda: add_status(value, type=StatusType.HOLD, by=office.cast.ada))
    if isinstance(value, str):
        tried(lambda: update_job(job.pk, by=bo, changes={"parties": [Party(office.client.pk, value, value)]}))


@pytest.mark.parametrize("text", TEXTS, ids=lambda value: ascii(value)[:20])
def test_no_search_or_filter_is_a_fault(office: Office, text: str) -> None:
    firm_id = office.cast.firm.pk
    for page in (organisation_page, contact_page, staff_page, job_page):
        assert isinstance(page(firm_id, search=text).rows, list)
    assert job_page(firm_id, status=text).rows == []
    for huge in (10**30, -(10**30)):
        assert job_page(firm_id, client=huge, handler=huge, project=huge, party=huge).rows == []
        assert organisation_page(firm_id, account_manager=huge).rows == []
        assert contact_page(firm_id, organisation=huge).rows == []
