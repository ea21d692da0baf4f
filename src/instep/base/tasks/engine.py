"""DBOS behind its one door: it is told to run a claimed task in a workflow, and nothing else of Instep knows it."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Callable
from typing import ClassVar
from urllib.parse import quote

from dbos import DBOS, DBOSConfig, SetWorkflowID
from django.conf import settings
from django.db import connections

# Recovery and start take only workflows of this version. The default, a hash of the code, would strand them at each
# deployment. Raise it by hand when the workflow below changes its steps.
APPLICATION_VERSION = "1"


@DBOS.workflow(name="instep.task")
def _workflow(task_id: int, attempt: int) -> None:
    # One that the engine brings back by itself after a kill has an attempt that no longer counts, and ends at once.
    if Engine.current is not None:
        Engine.current.run(task_id, attempt)


class Engine:
    """One per process. `execute(task_id, attempt)` is called in a thread of the engine and must not raise."""

    # Workflows are functions known by name, and DBOS is one per process: this is how one finds its engine.
    current: ClassVar[Engine | None] = None

    def __init__(self, executor: str, execute: Callable[[int, int], None], threads: int) -> None:
        self._execute = execute
        self._active: set[tuple[int, int]] = set()
        self._lock = threading.Lock()
        config: DBOSConfig = {
            "name": "instep",
            "system_database_url": _address(),
            "application_version": APPLICATION_VERSION,
            "executor_id": executor,
            # The engine's own chores run on these threads too.
            "max_executor_threads": threads + 2,
            "sys_db_pool_size": 4,
            "use_listen_notify": False,
            "enable_otlp": False,
            "log_level": "ERROR",
        }
        DBOS(config=config)
        Engine.current = self
        DBOS.launch()

    @property
    def active(self) -> frozenset[tuple[int, int]]:
        """The (task id, attempt) that run in this process."""
        with self._lock:
            return frozenset(self._active)

    def start(self, task_id: int, attempt: int) -> None:
        """Run this claim in a workflow of its own; the id makes starting twice harmless."""
        with self._lock:
            self._active.add((task_id, attempt))
        try:
            with SetWorkflowID(f"task-{task_id}-{attempt}"):
                DBOS.start_workflow(_workflow, task_id, attempt)
        except BaseException:
            with self._lock:
                self._active.discard((task_id, attempt))
            raise

    def purge(self, before: dt.datetime) -> None:
        """Forget workflows that ended before this moment."""
        while old := DBOS.list_workflows(
            status=["SUCCESS", "ERROR", "CANCELLED"],
            completed_before=before.isoformat(),
            limit=500,
            load_input=False,
            load_output=False,
        ):
            DBOS.delete_workflows([row.workflow_id for row in old])

    def close(self, seconds: float) -> None:
        """Wait up to `seconds` for running tasks, then let go."""
        until = time.monotonic() + seconds
        while self.active and time.monotonic() < until:
            time.sleep(0.02)
        DBOS.destroy()
        Engine.current = None

    def run(self, task_id: int, attempt: int) -> None:
        """The inside of the workflow."""
        try:
            self._execute(task_id, attempt)
        finally:
            # Threads come back to a pool: each would otherwise keep a database connection for ever.
            connections.close_all()
            with self._lock:
                self._active.discard((task_id, attempt))


def _address() -> str:
    """A SQLite file of its own, or the PostgreSQL that Django uses (in a schema of its own)."""
    database = settings.DATABASES["default"]
    if "sqlite" in database["ENGINE"]:
        return f"sqlite:///{settings.DATA_DIR / 'dbos.sqlite3'}"
    user, password = quote(database.get("USER") or "", safe=""), quote(database.get("PASSWORD") or "", safe="")
    host, port = database.get("HOST") or "127.0.0.1", database.get("PORT") or 5432
    login = f"{user}:{password}" if password else user
    return f"postgresql://{login}@{host}:{port}/{quote(database['NAME'], safe='')}"
