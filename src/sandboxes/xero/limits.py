"""How often a client may call: a rolling minute and day for an organisation and app, a minute for the app."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from sandboxes.kit.messages import Response
from sandboxes.kit.switches import Switches
from sandboxes.xero.problems import Answered
from sandboxes.xero.switches import DAILY

MINUTE, DAY = 60, 86_400


@dataclass(slots=True)
class Window:
    """The times of the calls that still count."""

    seconds: int
    times: deque[float] = field(default_factory=deque)

    def left(self, most: int, now: float) -> int:
        """How many calls are free now."""
        while self.times and not now - self.seconds < self.times[0] <= now:
            self.times.popleft()
        return most - len(self.times)

    def wait(self, most: int, now: float) -> int:
        """Whole seconds until one is free, at least 1."""
        return max(1, -int(-(self.times[-most] + self.seconds - now) // 1))


class Limits:
    """The windows of every app and organisation; the times are the sandbox's clock."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Forget every call."""
        self._tenants: dict[tuple[str, str], tuple[Window, Window]] = {}
        self._apps: dict[str, Window] = {}

    def count(self, app: str, tenant: str, switches: Switches, now: float) -> tuple[tuple[str, str], ...]:
        """Count a call; the headers that tell what is left. Raises Answered (429), which counts for nothing."""
        minute, day = self._tenants.setdefault((app, tenant), (Window(MINUTE), Window(DAY)))
        whole = self._apps.setdefault(app, Window(MINUTE))
        per_day = switches["per_day"] or DAILY[str(switches["tier"])]
        most = {"minute": switches["per_minute"], "day": per_day, "appminute": switches["app_per_minute"]}
        windows = {"minute": minute, "day": day, "appminute": whole}
        left = {name: window.left(_number(most[name]), now) for name, window in windows.items()}
        for name, window in windows.items():
            if left[name] <= 0:
                wait = None if name == "appminute" else window.wait(_number(most[name]), now)
                raise refused(name, wait, _headers(left))
        for window in windows.values():
            window.times.append(now)
        return _headers({name: free - 1 for name, free in left.items()})


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0


def _headers(left: dict[str, int]) -> tuple[tuple[str, str], ...]:
    names = {"day": "X-DayLimit-Remaining", "minute": "X-MinLimit-Remaining", "appminute": "X-AppMinLimit-Remaining"}
    return tuple((header, str(max(left[name], 0))) for name, header in names.items())


def refused(problem: str, wait: int | None, headers: tuple[tuple[str, str], ...] = ()) -> Answered:
    """429: an empty body, the limit's name, and how long to wait where Xero tells it."""
    told = (("X-Rate-Limit-Problem", problem), *((("Retry-After", str(wait)),) if wait is not None else ()))
    return Answered(Response(429, headers=(*told, *headers)))
