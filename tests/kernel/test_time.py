"""Durations and working days."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from instep.kernel.durations import BadDuration, hours, parse_minutes, show_minutes
from instep.kernel.errors import BadValue
from instep.kernel.workdays import NoWorkDays, WorkWeek, add_work_days, work_days, work_minutes
from tests.kernel.strategies import quick

OFFICE = WorkWeek.of(456)
MONDAY = date(2026, 3, 2)
EASTER = frozenset({date(2026, 4, 3), date(2026, 4, 6)})  # Good Friday, Easter Monday

weeks = st.tuples(*[st.integers(0, 600) | st.just(0)] * 7).filter(any).map(WorkWeek)
days = st.dates(date(2020, 1, 1), date(2030, 12, 31))
holidays = st.frozensets(days, max_size=30)


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        *(("1:15", 75), ("1.25", 75), ("1h 15m", 75), ("75m", 75), ("1h15", 75), (" 1 HR 15 Mins ", 75), (":15", 15)),
        *(
            ("8", 480),
            ("0", 0),
            ("0:00", 0),
            (".5", 30),
            ("1.", 60),
            ("1.5 hours", 90),
            ("90 minutes", 90),
            ("2h", 120),
        ),
        *(
            ("1.33", 80),
            ("0.333", 20),
            ("0.0083333", 0),
            ("0.00834", 1),
            ("0.025", 2),
            ("1h 75m", 135),
            ("24:00", 1440),
        ),
        *(("1000000", 60_000_000), ("007:05", 425)),
    ],
)
def test_people_write_durations_in_many_ways(text: str, minutes: int) -> None:
    assert parse_minutes(text) == minutes


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "-1", "+1", "1:60", "1:5", "1:15:30", "1,25", "1h 15m 30s", "m", "h", ".", ":", "abc", "1e5", "NaN"),
        *("٣", "1.2.3", "15 30", "1000000:01", "9" * 30, "1" * 10_000, "1" + " " * 50 + "h"),
    ],
)
def test_what_is_no_duration_is_refused_under_the_field_s_name(text: str) -> None:
    with pytest.raises(BadDuration, match="Hours: Write"):
        parse_minutes(text, field="Hours")


@quick
@given(st.text("0123456789.: hmrsin", max_size=12) | st.text(max_size=50))
def test_no_text_does_worse_than_a_refusal(text: str) -> None:
    try:
        assert parse_minutes(text) >= 0
    except BadDuration:
        pass


@quick
@given(st.integers(0, 60_000_000))
def test_what_is_shown_is_read_back(minutes: int) -> None:
    assert parse_minutes(show_minutes(minutes)) == minutes
    assert parse_minutes(f"{minutes}m") == minutes
    assert parse_minutes(f"{minutes // 60}h {minutes % 60}m") == minutes
    assert parse_minutes(str(hours(minutes))) == minutes
    assert show_minutes(-minutes) == (f"-{show_minutes(minutes)}" if minutes else "0:00")


def test_decimal_hours_are_rounded_half_up() -> None:
    assert [str(hours(m)) for m in (75, 20, 40, 0, -75)] == ["1.25", "0.33", "0.67", "0.00", "-1.25"]
    assert hours(3, places=1) == Decimal("0.1")  # 0.05
    assert hours(90, places=0) == Decimal(2)


def test_work_days_count_both_ends_and_skip_weekends_and_holidays() -> None:
    easter_week = work_days(date(2026, 3, 30), date(2026, 4, 10), OFFICE, EASTER)
    assert [d.day for d in easter_week] == [30, 31, 1, 2, 7, 8, 9, 10]
    assert work_days(MONDAY, MONDAY, OFFICE) == (MONDAY,)
    assert work_days(MONDAY, MONDAY - timedelta(days=1), OFFICE) == ()
    assert work_days(date(2026, 3, 7), date(2026, 3, 8), OFFICE) == ()
    assert work_minutes(date(2026, 3, 30), date(2026, 4, 10), OFFICE, EASTER) == 8 * 456
    part_time = WorkWeek((480, 0, 240, 0, 0, 0, 60))
    assert work_minutes(MONDAY, MONDAY + timedelta(days=6), part_time) == part_time.total_minutes == 780


def test_adding_work_days_steps_over_the_days_off() -> None:
    thursday = date(2026, 4, 2)
    assert add_work_days(thursday, 1, OFFICE, EASTER) == date(2026, 4, 7)
    assert add_work_days(date(2026, 4, 7), -1, OFFICE, EASTER) == thursday
    assert add_work_days(thursday, 0, OFFICE, EASTER) == thursday
    assert add_work_days(date(2026, 4, 3), 0, OFFICE, EASTER) == date(2026, 4, 7)
    assert add_work_days(date(2026, 4, 4), 1, OFFICE, EASTER) == date(2026, 4, 7)
    assert add_work_days(MONDAY, 5, OFFICE) == MONDAY + timedelta(days=7)


@quick
@given(week=weeks, first=days, span=st.integers(0, 120), off=holidays)
def test_work_days_are_the_days_with_minutes_and_adding_walks_along_them(
    week: WorkWeek, first: date, span: int, off: frozenset[date]
) -> None:
    last = first + timedelta(days=span)
    worked = work_days(first, last, week, off)
    every_day = [first + timedelta(days=i) for i in range(span + 1)]
    assert list(worked) == [d for d in every_day if week.minutes_by_weekday[d.weekday()] and d not in off]
    assert work_minutes(first, last, week, off) == sum(week.minutes_by_weekday[d.weekday()] for d in worked)
    if worked:
        steps = len(worked) - 1
        assert add_work_days(worked[0], steps, week, off) == worked[-1]
        assert add_work_days(worked[-1], -steps, week, off) == worked[0]
        assert add_work_days(first, 0, week, off) == worked[0]


@pytest.mark.parametrize("minutes", [(), (1,) * 6, (1,) * 8, (-1, *[0] * 6), (1441, *[0] * 6), (1.5, *[0] * 6)])
def test_a_week_has_seven_days_of_at_most_24_hours(minutes: tuple[int, ...]) -> None:
    with pytest.raises(BadValue):
        WorkWeek(minutes)


def test_a_search_that_cannot_end_is_refused() -> None:
    with pytest.raises(NoWorkDays):
        add_work_days(MONDAY, 1, WorkWeek.of(0))
    for count in (3_000_000, -3_000_000):
        with pytest.raises(NoWorkDays):
            add_work_days(MONDAY, count, OFFICE)
    assert work_days(MONDAY, MONDAY + timedelta(days=6), WorkWeek.of(0)) == ()
    assert work_days(date(9999, 12, 30), date.max, OFFICE) == (date(9999, 12, 30), date.max)
