"""The control door, `/_sandbox/...`: how a test sets the stage and counts the calls. Open only when asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol, runtime_checkable

from sandboxes.kit.calls import Calls
from sandboxes.kit.clock import Clock
from sandboxes.kit.encode import decode
from sandboxes.kit.errors import BadInput, Refused
from sandboxes.kit.faults import Faults
from sandboxes.kit.messages import Request, Response, json_response, whole

PREFIX = "/_sandbox/"


class Stage(Protocol):
    """What a sandbox offers to the control door."""

    calls: Calls
    clock: Clock
    faults: Faults

    def reset(self) -> None:
        """Everything as at the start, without records and accounts."""

    def seed(self, seed: object) -> dict[str, object]:
        """Add accounts and records, all of them or none; tells the ids. Raises BadInput."""

    def move_clock(self, *, offset: object = None, advance: object = None) -> None:
        """Move the clock, and keep it moved."""

    def set_switches(self, values: object) -> None:
        """Set switches, and keep them set."""

    def read_switches(self) -> dict[str, object]:
        """Every switch with its value."""

    def records(self, wanted: Mapping[str, str]) -> object:
        """The stored records that the query asks for. Raises BadInput."""

    def edit(self, edit: object) -> dict[str, object]:
        """Do what a person would do on a page: create, update or delete one record. Raises Refused."""


@runtime_checkable
class CallsBack(Protocol):
    """A sandbox that calls somebody when something changed (webhooks)."""

    def set_hooks(self, wanted: object) -> dict[str, object]:
        """Set where the calls go. Raises BadInput."""

    def read_hooks(self) -> dict[str, object]:
        """Where they go, and how they were answered."""


class ControlDoor:
    """Answers the control calls; none of them is counted or struck by a fault."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._doors: dict[tuple[str, str], Callable[[Request], object]] = {
            ("POST", "reset"): self._reset,
            ("POST", "seed"): lambda request: stage.seed(decode(request.body)),
            ("GET", "clock"): lambda _: stage.clock.read(),
            ("POST", "clock"): self._clock,
            ("GET", "faults"): lambda _: {"faults": stage.faults.left()},
            ("POST", "faults"): self._faults,
            ("GET", "calls"): self._calls,
            ("GET", "records"): lambda request: stage.records(dict(request.pairs())),
            ("GET", "switches"): lambda _: stage.read_switches(),
            ("POST", "switches"): self._switches,
            ("POST", "edit"): lambda request: stage.edit(decode(request.body)),
        }
        if isinstance(stage, CallsBack):
            self._doors["GET", "hooks"] = lambda _: stage.read_hooks()
            self._doors["POST", "hooks"] = lambda request: stage.set_hooks(decode(request.body))

    def __call__(self, request: Request) -> Response:
        """Answer, or raise Refused."""
        name = request.path.removeprefix(PREFIX)
        door = self._doors.get((request.method, name))
        if door is None:
            there = any(known == name for _, known in self._doors)
            raise Refused(405 if there else 404, f"There is no {request.method} {request.path} here.")
        return json_response(door(request))

    def _reset(self, _: Request) -> object:
        self._stage.reset()
        return {"reset": True}

    def _clock(self, request: Request) -> object:
        body = _object(decode(request.body), {"offset", "advance"})
        if len(body) != 1:
            raise BadInput("Give offset or advance.")
        self._stage.move_clock(**body)
        return self._stage.clock.read()

    def _faults(self, request: Request) -> object:
        return {"faults": self._stage.faults.set(decode(request.body))}

    def _calls(self, request: Request) -> object:
        since = whole(dict(request.pairs()).get("since", "0"))
        if since is None:
            raise BadInput("since is the number of a call.")
        return self._stage.calls.read(since)

    def _switches(self, request: Request) -> object:
        self._stage.set_switches(decode(request.body))
        return self._stage.read_switches()


def _object(value: object, keys: set[str]) -> dict[str, object]:
    if not isinstance(value, dict) or set(value) - keys:
        raise BadInput(f"A JSON object with {' or '.join(sorted(keys))} was expected.")
    return value
