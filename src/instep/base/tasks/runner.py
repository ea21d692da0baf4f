"""The worker's side of tasks: keeps the heartbeat, claims what is queued, sweeps up after dead workers."""

from __future__ import annotations

import datetime as dt
import logging
import secrets
from typing import TYPE_CHECKING

from django.db import InterfaceError, OperationalError, connection
from django.db.models import F
from django.utils import timezone

from instep.base.tasks.execution import QUEUED, RUNNING, claim, execute, give_back, sweep
from instep.base.tasks.models import Executor, Task
from instep.base.tasks.states import LIVE

if TYPE_CHECKING:
    from instep.base.tasks.engine import Engine

log = logging.getLogger("instep.tasks")

BEAT_EVERY = dt.timedelta(seconds=10)
SWEEP_EVERY = dt.timedelta(minutes=1)
PURGE_EVERY = dt.timedelta(days=1)
WORKFLOWS_KEPT = dt.timedelta(days=1)
TASKS_KEPT = dt.timedelta(days=90)


class ExecutorTaken(RuntimeError):
    """Another process works under this executor's name now; this one must end."""


class Runner:
    """Runs tasks in this process, at most `limit` at once, under a name that stays the same over restarts.

    A restarted worker goes on at once with what it was running when it was killed; a worker that does not come back
    loses its tasks to the others after a minute. Call `poll_once` a few times a second and `close` at the end.
    """

    def __init__(self, executor: str, *, limit: int = 4, now: dt.datetime | None = None) -> None:
        # Imported here: the engine takes half a second to load and belongs in workers, not in web processes and tests.
        from instep.base.tasks.engine import Engine

        moment = now or timezone.now()
        self._executor, self._limit, self._stopping = executor, limit, False
        self._session = secrets.token_hex(8)
        Executor.objects.update_or_create(name=executor, defaults={"session": self._session, "beat_at": moment})
        # The first poll keeps house, and so takes up again what this name was running when it was killed.
        self._beat_at, self._swept_at, self._purged_at = moment, moment - SWEEP_EVERY, moment - PURGE_EVERY
        self._engine: Engine = Engine(executor, self._execute, limit)

    def poll_once(self, now: dt.datetime | None = None) -> int:
        """Start what can be started; the number of tasks started. A database that is away is logged and tried again.

        Raises ExecutorTaken when another process has taken the name.
        """
        moment = now or timezone.now()
        try:
            self._keep_house(moment)
            started = 0
            for row in claim(self._executor, self._limit - len(self._engine.active), moment):
                self._engine.start(row.pk, row.attempt)
                started += 1
            return started
        except (OperationalError, InterfaceError) as error:
            log.warning("the database did not answer: %s", error)
            connection.close()
            return 0

    def close(self, seconds: float = 10) -> None:
        """Ask running tasks to end at their next step, and wait that long. They are queued again and go on later."""
        self._stopping = True
        self._engine.close(seconds)

    def _execute(self, task_id: int, attempt: int) -> None:
        execute(task_id, attempt, lambda: self._stopping)

    def _keep_house(self, now: dt.datetime) -> None:
        if now - self._beat_at >= BEAT_EVERY:
            mine = Executor.objects.filter(name=self._executor, session=self._session)
            if not mine.update(beat_at=now):
                raise ExecutorTaken(f"another process works as {self._executor!r}")
            self._beat_at = now
        if now - self._swept_at >= SWEEP_EVERY:
            self._swept_at = now
            give_back(self._executor, self._engine.active, now)
            sweep(now)
        if now - self._purged_at >= PURGE_EVERY:
            self._purged_at = now
            purge(now)
            self._engine.purge(now - WORKFLOWS_KEPT)


def purge(now: dt.datetime) -> int:
    """Forget tasks that ended three months ago, and executors that have been silent as long. Returns the tasks."""
    gone, _ = Task.objects.filter(finished_at__lt=now - TASKS_KEPT).exclude(state__in=LIVE).delete()
    Executor.objects.filter(beat_at__lt=now - TASKS_KEPT).delete()
    return gone


def run_inline(row: Task, *, reraise: bool = True) -> Task:
    """Run this queued task here and now, in the caller's thread, and answer its row: for tests and commands."""
    claimed = Task.objects.filter(pk=row.pk, state=QUEUED).update(
        state=RUNNING,
        executor="inline",
        attempt=F("attempt") + 1,
        tries=F("tries") + 1,
        started_at=timezone.now(),
    )
    current = Task.objects.get(pk=row.pk)
    if claimed:
        execute(current.pk, current.attempt, reraise=reraise)
        current.refresh_from_db()
    return current
