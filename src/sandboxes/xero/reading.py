"""Reading what a client sent: texts, numbers, dates, choices; what cannot be read is refused in words."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation

from sandboxes.xero.money import rounded
from sandboxes.xero.problems import Invalid, post_data

_MS = re.compile(r"/Date\((-?\d{1,15})(?:[+-]\d{4})?\)/")
_DAY = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:T00:00:00(?:\.0+)?Z?)?")
LARGEST = Decimal(10) ** 13


def text(sent: Mapping[str, object], name: str, limit: int | None = None) -> str | None:
    """A text, trimmed; None where it is null or empty. Raises Invalid when it is too long."""
    value = sent.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise post_data(f"{name} must be text.")
    words = str(value).strip()
    if limit is not None and len(words) > limit:
        raise Invalid(f"The field {name} must be {limit} characters or fewer.")
    return words or None


def number(sent: Mapping[str, object], name: str) -> Decimal | None:
    """An exact number; None where it is null or empty."""
    value = sent.get(name)
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        raise post_data(f"{name} must be a number.")
    try:
        found = Decimal(value)
    except InvalidOperation:
        raise post_data(f"{name} must be a number.") from None
    if not found.is_finite() or abs(found) >= LARGEST:
        raise Invalid(f"{name} is too large.")
    return found


def currency_rate(sent: Mapping[str, object]) -> Decimal | None:
    """A rate of exchange with six decimals; None where it is not sent. Raises Invalid."""
    found = number(sent, "CurrencyRate")
    if found is None:
        return None
    rate = rounded(found, 6)
    if rate <= 0:
        raise Invalid("CurrencyRate must be greater than zero.")
    return rate


def flag(sent: Mapping[str, object], name: str) -> bool | None:
    """True or false; the words count, too."""
    value = sent.get(name)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    raise post_data(f"{name} must be true or false.")


def choice(sent: Mapping[str, object], name: str, choices: tuple[str, ...]) -> str | None:
    """One of the values; None where it is null or empty."""
    value = text(sent, name)
    if value is not None and value not in choices:
        raise post_data(f"{name} cannot be {value}: it is one of {', '.join(choices)}.")
    return value


def day(sent: Mapping[str, object], name: str) -> str | None:
    """A date as `2026-07-01`, in any of the three forms that are taken."""
    value = sent.get(name)
    if value is None or value == "":
        return None
    found = parse_day(value) if isinstance(value, str) else None
    if found is None:
        raise post_data(f"{name} is not a date.")
    return found


def parse_day(value: str) -> str | None:
    """The date that a text tells, or None."""
    try:
        if stamp := _MS.fullmatch(value):
            return datetime.fromtimestamp(int(stamp[1]) / 1000, UTC).date().isoformat()
        if parts := _DAY.fullmatch(value):
            return date(*map(int, parts.groups())).isoformat()
    except (ValueError, OverflowError, OSError):
        pass
    return None


def guid(value: object) -> str | None:
    """A guid in its plain form, or None where the value is none."""
    if not isinstance(value, str):
        return None
    try:
        return str(uuid.UUID(value.strip()))
    except ValueError:
        return None


def objects(sent: Mapping[str, object], name: str) -> list[Mapping[str, object]] | None:
    """A list of objects; None where it is not sent."""
    value = sent.get(name)
    if value is None:
        return None
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise post_data(f"{name} must be a list of objects.")
    return value


def inner(sent: Mapping[str, object], name: str) -> Mapping[str, object]:
    """An object within; an empty one where it is not sent."""
    value = sent.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise post_data(f"{name} must be an object.")
    return value
