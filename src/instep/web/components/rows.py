"""The rows of a list as HTML, by a function and not by a template: a page has hundreds of cells, all made alike."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext


@dataclass(frozen=True, slots=True)
class Head:
    """One head of a column as the template prints it. `sorted` is "ascending", "descending" or ""."""

    key: str
    label: str
    css: str
    url: str
    sorted: str
    primary: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One row: the HTML of its cells in the order of the heads. `url` is "" where nothing opens."""

    key: str
    url: str
    cells: list[SafeString]
    quiet: bool = False


def body(heads: Sequence[Head], rows: Iterable[Row], *, opened: str = "", ticked: bool = False) -> SafeString:
    """The rows of the table. `opened` is the key of the one that is open beside the list; `ticked` gives each a box."""
    # What stands before each cell; on a phone, where there are no heads, each cell names its column itself.
    before = [
        format_html('<th scope="row" class="{}">', head.css)
        if head.primary
        else format_html('<td class="{}" data-label="{}">', head.css, head.label)
        for head in heads
    ]
    primary = [head.primary for head in heads]
    tick = _tick() if ticked else ("", "")
    parts: list[str] = []
    for row in rows:
        current = ' aria-current="true"' if row.key == opened else ""
        quiet = ' class="i-row--quiet"' if row.quiet else ""
        parts.append(f'<tr id="row-{row.key}" data-row{current}{quiet}>')
        if ticked:
            parts.append(f"{tick[0]}{row.key}{tick[1]}")
        for begin, cell, first in zip(before, row.cells, primary, strict=True):
            parts.append(f"{begin}{_link(row, cell)}</th>" if first else f"{begin}{cell}</td>")
        parts.append("</tr>\n")
    return SafeString("".join(parts))


def _link(row: Row, cell: SafeString) -> str:
    if not row.url:
        return cell
    link = f'class="i-row__link" id="open-{row.key}" href="{row.url}" data-panel="{row.key}"'
    return f"<a {link}>{cell}</a>"


def _tick() -> tuple[str, str]:
    begin = '<td class="i-cell--tick"><input class="i-tick" type="checkbox" name="ids" value="'
    return begin, format_html('" aria-label="{}"></td>', gettext("Tick this row"))
