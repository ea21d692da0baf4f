"""The list call: filters, strict bounds, sort, start and limit over one table."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from sandboxes.kit.errors import BadInput
from sandboxes.kit.messages import whole
from sandboxes.kit.switches import Switches
from sandboxes.tinyplus.accounts import Account, Token, Wire
from sandboxes.tinyplus.fields import Field, Resource, Type
from sandboxes.tinyplus.tables import Row, Table

DEFAULT_LIMIT = 15
_PARAMETERS = {"limit", "start", "sort", "return_format", "with_related", "me", "subscribed", "with_health"}
_LARGEST = 10**9


@dataclass(frozen=True, slots=True)
class Filter:
    """One condition: `sign` is `=`, `>` or `<`; a value of None is the empty one."""

    field: str
    sign: str
    value: object


@dataclass(frozen=True, slots=True)
class Question:
    """What a list call asks for, apart from its page and shape."""

    filters: tuple[Filter, ...]
    sort: str = "id"
    downwards: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """A list call, read."""

    question: Question
    start: int
    limit: int
    as_array: bool
    related: bool


def read(pairs: list[tuple[str, str]], resource: Resource, token: Token, wire: Wire, switches: Switches) -> Asked:
    """The query of a list call. Raises BadInput (400) for what cannot be understood."""
    given = once(pairs)
    fields = resource.by_name
    filters = []
    for name, text in given.items():
        if name in _PARAMETERS:
            continue
        field = fields.get(name)
        if field is None:
            if switches["unknown_filter"] == "refuse":
                raise BadInput(f"{name!r} is no field to filter by.")
        elif name == "record_url":
            filters.append(_by_address(text, wire.page(token.account, resource, 0).removesuffix("0")))
        elif name != "remote_id" or switches.flag("filter_remote_id"):
            filters.append(_filter(field, text, wire))
    if "me" in given:
        filters.append(Filter("assigned_user", "=", -1 if token.member is None else token.member))
    sort, downwards = _sort(given.get("sort", ""), fields, switches)
    limit_max = switches["limit_max"]
    shape = given.get("return_format", "object")
    if shape not in ("array", "object"):
        raise BadInput("return_format is array or object.")
    return Asked(
        Question(tuple(filters), sort, downwards),
        start=_whole(given, "start", 0, 0),
        limit=min(_whole(given, "limit", DEFAULT_LIMIT, 1), limit_max if isinstance(limit_max, int) else _LARGEST),
        as_array=shape == "array",
        related=flag(given, "with_related", default=True),
    )


def once(pairs: list[tuple[str, str]]) -> dict[str, str]:
    """The query as a mapping; a name given twice is refused, since no page tells which one counts."""
    given = dict(pairs)
    if len(given) != len(pairs):
        raise BadInput("A name stands in the query twice.")
    return given


def flag(given: dict[str, str], name: str, *, default: bool) -> bool:
    """A parameter that is 0 or 1."""
    text = given.get(name)
    if text is None:
        return default
    if text not in ("0", "1"):
        raise BadInput(f"{name} is 0 or 1.")
    return text == "1"


def _whole(given: dict[str, str], name: str, default: int, least: int) -> int:
    text = given.get(name)
    if text is None:
        return default
    number = whole(text, least)
    if number is None:
        raise BadInput(f"{name} is a whole number from {least}.")
    return number


def _sort(text: str, fields: dict[str, Field], switches: Switches) -> tuple[str, bool]:
    if not text:
        return "id", False
    name, _, direction = text.partition(" ")
    if direction not in ("", "asc", "desc"):
        raise BadInput("sort is a field, and after one space asc or desc.")
    if name not in fields and switches["unknown_filter"] == "refuse":
        raise BadInput(f"{name!r} is no field to sort by.")
    if name not in fields:
        return "id", False
    return "id" if name == "record_url" else name, direction == "desc"


def _by_address(text: str, before_number: str) -> Filter:
    number = whole(text.removeprefix(before_number)) if text.startswith(before_number) else None
    return Filter("id", "=", -1 if number is None else number)


def _filter(field: Field, text: str, wire: Wire) -> Filter:
    sign = text[:1] if text[:1] in (">", "<") else "="
    value = text if sign == "=" else text[1:]
    if not value:
        if sign != "=":
            raise BadInput(f"The bound of {field.name} has no value.")
        return Filter(field.name, "=", None)
    return Filter(field.name, sign, _typed(field, value, wire))


def _typed(field: Field, text: str, wire: Wire) -> object:
    match field.type:
        case Type.TIME:
            return wire.seconds(text)
        case Type.NUMBER | Type.REFERENCE:
            number = whole(text)
            if number is not None:
                return number
            raise BadInput(f"{field.name} is filtered by a number.")
        case Type.DECIMAL:
            try:
                amount = Decimal(text)
            except InvalidOperation:
                amount = Decimal("NaN")
            if not amount.is_finite():
                raise BadInput(f"{field.name} is filtered by a number.")
            return amount
        case Type.FLAG:
            words = {"1": True, "true": True, "0": False, "false": False}
            if text not in words:
                raise BadInput(f"{field.name} is filtered by 0 or 1.")
            return words[text]
    return text


def find(table: Table, question: Question, *, inclusive: bool) -> list[int]:
    """The ids of all listed records that match, in order."""
    known = table.remembered((question, inclusive))
    if known is None:
        matching = _matching(table, question.filters, inclusive)
        only = question.filters[0] if len(question.filters) == 1 else None
        by_bound = only and only.sign != "=" and isinstance(only.value, int)  # text is indexed in another order
        if only and by_bound and only.field == question.sort and not question.downwards:
            known = list(matching)  # the index that found them has them in this very order
        else:
            known = _ordered(table, question, matching)
        table.remember((question, inclusive), known)
    return known


def _matching(table: Table, filters: tuple[Filter, ...], inclusive: bool) -> Iterable[int]:
    found: Iterable[int] | None = None
    # Equalities are narrow and cheap: they go first.
    for condition in sorted(filters, key=lambda item: item.sign != "="):
        if condition.sign == "=":
            ids: Iterable[int] = table.equal(condition.field, condition.value)
        else:
            ids = table.beyond(condition.field, condition.sign, condition.value, inclusive)
        found = ids if found is None else set(found) & set(ids)
        if not found:
            return []
    return table.listed if found is None else found


def _ordered(table: Table, question: Question, ids: Iterable[int]) -> list[int]:
    ordered = sorted(ids)
    if question.sort != "id":
        # Empty values come first, equal ones stay in order of id; text is ordered without regard to case.
        ordered.sort(key=lambda number: _sort_key(table.listed[number], question.sort), reverse=question.downwards)
    elif question.downwards:
        ordered.reverse()
    return ordered


def _sort_key(row: Row, field: str) -> tuple[bool, object]:
    value = row.values[field]
    return (value is not None, value.casefold() if isinstance(value, str) else 0 if value is None else value)


def answer(account: Account, table: Table, asked: Asked, wire: Wire, *, inclusive: bool) -> str:
    """The JSON of one page."""
    ids = find(table, asked.question, inclusive=inclusive)[asked.start : asked.start + asked.limit]
    texts = [wire.text(account, table.resource, table.listed[number], related=asked.related) for number in ids]
    if asked.as_array:
        return f"[{','.join(texts)}]"
    return "{" + ",".join([f'"{number}":{text}' for number, text in zip(ids, texts, strict=True)]) + "}"
