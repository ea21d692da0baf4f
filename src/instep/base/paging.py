"""Keyset paging: each page starts behind the last row of the one before, so deep pages cost what first ones do."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Generic, TypeVar

from django.core.exceptions import FieldDoesNotExist
from django.core.signing import BadSignature, Signer
from django.db.models import BooleanField, Expression, F, Field, Model, Q, QuerySet

from instep.kernel.errors import BadValue

M = TypeVar("M", bound=Model)
LARGEST_PAGE = 500
_signer = Signer(salt="instep.paging")


@dataclass(frozen=True, slots=True)
class Page(Generic[M]):
    """Rows of one page in the asked order, and the tokens of its neighbours (None where there is none)."""

    rows: list[M]
    next_token: str | None
    previous_token: str | None


def keyset(queryset: QuerySet[M], order: Sequence[str], token: str | None = None, size: int = 50) -> Page[M]:
    """One page of `queryset` by `order` ("name", "-created_at", "client__name"; the key is added as the last resort).

    A null counts as the largest value, on both databases. One query; a second one only when the rows before a page are
    gone. To be quick it wants an index with firm, the fields of `order` and the key. Raises BadValue for a token that
    is not ours or of another order, and for a size that is no size; at most 500 rows come back.
    """
    columns = _columns(queryset.model, order)
    if type(size) is not int or size < 1:
        raise BadValue(field="size", problem="give a whole number from 1 on")
    size = min(size, LARGEST_PAGE)
    back, values = _read(token, columns)
    rows = queryset.order_by(*(column.ordering(back) for column in columns))
    if values is not None:
        rows = rows.filter(_behind(columns, values, back))
    found = list(rows[: size + 1])
    more, found = len(found) > size, found[:size]
    if back:
        found.reverse()
        if not found:
            return keyset(queryset, order, None, size)
    has_next, has_previous = (True, more) if back else (more, values is not None)
    return Page(
        rows=found,
        next_token=_write(columns, found[-1], back=False) if found and has_next else None,
        previous_token=_write(columns, found[0], back=True) if found and has_previous else None,
    )


@dataclass(frozen=True, slots=True)
class _Column:
    name: str
    descending: bool
    nullable: bool

    def ordering(self, back: bool) -> Any:
        # A null is last going up and first going down; said only where there can be one.
        descending = self.descending is not back
        if descending:
            return F(self.name).desc(nulls_first=self.nullable or None)
        return F(self.name).asc(nulls_last=self.nullable or None)

    def value(self, row: Model) -> Any:
        found: Any = row
        for part in self.name.split("__"):
            found = None if found is None else getattr(found, part)
        return found

    def equal(self, value: Any) -> Q:
        return Q(**{f"{self.name}__isnull": True}) if value is None else Q(**{self.name: value})

    def behind(self, value: Any, back: bool) -> Q | None:
        """Rows whose value comes strictly later; None when there can be none."""
        if self.descending is back:  # going up
            if value is None:
                return None
            later = Q(**{f"{self.name}__gt": value})
            return later | Q(**{f"{self.name}__isnull": True}) if self.nullable else later
        return Q(**{f"{self.name}__isnull": False}) if value is None else Q(**{f"{self.name}__lt": value})

    def not_before(self, value: Any, back: bool) -> Q:
        """Rows whose value comes later or is the same. Going up, a column with nulls gives no range to an index."""
        if self.descending is not back:
            return Q() if value is None else Q(**{f"{self.name}__lte": value})
        if value is None:
            return Q(**{f"{self.name}__isnull": True})
        later = Q(**{f"{self.name}__gte": value})
        return later | Q(**{f"{self.name}__isnull": True}) if self.nullable else later


class _RowBehind(Expression):
    """(a, b, id) > (1, 2, 3): one range of an index, which a chain of ORs is not."""

    conditional = True
    output_field = BooleanField()

    def __init__(self, names: Sequence[str], operator: str, values: Sequence[Any]) -> None:
        super().__init__(output_field=BooleanField())
        self.names: list[Any] = [F(name) for name in names]
        self.operator, self.values = operator, list(values)

    def get_source_expressions(self) -> list[Any]:
        return self.names

    def set_source_expressions(self, exprs: list[Any]) -> None:
        self.names = exprs

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        left, right, params, given = [], [], [], []
        for expression, value in zip(self.names, self.values, strict=True):
            sql, own = compiler.compile(expression)
            left.append(sql)
            params.extend(own)
            right.append("%s")
            given.append(expression.output_field.get_db_prep_value(value, connection))
        return f"({', '.join(left)}) {self.operator} ({', '.join(right)})", [*params, *given]


def _columns(model: type[Model], order: Sequence[str]) -> list[_Column]:
    names = [name for name in order if name.lstrip("-") not in ("pk", "id")]
    last = next((name for name in order if name.lstrip("-") in ("pk", "id")), None)
    if last is None:
        # The key runs the way of the field before it, so that one index serves both ways.
        last = "-pk" if names and names[-1].startswith("-") else "pk"
    columns = [_Column(name.lstrip("-"), name.startswith("-"), _nullable(model, name.lstrip("-"))) for name in names]
    return [*columns, _Column("pk", last.startswith("-"), False)]


def _nullable(model: type[Model], path: str) -> bool:
    for part in path.split("__"):
        try:
            field = model._meta.get_field(part)
        except FieldDoesNotExist:
            return True  # an annotation: it may be
        if field.null:
            return True
        if isinstance(field, Field) and field.related_model is not None:
            model = field.related_model
    return False


def _behind(columns: Sequence[_Column], values: Sequence[Any], back: bool) -> Any:
    if len({column.descending for column in columns}) == 1 and not any(column.nullable for column in columns):
        operator = "<" if columns[0].descending is not back else ">"
        return _RowBehind([column.name for column in columns], operator, values)
    chain, same = Q(pk__in=[]), Q()
    for column, value in zip(columns, values, strict=True):
        later = column.behind(value, back)
        if later is not None:
            chain |= same & later
        same &= column.equal(value)
    # Said twice, so that the database may start in the middle of its index: nothing comes before the first field.
    return columns[0].not_before(values[0], back) & chain


def _write(columns: Sequence[_Column], row: Model, *, back: bool) -> str:
    return _signer.sign_object([_order(columns), int(back), [_plain(column.value(row)) for column in columns]])


def _read(token: str | None, columns: Sequence[_Column]) -> tuple[bool, list[Any] | None]:
    if not token:
        return False, None
    try:
        order, back, values = _signer.unsign_object(token)
    except (BadSignature, ValueError, TypeError):
        raise BadValue(field="page", problem="this is no page of this list; start from the first") from None
    if order != _order(columns) or len(values) != len(columns):
        raise BadValue(field="page", problem="the list has another order now; start from the first page")
    return bool(back), [_value(value) for value in values]


def _order(columns: Sequence[_Column]) -> str:
    return ",".join(f"{'-' if column.descending else ''}{column.name}" for column in columns)


def _plain(value: Any) -> Any:
    if isinstance(value, dt.datetime):
        return ["t", value.isoformat()]
    if isinstance(value, dt.date):
        return ["d", value.isoformat()]
    if isinstance(value, Decimal):
        return ["n", str(value)]
    return value


_READERS: dict[str, Any] = {"t": dt.datetime.fromisoformat, "d": dt.date.fromisoformat, "n": Decimal}


def _value(value: Any) -> Any:
    return _READERS[value[0]](value[1]) if isinstance(value, list) else value
