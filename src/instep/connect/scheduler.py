"""Which connections are due, and running them: all decisions of when, with the clock, chance and network passed in."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock

from django.db.models import Exists, F, OuterRef, Q

from instep.connect.cycle import Outcome, run_cycle
from instep.connect.inbox.outbox import fan_out
from instep.connect.installation import authorised_here
from instep.connect.models import Connection, ConnectionState, Dirty, Hint, Lease, Plan, PlanState
from instep.connect.protocols import Transport
from instep.connect.registry import connectors

Submit = Callable[[Callable[[], None]], object]


@dataclass(slots=True)
class Scheduler:
    """One worker's view. `submit` runs a cycle: at once in tests, on a small pool in the worker.

    Of the connections that are due, those go first that waited longest; no more are begun than run `at_once`. While
    others wait, a connection with much to do makes way after a slice of time (see `limits/turn.py`).
    """

    holder: str
    clock: Callable[[], datetime]
    rng: random.Random
    transport_to: Callable[[str], Transport]
    submit: Submit
    on_error: Callable[[int, BaseException], None]
    at_once: int = 1
    _waiting: bool = False
    """Whether somebody was due at the last look that could not begin."""
    _busy: set[int] = field(default_factory=set)
    _lock: Lock = field(default_factory=Lock)

    def tick(self) -> int:
        """Carry the outbox over and start a cycle for every connection that is due; how many were started."""
        now = self.clock()
        while fan_out(now=now):
            pass
        started, waiting = 0, False
        for connection, poll in due(now, holder=self.holder):
            with self._lock:
                if connection.pk in self._busy or self.rests(connection.pk):
                    continue
                if len(self._busy) >= self.at_once:
                    waiting = True
                    break
                self._busy.add(connection.pk)
            self.submit(lambda c=connection, p=poll: self._run(c, p))
            started += 1
        self._waiting = waiting
        return started

    def rests(self, connection_id: int) -> bool:
        """Whether this connection is left alone for now."""
        return False

    def others_wait(self) -> bool:
        """Whether a connection waits for its turn here."""
        return self._waiting

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
            others_wait=self.others_wait,
        )


def due(now: datetime, *, holder: str = "") -> list[tuple[Connection, bool]]:
    """Active connections whose poll is due (True), or for which a change of ours, a hint or an approved plan waits
    (False): who waited longest for a turn first. One query; those in the hands of another worker are left out."""
    mine = {"firm_id": OuterRef("firm_id"), "connection_id": OuterRef("pk")}
    held = Lease.objects.filter(**mine, expires_at__gt=now).exclude(holder__in=("", holder))
    polled = Q(next_poll_at__isnull=True) | Q(next_poll_at__lte=now)
    dirty = Dirty.objects.filter(**mine)
    # Where a person sees every run first, a change of ours goes nowhere by itself: it is looked at once.
    shown = Q(provider__in=[c.key for c in connectors() if c.asks_first]) | ~Q(review="")
    pushed = (~shown & Exists(dirty)) | (shown & Exists(dirty.filter(since__gte=OuterRef("served_at"))))
    hinted = Exists(Hint.objects.filter(**mine, due_at__lte=now))
    plans = Plan.objects.filter(**mine, state__in=(PlanState.APPROVED, PlanState.APPLYING))
    approved = Exists(plans.exclude(approved_by=""))
    rows = Connection.objects.filter(authorised_here(), state=ConnectionState.ACTIVE).filter(
        Q(resume_at__isnull=True) | Q(resume_at__lte=now), polled | pushed | hinted | approved
    )
    found = rows.exclude(Exists(held)).order_by(F("served_at").asc(nulls_first=True), "id")
    return [(c, c.next_poll_at is None or c.next_poll_at <= now) for c in found]
