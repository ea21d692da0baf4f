"""Columns of a list, declared: what they show, how it is set, by what it sorts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
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


@dataclass(frozen=True)
class Column:
    """One column.

    `label` or `term` heads it. `value` is an attribute path ("client.name") or a function of the row; `html` a function
    of row and Place that returns SafeString or text, and wins. `sort` is what `keyset` orders by; a column without it
    does not sort. `primary`: it holds the link that opens the row, and heads the card on a phone. `low`: it goes first
    when there is little room. `sub`: a quiet text behind a primary one.
    """

    key: str
    label: Any = ""
    term: str = ""
    value: str | Callable[[Any], Any] = ""
    html: Callable[[Any, Place], Any] | None = None
    style: Style = Style.TEXT
    sort: str = ""
    primary: bool = False
    low: bool = False
    sub: str | Callable[[Any], Any] = ""

    def heading(self, terms: Terms) -> str:
        """The head of the column."""
        return terms.title(self.term) if self.term else str(self.label)

    @property
    def css(self) -> str:
        """The classes of head and cells."""
        return " ".join([f"i-cell--{self.style.value}", *(["i-cell--low"] if self.low else [])])

    def cell(self, row: Any, place: Place) -> SafeString:
        """What stands in the row, empty cells as a quiet dash."""
        if self.html is not None:
            shown = self.html(row, place)
        else:
            value = _read(row, self.value or self.key)
            shown = _RENDER[self.style](value, place) if value not in (None, "") else None
        if self.sub and (more := _read(row, self.sub)):
            shown = format_html('{}<span class="i-row__sub">{}</span>', marks.NONE if shown is None else shown, more)
        return marks.NONE if shown in (None, "") else conditional_escape(shown)


def _read(row: Any, source: str | Callable[[Any], Any]) -> Any:
    if callable(source):
        return source(row)
    found = row
    for part in source.split("."):
        found = getattr(found, part, None)
        if found is None:
            return None
    return found


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


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell as the template prints it."""

    label: str
    css: str
    html: SafeString
    primary: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One row as the template prints it."""

    key: str
    url: str
    cells: list[Cell] = field(default_factory=list)
    quiet: bool = False
