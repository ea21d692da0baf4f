"""How values look on the wire: JSON with amounts as stored, `/Date(...)/` times and their text twins."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from json.encoder import encode_basestring_ascii as quoted

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def encode(value: object) -> str:
    """JSON text; a Decimal keeps its zeros (21.00), as Xero writes amounts."""
    # The commonest types stand first: this runs for every field of every record.
    if type(value) is str:
        return quoted(value)
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, dict):
        return "{" + ",".join([f'"{key}":{encode(item)}' for key, item in value.items()]) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join([encode(item) for item in value]) + "]"
    if value is None:
        return "null"
    if value is True:
        return "true"
    if value is False:
        return "false"
    if isinstance(value, int):
        return str(int(value))
    return quoted(str(value))


def time(milliseconds: int) -> str:
    """`/Date(1782864000000+0000)/`."""
    return f"/Date({milliseconds}+0000)/"


def twin(milliseconds: int) -> str:
    """`2026-07-01T01:02:03.456Z`."""
    return moment(milliseconds).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def moment(milliseconds: int) -> datetime:
    """The time in UTC."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


@lru_cache(4096)
def _day(text: str) -> tuple[str, str]:
    at = datetime.fromisoformat(text).replace(tzinfo=UTC)
    return f"/Date({int((at - _EPOCH).total_seconds()) * 1000}+0000)/", f"{text}T00:00:00"


def day(text: str) -> str:
    """A stored date (`2026-07-01`) as `/Date(...)/`."""
    return _day(text)[0]


def day_twin(text: str) -> str:
    """A stored date as `2026-07-01T00:00:00`."""
    return _day(text)[1]


def dated(name: str, text: str | None) -> dict[str, object]:
    """A date with its twin, or nothing where it is empty."""
    if not text:
        return {}
    ms, iso = _day(text)
    return {f"{name}String": iso, name: ms}


def updated(milliseconds: int) -> dict[str, object]:
    """The time of the last change with its twin."""
    return {"UpdatedDateUTC": time(milliseconds), "UpdatedDateUTCString": twin(milliseconds)}


def filled(record: dict[str, object]) -> dict[str, object]:
    """Without the empty fields: the description allows no null."""
    return {name: value for name, value in record.items() if value is not None and value != ""}
