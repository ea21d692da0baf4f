"""Durations: whole minutes, and the ways that people write them."""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction
from typing import Final

from instep.kernel.errors import BadValue
from instep.kernel.rounding import half_up, half_up_whole

_NUMBER = r"(?:\d+(?:\.\d*)?|\.\d+)"
_CLOCK: Final = re.compile(r"(\d{0,7}):([0-5]\d)", re.ASCII)
_HOURS: Final = re.compile(_NUMBER, re.ASCII)
_UNITS: Final = re.compile(
    rf"(?:(?P<hours>{_NUMBER})\s*(?:hours|hour|hrs|hr|h))?"
    rf"\s*(?:(?P<minutes>\d+)\s*(?:minutes|minute|mins|min|m)?)?",
    re.ASCII,
)
_LONGEST_TEXT = 40
_MOST_MINUTES: Final = 60 * 1_000_000


class BadDuration(BadValue):
    """A text that is no duration."""

    code = "bad_duration"


def parse_minutes(text: str, field: str = "Time") -> int:
    """Whole minutes, 0 or more, from "1:15", "1.25", "1h 15m", "1h15", "1.5 hours" or "75m".

    A number alone is hours ("8" is 480), in decimals rounded half-up to the minute. Raises BadDuration, under the name
    of `field`, for anything else: signs, 60 minutes or more behind a colon, more than a million hours.
    """
    said = text.strip().lower() if len(text) <= _LONGEST_TEXT else ""
    minutes = _minutes(said) if said else None
    if minutes is None or minutes > _MOST_MINUTES:
        raise BadDuration(field=field, problem="Write hours and minutes, such as 1:15, 1.25 or 1h 15m.")
    return minutes


def _minutes(said: str) -> int | None:
    if clock := _CLOCK.fullmatch(said):
        return int(clock[1] or 0) * 60 + int(clock[2])
    if _HOURS.fullmatch(said):
        return _of_hours(said)
    if units := _UNITS.fullmatch(said):
        return (_of_hours(units["hours"]) if units["hours"] else 0) + int(units["minutes"] or 0)
    return None


def _of_hours(number: str) -> int:
    return int(half_up(Decimal(number) * 60, 0))


def show_minutes(minutes: int) -> str:
    """Hours and minutes, "1:15"; "-0:30" for a negative one. `parse_minutes` reads it back."""
    hours, rest = divmod(abs(minutes), 60)
    return f"{'-' if minutes < 0 else ''}{hours}:{rest:02d}"


def hours(minutes: int, places: int = 2) -> Decimal:
    """Decimal hours for showing and for export, rounded half-up. To charge for time, multiply the rate by
    `Fraction(minutes, 60)` instead, which loses nothing.
    """
    return half_up(Decimal(half_up_whole(Fraction(minutes * 10**places, 60))).scaleb(-places), places)
