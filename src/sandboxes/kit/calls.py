"""How often each operation was called: the figure that a sync engine is judged by."""

from __future__ import annotations

import threading
from array import array
from collections import Counter, deque
from dataclasses import asdict, dataclass

KEPT = 200


@dataclass(slots=True)
class Call:
    """One call; `status` is None while it runs and 0 when no answer was sent."""

    number: int
    operation: str
    method: str
    path: str
    query: str
    at: float
    status: int | None = None
    faults: tuple[str, ...] = ()


class Calls:
    """Counts every call since the start or the last reset, and keeps the last 200 of them whole."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.clear()

    def clear(self) -> None:
        """Forget all calls; numbers begin again at 1."""
        with self._lock:
            self._last: deque[Call] = deque(maxlen=KEPT)
            self._codes: dict[str, int] = {}
            self._made: array[int] = array("H")

    def begin(self, operation: str, method: str, path: str, query: str, at: float) -> Call:
        """Count a call as it arrives; its number counts from 1."""
        with self._lock:
            self._made.append(self._codes.setdefault(operation, len(self._codes)))
            call = Call(len(self._made), operation, method, path, query, at)
            self._last.append(call)
        return call

    def read(self, since: int = 0) -> dict[str, object]:
        """Counts of the calls after number `since`, and those of the last 200 that came after it."""
        with self._lock:
            names = list(self._codes)
            counted = Counter(self._made[max(since, 0) :])
            last = [asdict(call) for call in self._last if call.number > since]
            number = len(self._made)
        return {
            "total": sum(counted.values()),
            "by_operation": {names[code]: count for code, count in sorted(counted.items())},
            "number": number,
            "last": last,
        }
