"""A practice at work: a client, a job with a fixed and an hourly phase, and Hana at 40 cost and 100 charge an hour."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

from instep.base.identity.actor import Actor
from instep.billing.actions.claims import draft_from_job
from instep.billing.actions.issuing import make_invoice_real
from instep.billing.models import Document
from instep.costs.actions.rates import set_staff_rate
from instep.costs.actions.time import record_time
from instep.costs.models import Cost
from instep.crm.actions.organisations import create_organisation
from instep.crm.models import Organisation
from instep.jobs.actions.jobs import create_job
from instep.jobs.actions.phases import add_phase
from instep.jobs.actions.statuses import create_default_statuses
from instep.jobs.models import Job, Phase
from instep.kernel.money import Money
from instep.staff.actions.resources import create_staff
from instep.staff.models import StaffResource
from tests.cast import Cast, build_cast

START = dt.date(2025, 1, 1)


def aud(amount: str | int) -> Money:
    """An amount in the firm's currency."""
    return Money(Decimal(amount), "AUD")


@dataclass
class Practice:
    """Banksia & Bell at work; everything is made through actions."""

    cast: Cast
    hana: StaffResource
    client: Organisation
    job: Job
    fixed: Phase
    hourly: Phase

    @property
    def by(self) -> Actor:
        """Ada, who may do everything."""
        return self.cast.ada

    @property
    def firm(self) -> int:
        """The firm's id."""
        return self.cast.firm.pk

    def time(
        self, minutes: int = 60, on: dt.date = dt.date(2025, 3, 3), phase: Phase | None = None, **values: Any
    ) -> Cost:
        """Submitted time of Hana."""
        given = {"staff": self.hana.pk, "phase": (phase or self.hourly).pk, "on": on, "minutes": minutes, **values}
        return record_time(by=self.by, submit=True, **given).sure()

    def draft(self, dated_on: dt.date = dt.date(2025, 3, 31), **values: Any) -> Document:
        """A draft of the job's free time, or of `claims`."""
        return draft_from_job(self.job.pk, by=self.by, dated_on=dated_on, **values)

    def invoice(self, dated_on: dt.date = dt.date(2025, 3, 31), **values: Any) -> Document:
        """An issued invoice of the same."""
        return make_invoice_real(self.draft(dated_on, **values).pk, by=self.by)


def set_up(cast: Cast) -> Practice:
    """The practice, ready for work."""
    create_default_statuses(cast.firm, by=cast.ada)
    hana = create_staff(first_name="Hana", last_name="Lee", by=cast.ada).sure()
    client = create_organisation(
        name="Acme", stage="client", code="ACME", tax_number="51 824 753 556", default_handler=hana.pk, by=cast.ada
    ).sure()
    job = create_job(by=cast.ada, name="Library", client=client.pk, status="active", fee=aud(1000)).sure()
    fixed = Phase.objects.get(job=job)
    hourly = add_phase(job.pk, by=cast.ada, name="On site", fee_type="hourly")
    set_staff_rate(hana.pk, by=cast.ada, effective_on=START, cost_rate=40, charge_rate=100)
    return Practice(cast, hana, client, job, fixed, hourly)


@pytest.fixture
def practice(cast: Cast) -> Practice:
    """The practice in the test's database."""
    return set_up(cast)


__all__ = ["Practice", "aud", "build_cast", "practice", "set_up"]
