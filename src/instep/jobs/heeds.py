"""Who heeds that a phase went in-house or came back, or that a job has another client: the floors above, each by one
call that it adds when Django is ready.

jobs cannot look upward, yet time that is not billed is judged again by what a phase and its client now are (7.2.1).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from instep.base.identity.actor import Actor

Heeds = Callable[[Actor, Sequence[int]], object]
"""(by, phase ids), in the transaction of the action that moved them."""

_calls: dict[str, Heeds] = {}


def heed_also(key: str, call: Heeds) -> None:
    """Add a call; a second one under the same key takes its place."""
    _calls[key] = call


def tell_moved(by: Actor, phase_ids: Sequence[int]) -> None:
    """These phases are judged otherwise from now on."""
    if phase_ids:
        for call in _calls.values():
            call(by, phase_ids)
