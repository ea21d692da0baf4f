"""Pictures of numbers as SVG by the server: themed by CSS, readable in print, with the table behind them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from instep.web.shell.tones import Tone

_SPARK_WIDTH, _SPARK_HEIGHT = 96, 24


@dataclass(frozen=True, slots=True)
class Point:
    """One point of a line: its label and value in the table, its text as a person reads the value."""

    label: str
    value: int
    text: str = ""


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar; `value` 0 or more, `text` what a person reads, `url` the rows behind it."""

    label: str
    value: int
    text: str = ""
    tone: Tone | None = None
    url: str = ""


def spark(points: Sequence[Point], label: str) -> SafeString:
    """A line without axes, for the trend beside a figure. The table is there for who cannot see it."""
    if len(points) < 2:
        return format_html('<span class="i-muted i-small">{}</span>', gettext("Not enough to draw yet"))
    low, high = min(p.value for p in points), max(p.value for p in points)
    reach = (high - low) or 1
    step = _SPARK_WIDTH / (len(points) - 1)
    places = [
        (round(i * step, 1), round(_SPARK_HEIGHT - 2 - (p.value - low) * (_SPARK_HEIGHT - 4) / reach, 1))
        for i, p in enumerate(points)
    ]
    path = " ".join(f"{'L' if i else 'M'}{x} {y}" for i, (x, y) in enumerate(places))
    svg = format_html(
        '<svg class="i-spark" viewBox="0 0 {w} {h}" width="{w}" height="{h}" aria-hidden="true">'
        '<path class="i-spark__area" d="{path} L{w} {h} L0 {h} Z"/><path class="i-spark__line" d="{path}"/>'
        '<circle class="i-spark__end" cx="{x}" cy="{y}" r="2"/></svg>',
        w=_SPARK_WIDTH,
        h=_SPARK_HEIGHT,
        path=path,
        x=places[-1][0],
        y=places[-1][1],
    )
    return format_html('<div class="i-picture">{}{}</div>', svg, _hidden_table(label, points))


def bars(items: Sequence[Bar], label: str) -> SafeString:
    """Lying bars: a table whose middle column is drawn, so that picture and table are one and fit any width."""
    if not items:
        return format_html('<p class="i-muted i-small">{}</p>', gettext("Nothing to draw yet."))
    most = max((item.value for item in items), default=0) or 1
    rows = format_html_join("", "{}", ((_bar(item, most),) for item in items))
    return format_html(
        '<table class="i-bars"><caption class="i-hidden">{}</caption><tbody>{}</tbody></table>', label, rows
    )


def _bar(item: Bar, most: int) -> SafeString:
    return format_html(
        '<tr><th scope="row">{}</th><td class="i-bars__drawn"><svg width="100%" height="12" aria-hidden="true">'
        '<rect class="i-bars__track" width="100%" height="12" rx="3"/>'
        '<rect class="i-bars__bar{}" width="{}%" height="12" rx="3"/></svg></td><td class="i-bars__value">{}</td></tr>',
        format_html('<a href="{}">{}</a>', item.url, item.label) if item.url else item.label,
        f" i-tone--{item.tone.value}" if item.tone else "",
        round(max(item.value, 0) * 100 / most, 2),
        item.text or item.value,
    )


def _hidden_table(label: str, points: Sequence[Point]) -> SafeString:
    return format_html('<div class="i-hidden">{}</div>', _table(label, points))


def _table(label: str, items: Sequence[Point]) -> SafeString:
    rows = format_html_join(
        "",
        '<tr><th scope="row">{}</th><td class="i-cell--number">{}</td></tr>',
        ((i.label, i.text or i.value) for i in items),
    )
    return format_html(
        '<table class="i-table"><caption class="i-hidden">{}</caption><tbody>{}</tbody></table>', label, rows
    )
