"""What time brings: whether it is charged, at which rate, and rounded when."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from instep.base.audit.queries import history_of
from instep.billing.actions.claims import Claim
from instep.billing.queries.documents import document_details
from instep.costs.actions.judging import set_internal_clients
from instep.costs.actions.rates import set_staff_rate
from instep.costs.actions.time import change_time
from instep.costs.errors import RateMissing
from instep.costs.models import Cost
from instep.costs.pricing import priced, why_not_charged
from instep.costs.queries import rates_of
from instep.costs.states import NotCharged
from instep.crm.actions.organisations import create_organisation
from instep.jobs.actions.jobs import update_job
from instep.jobs.actions.phases import change_phase_status
from instep.jobs.states import PhaseStatus
from instep.kernel.errors import BadValue, NotAllowed
from tests.billing.conftest import START, Practice, aud

MARCH = dt.date(2025, 3, 3)


@pytest.mark.capability("E-12")
def test_of_sixteen_combinations_one_is_chargeable_and_the_others_say_why() -> None:
    found = {
        facts: why_not_charged(
            internal_client=facts[0], in_house=facts[1], charge_rate=0 if facts[2] else 1, investment=facts[3]
        )
        for facts in product([False, True], repeat=4)
    }
    assert [facts for facts, reasons in found.items() if not reasons] == [(False,) * 4]
    for facts, reasons in found.items():
        assert reasons == [reason for reason, holds in zip(NotCharged, facts, strict=True) if holds]
    assert not why_not_charged(internal_client=False, in_house=False, charge_rate=-1, investment=False)


@pytest.mark.capability("E-12")
@pytest.mark.django_db
def test_the_reasons_are_stored_and_judged_again_when_the_row_changes(practice: Practice) -> None:
    by = practice.by
    cost = practice.time(60, investment=True)
    assert (cost.chargeable, cost.not_charged) == (False, {NotCharged.INVESTMENT})
    cost = change_time(cost.pk, by=by, changes={"investment": False}).sure()
    assert (cost.chargeable, cost.not_charged) == (True, frozenset())
    billed = practice.time(60, phase=practice.fixed)
    practice.invoice(claims=[Claim(practice.fixed.pk)])
    assert set_internal_clients([practice.client.pk], by=by) == 1
    change_phase_status(practice.hourly.pk, by=by, to=PhaseStatus.IN_HOUSE)
    again = practice.time(60)
    assert again.not_charged == {NotCharged.INTERNAL_CLIENT, NotCharged.IN_HOUSE}
    assert (again.chargeable, again.charge) == (False, aud(100))
    for row, reasons in ((cost, again.not_charged), (billed, frozenset())):
        row.refresh_from_db()
        assert (row.not_charged, row.chargeable) == (reasons, not reasons)
    assert history_of(practice.firm, "cost", cost.pk)[0].event == "cost.judged_again"


@pytest.mark.capability("E-12")
@pytest.mark.django_db
def test_a_phase_and_a_job_that_move_judge_again_what_is_on_no_document(practice: Practice) -> None:
    by, free, held = practice.by, practice.time(60), practice.time(60, phase=practice.fixed)
    practice.draft(claims=[Claim(practice.fixed.pk)])
    other = create_organisation(name="Ourselves", stage="client", code="OWN", by=by).sure()
    assert set_internal_clients([other.pk], by=by) == 0
    for move, reasons in (
        (lambda: change_phase_status(practice.hourly.pk, by=by, to=PhaseStatus.IN_HOUSE), {NotCharged.IN_HOUSE}),
        (lambda: change_phase_status(practice.fixed.pk, by=by, to=PhaseStatus.IN_HOUSE), {NotCharged.IN_HOUSE}),
        (lambda: change_phase_status(practice.hourly.pk, by=by, to=PhaseStatus.LIVE), set()),
        (lambda: update_job(practice.job.pk, by=by, changes={"client": other.pk}).sure(), {NotCharged.INTERNAL_CLIENT}),
        (lambda: set_internal_clients([], by=by), set()),
    ):
        move()
        free.refresh_from_db()
        held.refresh_from_db()
        assert (free.not_charged, free.chargeable) == (reasons, not reasons)
        assert (held.not_charged, held.chargeable) == (frozenset(), True)
    with pytest.raises(NotAllowed):
        set_internal_clients([other.pk], by=practice.cast.cy)


@pytest.mark.capability("T-11")
@pytest.mark.django_db
def test_the_date_of_the_time_picks_the_rate_which_is_frozen_when_it_is_submitted(practice: Practice) -> None:
    by, hana = practice.by, practice.hana
    old, new = practice.time(60, MARCH), practice.time(60, MARCH)
    set_staff_rate(hana.pk, by=by, effective_on=MARCH, charge_rate=Decimal("120.50"))
    assert [str(row.effective_on) for row in rates_of(practice.firm, hana.pk)] == ["2025-03-03", "2025-01-01"]
    old.refresh_from_db()
    assert (old.charge, old.cost) == (aud(100), aud(40))
    assert change_time(old.pk, by=by, changes={"minutes": 30}).sure().charge == aud(50)
    moved = change_time(new.pk, by=by, changes={"on": dt.date(2025, 3, 4)}).sure()
    assert (moved.charge, moved.cost) == (aud("120.50"), aud(40))
    assert practice.time(60, dt.date(2025, 3, 2)).charge == aud(100)
    with pytest.raises(RateMissing, match="Hana Lee has no rate in AUD on 2024-12-31"):
        practice.time(60, START - dt.timedelta(days=1))
    for bad in (
        {"cost_rate": -1},
        {"charge_rate": Decimal("1.00001")},
        {"charge_rate": 1.5},
        {},
        {"charge_rate": Decimal("NaN")},
    ):
        with pytest.raises(BadValue):
            set_staff_rate(hana.pk, by=by, effective_on=MARCH, **bad)
    with pytest.raises(NotAllowed):
        set_staff_rate(hana.pk, by=practice.cast.bo, effective_on=MARCH, cost_rate=1)


@pytest.mark.capability("X-01")
@pytest.mark.django_db
@pytest.mark.parametrize("parts", [[30], [15, 15], [10, 10, 10], [1] * 30])
def test_hours_are_priced_before_they_are_rounded(practice: Practice, parts: list[int]) -> None:
    set_staff_rate(practice.hana.pk, by=practice.by, effective_on=MARCH, charge_rate=Decimal("27.50"))
    for minutes in parts:
        practice.time(minutes, MARCH)
    draft = practice.draft(claims=[Claim(practice.hourly.pk)])
    (line,) = document_details(practice.firm, draft.pk).lines
    assert (draft.net, line.minutes) == (aud("13.75"), 30)
    assert line.shown_quantity * line.shown_price == Decimal("13.75")
    assert Cost.objects.filter(phase=practice.hourly).count() == len(parts)


@pytest.mark.capability("X-01")
@settings(max_examples=100, derandomize=True, deadline=None)
@given(st.lists(st.integers(1, 1440), min_size=1, max_size=30), st.integers(-(10**7), 10**7))
def test_parts_of_an_hour_bring_what_the_whole_brings(parts: list[int], rate: int) -> None:
    assert priced(sum(minutes * rate for minutes in parts), "AUD") == priced(sum(parts) * rate, "AUD")
    assert abs(sum(priced(minutes * rate, "AUD") for minutes in parts) - priced(sum(parts) * rate, "AUD")) <= len(parts)
    assert priced(60 * rate, "AUD") == -priced(-60 * rate, "AUD")
