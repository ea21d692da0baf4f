"""The wire of tiny+: bodies out of fields, records out of answers, page after page without missing one."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

from instep.connect.protocols import BadReply, PageOfRecords, RemoteRecord, Reply, Request
from instep.connectors.tinyplus.maps import INNER_SPACE, amount_text
from instep.connectors.tinyplus.troubles import told, trouble

PAGE = 100
"""Rows asked for on a first page: the most that tiny+ is known to give."""
SMALLEST_PAGE = 15
"""Rows that tiny+ gives when nobody says how many (documented), so it never gives fewer while there are more."""
STAMP = "%Y-%m-%d %H:%M:%S"
_NOT_UNDERSTOOD = "tiny+ gave an answer that cannot be understood, so nothing was taken from it."


class Form(StrEnum):
    """How a field looks in JSON. All may be null."""

    TEXT = "text"
    NUMBER_OF = "number of a record"
    AMOUNT = "amount"


def _forms(texts: str, records: str = "", amounts: str = "") -> dict[str, Form]:
    return {
        **dict.fromkeys(texts.split(), Form.TEXT),
        **dict.fromkeys(records.split(), Form.NUMBER_OF),
        **dict.fromkeys(amounts.split(), Form.AMOUNT),
    }


FORMS: Mapping[str, Mapping[str, Form]] = {
    "team-members": _forms("name email direct mobile role external_url"),
    "companies": _forms(
        "name email_address office_phone mobile website linkedin physical_address abn external_url",
    ),
    "contacts": _forms(
        "name title email_address direct mobile office_phone website linkedin external_url",
        records="primary_company",
    ),
    "projects": _forms(
        "name description status project_number project_type project_address external_url",
        records="client_company assigned_user",
        amounts="fee_value",
    ),
}
"""What is read and written of each type, by the names the engine sees: pairs are flattened (see maps.py)."""


# --- out --------------------------------------------------------------------------------------------------------------


def body_of(remote_type: str, fields: Mapping[str, Any], extra: Mapping[str, Any]) -> bytes:
    """The JSON body: `fields` in the engine's words, pairs taken apart, amounts as exact numbers; `extra` as it is.

    Raises ValueError for a field that is not written to this type.
    """
    unknown = set(fields) - set(FORMS[remote_type])
    if unknown:
        raise ValueError(f"{remote_type}: {sorted(unknown)} cannot be written")
    wire: dict[str, Any] = {}
    for name, value in fields.items():
        if name == "status":
            wire |= _status_pair(value)
        elif name == "name" and remote_type == "contacts":
            wire |= _name_parts(value)
        elif FORMS[remote_type][name] is Form.NUMBER_OF:
            wire[name] = None if value in (None, "") else int(value)
        else:
            wire[name] = value
    wire |= extra
    members = (f"{json.dumps(name)}: {_json(name, value, remote_type)}" for name, value in wire.items())
    return ("{" + ", ".join(members) + "}").encode()


def _json(name: str, value: Any, remote_type: str) -> str:
    if value is not None and FORMS[remote_type].get(name) is Form.AMOUNT:
        return amount_text(Decimal(value))  # json.dumps knows no exact decimals, and a float is not one
    return json.dumps(value)


def _status_pair(value: str | None) -> dict[str, str | None]:
    status, _, phase = (value or "").partition("/")
    return {"record_status": status or None, "phase": phase or None}


def _name_parts(value: str | None) -> dict[str, str | None]:
    """`name` and, where there are two parts, both of them: left to itself tiny+ cuts at the last space."""
    text = (value or "").strip(" ")
    first, _, last = text.rpartition(" ")
    wire: dict[str, str | None] = {"name": text.replace(INNER_SPACE, " ") or None}
    if first or INNER_SPACE in last:
        wire |= {
            "first_name": first.strip(" ").replace(INNER_SPACE, " ") or None,
            "last_name": last.replace(INNER_SPACE, " "),
        }
    return wire


# --- in ---------------------------------------------------------------------------------------------------------------


def answer(remote_type: str, request: Request, reply: Reply, *, one: bool) -> Any:
    """The JSON of a successful answer, numbers with decimals as Decimal. Raises what the answer means otherwise."""
    if reply.status not in (200, 201):
        raise trouble(request, reply, remote_type, one=one)
    try:
        return json.loads(reply.body.decode("utf-8-sig"), parse_float=Decimal, parse_constant=_no_number)
    except (ValueError, RecursionError, InvalidOperation):
        raise BadReply(_NOT_UNDERSTOOD, detail=f"not JSON: {told(request, reply)}") from None


def record(remote_type: str, request: Request, reply: Reply, *, asked: str | None) -> RemoteRecord:
    """The stored record of an answer about one. `asked` is the id the request named, None for a new record.

    An answer that brings the id alone (a remote that does not honour `return_record`) gives a record whose `fields` are
    empty, which says nothing about any of them.
    """
    data = answer(remote_type, request, reply, one=asked is not None)
    try:
        found = _record(remote_type, data)
    except ValueError as error:
        raise BadReply(_NOT_UNDERSTOOD, detail=f"{error}: {told(request, reply)}") from None
    if asked is not None and found.id != asked:
        raise BadReply(_NOT_UNDERSTOOD, detail=f"asked for {asked}: {told(request, reply)}")
    return found


def page(remote_type: str, request: Request, reply: Reply) -> PageOfRecords:
    """One page of a list ordered by id, and where the next begins.

    Why an end is an end. tiny+ gives no total, and may give fewer rows than asked for without a word, so a short page
    alone proves nothing. But the first page shows how many rows this server gives: the next page asks for exactly that
    many, and from then on fewer rows than asked for are the end. A first page is the last one only when it has fewer
    rows than tiny+'s documented default of 15. An extra, empty page is thus read only where a list has 15 to 99 rows in
    all; one of more (its first page is full, which proves 100) and one of fewer cost none.
    """
    data = answer(remote_type, request, reply, one=False)
    if not isinstance(data, list):
        raise BadReply(_NOT_UNDERSTOOD, detail=f"not a list: {told(request, reply)}")
    try:
        records = [_record(remote_type, row) for row in data]
    except ValueError as error:
        raise BadReply(_NOT_UNDERSTOOD, detail=f"{error}: {told(request, reply)}") from None
    asked = dict(request.query)
    after = int(asked["id"].removeprefix(">")) if "id" in asked else None
    ids = [int(r.id) for r in records]
    if after is not None and ids[:1] == [after]:
        records = records[1:]  # a server whose bounds include the value itself
    _check_order([int(r.id) for r in records], after, request)
    full = int(asked["limit"]) if after is not None else SMALLEST_PAGE
    if len(ids) < full or not records:
        return PageOfRecords(records, None)
    rows = min(len(ids), PAGE)
    return PageOfRecords(records, records[-1].id if rows == PAGE else f"{records[-1].id}/{rows}")


def place_after(after: str) -> tuple[str, int]:
    """The last id read and the rows to ask for, out of what `page` gave as `next_after`. Raises ValueError."""
    last, _, rows = after.partition("/")
    return str(int(last)), min(max(int(rows or PAGE), SMALLEST_PAGE), PAGE)


def _check_order(ids: Iterable[int], after: int | None, request: Request) -> None:
    """Reading goes on from the last id: a server that ignores the bound or the order would have us read for ever."""
    last = after if after is not None else 0
    for number in ids:
        if number <= last:
            raise BadReply(
                "tiny+ did not give the next records of its list in order, so the list could not be read to its end.",
                detail=f"{number} came after {last}: {request.operation} {dict(request.query)}",
            )
        last = number


def _record(remote_type: str, data: Any) -> RemoteRecord:
    """Raises ValueError, which names what is wrong with the shape."""
    if not isinstance(data, Mapping):
        raise ValueError("a record is not an object")
    number = data.get("id")
    if not isinstance(number, int) or isinstance(number, bool) or number < 1:
        raise ValueError("a record has no id")
    fields = {n: _value(n, data[n], form) for n, form in FORMS[remote_type].items() if n in data}
    if remote_type == "contacts" and "name" in fields:
        fields["name"] = _flat_name(fields["name"], data)
    if remote_type == "projects" and "record_status" in data and "phase" in data:
        fields["status"] = _flat_status(_text(data, "record_status"), _text(data, "phase"))
    return RemoteRecord(
        type=remote_type,
        id=str(number),
        fields=fields,
        stamp=_time(data, "modified_date"),
        created=_time(data, "created_date"),
        marker=_text(data, "remote_id") or None,
        url=_text(data, "record_url") or None,
    )


def _value(name: str, value: Any, form: Form) -> Any:
    if value is None:
        return None
    whole = isinstance(value, int) and not isinstance(value, bool)
    if form is Form.TEXT and (isinstance(value, str) or whole):
        return _storable(str(value))  # a telephone number may come as a number
    if form is Form.NUMBER_OF and whole:
        return str(value) if value > 0 else None
    if form is Form.AMOUNT and (whole or isinstance(value, Decimal)):
        amount = Decimal(value)
        if amount.adjusted() <= 15 and int(amount.as_tuple().exponent) >= -20:  # "1e999999999" would fill the memory
            return amount_text(amount)
        raise ValueError(f"{name} is no amount")
    raise ValueError(f"{name} is not a {form.value}")


def _storable(text: str) -> str:
    """Without NUL and halves of surrogate pairs: JSON can say them, no database keeps them, and nobody sees them."""
    return text if text.isascii() and "\0" not in text else text.replace("\0", "").encode("utf-8", "ignore").decode()


def _text(data: Mapping[str, Any], name: str) -> str:
    return _value(name, data.get(name), Form.TEXT) or ""


def _time(data: Mapping[str, Any], name: str) -> datetime | None:
    text = _text(data, name)
    return datetime.strptime(text, STAMP) if text else None  # noqa: DTZ007  (the remote's clock has no zone)


def _flat_status(status: str, phase: str) -> str | None:
    return (f"{status}/{phase}" if phase else status) or None


def _flat_name(name: str | None, data: Mapping[str, Any]) -> str | None:
    """The name with `INNER_SPACE` inside a last name of several words, where first and last name say that it is one."""
    first, last = _text(data, "first_name").split(), _text(data, "last_name").split()
    if name and len(last) > 1 and name.split() == first + last:
        return " ".join([*first, INNER_SPACE.join(last)])
    return name


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is not a number")
