"""What the pages of money share: their tabs, and how documents and payments are called."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from instep.billing.models import Document
from instep.billing.queries.balances import Standing
from instep.billing.states import DocumentKind, DocumentState
from instep.web.components.lists import Tab
from instep.web.shell.tones import Tone

PLACES = ("wip", "invoices", "payments")


def tabs(here: str) -> list[Tab]:
    """The parts of the area; `here` is one of PLACES."""
    labels = {"wip": _("Work in progress"), "invoices": _("Invoices"), "payments": _("Payments")}
    return [Tab(labels[place], reverse(f"billing:{place}"), place == here) for place in PLACES]


def title_of(document: Document) -> str:
    """ "Invoice INV-0004", "Draft invoice", "Credit note CN-0001"."""
    if document.kind == DocumentKind.CREDIT_NOTE:
        return _("Credit note %(number)s") % {"number": document.number}
    if document.is_draft:
        return _("Draft invoice")
    return _("Invoice %(number)s") % {"number": document.number}


def status_of(document: Document, standing: Standing | None, today: dt.date) -> tuple[str, Tone]:
    """How it stands in a word, and its tone: draft, to be paid, overdue, part paid, paid, credited, cancelled."""
    if document.is_draft:
        return _("Draft"), Tone.INFO
    if document.kind == DocumentKind.CREDIT_NOTE:
        return _("Credit"), Tone.NEUTRAL
    if document.state == DocumentState.CANCELLED:
        return _("Cancelled"), Tone.NEUTRAL
    if standing is None:
        return _("Issued"), Tone.NEUTRAL
    if not standing.open:
        return (_("Paid"), Tone.OK) if standing.paid else (_("Credited"), Tone.NEUTRAL)
    if document.due_on < today:
        return _("Overdue"), Tone.ASK
    return (_("Part paid"), Tone.CHANGED) if standing.paid else (_("To be paid"), Tone.CHANGED)


def plain(number: Decimal) -> str:
    """A number without zeros at its end: 1.5, 110, 12.25."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def decimals(number: Decimal) -> int:
    """How many decimals the number has, zeros at its end left out."""
    return len(plain(number).partition(".")[2])


def as_id(said: Any) -> int | None:
    """The key that the address names; None for what can be none."""
    text = str(said or "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None


def as_day(said: Any) -> dt.date | None:
    """The day that the address names; None for what is no day."""
    try:
        return dt.date.fromisoformat(str(said or ""))
    except ValueError:
        return None
