"""JSON as Xero speaks it: numbers that are exact both ways, dates in ticks, and what is empty left out."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from instep.kernel.errors import Refusal
from instep.kernel.money import Money

NO_ID: Final = "00000000-0000-0000-0000-000000000000"
"""What a new element that was refused carries for an id."""
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_TICKS = re.compile(r"/Date\((-?\d{1,15})(?:[+-]\d{4})?\)/")


def encode(value: Any) -> bytes:
    """JSON with Decimals as plain digits. Raises TypeError for a float."""
    return _encode(value).encode()


def _encode(value: Any) -> str:
    if isinstance(value, Decimal):
        return f"{value:f}"  # json.dumps knows no exact decimals, and a float is not one
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{json.dumps(name)}: {_encode(each)}" for name, each in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_encode(each) for each in value) + "]"
    if isinstance(value, float):
        raise TypeError("a float is no exact number")
    return json.dumps(value)


def decode(body: bytes) -> Any:
    """The value with every number that has decimals as Decimal. Raises ValueError."""
    try:
        return json.loads(body.decode("utf-8-sig"), parse_float=Decimal, parse_constant=_no_number)
    except (RecursionError, InvalidOperation):
        raise ValueError("not JSON") from None


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is not a number")


# Each of these reads one value of an element; what is missing is None, what has another shape a ValueError.


def text(element: Mapping[str, Any], name: str) -> str | None:
    """Text; a number is taken for its digits, as codes may come so."""
    value = element.get(name)
    if value is None or value == "":
        return None
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str):
        raise ValueError(f"{name} is no text")
    return _storable(value)


def flag(element: Mapping[str, Any], name: str) -> bool | None:
    value = element.get(name)
    if value is not None and not isinstance(value, bool):
        raise ValueError(f"{name} is neither true nor false")
    return value


def number(element: Mapping[str, Any], name: str) -> Decimal | None:
    value = element.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise ValueError(f"{name} is no number")
    amount = Decimal(value)
    if amount.adjusted() > 15 or int(amount.as_tuple().exponent) < -20:  # "1e999999999" would fill the memory
        raise ValueError(f"{name} is no number that can be")
    return amount


def digits(element: Mapping[str, Any], name: str) -> str | None:
    """A number as text in plain digits: equal numbers give equal text."""
    amount = number(element, name)
    if amount is None:
        return None
    return f"{amount.normalize():f}" if amount else "0"


def money(element: Mapping[str, Any], name: str, currency: str | None) -> str | None:
    """An amount with its currency, "1550.00 AUD"; without one where none is told."""
    amount = number(element, name)
    if amount is None:
        return None
    try:
        return str(Money.rounded(amount, currency or ""))
    except Refusal:
        return f"{amount:f} {currency or ''}".strip()


def day(element: Mapping[str, Any], name: str) -> str | None:
    """A date, "2026-07-01", of ticks or of text."""
    value = text(element, name)
    if value is None:
        return None
    moment = _of_ticks(value)
    return moment.date().isoformat() if moment else date.fromisoformat(value[:10]).isoformat()


def moment(element: Mapping[str, Any], name: str) -> datetime | None:
    """A moment in UTC, of ticks or of text."""
    value = text(element, name)
    if value is None:
        return None
    found = _of_ticks(value) or datetime.fromisoformat(value)
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def rows(element: Mapping[str, Any], name: str) -> Sequence[Mapping[str, Any]]:
    """A list of objects; none where it is left out."""
    value = element.get(name)
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(row, Mapping) for row in value):
        raise ValueError(f"{name} is no list of records")
    return value


def inner(element: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """An object inside the element; an empty one where it is left out."""
    value = element.get(name)
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise ValueError(f"{name} is no record")
    return value


def identifier(element: Mapping[str, Any], name: str) -> str:
    """The id, in lower case. Raises ValueError where there is none."""
    value = text(element, name)
    if value is None or value == NO_ID:
        raise ValueError(f"a record has no {name}")
    return value.lower()


def _of_ticks(value: str) -> datetime | None:
    """A count of milliseconds since 1970; the zone behind it says nothing about the moment."""
    found = _TICKS.fullmatch(value)
    if not found:
        return None
    try:
        return EPOCH + timedelta(milliseconds=int(found[1]))
    except OverflowError:
        raise ValueError(f"{value} is no time") from None


def _storable(value: str) -> str:
    """Without NUL and halves of surrogate pairs: JSON can say them, no database keeps them, and nobody sees them."""
    if value.isascii() and "\0" not in value:
        return value
    return value.replace("\0", "").encode("utf-8", "ignore").decode()
