"""Values of fields between a form and a record: reading what a person typed, showing what is stored."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from instep.kernel.errors import BadValue
from instep.kernel.money import Money
from instep.kernel.records.kinds import FieldType
from instep.web.components import marks
from instep.web.components.formats import Form

_TEXTS = frozenset({FieldType.TEXT, FieldType.PHONE, FieldType.URL, FieldType.EMAIL, FieldType.TAX_NUMBER})
_AMOUNT = re.compile(r"-?\d{1,3}(?:[, ]?\d{3})*(?:\.\d+)?|-?\d*\.?\d+")
_SIGNS = re.compile(r"^(-?)[A-Z]{0,3}[^\d\s.,-]?\s*|\s*[A-Z]{3}$")


def read(type_: FieldType, posted: Mapping[str, Any], *, label: str, currency: str) -> Any:
    """The JSON value of what was posted under `value` (a name: `first` and `last`). Raises BadValue under the label.

    Empty is None; a flag is a bool; money is in `currency`, typed with or without its sign and thousands marks.
    """
    if type_ is FieldType.NAME:
        first, last = (" ".join(str(posted.get(part, "")).split()) for part in ("first", "last"))
        return {"first": first, "last": last} if first or last else None
    said = str(posted.get("value", ""))
    if type_ is FieldType.MULTILINE:
        return said.replace("\r\n", "\n").strip() or None
    said = said.strip()
    if type_ is FieldType.FLAG:
        return said in {"on", "true", "1", "yes"}
    if not said:
        return None
    if type_ is FieldType.MONEY:
        return _money(said, label, currency).as_json()
    if type_ in (FieldType.WHOLE, FieldType.REF):
        return _whole(said, label)
    if type_ is FieldType.DATE:
        return _date(said, label)
    return " ".join(said.split()) if type_ in _TEXTS else said


def show(type_: FieldType, value: Any, form: Form, choices: Sequence[tuple[str, Any]] = ()) -> Any:
    """What a person reads for a stored JSON value; "" for nothing."""
    if value is None or value == "":
        return ""
    if type_ is FieldType.NAME:
        return f"{value.get('first', '')} {value.get('last', '')}".strip()
    if type_ is FieldType.MONEY:
        money = Money.from_json(value)
        return marks.money(money, form) if money else ""
    if type_ is FieldType.MULTILINE:
        return format_html('<span class="i-pre">{}</span>', value)
    if type_ is FieldType.FLAG:
        return gettext("Yes") if value else gettext("No")
    if type_ is FieldType.DATE:
        return _shown_date(value, form)
    if type_ is FieldType.CHOICE or type_ is FieldType.REF:
        return next((label for key, label in choices if str(key) == str(value)), value)
    return value


def typed(type_: FieldType, value: Any) -> str:
    """What stands in the input when a person begins to edit."""
    if value is None:
        return ""
    if type_ is FieldType.MONEY:
        money = Money.from_json(value)
        return f"{money.amount:,f}" if money else ""
    return str(value)


def href(type_: FieldType, value: Any) -> str:
    """Where a value leads (mail, telephone, web); "" when nowhere, or when the text is no such thing."""
    said = str(value or "").strip()
    if type_ is FieldType.EMAIL and re.fullmatch(r"[^@\s]+@[^@\s]+", said):
        return f"mailto:{said}"
    if type_ is FieldType.PHONE and len(re.sub(r"\D", "", said)) >= 6:
        return "tel:" + re.sub(r"[^\d+]", "", said)
    if type_ is FieldType.URL and re.fullmatch(r"(https?://)?[\w-]+(\.[\w-]+)+(:\d+)?([/?#]\S*)?", said, re.IGNORECASE):
        return said if said.lower().startswith("http") else f"https://{said}"
    return ""


def _money(said: str, label: str, currency: str) -> Money:
    bare = _SIGNS.sub(r"\1", said.upper())
    if not _AMOUNT.fullmatch(bare):
        raise BadValue(field=label, problem=gettext("write an amount such as 1,250 or 1250.50"))
    try:
        return Money(Decimal(bare.replace(",", "").replace(" ", "")), currency)
    except InvalidOperation:
        raise BadValue(field=label, problem=gettext("write an amount such as 1,250 or 1250.50")) from None


def _whole(said: str, label: str) -> int:
    bare = said.replace(",", "")
    if not re.fullmatch(r"-?\d{1,18}", bare, re.ASCII):
        raise BadValue(field=label, problem=gettext("write a whole number"))
    return int(bare)


def _date(said: str, label: str) -> str:
    try:
        return dt.date.fromisoformat(said).isoformat()
    except ValueError:
        raise BadValue(field=label, problem=gettext("choose a day")) from None


def _shown_date(value: str, form: Form) -> SafeString | str:
    try:
        return marks.date(dt.date.fromisoformat(value), form)
    except ValueError:
        return value
