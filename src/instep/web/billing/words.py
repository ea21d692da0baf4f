"""How documents and payments read: labels of fields, choices, history."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from instep.base.settings.vocabulary import Terms
from instep.billing.models import Document
from instep.billing.states import TaxBasis
from instep.kernel.money import Money
from instep.kernel.tax import TaxMode
from instep.web.billing.frame import plain
from instep.web.components.formats import Form
from instep.web.records.history import Sayings


def basis_words() -> dict[str, str]:
    """Whether prices hold their tax."""
    return {
        TaxBasis.EXCLUSIVE.value: _("without tax"),
        TaxBasis.INCLUSIVE.value: _("tax included"),
        TaxBasis.NO_TAX.value: _("no tax at all"),
    }


def mode_words() -> dict[str, str]:
    """How tax is rounded."""
    return {TaxMode.LINE.value: _("for each line"), TaxMode.DOCUMENT.value: _("for the whole document")}


def labels(terms: Terms) -> dict[str, str]:
    """{field: its name} of documents, for fields and history."""
    return {
        "client": terms.title("client"),
        "dated_on": _("Date"),
        "terms_days": _("Days to pay"),
        "due_on": _("Due"),
        "contact": terms.title("contact"),
        "contact_id": terms.title("contact"),
        "contact_name": _("For the attention of"),
        "contact_email": _("Email"),
        "reference": _("Their reference"),
        "notes": _("Notes"),
        "client_name": _("Name on it"),
        "client_address": _("Address"),
        "client_tax_number": _("Their tax number"),
        "payment_details": _("How to pay"),
        "tax_basis": _("Prices"),
        "tax_mode": _("Tax is rounded"),
        "number": _("Number"),
        "total": _("Total"),
        "lines": _("Lines"),
        "state": _("State"),
        "ticked": _("Time put on it"),
        "unticked": _("Time taken off it"),
        "credits": _("Credits"),
        "allocations": _("Set against"),
    }


def sayings(document: Document, terms: Terms, form: Form) -> Sayings:
    """How the history of a document reads."""
    phases = {"phases": terms.title_plural("phase")}
    return Sayings(
        events={
            "invoice.drafted": _("Draft made"),
            "invoice.changed": _("Draft changed"),
            "invoice.phases_billed": _("%(phases)s added") % phases,
            "invoice.line_added": _("Line added"),
            "invoice.line_changed": _("Line changed"),
            "invoice.line_removed": _("Line taken off"),
            "invoice.ticked": _("Time put on it"),
            "invoice.unticked": _("Time taken off it"),
            "invoice.made_real": _("Made real"),
            "invoice.texts_changed": _("Texts changed"),
            "invoice.cancelled": _("Cancelled"),
            "invoice.credited": _("Credited"),
            "credit_note.made_real": _("Credit note made"),
            "credit.taken_back": _("Credit taken off"),
        },
        labels=labels(terms),
        values={
            "client": {document.client_id: document.client.name},
            "contact_id": {document.contact.pk: document.contact.name} if document.contact else {},
            "tax_basis": basis_words(),
            "tax_mode": mode_words(),
        },
        read=_reader(document, form),
    )


def _reader(document: Document, form: Form) -> Callable[[str, Any], Any]:
    def read(field: str, value: Any) -> Any:
        if field == "total" and isinstance(value, int):
            return form.money(Money.from_minor(value, document.currency))
        if field in ("dated_on", "due_on") and isinstance(value, str):
            return form.date(dt.date.fromisoformat(value))
        if field.endswith((" price", " quantity", " tax_rate")) and isinstance(value, int):
            return plain(Decimal(value).scaleb(-4))
        if field.endswith("ticked") and isinstance(value, list):
            return len(value)
        if field == "allocations" and isinstance(value, dict):
            return [f"{number} {form.money(Money.from_minor(**money))}" for number, money in value.items()]
        return value

    return read


def payment_labels(terms: Terms) -> dict[str, str]:
    """{field: its name} of payments."""
    return {
        "client": terms.title("client"),
        "client_id": terms.title("client"),
        "received_on": _("Received"),
        "amount": _("Amount"),
        "amount_minor": _("Amount"),
        "currency": _("Currency"),
        "reference": _("Reference"),
        "allocations": _("Pays"),
    }


def payment_sayings(terms: Terms, form: Form, currency: str, numbers: dict[str, str]) -> Sayings:
    """How the history of a payment reads; `numbers` are {invoice id: its number}."""

    def read(field: str, value: Any) -> Any:
        if isinstance(value, dict) and "minor" in value:
            return form.money(Money.from_minor(value["minor"], value["currency"]))
        if field == "amount_minor" and isinstance(value, int):
            return form.money(Money.from_minor(value, currency))
        if field == "received_on" and isinstance(value, str):
            return form.date(dt.date.fromisoformat(value))
        if field == "allocations" and isinstance(value, dict):
            return [f"{numbers.get(pk, pk)} {read('', money)}" for pk, money in value.items()]
        return value

    return Sayings(
        events={
            "payment.recorded": _("Payment recorded"),
            "payment.changed": _("Payment changed"),
            "payment.allocated": _("Allocated anew"),
            "payment.removed": _("Payment removed"),
        },
        labels=payment_labels(terms),
        read=read,
    )
