"""Kinds of record, the types of their fields, and the canonical form of each type's JSON value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, Final

from instep.kernel.canonical import (
    canon_email,
    canon_multiline,
    canon_phone,
    canon_tax_number,
    canon_text,
    canon_url,
)
from instep.kernel.errors import BadValue


class FieldType(StrEnum):
    """What a field holds, as JSON. Every type also holds None, except that a flag's None is False."""

    TEXT = "text"
    """str, one line"""
    MULTILINE = "multiline"
    """str with line breaks"""
    PHONE = "phone"
    """str as typed"""
    URL = "url"
    """str as typed"""
    EMAIL = "email"
    """str as typed"""
    TAX_NUMBER = "tax_number"
    """str as typed"""
    MONEY = "money"
    """{"minor": int, "currency": "AUD"}: `minor` counts the currency's minor units (cents)"""
    REF = "ref"
    """int, the id of a record of ours; on the other side of a map it may be text"""
    CHOICE = "choice"
    """str, the key of one of a list"""
    NAME = "name"
    """{"first": str, "last": str}"""
    FLAG = "flag"
    """bool"""
    WHOLE = "whole"
    """int"""
    DATE = "date"
    """str, "2026-03-31\""""
    NUMBER = "number"
    """str, a decimal number in plain digits, "7.5\""""
    ROWS = "rows"
    """list of {name: value} by the field's own `row`, in their order"""


@dataclass(frozen=True, slots=True)
class RecordField:
    """One field of a kind. `max_length` is the longest text that our own record holds (each part of a name); `ref` is a
    kind's key; `row` the fields of each row of rows.
    """

    name: str
    type: FieldType
    label: str
    max_length: int | None = None
    ref: str | None = None
    required: bool = False
    row: tuple[RecordField, ...] = ()

    def __post_init__(self) -> None:
        if (self.type is FieldType.REF) != (self.ref is not None):
            raise ValueError(f"{self.name}: a reference names its kind, and nothing else does")
        if (self.type is FieldType.ROWS) != bool(self.row):
            raise ValueError(f"{self.name}: rows say what is in them, and nothing else does")


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of record: `key` is stored, `label` is shown. Raises ValueError when two fields have one name."""

    key: str
    label: str
    fields: tuple[RecordField, ...]
    names: tuple[str, ...] = field(init=False, repr=False, compare=False)
    _by_name: Mapping[str, RecordField] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", tuple(f.name for f in self.fields))
        object.__setattr__(self, "_by_name", {f.name: f for f in self.fields})
        if len(self._by_name) != len(self.fields):
            raise ValueError(f"{self.key}: two fields have one name")

    def field(self, name: str) -> RecordField:
        """The field of that name; KeyError if there is none."""
        return self._by_name[name]


def canon(type_: FieldType, value: Any, *, region: str, country: str) -> Any:
    """The canonical JSON value, for comparing (X-12): equal when no person would call the two values different.

    Idempotent. None and empty are both None, but a flag's are False. `region` (telephone) and `country` (tax number)
    are the firm's, two letters each. A number is taken for its digits where text is expected, as some remotes send
    phone numbers so. Raises BadValue for a value of another shape.
    """
    return _CANON[type_](value, region, country)


def _bad(type_: FieldType, value: Any) -> BadValue:
    return BadValue(field=type_.value, problem=f"{type(value).__name__} is not a value of this type")


def _textual(type_: FieldType, form: Callable[[str, str, str], str | None]) -> Callable[[Any, str, str], str | None]:
    def canonical(value: Any, region: str, country: str) -> str | None:
        if isinstance(value, str):
            return form(value, region, country)
        if value is None:
            return None
        if isinstance(value, int) and not isinstance(value, bool):
            return form(str(value), region, country)
        raise _bad(type_, value)

    return canonical


def _date(text: str, _region: str, _country: str) -> str | None:
    line = canon_text(text)
    if line is None:
        return None
    try:
        return date.fromisoformat(line).isoformat()
    except ValueError:
        return line  # the action that would store it refuses it, with the person's own text


def _money(value: Any, _region: str, _country: str) -> dict[str, Any] | None:
    if value is None or value == {}:
        return None
    if not isinstance(value, Mapping):
        raise _bad(FieldType.MONEY, value)
    minor, currency = value.get("minor"), value.get("currency")
    if minor is None:
        return None
    if not isinstance(minor, int) or isinstance(minor, bool):
        raise _bad(FieldType.MONEY, minor)
    if currency is not None and not isinstance(currency, str):
        raise _bad(FieldType.MONEY, currency)
    return {"minor": minor, "currency": (currency or "").strip().upper()}


def _name(value: Any, _region: str, _country: str) -> dict[str, str] | None:
    if value is None or value == {}:
        return None
    if not isinstance(value, Mapping):
        raise _bad(FieldType.NAME, value)
    first, last = value.get("first"), value.get("last")
    if not isinstance(first, str | None) or not isinstance(last, str | None):
        raise _bad(FieldType.NAME, last if isinstance(first, str | None) else first)
    first, last = canon_text(first) or "", canon_text(last) or ""
    return {"first": first, "last": last} if first or last else None


def _flag(value: Any, _region: str, _country: str) -> bool:
    if value is None or value == "":
        return False
    if isinstance(value, bool | int):
        return bool(value)
    raise _bad(FieldType.FLAG, value)  # bool("false") is True


def _whole(value: Any, _region: str, _country: str) -> int | None:
    if value is None or value == "":
        return None
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise _bad(FieldType.WHOLE, value)


MOST_DIGITS: Final = 30
"""Before or behind the point: "1e999999999" is no number that anybody meant."""


def _number(text: str, _region: str, _country: str) -> str | None:
    line = canon_text(text)
    if line is None:
        return None
    try:
        number = Decimal(line)
    except InvalidOperation:
        return line  # the action that would store it refuses it, with the person's own text
    if not number.is_finite() or abs(number.adjusted()) > MOST_DIGITS:
        return line
    return f"{number.normalize():f}" if number else "0"


def _rows(value: Any, region: str, country: str) -> list[dict[str, Any]] | None:
    """Row by row: texts without the spaces around them, nothing for what is empty. Who knows the rows' fields compares
    each by its own type."""
    if value is None or value == []:
        return None
    if not isinstance(value, list) or not all(isinstance(row, Mapping) for row in value):
        raise _bad(FieldType.ROWS, value)
    rows = [{name: canon_multiline(v) if isinstance(v, str) else v for name, v in row.items()} for row in value]
    return [{name: v for name, v in row.items() if v not in (None, "", [])} for row in rows]


def _ref(value: Any, _region: str, _country: str) -> int | str | None:
    if isinstance(value, str):
        return canon_text(value)
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    raise _bad(FieldType.REF, value)


_CANON: Final[dict[FieldType, Callable[[Any, str, str], Any]]] = {
    FieldType.TEXT: _textual(FieldType.TEXT, lambda v, _r, _c: canon_text(v)),
    FieldType.MULTILINE: _textual(FieldType.MULTILINE, lambda v, _r, _c: canon_multiline(v)),
    FieldType.PHONE: _textual(FieldType.PHONE, lambda v, r, _c: canon_phone(v, r)),
    FieldType.URL: _textual(FieldType.URL, lambda v, _r, _c: canon_url(v)),
    FieldType.EMAIL: _textual(FieldType.EMAIL, lambda v, _r, _c: canon_email(v)),
    FieldType.TAX_NUMBER: _textual(FieldType.TAX_NUMBER, lambda v, _r, c: canon_tax_number(v, c)),
    FieldType.CHOICE: _textual(FieldType.CHOICE, lambda v, _r, _c: canon_text(v)),
    FieldType.DATE: _textual(FieldType.DATE, _date),
    FieldType.MONEY: _money,
    FieldType.NAME: _name,
    FieldType.FLAG: _flag,
    FieldType.WHOLE: _whole,
    FieldType.REF: _ref,
    FieldType.NUMBER: _textual(FieldType.NUMBER, _number),
    FieldType.ROWS: _rows,
}


def samples(type_: FieldType) -> tuple[Any, ...]:
    """Values that a lens must bring home: the plain, the empty and the awkward ones.

    Money is in AUD alone, because a remote that keeps a bare number keeps it in the connection's currency.
    """
    return _SAMPLES[type_]


_TEXTS: Final = (None, "", "  ", "Plain", " padded  inside ", 'Quotes "and" <b>&amp;</b> \\ O\'Neil', "Zoë 東京 🏗", "0")
_SAMPLES: Final[dict[FieldType, tuple[Any, ...]]] = {
    FieldType.TEXT: _TEXTS,
    FieldType.MULTILINE: (*_TEXTS, "Level 2\n5 George St\nSydney NSW 2000", "a\r\n\r\n  b \rc\n\n", "tab\tinside"),
    FieldType.PHONE: (
        *(None, "", "0412 345 678", "+61 412 345 678", "(02) 9876 5432", "02 9876 5432 ext 12", "1300 975 707"),
        *("+44 20 7946 0958", "12345", "0412 345 678 (site office)", "n/a"),
    ),
    FieldType.URL: (
        *(None, "", "https://www.Example.com/", "example.com", "http://example.com/Path/?Q=1#Top"),
        *("ftp://Host/x", "not a link"),
    ),
    FieldType.EMAIL: (None, "", "Mary.ONeil@Example.com", " a@b.co ", "not an address"),
    FieldType.TAX_NUMBER: (None, "", "51 824 753 556", "ABN 51824753556", "51 824 753 557", "GB 980 7806 84", "n/a"),
    FieldType.MONEY: (
        None,
        *({"minor": minor, "currency": "AUD"} for minor in (0, 1, -1, 10, 1_999, 1_550_000, 123_456_789_012)),
    ),
    FieldType.REF: (None, 1, 9_007_199_254_740_993),
    FieldType.CHOICE: (None, "", "active", "On hold"),
    FieldType.NAME: (
        None,
        *(
            {"first": first, "last": last}
            for first, last in (
                *(("", ""), ("Ann", "Lee"), ("Mary Jane", "O'Neil"), ("Jan", "van der Berg"), ("Jan van der", "Berg")),
                *(("Cher", ""), ("", "Cher"), ("Dr Mary", "O'Neil Jr"), ("Lee", "Ann Lee"), ("O'Neil", "Mary Jane")),
                *((" Zoë ", "Müller  Lüdenscheidt"), ("María José", "Pérez de la Vega")),
            )
        ),
    ),
    FieldType.FLAG: (None, True, False),
    FieldType.WHOLE: (None, 0, 1, -1, 2_147_483_648),
    FieldType.DATE: (None, "", "2026-03-31", "2024-02-29"),
    FieldType.NUMBER: (None, "", "0", "7.5", "-1", "0.0001", "12500.00", "1e3"),
    FieldType.ROWS: (None, [], [{"description": "Design", "net": {"minor": 12_500, "currency": "AUD"}}]),
}
