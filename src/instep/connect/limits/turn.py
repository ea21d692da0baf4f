"""Fair shares of the workers: who has had its turn for a while makes way as soon as another connection waits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

SLICE = timedelta(seconds=5)
"""So long a connection works before it makes way."""


class TurnOver(Exception):
    """Others wait: what is left goes on with the next turn."""


@dataclass(slots=True)
class Turn:
    """The turn of one connection. Planning is not counted: every turn gets something carried out."""

    clock: Callable[[], datetime]
    others_wait: Callable[[], bool]
    begun: datetime = field(init=False)

    def __post_init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """Its time runs from now on."""
        self.begun = self.clock()

    def check(self) -> None:
        """Raise TurnOver when it lasted long enough and somebody waits. Only where nothing is half done."""
        if self.clock() - self.begun >= SLICE and self.others_wait():
            raise TurnOver


def nobody() -> bool:
    """Nobody else waits."""
    return False
