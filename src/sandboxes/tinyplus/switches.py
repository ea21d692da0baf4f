"""The open questions of tiny+, each a switch with the fact sheet's default."""

from __future__ import annotations

from datetime import timedelta, timezone, tzinfo
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sandboxes.kit.switches import Kind, Switch

# Known even where the machine has no zone data; Brisbane has had no daylight saving since 1992.
_FIXED: dict[str, tzinfo] = {
    "UTC": timezone(timedelta(0), "UTC"),
    "Australia/Brisbane": timezone(timedelta(hours=10), "Australia/Brisbane"),
}


@cache
def zone(name: str) -> tzinfo:
    """The time zone of that name. Raises ValueError."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        if name in _FIXED:
            return _FIXED[name]
        raise ValueError(f"the time zone {name!r} is not known here.") from None


DECLARED = (
    Switch("per_minute", Kind.WHOLE_OR_NONE, None, "Calls an account may make in any 60 seconds, then 429"),
    Switch("retry_after_header", Kind.FLAG, True, "A 429 carries Retry-After in seconds"),
    Switch("bounds_inclusive", Kind.FLAG, False, "> and < in a filter take in the value itself"),
    Switch("limit_max", Kind.WHOLE, 100, "The largest limit of a list; a larger one is cut to it without a word"),
    Switch(
        "unknown_filter",
        Kind.CHOICE,
        "ignore",
        "A filter or sort by no field is ignored or refused (400)",
        ("ignore", "refuse"),
    ),
    Switch("filter_remote_id", Kind.FLAG, True, "remote_id works as a filter; off: it is ignored"),
    Switch("visibility_lag_seconds", Kind.SECONDS, 0, "How long lists show a new or changed record as it was before"),
    Switch("zone", Kind.TEXT, "Australia/Brisbane", "The zone of every time on the wire", check=zone),
    Switch("won_enabled", Kind.FLAG, True, "Projects may be won"),
    Switch("trim", Kind.FLAG, True, "Text is trimmed at both ends when stored"),
    Switch(
        "unknown_field",
        Kind.CHOICE,
        "refuse",
        "An unknown or read-only field in a body is refused (422) or ignored",
        ("refuse", "ignore"),
    ),
    # Not on the fact sheet: no page tells how long a token lives.
    Switch("token_life_seconds", Kind.WHOLE, 30 * 86_400, "How long a token from the sign-in page lives"),
)
