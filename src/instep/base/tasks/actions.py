"""Asking for background work, stopping it, asking again."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from instep.base.identity.actor import Actor, ActorKind
from instep.base.identity.rows import firm_id_of
from instep.base.tasks.models import Task
from instep.base.tasks.states import MOVES, TaskState
from instep.kernel.errors import NotFound, WrongState


@transaction.atomic
def enqueue(
    firm: Any,
    name: str,
    arguments: Mapping[str, Any],
    by: Actor | None,
    key: str | None = None,
    *,
    now: dt.datetime | None = None,
) -> Task:
    """Ask for a task, in the caller's transaction: rolled back with it, seen by workers when it commits.

    `firm` is a Firm, its id, or None for the system's own work. `key` makes the request idempotent: a second one in the
    firm with the same key answers the first task, whatever became of it. Arguments are plain JSON and hold no secrets.
    Rights are checked by the action that calls. Raises NotFound when `by` acts for another firm.
    """
    firm_id = None if firm is None else firm_id_of(firm)
    if by is not None and firm_id is not None and by.firm_id != firm_id:
        raise NotFound(what="firm")
    plain = json.loads(json.dumps(dict(arguments), allow_nan=False))
    row = Task(
        firm_id=firm_id,
        name=name,
        arguments=plain,
        key=key,
        created_kind=by.kind.value if by else ActorKind.SYSTEM.value,
        created_id=by.actor_id if by else None,
        created_name=by.name if by else "system",
        created_at=now or timezone.now(),
    )
    if key is None:
        row.save(force_insert=True)
        return row
    same = Task.objects.filter(firm_id=firm_id, key=key)
    found = same.first()
    if found is not None:
        return found
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        return same.get()
    return row


@transaction.atomic
def cancel_task(row: Task, *, by: Actor, now: dt.datetime | None = None) -> Task:
    """Stop a queued task now, a running one when it next shows its progress. Raises WrongState when it has ended."""
    current = _locked(row, by)
    MOVES.check(TaskState(current.state), TaskState.CANCELLED)
    current.state, current.finished_at = TaskState.CANCELLED.value, now or timezone.now()
    current.message = f"Cancelled by {by.name}"[:300]
    current.save(update_fields=["state", "finished_at", "message"])
    return current


@transaction.atomic
def retry_task(row: Task, *, by: Actor) -> Task:
    """Queue a failed or cancelled task again; it goes on where its data says. Raises WrongState otherwise."""
    current = _locked(row, by)
    if current.state == TaskState.RUNNING:  # that move is the worker's
        raise WrongState(state=current.state, allowed="cancelled", wanted="queued")
    MOVES.check(TaskState(current.state), TaskState.QUEUED)
    current.state, current.executor, current.finished_at, current.tries = TaskState.QUEUED.value, "", None, 0
    current.error = current.error_code = current.message = ""
    current.save(update_fields=["state", "executor", "finished_at", "tries", "error", "error_code", "message"])
    return current


def _locked(row: Task, by: Actor) -> Task:
    return Task.objects.select_for_update().get_of(by.firm_id, row.pk, what="task")
