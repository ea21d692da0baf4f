"""The worker's loop: tasks and connections that are due, a few times a second, whatever goes wrong. Django is ready."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from django.db import InterfaceError, OperationalError, connections
from django.utils import timezone

from instep.base.tasks.runner import ExecutorTaken, Runner
from instep.config.worker.ending import Ending, Patience
from instep.connect.cycle import Outcome
from instep.connect.models import Connection
from instep.connect.protocols import Reply, Request, Transport, TryLater
from instep.connect.registry import transport_to
from instep.connect.scheduler import Scheduler

log = logging.getLogger("instep.worker")

TICK_SECONDS = 0.2
CYCLES_AT_ONCE = 4
TASKS_AT_ONCE = 2
GRACE_SECONDS = 1.5
"""What tasks and cycles may take to end once asked; both can be cut anywhere, so more would only delay a restart."""


class PatientScheduler(Scheduler):
    """Leaves a connection alone for a while whose cycle met a fault of ours."""

    patience: Patience

    def rests(self, connection_id: int) -> bool:
        return self.patience.rests(connection_id)

    def run(self, connection: Connection, *, poll: bool) -> Outcome:
        outcome = super().run(connection, poll=poll)
        self.patience.went_well(connection.pk)
        return outcome


class Interruptible:
    """A sender that sends nothing more once the worker ends: the cycle then ends as if the remote had asked to wait."""

    def __init__(self, inner: Transport, ending: Ending) -> None:
        self._inner, self._ending = inner, ending

    def send(self, request: Request) -> Reply:
        """Send it. Raises TryLater, with nothing sent, when the worker ends."""
        if self._ending.asked:
            raise TryLater("The worker was restarted; the next one goes on from here.", after_seconds=0, untouched=True)
        return self._inner.send(request)


class Worker:
    """Works until asked to end."""

    def __init__(self, name: str, ending: Ending) -> None:
        self._ending, self._patience = ending, Patience()
        self._runner = Runner(name, limit=TASKS_AT_ONCE)
        self._pool = ThreadPoolExecutor(CYCLES_AT_ONCE, thread_name_prefix="cycle")
        self._scheduler = PatientScheduler(
            holder=name,
            clock=timezone.now,
            rng=random.Random(),
            transport_to=self._transport,
            submit=lambda cycle: self._pool.submit(_in_thread, cycle),
            on_error=lambda connection_id, fault: self._let_rest(connection_id, fault, f"connection {connection_id}"),
            at_once=CYCLES_AT_ONCE,
        )
        self._scheduler.patience = self._patience

    def run(self) -> int:
        """Work until asked to end; the exit code: 0 asked, 1 another process took the name."""
        try:
            while not self._ending.asked:
                self._look()
                time.sleep(TICK_SECONDS)
            return 0
        except ExecutorTaken as taken:
            log.error("%s; this one ends", taken)
            return 1
        finally:
            self._ending.asked = True
            self._close()

    def _look(self) -> None:
        """Start what is due. Whatever goes wrong is logged and tried again later; only ExecutorTaken comes out."""
        for key, part in ((-1, self._runner.poll_once), (-2, self._scheduler.tick)):
            if self._patience.rests(key):
                continue
            try:
                part()
            except ExecutorTaken:
                raise
            except Exception as fault:
                self._let_rest(key, fault, "the look at what is due")
            else:
                self._patience.went_well(key)

    def _let_rest(self, key: int, fault: BaseException, what: str) -> None:
        seconds = self._patience.failed(key)
        if isinstance(fault, OperationalError | InterfaceError):
            # A connection to a database that was away may never come back by itself.
            connections.close_all()
            log.warning("%s waits %.1f s: the database did not answer: %s", what, seconds, fault)
        else:
            log.error("%s waits %.1f s after a fault", what, seconds, exc_info=fault)

    def _transport(self, address: str) -> Transport:
        return Interruptible(transport_to(address), self._ending)

    def _close(self) -> None:
        until = time.monotonic() + GRACE_SECONDS
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._runner.close(GRACE_SECONDS)
        for thread in list(self._pool._threads):
            thread.join(max(0.0, until - time.monotonic()))


def _in_thread(cycle: Callable[[], None]) -> None:
    """Run a cycle with a database connection that is not stale, and leave none behind that is."""
    _close_old()
    try:
        cycle()
    finally:
        _close_old()


def _close_old() -> None:
    for one in connections.all(initialized_only=True):
        # A file does not go away: opening it anew for every cycle would cost a quarter of the cycle.
        if one.vendor != "sqlite" or one.errors_occurred:
            one.close_if_unusable_or_obsolete()
