"""Columns of a list, declared: what they show, how it is set, by what it sorts."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from operator import attrgetter
from typing import Any

from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString

from instep.base.identity.actor import Actor
from instep.base.settings.vocabulary import Terms
from instep.web.components import marks
from instep.web.components.formats import Form


class Style(StrEnum):
    """How a cell is set."""

    TEXT = "text"
    CODE = "code"
    """a number of a job or document: quiet, never wrapped"""
    MONEY = "money"
    """Money, right-aligned, without the sign of the firm's own currency"""
    NUMBER = "number"
    MINUTES = "minutes"
    DATE = "date"
    """a date or moment"""
    AGO = "ago"
    STATE = "state"
    """a stored state as a chip"""
    WRAP = "wrap"
    """text that may take two lines"""


@dataclass(frozen=True, slots=True)
class Place:
    """What a cell may need to know: whose page it is, and what `ListView.prepare` loaded for these rows."""

    actor: Actor
    terms: Terms
    form: Form
    loaded: Any = None
    made: dict[Hashable, SafeString] = field(default_factory=dict)
    """Cells that stand in many rows, made once for the page: see `Column.same`."""


@dataclass(frozen=True)
class Column:
    """One column.

    `label` or `term` heads it. `value` is an attribute path ("client.name") or a function of the row; `html` a function
    of row and Place that returns SafeString or text, and wins. Rows for which `same` answers alike share one cell.
    `sort` is what `keyset` orders by; a column without it does not sort. `primary`: it holds the link that opens the
    row, and heads the card on a phone. `low`: it goes first when there is little room. `sub`: a quiet text behind a
    primary one.
    """

    key: str
    label: Any = ""
    term: str = ""
    value: str | Callable[[Any], Any] = ""
    html: Callable[[Any, Place], Any] | None = None
    same: Callable[[Any, Place], Hashable] | None = None
    style: Style = Style.TEXT
    sort: str = ""
    primary: bool = False
    low: bool = False
    sub: str | Callable[[Any], Any] = ""

    def heading(self, terms: Terms) -> str:
        """The head of the column."""
        return terms.title(self.term) if self.term else str(self.label)

    @cached_property
    def css(self) -> str:
        """The classes of head and cells."""
        return " ".join([f"i-cell--{self.style.value}", *(["i-cell--low"] if self.low else [])])

    def cell(self, row: Any, place: Place) -> SafeString:
        """What stands in the row, empty cells as a quiet dash."""
        if self.same is None:
            return self._cell(row, place)
        known = (self.key, self.same(row, place))
        made = place.made.get(known)
        if made is None:
            made = place.made[known] = self._cell(row, place)
        return made

    def _cell(self, row: Any, place: Place) -> SafeString:
        if self.html is not None:
            shown = self.html(row, place)
        else:
            value = self._value(row)
            shown = _RENDER[self.style](value, place) if value not in (None, "") else None
        if self.sub and (more := self._sub(row)):
            shown = format_html('{}<span class="i-row__sub">{}</span>', marks.NONE if shown is None else shown, more)
        return marks.NONE if shown in (None, "") else conditional_escape(shown)

    @cached_property
    def _value(self) -> Callable[[Any], Any]:
        return _reader(self.value or self.key)

    @cached_property
    def _sub(self) -> Callable[[Any], Any]:
        return _reader(self.sub)


def _reader(source: str | Callable[[Any], Any]) -> Callable[[Any], Any]:
    """What reads `source` of a row; a path that ends on the way, as the name of no client does, gives None."""
    if callable(source):
        return source
    first, *rest = (attrgetter(part) for part in source.split("."))
    if not rest:
        return first

    def read(row: Any) -> Any:
        found = first(row)
        for step in rest:
            found = None if found is None else step(found)
        return found

    return read


_RENDER: dict[Style, Callable[[Any, Place], Any]] = {
    Style.TEXT: lambda value, place: value,
    Style.CODE: lambda value, place: value,
    Style.WRAP: lambda value, place: value,
    Style.MONEY: lambda value, place: marks.money(value, place.form, bare=True),
    Style.NUMBER: lambda value, place: place.form.decimal(value),
    Style.MINUTES: lambda value, place: marks.minutes(value),
    Style.DATE: lambda value, place: marks.date(value, place.form),
    Style.AGO: lambda value, place: marks.ago(value, place.form),
    Style.STATE: lambda value, place: marks.state_chip(value),
}
