"""The settings of costs."""

from __future__ import annotations

import datetime as dt
from typing import Any

from instep.base.settings.declared import Setting, declare, get_setting


def _date_or_nothing(value: str) -> str | None:
    if not value:
        return None
    try:
        dt.date.fromisoformat(value)
    except ValueError:
        return "give a date, such as 2026-03-31, or nothing"
    return None


def _ids(value: list[Any]) -> str | None:
    return None if all(type(one) is int for one in value) else "give the ids of organisations"


CLOSED_UNTIL: Setting[str] = declare(
    Setting(
        "money.closed_until", str, "", "The books are closed up to and including (a date)", problem=_date_or_nothing
    )
)
INTERNAL_CLIENTS: Setting[list[Any]] = declare(
    Setting(
        "costs.internal_clients", list, [], "Clients that are the firm itself: their time is not charged", problem=_ids
    )
)


def closed_until(firm: Any) -> dt.date | None:
    """The last date of the closed period, None while the books are open. One query."""
    value = get_setting(firm, CLOSED_UNTIL)
    return dt.date.fromisoformat(value) if value else None
