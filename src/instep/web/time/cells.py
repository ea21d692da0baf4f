"""What a person typed into the grid: read from the form, saved by the action, answered cell by cell."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict

from instep.base.identity.actor import Actor
from instep.base.records.ids import is_id
from instep.costs.actions.week import WeekRow, save_week
from instep.costs.models import Cost
from instep.costs.queries import week_of
from instep.costs.states import CostState
from instep.kernel.durations import parse_minutes, show_minutes
from instep.kernel.errors import BadValue, Refusal, StaleVersion
from instep.web.shell.refusals import problem_of

_CELL = re.compile(r"t\.(\d{1,4})\.([0-6])", re.ASCII)
MOST_CELLS = 1000


@dataclass(frozen=True, slots=True)
class Posted:
    """One cell as it was sent. `name` is the input's."""

    name: str
    day: int
    typed: str
    phase: int
    description: str
    cost: int | None
    version: int | None


@dataclass(slots=True)
class Answer:
    """What became of a cell: what stands in it now, or the sentence beside what was typed."""

    posted: Posted
    cost: int | None = None
    version: int = 0
    minutes: int = 0
    problem: str = ""

    @property
    def value(self) -> str:
        """What stands in the input."""
        if self.problem:
            return self.posted.typed
        return show_minutes(self.minutes) if self.minutes else ""


def read(post: QueryDict) -> list[Posted]:
    """The cells of the form in their order; those of rows without a phase are left out."""
    found: list[Posted] = []
    for name in list(post)[: 20 * MOST_CELLS]:
        match = _CELL.fullmatch(name)
        phase = _number(post.get(f"row.{match[1]}.phase")) if match else None
        if match is None or phase is None or len(found) >= MOST_CELLS:
            continue
        row, day = match[1], int(match[2])
        found.append(
            Posted(
                name=name,
                day=day,
                typed=str(post.get(name, "")),
                phase=phase,
                description=str(post.get(f"row.{row}.description", "")),
                cost=_number(post.get(f"id.{row}.{day}")),
                version=_number(post.get(f"v.{row}.{day}")),
            )
        )
    return found


def save(staff_id: int, day: dt.date, cells: Sequence[Posted], *, by: Actor) -> list[Answer]:
    """Save the cells; every one has an answer, in their order. Raises NotAllowed."""
    answers = [Answer(cell, cell.cost, cell.version or 0) for cell in cells]
    first, _last = week_of(day)
    rows: list[tuple[Answer, WeekRow]] = []
    for answer in answers:
        cell = answer.posted
        try:
            minutes = parse_minutes(cell.typed) if cell.typed.strip() else 0
        except Refusal as refusal:
            answer.problem = problem_of(refusal, cell.typed)
            continue
        if minutes or cell.cost:
            values: dict[str, Any] = {"phase": cell.phase, "on": first + dt.timedelta(days=cell.day)}
            values |= {"minutes": minutes, "description": cell.description}
            rows.append((answer, WeekRow(values, cell.cost, cell.version if cell.cost else None)))
    outcomes = save_week(staff_id, day, [row for _answer, row in rows], by=by) if rows else []
    for (answer, _row), outcome in zip(rows, outcomes, strict=True):
        _settle(answer, outcome.record, outcome.refusal, by)
    return answers


def as_json(answers: Sequence[Answer]) -> dict[str, Any]:
    """What the page's script puts where it belongs."""
    cells: dict[str, Any] = {}
    values: dict[str, str] = {}
    for answer in answers:
        name = answer.posted.name
        cells[name] = {"value": answer.value, "problem": answer.problem, "minutes": answer.minutes}
        place = name.removeprefix("t.")
        values[f"id.{place}"] = str(answer.cost or "")
        values[f"v.{place}"] = str(answer.version or "")
    return {"cells": cells, "values": values}


def _settle(answer: Answer, record: Cost | None, refusal: Refusal | None, by: Actor) -> None:
    if refusal is not None:
        answer.problem = problem_of(refusal, answer.posted.typed)
        if isinstance(refusal, StaleVersion):
            _show_newer(answer, by)
        elif isinstance(refusal, BadValue) and refusal.facts.get("field") == "Description":
            answer.problem = str(refusal)
    elif record is not None and record.state != CostState.REMOVED:
        answer.cost, answer.version, answer.minutes = record.pk, record.version, record.minutes
    else:
        answer.cost, answer.version, answer.minutes = None, 0, 0


def _show_newer(answer: Answer, by: Actor) -> None:
    """Somebody else's value beside the one that was typed; the next save takes this one's place."""
    row = Cost.objects.of(by.firm_id).filter(pk=answer.cost).exclude(state=CostState.REMOVED).first()
    answer.version = row.version if row else 0
    answer.cost = row.pk if row else None
    answer.problem += f" ({show_minutes(row.minutes) if row else '–'})"


def typed_of(answers: Sequence[Answer]) -> Mapping[str, Answer]:
    """{name of the input: its answer} of those that were refused."""
    return {answer.posted.name: answer for answer in answers if answer.problem}


def _number(said: Any) -> int | None:
    text = str(said or "")
    number = int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0
    return number if is_id(number) and number > 0 else None
