"""One person's week as the grid shows it: rows of a phase and what was done, seven cells each, why some are fast."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from instep.costs.holds import holders_of
from instep.costs.models import Cost
from instep.costs.queries import time_of_week, week_of
from instep.costs.settings import closed_until
from instep.costs.states import CostState
from instep.jobs.models import Phase
from instep.kernel.durations import show_minutes
from instep.staff.models import StaffResource
from instep.web.components.formats import Form

DAYS = 7


@dataclass(frozen=True, slots=True)
class Day:
    """One day of the week."""

    at: int
    on: dt.date
    name: str
    label: str
    long: str
    today: bool
    minutes: int = 0


@dataclass(slots=True)
class Cell:
    """One day of a row. `why` says what holds it fast, "" while it may be typed in; `problem` what became of the last
    try, beside what was typed then."""

    day: int
    cost: int | None = None
    version: int = 0
    minutes: int = 0
    state: str = ""
    why: str = ""
    typed: str = ""
    problem: str = ""
    when: Day | None = None

    @property
    def label(self) -> str:
        """The time as it is shown, "" for none."""
        return show_minutes(self.minutes) if self.minutes else ""


@dataclass(slots=True)
class Row:
    """One phase, and what was done there. Two entries of one day and one description stand in two rows."""

    at: int
    phase: Phase
    description: str
    cells: list[Cell]

    @property
    def minutes(self) -> int:
        """Of the whole row."""
        return sum(cell.minutes for cell in self.cells)

    @property
    def is_fast(self) -> bool:
        """Whether its description stays as it is."""
        return any(cell.why for cell in self.cells)


@dataclass(slots=True)
class Week:
    """What the page shows."""

    staff: StaffResource
    first: dt.date
    last: dt.date
    days: list[Day]
    rows: list[Row]
    may_type: bool
    correcting: bool
    drafts: int = 0
    counted: int = 0

    @property
    def minutes(self) -> int:
        """Of everything."""
        return sum(row.minutes for row in self.rows)


def week_for(
    firm_id: int,
    staff: StaffResource,
    day: dt.date,
    *,
    form: Form,
    today: dt.date,
    may_type: bool,
    correcting: bool = False,
    more: Sequence[tuple[int, str]] = (),
) -> Week:
    """The week that holds `day`; `more` are rows to begin with, (phase id, description), beside those with time. Five
    queries at most."""
    first, last = week_of(day)
    costs = time_of_week(firm_id, staff.pk, day)
    held = holders_of(firm_id, [cost.pk for cost in costs]) if costs else {}
    closed = closed_until(firm_id)
    rows = _rows(costs, first)
    _add(rows, firm_id, more)
    for at, row in enumerate(rows):
        row.at = at
    for row in rows:
        for cell in row.cells:
            on = first + dt.timedelta(days=cell.day)
            cell.why = _why(cell, held, closed=closed is not None and on <= closed, form=form, correcting=correcting)
    days = [_day(first, at, form, today, rows) for at in range(DAYS)]
    for row in rows:
        date_cells(row, days)
    week = Week(staff, first, last, days, rows, may_type, correcting)
    week.drafts = sum(cost.state == CostState.DRAFT for cost in costs)
    week.counted = len(costs) - week.drafts
    return week


def rows_of_week_before(firm_id: int, staff_id: int, day: dt.date) -> list[tuple[int, str]]:
    """(phase, description) of the rows of the week before; one query."""
    costs = time_of_week(firm_id, staff_id, day - dt.timedelta(days=DAYS))
    return list(dict.fromkeys((cost.phase_id, cost.description) for cost in costs))


def empty_row(phase: Phase, at: int, description: str = "") -> Row:
    """A row to begin with."""
    return Row(at, phase, description, [Cell(day) for day in range(DAYS)])


def date_cells(row: Row, days: Sequence[Day]) -> Row:
    """Tell each cell of the row its day."""
    for cell in row.cells:
        cell.when = days[cell.day]
    return row


def phases_of(firm_id: int, ids: Collection[int]) -> dict[int, Phase]:
    """Phases of the firm with job and client; one query, none for nothing."""
    rows = Phase.objects.of(firm_id).filter(pk__in=list(ids)).select_related("job__client") if ids else ()
    return {phase.pk: phase for phase in rows}


def days_of(first: dt.date, form: Form, today: dt.date) -> list[Day]:
    """The seven days, without time."""
    return [_day(first, at, form, today, ()) for at in range(DAYS)]


def _rows(costs: Iterable[Cost], first: dt.date) -> list[Row]:
    """Rows in the order of jobs and phases; the first entry of a day stands in the first row of its kind."""
    found: dict[tuple[int, str], list[Row]] = {}
    for cost in costs:
        alike = found.setdefault((cost.phase_id, cost.description), [])
        day = (cost.on - first).days
        row = next((row for row in alike if row.cells[day].cost is None), None)
        if row is None:
            cost.phase.job = cost.job
            row = empty_row(cost.phase, 0, cost.description)
            alike.append(row)
        row.cells[day] = Cell(day, cost.pk, cost.version, cost.minutes, cost.state)
    rows = [row for alike in found.values() for row in alike]
    return sorted(rows, key=lambda row: (row.phase.job.number, row.phase.position, row.description))


def _add(rows: list[Row], firm_id: int, more: Sequence[tuple[int, str]]) -> None:
    known = {(row.phase.pk, row.description) for row in rows}
    wanted = [each for each in dict.fromkeys(more) if each not in known]
    phases = phases_of(firm_id, {phase for phase, _text in wanted})
    rows.extend(empty_row(phases[phase], 0, text) for phase, text in wanted if phase in phases)


def _why(cell: Cell, held: Mapping[int, str], *, closed: bool, form: Form, correcting: bool) -> str:
    if cell.cost is not None and cell.cost in held:
        return _("It is on %(document)s. Take it off the draft, or credit the invoice, to change it.") % {
            "document": held[cell.cost]
        }
    if cell.state == CostState.APPROVED:
        return _("It is approved. Take the approval back to change it.")
    if closed:
        return _("The books of this day are closed.")
    if cell.state == CostState.SUBMITTED and not correcting:
        return _("It is submitted and counts. Choose “Correct submitted time” to change it.")
    return ""


def _day(first: dt.date, at: int, form: Form, today: dt.date, rows: Sequence[Row]) -> Day:
    on = first + dt.timedelta(days=at)
    return Day(
        at=at,
        on=on,
        name=form.weekday(on),
        label=form.day_of_month(on),
        long=form.long_date(on),
        today=on == today,
        minutes=sum(row.cells[at].minutes for row in rows),
    )


def span_of(week: Any, form: Form) -> str:
    """ "23 Mar – 29 Mar 2026"."""
    return f"{form.day_of_month(week.first)} – {form.date(week.last)}"
