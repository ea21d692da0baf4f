"""Recording, changing, submitting and deleting time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from instep.base.identity.actor import Actor
from instep.base.records.outcomes import Edit, Outcome, only
from instep.costs.actions.time_writer import TimeWriter
from instep.costs.models import Cost
from instep.costs.states import CostState


def record_time_many(
    rows: Sequence[Mapping[str, Any]], *, by: Actor, submit: bool = False, now: dt.datetime | None = None
) -> list[Outcome[Cost]]:
    """Record time; rows as for `record_time`. Raises NotAllowed; else every row has an outcome."""
    state = CostState.SUBMITTED if submit else CostState.DRAFT
    given = [{**row, "state": state.value} if submit else dict(row) for row in rows]
    return TimeWriter(by, now=now).create(given, "submitted" if state is CostState.SUBMITTED else "recorded")


def record_time(*, by: Actor, submit: bool = False, now: dt.datetime | None = None, **values: Any) -> Outcome[Cost]:
    """Record time as a draft: phase (id), on (date), minutes (whole, 1 to 1440), staff (id of an active person; the
    actor's own), description, investment (given away on purpose). `submit` also submits it: see `submit_time`.

    Writes no total of any job and locks no job. Raises NotAllowed, BadValue, NoSuchPhase, NoSuchStaff, JobTakesNoTime
    (T-01), PhaseTakesNoTime, PeriodLocked; with `submit` RateMissing.
    """
    return only(record_time_many([values], by=by, submit=submit, now=now))


def change_time_many(edits: Sequence[Edit], *, by: Actor, now: dt.datetime | None = None) -> list[Outcome[Cost]]:
    """Apply each edit. Raises NotAllowed; else every edit has an outcome."""
    return TimeWriter(by, now=now).update([_typed(edit) for edit in edits])


def change_time(
    cost_id: int,
    *,
    by: Actor,
    changes: Mapping[str, Any],
    expected_version: int | None = None,
    now: dt.datetime | None = None,
) -> Outcome[Cost]:
    """Change the fields given. Submitted time keeps its frozen rates unless it becomes another person's or day's.

    Raises what `record_time` does, and NotFound, StaleVersion, CostHeld for what is on a document, CostApproved.
    """
    return only(change_time_many([Edit(cost_id, changes, expected_version)], by=by, now=now))


def submit_time(cost_ids: Sequence[int], *, by: Actor, now: dt.datetime | None = None) -> list[Outcome[Cost]]:
    """Submit drafts: freeze their rates and amounts, store whether they are chargeable and why not (7.2.1), and let
    them enter work in progress. Every id has an outcome; refusals are those of `change_time`, RateMissing, and
    WrongState for what is no draft."""
    edits = [Edit(pk, {"state": CostState.SUBMITTED.value}) for pk in cost_ids]
    return TimeWriter(by, now=now).update(edits, "submitted")


def delete_time(
    cost_id: int, *, by: Actor, expected_version: int | None = None, now: dt.datetime | None = None
) -> Outcome[Cost]:
    """Take time out of every list and figure; the row stays, removed, so that past figures can name what left them.

    Raises NotAllowed, NotFound, StaleVersion, CostHeld, CostApproved, PeriodLocked.
    """
    edit = Edit(cost_id, {"state": CostState.REMOVED.value}, expected_version)
    return only(TimeWriter(by, now=now).update([edit], "removed"))


def _typed(edit: Edit) -> Edit:
    """A state is moved by its own actions alone; as an unknown field it is refused by name."""
    changes = {("status" if name == "state" else name): value for name, value in edit.changes.items()}
    return Edit(edit.id, changes, edit.expected_version)
