"""Recording time: what is refused and why, the week grid, and eight people at once."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from instep.base.audit.queries import history_of
from instep.base.outbox.models import OutboxRow
from instep.base.settings.declared import set_setting
from instep.billing.models import Tick
from instep.costs.actions.time import change_time, delete_time, record_time, record_time_many, submit_time
from instep.costs.actions.week import WeekRow, save_week, submit_week
from instep.costs.errors import (
    CostHeld,
    JobTakesNoTime,
    NoSuchPhase,
    NoSuchStaff,
    PeriodLocked,
    PhaseTakesNoTime,
)
from instep.costs.models import Cost
from instep.costs.queries import hours, time_of_week, time_page
from instep.costs.settings import CLOSED_UNTIL
from instep.costs.states import CostState
from instep.jobs.actions.jobs import change_job_status
from instep.jobs.actions.phases import change_phase_status
from instep.jobs.models import Job
from instep.jobs.states import PhaseStatus
from instep.kernel.errors import BadValue, NotAllowed, NotFound, StaleVersion, WrongState
from instep.staff.actions.resources import create_staff, update_staff
from tests.base.threads import together
from tests.billing.conftest import Practice

MONDAY = dt.date(2025, 3, 3)


@pytest.mark.capability("T-01")
@pytest.mark.django_db
def test_the_status_of_the_job_says_whether_it_takes_time(practice: Practice) -> None:
    by, job = practice.by, practice.job
    pending = record_time(by=by, staff=practice.hana.pk, phase=practice.hourly.pk, on=MONDAY, minutes=60).sure()
    takes = {"active": True, "on_hold": False, "pending_invoice": False, "complete": False, "won": True, "lost": False}
    for status, may in takes.items():
        change_job_status(job.pk, by=by, to=status, reason="Said so")
        if may:
            practice.time(15)
        else:
            with pytest.raises(JobTakesNoTime, match="takes no time"):
                practice.time(15)
            with pytest.raises(JobTakesNoTime):
                submit_time([pending.pk], by=by)[0].sure()
        if status == "complete":
            change_job_status(job.pk, by=by, to="active")


@pytest.mark.capability("E-16", "T-05", "E-45")
@pytest.mark.django_db
def test_what_is_closed_locked_held_or_gone_refuses_to_change(practice: Practice) -> None:
    by = practice.by
    cost = practice.time(60)
    change_phase_status(practice.hourly.pk, by=by, to=PhaseStatus.COMPLETE)
    with pytest.raises(PhaseTakesNoTime, match="complete"):
        practice.time(60)
    change_time(cost.pk, by=by, changes={"description": "Survey"}).sure()
    change_phase_status(practice.hourly.pk, by=by, to=PhaseStatus.LIVE)

    set_setting(CLOSED_UNTIL, "2025-03-31", by=by)
    for blocked in (
        lambda: practice.time(60),
        lambda: change_time(cost.pk, by=by, changes={"minutes": 1}),
        lambda: change_time(cost.pk, by=by, changes={"on": dt.date(2025, 4, 1)}),
        lambda: delete_time(cost.pk, by=by),
    ):
        with pytest.raises(PeriodLocked, match="closed"):
            blocked()
    set_setting(CLOSED_UNTIL, "", by=by)

    practice.draft()
    for blocked in (lambda: change_time(cost.pk, by=by, changes={"minutes": 1}), lambda: delete_time(cost.pk, by=by)):
        with pytest.raises(CostHeld, match="a draft invoice for Acme"):
            blocked()
    other = practice.time(60)
    assert delete_time(other.pk, by=by).sure().state == CostState.REMOVED
    with pytest.raises(NotFound):
        change_time(other.pk, by=by, changes={"minutes": 30})
    assert not Tick.objects.filter(cost=other).exists()
    assert [row.pk for row in time_page(practice.firm).rows] == [cost.pk]


@pytest.mark.django_db
def test_values_rights_and_firms(practice: Practice) -> None:
    cast, by, hana = practice.cast, practice.by, practice.hana.pk
    good = {"phase": practice.hourly.pk, "on": MONDAY, "minutes": 60, "staff": hana}
    for bad, refusal in (
        ({"minutes": 0}, BadValue),
        ({"minutes": 1441}, BadValue),
        ({"minutes": 1.5}, BadValue),
        ({"on": "soon"}, BadValue),
        ({"on": None}, BadValue),
        ({"phase": 10**9}, NoSuchPhase),
        ({"phase": "x"}, NoSuchPhase),
        ({"staff": 10**9}, NoSuchStaff),
        ({"nonsense": 1}, BadValue),
        ({"state": "approved"}, WrongState),
    ):
        with pytest.raises(refusal):
            record_time(by=by, **{**good, **bad})
    with pytest.raises(NoSuchStaff):
        record_time(by=cast.odo, **good)
    with pytest.raises(NotAllowed, match="others' time"):
        record_time(by=cast.cy, **good)
    cy = create_staff(first_name="Cy", user=cast.users["cy"].pk, by=by).sure()
    own = record_time(by=cast.cy, **{**good, "staff": None}).sure()
    assert (own.staff_id, own.state, own.charge_minor, own.version) == (cy.pk, CostState.DRAFT, 0, 1)
    with pytest.raises(NotAllowed):
        change_time(own.pk, by=cast.cy, changes={"staff": hana})
    with pytest.raises(StaleVersion):
        change_time(own.pk, by=by, changes={"minutes": 1}, expected_version=7)
    with pytest.raises(BadValue):
        change_time(own.pk, by=by, changes={"state": "submitted"})
    with pytest.raises(NotFound):
        delete_time(own.pk, by=cast.odo)
    changed = change_time(own.pk, by=cast.cy, changes={"minutes": 75}, expected_version=1).sure()
    assert (changed.minutes, changed.version) == (75, 2)
    events = [(entry.event, entry.changes) for entry in history_of(cast.firm, "cost", own.pk)]
    assert events[0] == ("cost.updated", {"minutes": [60, 75]})
    assert OutboxRow.objects.get(kind="cost", record_id=own.pk).version == 2
    update_staff(cy.pk, by=by, changes={"active": False})
    with pytest.raises(NoSuchStaff):
        record_time(by=cast.cy, **{**good, "staff": None})


@pytest.mark.capability("E-56")
@pytest.mark.django_db
def test_a_week_is_saved_row_by_row_and_submitted_at_once(practice: Practice) -> None:
    by, hana, phase = practice.by, practice.hana.pk, practice.hourly.pk
    friday = dt.date(2025, 3, 7)
    rows = [WeekRow({"phase": phase, "on": MONDAY + dt.timedelta(days=day), "minutes": 60}) for day in range(5)]
    bad = [
        WeekRow({"phase": phase, "on": dt.date(2025, 3, 10), "minutes": 60}),
        WeekRow({"phase": 10**9, "on": MONDAY, "minutes": 60}),
    ]
    outcomes = save_week(hana, friday, [*rows, *bad], by=by)
    assert [type(one.refusal) for one in outcomes] == [type(None)] * 5 + [BadValue, NoSuchPhase]
    saved = time_of_week(practice.firm, hana, friday)
    assert (len(saved), hours(practice.firm, staff=hana).pending) == (5, 300)
    practice.time(30, dt.date(2025, 3, 10))
    outcomes = submit_week(
        hana,
        MONDAY,
        by=by,
        rows=[
            WeekRow({"minutes": 0}, id=saved[0].pk, expected_version=1),
            WeekRow({"minutes": 120}, id=saved[1].pk, expected_version=1),
            WeekRow({"minutes": 30}, id=saved[2].pk, expected_version=9),
            WeekRow({"phase": practice.fixed.pk, "on": friday, "minutes": 45}),
        ],
    )
    assert [type(one.refusal) for one in outcomes] == [StaleVersion] + [type(None)] * 4
    done = hours(practice.firm, staff=hana, since=MONDAY, until=dt.date(2025, 3, 9))
    assert (done.chargeable, done.pending, done.entries) == (120 + 60 * 2 + 45, 60, 5)


@pytest.mark.django_db
def test_two_hundred_rows_take_as_many_questions_as_ten(practice: Practice) -> None:
    row = {"staff": practice.hana.pk, "phase": practice.hourly.pk, "on": MONDAY, "minutes": 15}

    def queries(count: int) -> int:
        with CaptureQueriesContext(connection) as captured:
            outcomes = record_time_many([row] * count, by=practice.by, submit=True)
        assert all(one.refusal is None for one in outcomes)
        return len([one for one in captured if "INSERT" not in one["sql"]])

    assert queries(200) == queries(10)


@pytest.mark.django_db(transaction=True)
def test_eight_people_save_on_one_job_at_once_and_no_total_is_written(practice: Practice) -> None:
    by, phase = practice.by, practice.hourly.pk
    people = [create_staff(first_name=f"P{n}", by=by).sure().pk for n in range(8)]
    before = Job.objects.get(pk=practice.job.pk)

    def save(number: int) -> int:
        for _ in range(5):
            record_time(by=by, staff=people[number], phase=phase, on=MONDAY, minutes=30)
        return number

    together(8, save)
    assert Cost.objects.filter(phase=phase).count() == 40
    after = Job.objects.get(pk=practice.job.pk)
    assert after.version == before.version
    if connection.vendor == "postgresql":
        with CaptureQueriesContext(connection) as captured:
            record_time(by=by, staff=people[0], phase=phase, on=MONDAY, minutes=30)
        written = [one["sql"] for one in captured if "jobs_job" in one["sql"]]
        assert not any("UPDATE" in sql for sql in written)
