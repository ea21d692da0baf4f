"""Faults by script: which call of which operation goes wrong, and how."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from sandboxes.kit.errors import BadInput


class Do(StrEnum):
    """What a fault does to the call it strikes."""

    STATUS = "status"  # no effect; answered with the fault's status, headers and message
    DROP_BEFORE = "drop_before"  # no effect; the connection closes without an answer
    DROP_AFTER = "drop_after"  # the effect happens; the connection closes without an answer
    TRUNCATE = "truncate"  # the effect happens; half of the body is sent, then the connection closes
    HTML = "html"  # no effect; an HTML page with status 200
    DELAY = "delay"  # waits `seconds` of real time, then goes on
    NORMALISE = "normalise"  # the effect happens, with values rewritten as the remote likes them


_KEYS = {"call", "every", "operation", "do", "status", "headers", "seconds", "times", "message", "body"}


MESSAGE = "This failure was asked for by a script."


@dataclass(slots=True)
class Fault:
    """One line of a script. It counts the calls of its own operation from the moment the script was given."""

    do: Do
    operation: str = "*"
    call: int | None = None
    every: int | None = None
    status: int = 500
    headers: tuple[tuple[str, str], ...] = ()
    seconds: float = 0.0
    times: int | None = None
    message: str = MESSAGE
    body: str | None = None  # the whole body of a scripted status, instead of the sandbox's own with the message
    seen: int = 0
    struck: int = 0

    def strikes(self, operation: str) -> bool:
        """Count the call if it is one of ours; true when the fault falls on it."""
        if self.operation not in ("*", operation):
            return False
        self.seen += 1
        if self.times is not None and self.struck >= self.times:
            return False
        hit = self.seen % self.every == 0 if self.every else self.seen >= (self.call or 1)
        self.struck += hit
        return hit

    @property
    def spent(self) -> bool:
        """True once it has struck as often as it may."""
        return self.times is not None and self.struck >= self.times


@dataclass(slots=True, frozen=True)
class Trouble:
    """What befalls one call: a wait, a rewriting of values, and at most one of the other faults."""

    seconds: float = 0.0
    normalise: bool = False
    fault: Fault | None = None
    names: tuple[str, ...] = field(default=())


NONE = Trouble()


class Faults:
    """The script in force. An empty script costs nothing."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._script: list[Fault] = []

    def set(self, script: object) -> int:
        """Replace the script; returns its length. Raises BadInput and keeps the old one."""
        if not isinstance(script, list):
            raise BadInput("A script is a list of faults.")
        faults = [read_fault(line) for line in script]
        with self._lock:
            self._script = faults
        return len(faults)

    def left(self) -> list[dict[str, object]]:
        """The faults that may still strike, with how often each has struck."""
        with self._lock:
            return [
                {"do": fault.do, "operation": fault.operation, "seen": fault.seen, "struck": fault.struck}
                for fault in self._script
                if not fault.spent
            ]

    def next(self, operation: str) -> Trouble:
        """Count one call of `operation` and say what befalls it."""
        if not self._script:
            return NONE
        with self._lock:
            struck = [fault for fault in self._script if fault.strikes(operation)]
        if not struck:
            return NONE
        others = [fault for fault in struck if fault.do not in (Do.DELAY, Do.NORMALISE)]
        return Trouble(
            seconds=sum(fault.seconds for fault in struck if fault.do is Do.DELAY),
            normalise=any(fault.do is Do.NORMALISE for fault in struck),
            fault=others[0] if others else None,
            names=tuple(fault.do.value for fault in struck),
        )


def read_fault(line: object) -> Fault:
    """One fault from JSON. Raises BadInput with what is wrong."""
    if not isinstance(line, dict):
        raise BadInput("Each fault is a JSON object.")
    unknown = set(line) - _KEYS
    if unknown:
        raise BadInput(f"A fault knows no {', '.join(sorted(unknown))}.")
    try:
        do = Do(line.get("do", ""))
    except ValueError:
        raise BadInput(f"do must be one of {', '.join(Do)}.") from None
    call, every = _count(line, "call"), _count(line, "every")
    if call and every:
        raise BadInput("A fault has call or every, not both.")
    times = _count(line, "times")
    status = line.get("status", 500)
    if isinstance(status, bool) or not isinstance(status, int) or not 200 <= status <= 599:
        raise BadInput("status must be a number from 200 to 599.")
    seconds = line.get("seconds", 0)
    if isinstance(seconds, bool) or not isinstance(seconds, int | float | Decimal) or not 0 <= seconds <= 600:
        raise BadInput("seconds must be a number from 0 to 600.")
    operation, message = line.get("operation", "*"), line.get("message", MESSAGE)
    body = line.get("body")
    if not isinstance(operation, str) or not isinstance(message, str) or not isinstance(body, str | None):
        raise BadInput("operation, message and body must be text.")
    return Fault(
        do=do,
        operation=operation,
        call=call,
        every=every,
        status=status,
        headers=_headers(line.get("headers", {})),
        seconds=float(seconds),
        # A fault on the n-th call strikes once unless told otherwise; a fault on every k-th goes on.
        times=times if times or every else 1,
        message=message,
        body=body,
    )


def _count(line: dict[str, object], key: str) -> int | None:
    value = line.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise BadInput(f"{key} must be a whole number from 1.")
    return value


def _headers(value: object) -> tuple[tuple[str, str], ...]:
    if not isinstance(value, dict):
        raise BadInput("headers must be a JSON object.")
    pairs = tuple((str(name), str(text)) for name, text in value.items())
    if any(not (name + text).isprintable() or not (name + text).isascii() or ":" in name for name, text in pairs):
        raise BadInput("headers must be one line of plain characters each.")
    return pairs
