"""Which connections are due, and running them: all decisions of when, with the clock, chance and network passed in."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock

from django.db.models import Q

from instep.connect.cycle import Outcome, run_cycle
from instep.connect.inbox.outbox import fan_out
from instep.connect.models import Connection, ConnectionState, Dirty
from instep.connect.protocols import Transport

Submit = Callable[[Callable[[], None]], object]


@dataclass(slots=True)
class Scheduler:
    """One worker's view. `submit` runs a cycle: at once in tests, on a small pool in the worker."""

    holder: str
    clock: Callable[[], datetime]
    rng: random.Random
    transport_to: Callable[[str], Transport]
    submit: Submit
    on_error: Callable[[int, BaseException], None]
    _busy: set[int] = field(default_factory=set)
    _lock: Lock = field(default_factory=Lock)

    def tick(self) -> int:
        """Carry the outbox over and start a cycle for every connection that is due; how many were started."""
        now = self.clock()
        while fan_out(now=now):
            pass
        started = 0
        for connection, poll in due(now):
            with self._lock:
                if connection.pk in self._busy:
                    continue
                self._busy.add(connection.pk)
            self.submit(lambda c=connection, p=poll: self._run(c, p))
            started += 1
        return started

    def _run(self, connection: Connection, poll: bool) -> None:
        try:
            self.run(connection, poll=poll)
        except Exception as error:
            self.on_error(connection.pk, error)
        finally:
            with self._lock:
                self._busy.discard(connection.pk)

    def run(self, connection: Connection, *, poll: bool) -> Outcome:
        """One cycle of one connection."""
        return run_cycle(
            connection,
            holder=self.holder,
            transport=self.transport_to(connection.address),
            clock=self.clock,
            rng=self.rng,
            poll=poll,
        )


def due(now: datetime) -> list[tuple[Connection, bool]]:
    """Active connections whose poll is due (True), or for which a change of ours waits (False)."""
    rows = Connection.objects.filter(state=ConnectionState.ACTIVE).filter(
        Q(resume_at__isnull=True) | Q(resume_at__lte=now)
    )
    polls = list(rows.filter(Q(next_poll_at__isnull=True) | Q(next_poll_at__lte=now)).order_by("next_poll_at"))
    known = {c.pk for c in polls}
    waiting = set(
        Dirty.objects.filter(connection__in=rows.exclude(pk__in=known)).values_list("connection_id", flat=True)
    )
    pushes = list(rows.filter(pk__in=waiting))
    return [(c, True) for c in polls] + [(c, False) for c in pushes]
