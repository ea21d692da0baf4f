"""The truth table of one field: what was agreed, what each side says now, and so what should happen.

Each side is compared with its own base, never with the other side (sync design b.1, b.4). Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any

from instep.connect.fieldmap import Way


class Step(StrEnum):
    """What a field needs."""

    NOTHING = "nothing"
    REBASE = "rebase"
    """Remember both values as they stand; write neither side."""
    GIVE = "give"
    """Write theirs from ours."""
    TAKE = "take"
    """Write ours from theirs."""
    CONFLICT = "conflict"
    """Both changed, differently: keep both, ask."""
    PUT_BACK_THERE = "put_back_there"
    """They changed what we own: write theirs from ours and journal what they had. Never where ours is empty."""
    PUT_BACK_HERE = "put_back_here"
    SHOW = "show"
    """What we gave once was changed there: a person is told, neither side is written."""


def left_as_typed(way: Way, *, ours: Any) -> bool:
    """Whether the two sides may say different things for ever: ours is empty, and what was typed there stays."""
    return way in (Way.PUSH, Way.SEED) and ours is None


PUTS_BACK = frozenset({Step.PUT_BACK_THERE, Step.PUT_BACK_HERE})
"""Only the side that does not own the field moved; a map may say that this is left as it is (b.4, drift)."""
WRITES_THERE = frozenset({Step.GIVE, Step.PUT_BACK_THERE})
WRITES_HERE = frozenset({Step.TAKE, Step.PUT_BACK_HERE})


DECIDED = "decided"
"""Marks a base that equals no value of a side: a person chose that side, so it counts as the one that moved."""


def decided(value: Any) -> dict[str, Any]:
    """A base that differs from every value a side can have; it remembers the value that was shown to them."""
    return {DECIDED: value}


def base_shown(base: Any) -> Any:
    """A base as a person should see it."""
    return base[DECIDED] if isinstance(base, Mapping) and set(base) == {DECIDED} else base


def step_for(
    way: Way, *, agreed: tuple[Any, Any] | None, ours: Any, theirs: Any, steady: bool, same: Callable[[], bool]
) -> Step:
    """The step for one field. Values are canonical; None is empty.

    `agreed` is the base (ours, theirs) or None before the first meeting; `steady` says that a seeded field has had its
    first value; `same` tells, when it matters, whether ours carried over equals theirs.
    """
    if way is Way.SEED:
        if not steady and ours is None:
            return _first_seed(agreed, theirs)
        way = Way.PUSH
    if way is Way.SEED_THERE:
        if not steady and theirs is None:
            return _first_given(agreed, ours)
        way = Way.PULL
    if way is Way.ONCE:
        # What was given stays as it was there, whatever ours says by now: that is remembered, not sent.
        if agreed is None:
            return Step.REBASE
        if theirs != agreed[1]:
            return Step.REBASE if same() else Step.SHOW
        return Step.NOTHING if ours == agreed[0] else Step.REBASE
    if agreed is None:
        return _first_meeting(way, ours, theirs, same)
    we_moved, they_moved = ours != agreed[0], theirs != agreed[1]
    if not we_moved and not they_moved:
        return Step.NOTHING
    if same():
        return Step.REBASE
    if way is Way.BOTH:
        if we_moved and they_moved:
            return Step.CONFLICT
        return Step.GIVE if we_moved else Step.TAKE
    if way is Way.PUSH:
        return Step.GIVE if we_moved else _theirs_alone_moved(ours)
    return Step.TAKE if they_moved else Step.PUT_BACK_HERE


def _theirs_alone_moved(ours: Any) -> Step:
    """Where we have nothing to put in the place of what somebody typed there, it stays (decision 11)."""
    return Step.REBASE if ours is None else Step.PUT_BACK_THERE


def _first_seed(agreed: tuple[Any, Any] | None, theirs: Any) -> Step:
    if theirs is not None:
        return Step.TAKE
    return Step.REBASE if agreed is None or agreed != (None, None) else Step.NOTHING


def _first_given(agreed: tuple[Any, Any] | None, ours: Any) -> Step:
    if ours is not None:
        return Step.GIVE
    return Step.REBASE if agreed is None or agreed != (None, None) else Step.NOTHING


def _first_meeting(way: Way, ours: Any, theirs: Any, same: Callable[[], bool]) -> Step:
    """One empty side is filled where the direction allows it; nothing is ever erased at a first meeting."""
    if same():
        return Step.REBASE
    if way is Way.PUSH:
        return Step.REBASE if ours is None else Step.GIVE
    if way is Way.PULL:
        return Step.REBASE if theirs is None else Step.TAKE
    if ours is None:
        return Step.TAKE
    return Step.GIVE if theirs is None else Step.CONFLICT
