"""Calls within a rolling window of time, counted in slots: never fewer than there were. Pure: no database, no clock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import ceil
from typing import Final

SLOTS: Final[Mapping[str, tuple[int, int]]] = {"minute": (60, 3), "day": (86_400, 1_800)}
"""By the limit's name: how long its window is and how long a slot, in seconds. A call counts until its whole slot is
out of the window, so that a limit holds wherever the remote begins to count."""
BELIEVED: Final = 3_600
"""For so long after our last call what the remote said is left is worth more than our own count, in seconds."""


@dataclass(slots=True)
class Gauge:
    """One limit of one account. Times are seconds since 1970."""

    name: str
    declared: int
    counts: dict[int, int] = field(default_factory=dict)
    """Calls by the number of their slot."""
    told: int | None = None
    """The whole of the limit, by what the remote last said is left and what we had used then."""

    @property
    def window(self) -> int:
        return SLOTS[self.name][0]

    @property
    def slot(self) -> int:
        return SLOTS[self.name][1]

    def count(self, now: float, calls: int = 1) -> None:
        """So many calls leave now."""
        number = int(now // self.slot)
        self.counts[number] = self.counts.get(number, 0) + calls

    def used(self, now: float) -> int:
        """Calls that may still count at the remote. What lies ahead was noted by a clock that stepped back since."""
        ahead = int(now // self.slot) + 1
        alive = {n: calls for n, calls in self.counts.items() if now < self._free_at(n) and n <= ahead}
        self.counts = alive
        return sum(alive.values())

    def learn(self, left: int, now: float) -> None:
        """The remote says what is left: its word counts, not ours."""
        self.told = left + self.used(now)

    def limit(self, now: float) -> int:
        """What holds now: what the remote said a while ago at most, else what it is known for."""
        if self.told is None or not self.used(now):
            return self.declared
        last = (max(self.counts) + 1) * self.slot
        return self.told if now < last + min(self.window, BELIEVED) else self.declared

    def left(self, now: float) -> int:
        """How many calls are free."""
        return self.limit(now) - self.used(now)

    def whole(self, now: float) -> int:
        """The limit of a window by which shares of it are measured: more than declared where the account has more."""
        return max(self.declared, self.limit(now))

    def wait(self, now: float, spare: int) -> int:
        """Whole seconds until a call would leave `spare` free, at least one. Longer than the remote's word is believed
        nobody waits: then it is asked anew."""
        limit, used = self.limit(now), self.used(now)
        until = now + self.window
        for number in sorted(self.counts):
            used -= self.counts[number]
            if limit - used > spare:
                until = self._free_at(number)
                break
        if limit < self.declared:
            until = min(until, now + BELIEVED)
        return max(1, ceil(until - now))

    def first(self) -> datetime:
        """When the first slot that counts begins."""
        return datetime.fromtimestamp(min(self.counts, default=0) * self.slot, UTC)

    def slots(self) -> list[int]:
        """The counts as they are stored: each slot's, from the first one on."""
        if not self.counts:
            return []
        return [self.counts.get(n, 0) for n in range(min(self.counts), max(self.counts) + 1)]

    def restore(self, first: datetime, slots: Sequence[int], left: int | None) -> None:
        """Take up what was stored."""
        begin = int(first.timestamp() // self.slot)
        self.counts = {begin + i: calls for i, calls in enumerate(slots) if calls}
        self.told = None if left is None else left + sum(slots)

    def _free_at(self, number: int) -> int:
        """When the calls of a slot surely count no more."""
        return (number + 1) * self.slot + self.window
