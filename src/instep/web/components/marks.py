"""Small marks as HTML: chips, money, dates, owners. Tags, columns and components all print these."""

from __future__ import annotations

import datetime as dt
from functools import cache
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from instep.kernel.durations import hours, show_minutes
from instep.kernel.money import Money
from instep.web.components.formats import Form
from instep.web.components.icons import icon
from instep.web.shell.tones import Tone, tone_of_state

NONE = mark_safe('<span class="i-none" aria-hidden="true">–</span>')
_CHIP_ICONS = {Tone.ASK: "question", Tone.BAD: "alert"}


def chip(text: Any, tone: Tone | str = Tone.NEUTRAL, mark: str = "", title: str = "") -> SafeString:
    """A word on its colour. What needs a person or failed has an icon of its own, so the colour is not alone."""
    meaning = Tone(tone)
    name = mark or _CHIP_ICONS.get(meaning, "")
    return format_html(
        '<span class="i-chip i-tone--{}"{}>{}{}</span>',
        meaning.value,
        format_html(' title="{}"', title) if title else "",
        icon(name) if name else dot(meaning),
        text,
    )


def state_chip(state: str, label: Any = "") -> SafeString:
    """A stored state in its tone; without a label, the state's own word."""
    return chip(label or state.replace("_", " ").capitalize(), tone_of_state(state))


@cache
def dot(tone: Tone | str, hollow: bool = False) -> SafeString:
    """The mark of a chip or of the sync health. A word stands beside it."""
    return format_html('<span class="i-dot i-tone--{}{}"></span>', Tone(tone).value, " i-dot--hollow" if hollow else "")


def money(value: Money | None, form: Form, bare: bool = False) -> SafeString:
    """The amount; `bare` without the sign of the firm's own currency, while another currency always shows its code."""
    if value is None:
        return NONE
    if bare and value.currency != form.currency:
        return format_html(
            '<span class="i-money"><span class="i-money__code">{}</span>{}</span>',
            value.currency,
            form.money(value, bare=True),
        )
    return format_html('<span class="i-money">{}</span>', form.money(value, bare=bare))


def minutes(value: int | None) -> SafeString:
    """ "7:30", with the decimal hours as tool-tip."""
    if value is None:
        return NONE
    return format_html('<span class="i-time" title="{} h">{}</span>', hours(value), show_minutes(value))


def date(value: dt.date | dt.datetime | None, form: Form) -> SafeString:
    """A date; of a moment, its date and time in the firm's zone. The tool-tip is the long form."""
    if value is None:
        return NONE
    if isinstance(value, dt.datetime):
        return _time(value.isoformat(), form.long_moment(value), form.moment(value))
    return _time(value.isoformat(), form.long_date(value), form.date(value))


def ago(value: dt.datetime | None, form: Form, now: dt.datetime | None = None) -> SafeString:
    """How long ago, kept right by the page's script; the tool-tip is the moment."""
    if value is None:
        return NONE
    return format_html(
        '<time datetime="{}" title="{}" data-ago>{}</time>',
        value.isoformat(),
        form.long_moment(value),
        form.ago(value, now),
    )


def owner(name: str, since: dt.datetime | None, form: Form, why: str = "") -> SafeString:
    """Who keeps a field: "Owned by tiny+", with why and since when as tool-tip."""
    parts = [why, gettext("Since %(date)s") % {"date": form.date(since)} if since else ""]
    return format_html(
        '<span class="i-owner" title="{}">{}{}</span>',
        ". ".join(part.rstrip(".") for part in parts if part),
        icon("lock"),
        gettext("Owned by %(owner)s") % {"owner": name},
    )


def in_step(tone: Tone | str, text: str, title: str = "") -> SafeString:
    """The in-step mark of a record or field: "In step with tiny+, 2 min ago"."""
    return format_html(
        '<span class="i-step i-tone--{}" title="{}">{}{}</span>',
        Tone(tone).value,
        title,
        icon({Tone.OK: "in-step", Tone.ASK: "question", Tone.BAD: "alert"}.get(Tone(tone), "clock")),
        text,
    )


def _time(value: str, title: str, text: str) -> SafeString:
    return format_html('<time datetime="{}" title="{}">{}</time>', value, title, text)
