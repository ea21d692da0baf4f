"""What goes wrong with the package: every fifth call, whatever it is for; and how often it did, call by call."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from instep.cli.demo.sandbox import Ledger

EVERY = 5
SCRIPT: tuple[dict[str, Any], ...] = (
    {"every": 11 * EVERY, "do": "status", "status": 429, "headers": {"Retry-After": "1"}, "body": ""},
    {"every": 7 * EVERY, "do": "status", "status": 503, "headers": {"Retry-After": "1"}},
    {"every": 4 * EVERY, "do": "status", "status": 500},
    {"every": 3 * EVERY, "do": "drop_before"},
    {"every": 2 * EVERY, "do": "truncate"},
    {"every": EVERY, "do": "drop_after"},
)
"""Of several that fall on one call, the first strikes."""
NO_EFFECT = ("status", "drop_before")
KEPT = 200
"""So many calls the package's door remembers whole."""


@dataclass(slots=True)
class Heard:
    """Calls as they were made, listened to while they are."""

    ledger: Ledger
    number: int = 0
    """Of the last call that was heard."""
    struck: Counter[str] = field(default_factory=Counter)
    """Faults, by "read" or "write"."""
    lost: int = 0
    """Calls that write and had no effect."""
    missed: int = 0
    """Calls that came and went between two looks."""

    def begin(self) -> None:
        """From now on, every fifth call goes wrong."""
        self.number = int(self.ledger.calls()["number"])
        self.ledger.faults(*({**fault, "operation": "*"} for fault in SCRIPT))

    def listen(self) -> None:
        """Take in what came since the last look; the package remembers the last calls alone."""
        told = self.ledger.calls(self.number)
        last = [call for call in told["last"] if call["status"] is not None]
        if not last:
            return
        self.missed += max(0, last[0]["number"] - self.number - 1)
        self.number = max(call["number"] for call in last)
        for call in last:
            if not call["faults"]:
                continue
            writes = call["method"] != "GET" and not call["operation"].startswith("token")
            self.struck["write" if writes else "read"] += 1
            # The one that strikes is the first of them.
            self.lost += writes and call["faults"][0] in NO_EFFECT

    def end(self) -> None:
        """Nothing goes wrong any more."""
        self.listen()
        self.ledger.faults()
