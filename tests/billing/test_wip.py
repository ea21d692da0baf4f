"""Work in progress at any date: the golden job, credits that come later, and whatever histories can be thought of."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from instep.billing.actions.claims import Claim
from instep.billing.actions.credits import cancel_invoice
from instep.billing.actions.issuing import make_invoice_real
from instep.billing.models import Document, Tick
from instep.billing.queries.investment import client_investment, job_investment
from instep.billing.queries.wip import WipRow, late_costs, totals, wip, wip_costs, wip_now
from instep.billing.states import ISSUED
from instep.costs.actions.rates import set_staff_rate
from instep.costs.actions.time import change_time, delete_time
from instep.costs.models import Cost
from instep.costs.queries import hours
from instep.costs.states import COUNTS
from instep.kernel.errors import Refusal
from instep.staff.actions.resources import create_staff
from tests.billing.conftest import START, Practice, aud


def march(day: int) -> dt.date:
    """A day of March 2025."""
    return dt.date(2025, 3, day)


APRIL = dt.date(2025, 4, 30)


@pytest.mark.capability("E-14", "E-45", "E-50", "E-12")
@pytest.mark.django_db
def test_the_golden_job_with_time_alone(practice: Practice) -> None:
    by, firm, job = practice.by, practice.firm, practice.job
    free = create_staff(first_name="Ola", last_name="Berg", by=by).sure()
    set_staff_rate(free.pk, by=by, effective_on=START, cost_rate=40, charge_rate=0)
    t1 = practice.time(600, march(3))
    t2 = practice.time(300, march(10), investment=True)
    t3 = practice.time(120, march(12), staff=free.pk)
    done = hours(firm, job=job.pk)
    assert (done.chargeable, done.not_chargeable) == (600, 420)
    assert [sorted(one.not_charged) for one in (t1, t2, t3)] == [[], ["INVESTMENT"], ["ZERO_RATE"]]
    assert totals(wip(firm, on=march(30)))[2:] == (1500_00, 680_00)

    v1 = practice.invoice(march(31), claims=[Claim(practice.hourly.pk, amount=aud(1500), costs=[t1.pk])])
    assert (v1.net, v1.total) == (aud(1500), aud(1650))
    assert totals(wip(firm, on=march(31)))[2:] == (500_00, 280_00)
    after = job_investment(firm, job.pk, on=march(31), currency="AUD")
    assert (after.of_billed, after.whole) == (aud(-500), aud(0))

    practice.invoice(APRIL, claims=[Claim(practice.hourly.pk, amount=aud(400))])
    assert wip(firm, on=APRIL) == []
    assert totals(wip(firm, on=march(30)))[2:] == (1500_00, 680_00)
    end = client_investment(firm, practice.client.pk, on=APRIL, currency="AUD")
    assert (end.recommended, end.billed, end.whole) == (aud(1500), aud(1900), aud(-400))


@pytest.mark.capability("B-10", "E-50")
@pytest.mark.django_db
def test_a_credit_gives_the_right_time_back_once_and_leaves_past_days_alone(practice: Practice) -> None:
    firm, by = practice.firm, practice.by
    practice.time(270, march(3))
    practice.time(210, march(4))
    invoice = practice.invoice(march(31))
    practice.time(60, APRIL)
    days = [march(3), march(4), march(30), march(31), dt.date(2025, 4, 9)]
    before = [wip(firm, on=day) for day in days]
    cancel_invoice(invoice.pk, by=by, on=dt.date(2025, 4, 10), reason="Wrong client order")
    assert [wip(firm, on=day) for day in days] == before
    assert totals(wip(firm, on=dt.date(2025, 4, 10))).minutes == 480
    with pytest.raises(Refusal):
        cancel_invoice(invoice.pk, by=by, on=APRIL, reason="Again")
    again = practice.draft(APRIL)
    assert again.net == aud(900)
    make_invoice_real(again.pk, by=by)
    assert wip_now(firm) == []
    assert [wip(firm, on=day) for day in days] == before
    assert totals(wip(firm, on=dt.date(2025, 4, 29))).minutes == 480
    assert {row.pk for row in wip_costs(firm, on=dt.date(2025, 4, 29))} == set(
        Cost.objects.filter(on__lt=APRIL).values_list("pk", flat=True)
    )


@pytest.mark.capability("E-50")
@pytest.mark.django_db
def test_the_question_is_one_query_on_the_index_made_for_it(practice: Practice) -> None:
    for day in range(1, 29):
        practice.time(15, march(day))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    with CaptureQueriesContext(connection) as queries:
        wip(practice.firm, on=march(31))
    assert len(queries) == 1
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN QUERY PLAN {queries[0]['sql']}")
            plan = " | ".join(str(row[3]) for row in cursor.fetchall())
        assert "COVERING INDEX costs_cost_wip (firm_id=? AND open_until>?)" in plan
        assert "SCAN" not in plan


# --- any history -----------------------------------------------------------------------------------------------------

DAY_ZERO = march(1)


class Life:
    """A job's life, day by day, and what work in progress said each evening."""

    def __init__(self, practice: Practice) -> None:
        self.practice, self.day = practice, 0
        self.said: dict[dt.date, list[WipRow]] = {}

    @property
    def today(self) -> dt.date:
        return DAY_ZERO + dt.timedelta(days=self.day)

    @property
    def now(self) -> dt.datetime:
        return dt.datetime.combine(self.today, dt.time(12), tzinfo=dt.UTC)

    def evening(self) -> None:
        self.said[self.today] = sorted(wip(self.practice.firm, on=self.today))
        self.day += 1

    def act(self, what: str, first: int, second: int) -> None:
        practice, by = self.practice, self.practice.by
        costs = list(Cost.objects.filter(state__in=list(COUNTS)).order_by("pk"))
        phase = (practice.fixed, practice.hourly)[first % 2]
        if what == "time":
            on = self.today - dt.timedelta(days=second % 4)
            practice.time(15 * (1 + first), on, phase=phase, now=self.now)
        elif what == "bill":
            practice.invoice(self.today, claims=[Claim(phase.pk, amount=aud(1 + first))], accepted=["over_fee"])
        elif what == "draft":
            practice.draft(self.today, claims=[Claim(phase.pk, amount=aud(1))], accepted=["over_fee"])
        elif what == "cancel":
            real = list(Document.objects.filter(kind="invoice", state="real").order_by("pk"))
            if real:
                cancel_invoice(real[first % len(real)].pk, by=by, on=self.today, reason="Wrong", now=self.now)
        elif what == "edit" and costs:
            change_time(costs[first % len(costs)].pk, by=by, changes={"minutes": 15 + second}, now=self.now)
        elif what == "delete" and costs:
            delete_time(costs[first % len(costs)].pk, by=by, now=self.now)


def by_definition(on: dt.date) -> list[WipRow]:
    """Work in progress as 7.2.4 says it, cost by cost, from the documents themselves and not from any copied date."""
    billed = set()
    for tick in Tick.objects.select_related("line__document"):
        document = tick.line.document
        returned = tick.returned_by is not None and tick.returned_by.document.dated_on <= on
        if document.state in ISSUED and document.dated_on <= on and not returned:
            billed.add(tick.cost_id)
    return _summed(cost for cost in Cost.objects.filter(state__in=list(COUNTS), on__lte=on) if cost.pk not in billed)


def _summed(costs: Iterable[Cost]) -> list[WipRow]:
    sums: dict[tuple[int, int], list[int]] = {}
    for cost in costs:
        held = sums.setdefault((cost.job_id, cost.phase_id), [0, 0, 0, 0])
        for at, value in enumerate((1, cost.minutes, cost.charge_minor, cost.cost_minor)):
            held[at] += value
    return sorted(WipRow(*key, *held) for key, held in sums.items())


acts = st.tuples(
    st.sampled_from(["time", "time", "bill", "bill", "draft", "cancel", "edit", "delete", "evening"]),
    st.integers(0, 5),
    st.integers(0, 5),
)


@pytest.mark.capability("E-45", "E-50")
@pytest.mark.django_db
@settings(
    max_examples=25,
    derandomize=True,
    deadline=None,
    phases=[Phase.generate],  # making a history smaller would take minutes: it is short enough to read
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(history=st.lists(acts, min_size=6, max_size=22))
def test_what_was_said_of_a_day_is_said_again_unless_something_came_late(practice: Practice, history: Any) -> None:
    with transaction.atomic():
        life = Life(practice)
        for what, first, second in history:
            if what == "evening":
                life.evening()
                continue
            try:
                with transaction.atomic():
                    life.act(what, first, second)
            except Refusal:
                continue
        life.evening()
        for on, said in life.said.items():
            again = sorted(wip(practice.firm, on=on))
            assert again == by_definition(on)
            if not late_costs(practice.firm, on=on).exists():
                assert again == said
        live = Tick.objects.filter(returned_on=None).values_list("cost", flat=True)
        assert len(live) == len(set(live))
        assert sorted(wip_now(practice.firm)) == by_definition(dt.date(9999, 1, 1))
        transaction.set_rollback(True)


@pytest.mark.capability("E-50")
@pytest.mark.django_db
def test_entries_are_rounded_by_themselves_and_a_line_once_and_the_page_says_so(practice: Practice) -> None:
    entries = [practice.time(10), practice.time(10)]
    [held] = wip_now(practice.firm)
    assert (held.charge, [entry.charge_minor for entry in entries]) == (3334, [1667, 1667])
    client = Client()
    client.force_login(practice.cast.users["ada"], backend="django.contrib.auth.backends.ModelBackend")
    assert "a bill may differ from this by a cent or two" in client.get("/billing/").content.decode()
    invoice = practice.invoice()
    assert (invoice.net, wip_now(practice.firm)) == (aud("33.33"), [])
    cancel_invoice(invoice.pk, by=practice.by, on=invoice.dated_on, reason="Twice")
    assert wip_now(practice.firm) == [held]
