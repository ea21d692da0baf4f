"""Text fields of records: trimmed, measured, compared; shared by the writers of staff, contacts, organisations and
jobs."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, NoReturn

from instep.base.identity.models import Firm
from instep.base.records.outcomes import Draft
from instep.kernel.canonical import canon_multiline, canon_text
from instep.kernel.errors import BadValue
from instep.kernel.records.kinds import FieldType, RecordField, canon

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
# Text that a browser would run if a page made it a link.
_UNSAFE_LINK = re.compile(r"\s*(javascript|data|vbscript):", re.IGNORECASE)


def settle_texts(draft: Draft[Any], fields: Mapping[str, RecordField], firm: Firm, *, lenient: bool) -> None:
    """Take the text fields that were given. Raises BadValue.

    A person's own spelling always counts. `lenient` (imports and sync): a value that differs only in form from what is
    stored is no change, and an address that is no email is kept as it came.
    """
    for name, field in fields.items():
        if name in draft.given:
            text = one_text(draft.given[name], field)
            if not lenient:
                _check(text, field)
            old = getattr(draft.record, name)
            if lenient and old and _same(field.type, old, text, firm):
                continue
            draft.put(name, text, field_name=name)
        if field.required and not draft.value(name):
            raise BadValue(field=field.label, problem="it cannot be empty")


def one_text(value: Any, field: RecordField) -> str:
    """The text to store for a value: trimmed and measured; "" for None."""
    if value is None:
        return ""
    if not isinstance(value, str):
        if not isinstance(value, int) or isinstance(value, bool):
            raise BadValue(field=field.label, problem="give text")
        value = str(value)
    text = (canon_multiline(value) if field.type is FieldType.MULTILINE else canon_text(value)) or ""
    if field.max_length is not None and len(text) > field.max_length:
        raise BadValue(field=field.label, problem=f"at most {field.max_length} characters; these are {len(text)}")
    if field.type is FieldType.URL and _UNSAFE_LINK.match(text):
        raise BadValue(field=field.label, problem="give the address of a page, such as https://example.com")
    return text


def _check(text: str, field: RecordField) -> None:
    if text and field.type is FieldType.EMAIL and not _EMAIL.fullmatch(text):
        raise BadValue(field=field.label, problem=f"{text} is not an email address, such as name@example.com")


def _same(type_: FieldType, old: str, new: str, firm: Firm) -> bool:
    forms = (canon(type_, text, region=firm.phone_region, country=firm.country) for text in (old, new))
    return next(forms) == next(forms)


def one_flag(value: Any, label: str) -> bool:
    """Yes or no; BadValue for anything else than a boolean (None is no)."""
    if value is None or isinstance(value, bool):
        return bool(value)
    raise BadValue(field=label, problem="give yes or no")


def one_choice(value: Any, choices: type[StrEnum], label: str) -> str:
    """The key of one of the choices."""
    if isinstance(value, str) and value in set(choices):
        return str(value)
    raise BadValue(field=label, problem=f"choose one of {', '.join(choices)}")


def one_date(value: Any, label: str) -> dt.date | None:
    """A date, or its text such as 2026-03-31; None for nothing."""
    if value is None or value == "":
        return None
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return value
    try:
        return dt.date.fromisoformat(value.strip()) if isinstance(value, str) else _no_date(label)
    except ValueError:
        return _no_date(label)


def _no_date(label: str) -> NoReturn:
    raise BadValue(field=label, problem="give a date, such as 2026-03-31") from None
