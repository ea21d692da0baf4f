"""Working days: a week's pattern of minutes, less the holidays."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

from instep.kernel.errors import BadValue

_DAY = timedelta(days=1)
_MINUTES_A_DAY = 24 * 60
NO_HOLIDAYS: frozenset[date] = frozenset()


class NoWorkDays(BadValue):
    """A week, or what the holidays leave of the calendar, without a day to work on."""

    code = "no_work_days"


@dataclass(frozen=True, slots=True)
class WorkWeek:
    """The minutes worked on each weekday, Monday first; 0 is a day off.

    Raises BadValue unless there are seven whole numbers from 0 to 1440.
    """

    minutes_by_weekday: tuple[int, int, int, int, int, int, int]

    def __post_init__(self) -> None:
        minutes = tuple(self.minutes_by_weekday)
        if len(minutes) != 7 or not all(type(m) is int and 0 <= m <= _MINUTES_A_DAY for m in minutes):
            raise BadValue(field="Working week", problem="Give seven numbers of minutes, Monday first, each to 1440.")
        object.__setattr__(self, "minutes_by_weekday", minutes)

    @classmethod
    def of(cls, minutes: int, weekdays: Collection[int] = range(5)) -> WorkWeek:
        """The same minutes on each of `weekdays` (0 is Monday), by default Monday to Friday."""
        mon, tue, wed, thu, fri, sat, sun = (minutes if day in weekdays else 0 for day in range(7))
        return cls((mon, tue, wed, thu, fri, sat, sun))

    @property
    def total_minutes(self) -> int:
        """The minutes of a week without holidays."""
        return sum(self.minutes_by_weekday)

    def minutes_on(self, day: date, holidays: Collection[date] = NO_HOLIDAYS) -> int:
        """The minutes worked on `day`; 0 on a holiday."""
        return 0 if day in holidays else self.minutes_by_weekday[day.weekday()]


def work_days(first: date, last: date, week: WorkWeek, holidays: Collection[date] = NO_HOLIDAYS) -> tuple[date, ...]:
    """The days worked from `first` to `last`, both included, in order; none when `last` is before `first`.

    Give `holidays` as a set, since every day is looked up in it.
    """
    count = (last - first).days + 1
    days = (first + timedelta(days=i) for i in range(max(count, 0)))
    return tuple(day for day in days if week.minutes_on(day, holidays))


def work_minutes(first: date, last: date, week: WorkWeek, holidays: Collection[date] = NO_HOLIDAYS) -> int:
    """The minutes worked from `first` to `last`, both included."""
    return sum(week.minutes_on(day, holidays) for day in work_days(first, last, week, holidays))


def add_work_days(day: date, count: int, week: WorkWeek, holidays: Collection[date] = NO_HOLIDAYS) -> date:
    """The `count`-th day worked after `day` (before it when negative), `day` itself not counted.

    0 is `day` if it is worked, else the next day that is. Raises NoWorkDays when no such day is left in the calendar.
    """
    if not week.total_minutes:
        raise NoWorkDays(field="Working week", problem="It has no working day. Give at least one weekday some minutes.")
    if count == 0:
        if week.minutes_on(day, holidays):
            return day
        count = 1
    step, left = (_DAY if count > 0 else -_DAY), abs(count)
    try:
        while left:
            day += step
            left -= bool(week.minutes_on(day, holidays))
    except OverflowError:
        raise NoWorkDays(field="Working days", problem="The calendar ends before that many days. Give fewer.") from None
    return day
