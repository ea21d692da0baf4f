"""Being asked to end, and leaving alone for a while what keeps failing."""

from __future__ import annotations

import random
import signal
import time
from dataclasses import dataclass, field
from threading import Lock

LONGEST_REST = 60.0


class Ending:
    """Whether the process was asked to end. A flag alone: a signal handler that sets an Event can deadlock."""

    asked = False

    def catch(self) -> None:
        """Be asked by SIGTERM and SIGINT."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._take)

    def _take(self, *_: object) -> None:
        self.asked = True


@dataclass(slots=True)
class Patience:
    """How long to leave something alone that keeps failing: twice as long each time, a minute at most."""

    failures: dict[int, int] = field(default_factory=dict)
    until: dict[int, float] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def failed(self, key: int) -> float:
        """It failed again; the seconds that it rests."""
        with self._lock:
            count = self.failures[key] = self.failures.get(key, 0) + 1
            seconds = min(LONGEST_REST, 0.5 * 2 ** min(count, 10)) * (0.75 + random.random() / 4)
            self.until[key] = time.monotonic() + seconds
        return seconds

    def went_well(self, key: int) -> None:
        """It works."""
        if key in self.failures:
            with self._lock:
                self.failures.pop(key, None)
                self.until.pop(key, None)

    def rests(self, key: int) -> bool:
        """Whether it is left alone now."""
        return self.until.get(key, 0.0) > time.monotonic()
