"""How often a connection calls: counted in memory for a cycle, kept in `Meter`, never above what the account allows.

The remote's own word of what is left counts. Work has shares of the day, so that an import leaves room for what changes
meanwhile, and both leave room for what a person asks for (b.13).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from instep.connect.abilities import HasLimits, OutOfBudget
from instep.connect.limits.gauge import Gauge
from instep.connect.models import Meter
from instep.connect.place import Bench
from instep.connect.protocols import Reply, TryLater

PAUSE: Final = "pause"
"""The meter that says until when the remote asked us to wait."""
KEEP_EVERY: Final = 8
"""Calls that a death of the worker may leave uncounted; whoever follows counts as many for it."""
PAUSED: Final = "{remote} asked for a pause. It goes on by itself."
MINUTE: Final = "{remote} takes {most:,} calls a minute from one account. The rest goes on by itself."
DAY: Final = "All of the {most:,} calls that {remote} takes from one account in a day are used. It goes on by itself."
KEPT: Final = (
    "{remote} takes {most:,} calls a day from one account, and {kept} of a hundred are kept for what people ask for. "
    "The rest goes on by itself."
)


class Share(StrEnum):
    """What a call is for."""

    INTERACTIVE = "interactive"
    """A person waits for it: a preview, what they approved, a sync that they asked for."""
    RECOVERY = "recovery"
    HINTS = "hints"
    """What somebody changed just now, on either side."""
    POLL = "poll"
    BACKFILL = "backfill"


RESERVE: Final = {Share.INTERACTIVE: 0, Share.RECOVERY: 20, Share.HINTS: 20, Share.POLL: 20, Share.BACKFILL: 40}
"""Of a hundred calls of a day, so many are left to the others."""


@dataclass(slots=True)
class Meters:
    """The meters of one connection, in the hands of whoever holds its lease."""

    bench: Bench
    clock: Callable[[], datetime]
    uncounted: int = 0
    """Calls that the holder before may have made and not noted."""
    _gauges: dict[str, Gauge] | None = None
    _paused_until: datetime | None = None
    _unkept: int = 0
    _changed: set[str] = field(default_factory=set)

    @property
    def paused(self) -> bool:
        """Whether the remote named a time that has not come yet."""
        self._open()
        return self._paused_until is not None and self.clock() < self._paused_until

    def allow(self, share: Share) -> None:
        """Raise OutOfBudget unless one more call may leave now."""
        gauges, now = self._open(), self.clock()
        if self._paused_until is not None and self.paused:
            seconds = max(1, int((self._paused_until - now).total_seconds() + 0.999))
            raise OutOfBudget(PAUSED.format(remote=self._remote), after_seconds=seconds, limit=PAUSE)
        moment = now.timestamp()
        for gauge in gauges.values():
            spare = gauge.whole(moment) * RESERVE[share] // 100 if gauge.name == "day" else 0
            if gauge.left(moment) > spare:
                continue
            raise OutOfBudget(
                self._sentence(gauge, spare, moment), after_seconds=gauge.wait(moment, spare), limit=gauge.name
            )

    def count(self) -> None:
        """A call leaves."""
        for gauge in self._open().values():
            gauge.count(self.clock().timestamp())
            self._changed.add(gauge.name)
        self._unkept += 1

    def learn(self, reply: Reply) -> None:
        """Take the remote's word."""
        connector = self.bench.connector
        if not isinstance(connector, HasLimits):
            return
        moment = self.clock().timestamp()
        for name, left in connector.calls_left(reply).items():
            if (gauge := self._open().get(name)) is not None:
                gauge.learn(left, moment)

    def pause(self, until: datetime) -> None:
        """The remote asked us to wait: nobody calls before then, whatever a person asks for."""
        self._open()
        if self._paused_until is None or self._paused_until < until:
            self._paused_until = until
            self._changed.add(PAUSE)

    def next_window(self) -> datetime:
        """After a day's limit without a word of how long: when the first of our calls is a day old, or a new day of
        theirs may have begun."""
        now = self.clock()
        midnight = now.astimezone(UTC).replace(hour=0, minute=1, second=0, microsecond=0) + timedelta(days=1)
        gauge = self._open().get("day")
        oldest = midnight
        if gauge is not None and gauge.used(now.timestamp()):
            oldest = gauge.first() + timedelta(seconds=gauge.window + gauge.slot)
        return max(min(midnight, oldest), now + timedelta(minutes=5))

    @property
    def worth_keeping(self) -> bool:
        """Whether more is uncounted in the database than a death may leave so."""
        return self._unkept >= KEEP_EVERY and bool(self._changed)

    def keep(self) -> None:
        """Store what was counted, in the caller's transaction, behind the fence: one statement."""
        moment = self.clock().timestamp()
        rows = [self._row(name, moment) for name in sorted(self._changed)]
        self._changed.clear()
        self._unkept = 0
        if rows:
            Meter.objects.bulk_create(
                rows,
                update_conflicts=True,
                unique_fields=["firm", "connection", "dimension"],
                update_fields=["window_at", "used", "slots", "told_left"],
            )

    @property
    def _remote(self) -> str:
        return self.bench.connector.title

    def _sentence(self, gauge: Gauge, spare: int, moment: float) -> str:
        if gauge.name == "minute":
            return MINUTE.format(remote=self._remote, most=gauge.declared)
        most = gauge.whole(moment)
        words = KEPT if spare and gauge.left(moment) > 0 else DAY
        return words.format(remote=self._remote, most=most, kept=RESERVE[Share.POLL])

    def _row(self, name: str, moment: float) -> Meter:
        common = {"firm_id": self.bench.firm_id, "connection": self.bench.connection, "dimension": name}
        if name == PAUSE:
            return Meter(**common, window_at=self._paused_until)
        gauge = self._open()[name]
        used = gauge.used(moment)
        left = None if gauge.told is None else max(0, gauge.told - used)
        return Meter(**common, window_at=gauge.first(), used=used, slots=gauge.slots(), told_left=left)

    def _open(self) -> dict[str, Gauge]:
        """The gauges, loaded with the first call: one query."""
        if self._gauges is None:
            self._gauges = self._declared()
            for row in Meter.objects.of(self.bench.firm_id).filter(connection=self.bench.connection):
                if row.dimension == PAUSE:
                    self._paused_until = row.window_at
                elif (gauge := self._gauges.get(row.dimension)) is not None:
                    gauge.restore(row.window_at, row.slots, row.told_left)
            for gauge in self._gauges.values():
                if self.uncounted:
                    gauge.count(self.clock().timestamp(), self.uncounted)
                    self._changed.add(gauge.name)
        return self._gauges

    def _declared(self) -> dict[str, Gauge]:
        connector = self.bench.connector
        if not isinstance(connector, HasLimits):
            return {}
        known = {"minute": connector.limits.per_minute, "day": connector.limits.per_day}
        return {name: Gauge(name, most) for name, most in known.items() if most is not None}


def note_call(bench: Bench, *, now: datetime) -> None:
    """In the caller's transaction: one call was made outside of a cycle, when somebody signed in."""
    meters = Meters(bench, lambda: now)
    meters.count()
    meters.keep()


def names_a_time(trouble: Exception) -> bool:
    """Whether the remote itself named a limit or a time, before which nobody may call."""
    if not isinstance(trouble, TryLater) or isinstance(trouble, OutOfBudget):
        return False
    return bool(trouble.limit or trouble.after_seconds)
