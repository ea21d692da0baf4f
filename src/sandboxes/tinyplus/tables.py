"""The records of one resource of one account, in memory, with indexes that are built when first asked for."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections import OrderedDict, deque
from collections.abc import Iterable, Mapping
from typing import Any

from sandboxes.tinyplus.fields import Resource

Values = dict[str, Any]  # a field name and its value, as the type of the field says
KEPT_RESULTS = 16


class Row:
    """One state of one record, never changed: an edit makes a new row. Times are whole seconds since 1970 (UTC)."""

    __slots__ = ("id", "text", "values", "version")

    def __init__(self, values: Values, version: int) -> None:
        self.id: int = values["id"]
        self.values = values
        self.version = version  # counts the edits of this record
        self.text: str | None = None  # its JSON, once somebody asked for it


def _first(entry: tuple[Any, int]) -> Any:
    return entry[0]


class _Ordered:
    """The values of one field in order, for bounds. Empty values are not in it."""

    def __init__(self, field: str, rows: Iterable[Row]) -> None:
        self.field = field
        self._entries = sorted((row.values[field], row.id) for row in rows if row.values[field] is not None)

    def add(self, row: Row) -> None:
        if row.values[self.field] is not None:
            insort(self._entries, (row.values[self.field], row.id))

    def remove(self, row: Row) -> None:
        if row.values[self.field] is not None:
            del self._entries[bisect_left(self._entries, (row.values[self.field], row.id))]

    def beyond(self, sign: str, value: Any, inclusive: bool) -> list[int]:
        """The ids above (`>`) or below (`<`) the value, in order of the field."""
        if (sign == ">") == inclusive:
            at = bisect_left(self._entries, value, key=_first)
        else:
            at = bisect_right(self._entries, value, key=_first)
        return [number for _, number in (self._entries[at:] if sign == ">" else self._entries[:at])]


class _Equal:
    """The ids of each value of one field."""

    def __init__(self, field: str, rows: Iterable[Row]) -> None:
        self.field = field
        self._ids: dict[object, set[int]] = {}
        for row in rows:
            self.add(row)

    def add(self, row: Row) -> None:
        self._ids.setdefault(row.values[self.field], set()).add(row.id)

    def remove(self, row: Row) -> None:
        ids = self._ids[row.values[self.field]]
        ids.discard(row.id)
        if not ids:
            del self._ids[row.values[self.field]]

    def of(self, value: object) -> set[int]:
        return self._ids.get(value, set())


class Table:
    """`rows` are the records as they are; `listed` as lists show them, which may lag behind."""

    def __init__(self, resource: Resource) -> None:
        self.resource = resource
        self.rows: dict[int, Row] = {}
        self.listed: dict[int, Row] = {}
        self.next_id = 1
        self._late: deque[tuple[float, Row]] = deque()  # changes that lists do not show yet
        self._ordered: dict[str, _Ordered] = {}
        self._equal: dict[str, _Equal] = {}
        self._results: OrderedDict[object, list[int]] = OrderedDict()

    def put(self, row: Row, now: float, lag: float) -> None:
        """Store a record's new state; lists show it `lag` seconds from now."""
        self.rows[row.id] = row
        self.next_id = max(self.next_id, row.id + 1)
        if lag or self._late:
            self._late.append((now + lag, row))
        else:
            self._list(row)

    def remove(self, number: int) -> None:
        """Take a record away, from lists too."""
        del self.rows[number]
        row = self.listed.pop(number, None)
        self._late = deque(entry for entry in self._late if entry[1].id != number)
        if row is not None:
            self._unindex(row)

    def catch_up(self, now: float, lag: float) -> None:
        """Let lists show what has become due; without a lag, everything has."""
        while self._late and (not lag or self._late[0][0] <= now):
            self._list(self._late.popleft()[1])

    def _list(self, row: Row) -> None:
        old = self.listed.get(row.id)
        if old is not None:
            self._unindex(old)
        self.listed[row.id] = row
        self._results.clear()
        for index in (*self._ordered.values(), *self._equal.values()):
            index.add(row)

    def _unindex(self, row: Row) -> None:
        self._results.clear()
        for index in (*self._ordered.values(), *self._equal.values()):
            index.remove(row)

    def equal(self, field: str, value: object) -> set[int]:
        """The ids of the listed records whose field has that value."""
        index = self._equal.get(field)
        if index is None:
            index = self._equal[field] = _Equal(field, self.listed.values())
        return index.of(value)

    def beyond(self, field: str, sign: str, value: object, inclusive: bool) -> list[int]:
        """The ids of the listed records whose field lies above or below the value."""
        index = self._ordered.get(field)
        if index is None:
            index = self._ordered[field] = _Ordered(field, self.listed.values())
        return index.beyond(sign, value, inclusive)

    def remembered(self, question: object) -> list[int] | None:
        """The answer to a list's question, if nothing was listed since it was asked: pages of one list ask again."""
        return self._results.get(question)

    def remember(self, question: object, ids: list[int]) -> None:
        """Keep an answer until the next change."""
        self._results[question] = ids
        if len(self._results) > KEPT_RESULTS:
            self._results.popitem(last=False)

    def forget_texts(self) -> None:
        """Have every record written anew: its JSON depends on a switch that was turned."""
        for row in (*self.rows.values(), *self.listed.values()):
            row.text = None

    def snapshot(self) -> tuple[Mapping[int, Row], Mapping[int, Row], int, list[tuple[float, Row]]]:
        """What `restore` needs to bring this state back."""
        return dict(self.rows), dict(self.listed), self.next_id, list(self._late)

    def restore(self, kept: tuple[Mapping[int, Row], Mapping[int, Row], int, list[tuple[float, Row]]]) -> None:
        """Go back to a snapshot."""
        rows, listed, self.next_id, late = kept
        self.rows, self.listed, self._late = dict(rows), dict(listed), deque(late)
        self._ordered.clear()
        self._equal.clear()
        self._results.clear()
