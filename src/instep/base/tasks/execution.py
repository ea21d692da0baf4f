"""Claiming a task and running its function: plain rows and a fence, whatever engine calls it."""

from __future__ import annotations

import datetime as dt
import logging
import time
from collections.abc import Callable, Iterable
from typing import Any

from django.db import OperationalError
from django.db.models import F
from django.utils import timezone

from instep.base.identity.actor import Actor, ActorKind
from instep.base.identity.models import User
from instep.base.identity.queries import membership_in
from instep.base.tasks.models import Executor, Task
from instep.base.tasks.registry import function_of
from instep.base.tasks.states import TaskState
from instep.kernel.errors import NotFound, Refusal

log = logging.getLogger("instep.tasks")

# A task that took its worker down this often is given up, so that it cannot take every worker down for ever.
MOST_TRIES = 5
PROGRESS_EVERY_SECONDS = 0.5
QUEUED, RUNNING = TaskState.QUEUED.value, TaskState.RUNNING.value


class TaskStopped(BaseException):
    """The function's time is up: cancelled, taken over, or the worker stops.

    No Exception, so that a function that catches those cannot swallow it.
    """


class RunningTask:
    """The TaskContext of one claim."""

    def __init__(self, row: Task, stopping: Callable[[], bool]) -> None:
        self.task_id = row.pk
        self.firm_id = row.firm_id
        self.arguments: dict[str, Any] = row.arguments
        self.attempt = row.attempt
        self._row = row
        self._worker_stops = stopping
        self._lost = False
        self._shown_at = float("-inf")

    @property
    def by(self) -> Actor:
        row = self._row
        if row.firm_id is None:
            raise NotFound(what="firm")
        if row.created_kind == ActorKind.CONNECTION:
            return Actor.connection(row.firm_id, row.created_id, row.created_name)
        if row.created_kind == ActorKind.USER:
            user = User.objects.filter(pk=row.created_id, is_active=True).first()
            if user is None:
                raise NotFound(what="user")
            return Actor.user(membership_in(row.firm_id, user))
        return Actor.system(row.firm_id, row.created_name)

    @property
    def stopping(self) -> bool:
        return self._lost or self._worker_stops()

    def progress(self, done: int, total: int | None = None, message: str = "") -> None:
        # Not every call is written: a loop may call it for each row.
        moment = time.monotonic()
        if moment - self._shown_at >= PROGRESS_EVERY_SECONDS or done == total:
            self._shown_at = moment
            values = {"done_count": done, "total_count": total, "message": message[:300]}
            if not _mine(self.task_id, self.attempt).update(**values):
                self._lost = True
        if self.stopping:
            raise TaskStopped


def _mine(task_id: int, attempt: int) -> Any:
    return Task.objects.filter(pk=task_id, attempt=attempt, state=RUNNING)


def claim(executor: str, limit: int, now: dt.datetime) -> list[Task]:
    """Take up to `limit` of the oldest queued tasks, each by compare-and-set: no two executors get one."""
    taken: list[Task] = []
    if limit <= 0:
        return taken
    for row in Task.objects.filter(state=QUEUED).order_by("id")[:limit]:
        changed = Task.objects.filter(pk=row.pk, state=QUEUED, attempt=row.attempt).update(
            state=RUNNING, executor=executor, attempt=F("attempt") + 1, tries=F("tries") + 1, started_at=now
        )
        if changed:
            row.state, row.executor, row.started_at = RUNNING, executor, now
            row.attempt, row.tries = row.attempt + 1, row.tries + 1
            taken.append(row)
    return taken


def give_back(executor: str, active: Iterable[tuple[int, int]], now: dt.datetime) -> int:
    """Queue what this executor is said to run and does not, having been killed or cut off from the database."""
    here = set(active)
    rows = Task.objects.filter(state=RUNNING, executor=executor).values_list("pk", "attempt")
    return sum(_requeue(_mine(*claimed), now) for claimed in rows if claimed not in here)


def sweep(now: dt.datetime, lease: dt.timedelta = dt.timedelta(seconds=60)) -> int:
    """Queue the running tasks of executors that have not said for a `lease` that they live. Returns how many."""
    alive = Executor.objects.filter(beat_at__gt=now - lease).values("name")
    return _requeue(Task.objects.filter(state=RUNNING).exclude(executor__in=alive), now)


def _requeue(rows: Any, now: dt.datetime) -> int:
    given_up = rows.filter(tries__gte=MOST_TRIES).update(
        state=TaskState.FAILED.value,
        finished_at=now,
        error_code="worker_lost",
        error=f"Its worker stopped {MOST_TRIES} times while it ran. Look at the worker's log, then try again.",
    )
    return given_up + rows.filter(tries__lt=MOST_TRIES).update(state=QUEUED, executor="")


def execute(task_id: int, attempt: int, stopping: Callable[[], bool] = lambda: False, *, reraise: bool = False) -> None:
    """Run the function of a claimed task and write down what became of it. Does nothing when the claim is lost.

    A Refusal or another exception makes it failed (a refusal with its sentence; a fault with its type alone: the log
    has the rest). A busy database puts it back into the queue. With `reraise` the exception comes out as well.
    """
    row = _mine(task_id, attempt).first()
    if row is None:
        return
    function = function_of(row.name)
    if function is None:
        _end(row, TaskState.FAILED, error_code="unknown_task", error=f"No part of the system does {row.name!r}.")
        return
    try:
        result = function(RunningTask(row, stopping))
    except TaskStopped:
        _mine(task_id, attempt).update(state=QUEUED, executor="", tries=F("tries") - 1)
    except Refusal as refusal:
        _end(row, TaskState.FAILED, error_code=refusal.code, error=str(refusal))
        if reraise:
            raise
    except OperationalError as error:
        log.warning("task %s (%s) met a busy or lost database: %s", row.pk, row.name, error)
        _requeue(_mine(task_id, attempt), timezone.now())
        if reraise:
            raise
    except Exception as fault:
        log.exception("task %s (%s) failed", row.pk, row.name)
        sentence = f"A fault in the system stopped it ({type(fault).__name__}). The worker's log has the details."
        _end(row, TaskState.FAILED, error_code="fault", error=sentence)
        if reraise:
            raise
    else:
        _end(row, TaskState.DONE, result=result)


def _end(row: Task, state: TaskState, **values: Any) -> None:
    _mine(row.pk, row.attempt).update(state=state.value, finished_at=timezone.now(), **values)
