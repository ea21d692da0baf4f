"""The sandbox's clock: it runs with the machine's, moved by an offset that a test may set."""

from __future__ import annotations

import math
import time
from datetime import UTC, datetime
from decimal import Decimal
from email.utils import formatdate

from sandboxes.kit.errors import BadInput

# Ten years each way: far enough for every test, and every date stays writable.
WIDEST = 10 * 366 * 86_400


class Clock:
    """`now()` is the machine's time plus `offset` seconds."""

    def __init__(self) -> None:
        self.offset = 0.0
        self._shown: tuple[int, str] = (0, "")

    def now(self) -> float:
        """Seconds since 1970 (UTC) by this clock."""
        return time.time() + self.offset

    def move(self, *, offset: object = None, advance: object = None) -> None:
        """Set the offset, or add `advance` seconds to it. Raises BadInput for anything but a number in reach."""
        wanted = offset if advance is None else advance
        if isinstance(wanted, bool) or not isinstance(wanted, int | float | Decimal) or not math.isfinite(wanted):
            raise BadInput("Give the clock a number of seconds, as offset or as advance.")
        moved = float(wanted) if advance is None else self.offset + float(wanted)
        if abs(moved) > WIDEST:
            raise BadInput("The clock moves ten years at most from the machine's time.")
        self.offset = moved

    def read(self) -> dict[str, object]:
        """What the control door tells: the time as text (UTC) and as seconds, and the offset in seconds."""
        now = self.now()
        text = datetime.fromtimestamp(now, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return {"now": text, "seconds": now, "offset": self.offset}

    def http_date(self) -> str:
        """The value of the `Date` header, made once a second."""
        second = int(self.now())
        shown = self._shown
        if shown[0] != second:
            shown = self._shown = (second, formatdate(second, usegmt=True))
        return shown[1]
