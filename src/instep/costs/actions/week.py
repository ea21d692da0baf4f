"""The week grid: many rows of one person in one call (E-56)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from instep.base.identity.actor import Actor
from instep.base.records.outcomes import Edit, Outcome
from instep.costs.actions.time import change_time_many, delete_time, record_time_many, submit_time
from instep.costs.models import Cost
from instep.costs.queries import week_of
from instep.costs.states import CostState
from instep.kernel.errors import BadValue, Refusal


@dataclass(frozen=True, slots=True)
class WeekRow:
    """One cell of the grid: new without an `id`; with 0 minutes, one that is to go. `values` as for `record_time`."""

    values: Mapping[str, Any] = field(default_factory=dict)
    id: int | None = None
    expected_version: int | None = None


@transaction.atomic
def save_week(
    staff_id: int, day: dt.date, rows: Sequence[WeekRow], *, by: Actor, now: dt.datetime | None = None
) -> list[Outcome[Cost]]:
    """Record, change and delete the rows of one person in the week (Monday to Sunday) that holds `day`.

    Every row has an outcome, in the order of the rows; a refused row leaves nothing behind and stops no other. Raises
    NotAllowed; a date outside the week is a BadValue of its row.
    """
    found: list[Outcome[Cost] | None] = [None] * len(rows)
    first, last = week_of(day)
    new: list[int] = []
    changed: list[int] = []
    for at, row in enumerate(rows):
        on = row.values.get("on")
        if on is not None and not (isinstance(on, dt.date) and first <= on <= last):
            found[at] = Outcome(None, BadValue(field="Date", problem=f"give a day from {first} to {last}"))
        elif row.id is not None and row.values.get("minutes") == 0:
            found[at] = _deleted(row, by, now)
        else:
            (new if row.id is None else changed).append(at)
    created = record_time_many([{**rows[at].values, "staff": staff_id} for at in new], by=by, now=now) if new else []
    edits = [Edit(rows[at].id or 0, rows[at].values, rows[at].expected_version) for at in changed]
    edited = change_time_many(edits, by=by, now=now) if edits else []
    for at, outcome in zip([*new, *changed], [*created, *edited], strict=True):
        found[at] = outcome
    return [outcome for outcome in found if outcome is not None]


@transaction.atomic
def submit_week(
    staff_id: int, day: dt.date, *, by: Actor, rows: Sequence[WeekRow] = (), now: dt.datetime | None = None
) -> list[Outcome[Cost]]:
    """Save `rows` as `save_week` does, then submit every draft of that person in the week; see `submit_time`.

    Outcomes: the refused among `rows` first, then one for each draft that was to be submitted, by day. What a refused
    row would have changed stays a draft.
    """
    saved = save_week(staff_id, day, rows, by=by, now=now) if rows else []
    refused = [one for one in saved if one.refusal]
    kept = [row.id for row, one in zip(rows, saved, strict=True) if one.refusal and row.id]
    first, last = week_of(day)
    drafts = Cost.objects.of(by.firm_id).filter(staff=staff_id, on__range=(first, last), state=CostState.DRAFT)
    drafts = drafts.exclude(pk__in=kept)
    ids = list(drafts.order_by("on", "pk").values_list("pk", flat=True))
    return [*refused, *submit_time(ids, by=by, now=now)]


def _deleted(row: WeekRow, by: Actor, now: dt.datetime | None) -> Outcome[Cost]:
    try:
        return delete_time(row.id or 0, by=by, expected_version=row.expected_version, now=now)
    except Refusal as refusal:
        return Outcome(None, refusal)
