"""Phases and the fee of a job (A-14, T-02, E-32)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from instep.base.audit.models import AuditEntry
from instep.base.outbox.models import OutboxRow
from instep.base.ownership.errors import FieldOwned
from instep.base.ownership.owners import set_owners
from instep.base.settings.declared import set_setting
from instep.jobs.actions.jobs import set_first_fee
from instep.jobs.actions.phases import add_phase, add_phases, change_phase_status, update_phase
from instep.jobs.errors import FeeComesFromPhases, HandlerNeeded, OtherCurrency
from instep.jobs.fees import percent_of
from instep.jobs.models import Phase
from instep.jobs.queries import job_details
from instep.jobs.settings import FIRST_PHASE
from instep.jobs.states import PhaseStatus
from instep.kernel.errors import BadValue, NotAllowed, NotFound, StaleVersion
from instep.kernel.money import Money
from instep.staff.actions.resources import create_staff
from tests.jobs.conftest import Office


def aud(amount: str) -> Money:
    """Australian dollars."""
    return Money(Decimal(amount), "AUD")


@pytest.mark.django_db
@pytest.mark.capability("A-14", "T-02")
def test_the_fee_of_a_job_is_the_sum_of_its_fixed_percent_and_capped_phases(office: Office) -> None:
    bo, firm = office.cast.bo, office.cast.firm
    job = office.job(fee=aud("10000"))
    phases = add_phases(
        job.pk,
        [
            {"name": "Design", "fee_type": "capped", "fee": aud("5500")},
            {"name": "Site", "fee_type": "percent", "percent": Decimal("7.5"), "contract": aud("333333.33")},
            {"name": "Advice", "fee_type": "hourly"},
            {"name": "Pitch", "fee_type": "no_billing"},
        ],
        by=bo,
        expected_version=1,
    )
    assert [phase.number for phase in phases] == [2, 3, 4, 5]
    assert [phase.fee for phase in phases] == [aud("5500"), aud("25000.00"), None, None]
    assert job_details(firm.pk, job.pk).fee == aud("40500.00")
    entry = AuditEntry.objects.of(firm).get(event="job.phases_added")
    assert entry.record_id == job.pk
    assert entry.changes["fee"] == [{"minor": 1_000_000, "currency": "AUD"}, {"minor": 4_050_000, "currency": "AUD"}]
    assert entry.changes["phase 3 percent"] == [None, 75_000]
    # The seed's own figures: 10,000 and 5,500 are 15,500, and a changed phase changes the job.
    update_phase(phases[1].pk, by=bo, changes={"fee_type": "hourly"})
    assert job_details(firm.pk, job.pk).fee == aud("15500")
    update_phase(phases[0].pk, by=bo, changes={"fee": aud("6000")}, expected_version=3)
    assert job_details(firm.pk, job.pk).fee == aud("16000")
    job.refresh_from_db()
    assert (job.version, OutboxRow.objects.get(kind="job").version) == (4, 4)
    with pytest.raises(FeeComesFromPhases, match=r"16,000\.00 AUD"):
        set_first_fee(job.pk, aud("12000"), by=bo)


@given(contract=st.integers(0, 10**13), percent=st.integers(0, 10_000_000))
def test_a_percentage_is_rounded_half_up_to_the_minor_unit(contract: int, percent: int) -> None:
    exact = Decimal(contract) * Decimal(percent) / Decimal(1_000_000)
    assert abs(percent_of(contract, percent) - exact) <= Decimal("0.5")
    assert percent_of(100, 5_000) == 1  # half a cent goes up


@pytest.mark.django_db
@pytest.mark.capability("T-02")
def test_each_fee_type_keeps_only_what_belongs_to_it(office: Office) -> None:
    bo = office.cast.bo
    phase = add_phase(
        office.job().pk, name="Site", fee_type="percent", percent=Decimal("12.3456"), contract=aud("1000"), by=bo
    )
    assert (phase.percent, phase.contract_minor, phase.fee_minor) == (123_456, 100_000, 12_346)
    update_phase(phase.pk, by=bo, changes={"contract": aud("2000")})
    update_phase(phase.pk, by=bo, changes={"percent": 10})
    phase.refresh_from_db()
    assert phase.fee == aud("200")
    update_phase(phase.pk, by=bo, changes={"fee_type": "capped"})
    phase.refresh_from_db()
    assert (phase.fee, phase.percent, phase.contract_minor) == (aud("200"), None, None)
    update_phase(phase.pk, by=bo, changes={"fee_type": "no_billing"})
    phase.refresh_from_db()
    assert phase.fee is None
    update_phase(phase.pk, by=bo, changes={"fee_type": "percent"})
    phase.refresh_from_db()
    assert phase.fee is None


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("values", "refusal"),
    [
        ({"name": ""}, BadValue),
        ({"name": "x" * 201}, BadValue),
        ({"fee_type": "barter"}, BadValue),
        ({"fee": Decimal(5)}, BadValue),
        ({"fee": Money(Decimal(-1), "AUD")}, BadValue),
        ({"fee": Money(Decimal(1), "GBP")}, OtherCurrency),
        ({"fee_type": "hourly", "fee": Money(Decimal(1), "AUD")}, BadValue),
        ({"fee_type": "percent", "fee": Money(Decimal(1), "AUD")}, BadValue),
        ({"percent": Decimal(5)}, BadValue),
        ({"fee_type": "percent", "percent": Decimal("0.00001")}, BadValue),
        ({"fee_type": "percent", "percent": Decimal("NaN")}, BadValue),
        ({"fee_type": "percent", "percent": Decimal(-1)}, BadValue),
        ({"fee_type": "percent", "percent": 5.5}, BadValue),
        ({"fee_type": "percent", "percent": Decimal("1E+30")}, BadValue),
        ({"position": "first"}, BadValue),
        ({"number": 7}, BadValue),
        ({"handler": 10**30}, HandlerNeeded),
    ],
)
def test_what_a_phase_cannot_hold_is_refused_and_none_of_the_rows_is_added(
    office: Office, values: dict[str, Any], refusal: type[Exception]
) -> None:
    job = office.job()
    with pytest.raises(refusal):
        add_phases(job.pk, [{"name": "Good"}, {"name": "Bad", **values}], by=office.cast.bo)
    assert Phase.objects.count() == 1
    job.refresh_from_db()
    assert job.version == 1


@pytest.mark.django_db
@pytest.mark.capability("E-32", "E-23")
def test_twelve_monthly_phases_are_one_call_and_each_may_have_its_own_handler(office: Office) -> None:
    bo = office.cast.bo
    set_setting(FIRST_PHASE, "Set-up", by=office.cast.ada)
    job = office.job(status="active")
    ivo = create_staff(first_name="Ivo", by=bo).sure()
    months = [{"name": f"Month {n}", "fee": aud("500"), "handler": ivo.pk} for n in range(1, 13)]
    added = add_phases(job.pk, months, by=bo)
    phases = job_details(job.firm_id, job.pk).phases
    assert [phase.number for phase in phases] == list(range(1, 14))
    assert (phases[0].name, phases[1].handler, phases[1].status) == ("Set-up", ivo, "live")
    assert job_details(job.firm_id, job.pk).fee == aud("6000")
    update_phase(added[-1].pk, by=bo, changes={"position": 0, "handler": None, "name": "First of all"})
    assert job_details(job.firm_id, job.pk).phases[0].number == 13
    assert add_phases(job.pk, [], by=bo) == []


@pytest.mark.django_db
@pytest.mark.capability("A-14")
def test_a_fee_of_zero_is_a_fee_and_can_still_be_seeded(office: Office) -> None:
    job = office.job(fee=aud("0"))
    assert job_details(job.firm_id, job.pk).fee == aud("0")
    assert not set_first_fee(job.pk, None, by=office.cast.bo).changed
    (phase,) = job_details(job.firm_id, job.pk).phases
    update_phase(phase.pk, by=office.cast.bo, changes={"fee_type": "hourly"})
    set_first_fee(job.pk, aud("12000"), by=office.cast.bo)
    phase.refresh_from_db()
    assert (phase.fee_type, phase.fee) == ("fixed", aud("12000"))


@pytest.mark.django_db
def test_a_fee_kept_elsewhere_is_not_changed_through_phases(office: Office) -> None:
    bo = office.cast.bo
    job = office.job(fee=aud("100"))
    set_owners(office.cast.firm.pk, "job", [job.pk], ["fee"], owner="tiny+", owner_key="connection:7")
    (phase,) = job_details(job.firm_id, job.pk).phases
    with pytest.raises(FieldOwned):
        update_phase(phase.pk, by=bo, changes={"fee": aud("200")})
    with pytest.raises(FieldOwned):
        add_phase(job.pk, name="More", fee=aud("1"), by=bo)
    assert job_details(job.firm_id, job.pk).fee == aud("100")
    assert add_phase(job.pk, name="Free", fee_type="no_billing", by=bo).number == 2
    assert update_phase(phase.pk, by=bo, changes={"name": "Renamed"}).name == "Renamed"


@pytest.mark.django_db
def test_an_unchanged_phase_writes_nothing_and_a_stale_page_is_told(office: Office) -> None:
    bo = office.cast.bo
    job = office.job(fee=aud("100"))
    (phase,) = job_details(job.firm_id, job.pk).phases
    update_phase(phase.pk, by=bo, changes={"fee": aud("100.00"), "name": " Main "})
    change_phase_status(phase.pk, to=PhaseStatus.QUOTE, by=bo)
    job.refresh_from_db()
    assert job.version == 1
    for attempt in (
        lambda: update_phase(phase.pk, by=bo, changes={"name": "X"}, expected_version=9),
        lambda: add_phase(job.pk, name="X", by=bo, expected_version=9),
        lambda: change_phase_status(phase.pk, to=PhaseStatus.LIVE, by=bo, expected_version=9),
    ):
        with pytest.raises(StaleVersion):
            attempt()


@pytest.mark.django_db
def test_another_firm_reaches_no_phase(office: Office) -> None:
    job = office.job()
    (phase,) = job_details(job.firm_id, job.pk).phases
    for attempt in (
        lambda: update_phase(phase.pk, by=office.cast.odo, changes={"name": "X"}),
        lambda: add_phase(job.pk, name="X", by=office.cast.odo),
        lambda: change_phase_status(phase.pk, to=PhaseStatus.LIVE, by=office.cast.odo),
    ):
        with pytest.raises(NotFound):
            attempt()
    with pytest.raises(NotAllowed):
        add_phase(job.pk, name="X", by=office.cast.cy)
