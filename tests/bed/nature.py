"""What a hostile remote is like: everything in which one may differ from another, drawn from chance."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

PAGE = 3


@dataclass(frozen=True)
class Nature:
    """The remote of one history."""

    lag: int = 0
    """Seconds until a write shows in lists, at most; single records show at once."""
    guard: bool = False
    """An update may name the version that it was made on, and is refused when that is not the last."""
    delta: bool = True
    totals: bool = True
    utc: bool = True
    """Stamps are UTC; else they are in the remote's own clock, `zone` minutes from it, and do not say so."""
    zone: int = 0
    skew: int = 0
    """Seconds by which its clock is ahead of ours."""
    dated: bool = True
    """Answers say what time it is."""
    shape: str = ""
    """What it makes of values: "" keeps them, "known" lowers and trims, "strange" also changes them as nobody knows."""
    handle: str = "marker"
    """By what a creation is found again: "marker", "number", "key" (by nothing, but it may go again under its key),
    "content" or "none"."""
    batch: int = 1
    key_window: int = 0
    """Seconds in which a batch that is sent again under its key gets the answer that it got at first; 0: it has no
    keys."""
    automation: bool = False
    """It fills in a field by itself whenever a record is written."""
    removals: str = "ask"
    """What a rule says about our record when theirs is gone: "ask", or "archive" it."""
    reconciled: int = 86_400
    """Seconds after which its whole lists are read again, to see what is gone."""
    asks_first: bool = False


def nature_of(chance: Random, *, batch: bool = False, asks_first: bool = False) -> Nature:
    """A remote as it may come."""
    utc = chance.random() < 0.5
    handles = ["marker", "marker", "number", "content", "none", *(["key", "key"] if batch else [])]
    return Nature(
        lag=chance.choice([0, 0, 2, 6]),
        guard=chance.random() < 0.4,
        delta=chance.random() < 0.8,
        totals=chance.random() < 0.6,
        utc=utc,
        zone=0 if utc else chance.choice([0, 600, -420, 345]),
        skew=chance.choice([0, 0, 0, 3600, -3600]),
        dated=chance.random() < 0.85,
        shape=chance.choice(["", "known", "strange"]),
        handle=chance.choice(handles),
        batch=chance.choice([1, 2, 5]) if batch else 1,
        key_window=chance.choice([0, 6, 1000]) if batch else 0,
        automation=chance.random() < 0.2,
        reconciled=chance.choice([600, 86_400]),
        removals=chance.choice(["ask", "archive"]),
        asks_first=asks_first,
    )
