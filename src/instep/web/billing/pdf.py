"""A document on paper: its stored figures as data, set by one template that holds no text of anybody."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import typst
from django.http import HttpResponse
from django.utils.text import slugify
from django.utils.translation import get_language, gettext

from instep.billing.models import Document
from instep.billing.queries.documents import DocumentDetails, document_details
from instep.billing.states import DocumentKind, TaxBasis
from instep.kernel.currencies import exponent
from instep.kernel.durations import show_minutes
from instep.kernel.money import Money
from instep.web.billing.frame import decimals, plain, title_of
from instep.web.components.formats import Form
from instep.web.shell.doors import page
from instep.web.shell.request import FirmRequest

TEMPLATE = Path(__file__).with_name("document.typ")
_LETTER = frozenset({"US", "CA", "MX", "PH", "CL", "CO"})
"""Countries that write on letter paper."""
_TAX_NUMBERS = {"AU": "ABN", "NZ": "GST No.", "GB": "VAT No.", "IE": "VAT No.", "DE": "USt-IdNr.", "US": "EIN"}


@page("see invoices")
def pdf(request: FirmRequest, key: int) -> HttpResponse:
    """The document as a PDF; a draft says that it is one."""
    found = document_details(request.actor.firm_id, key)
    made = render_pdf(found, Form.of(request.firm))
    name = slugify(f"{title_of(found.document)} {found.document.client_name}") or "document"
    response = HttpResponse(made, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{name}.pdf"'
    return response


def render_pdf(found: DocumentDetails, form: Form) -> bytes:
    """The PDF. Names and amounts travel as one JSON value, so that nothing in them is read as markup."""
    data = json.dumps(as_data(found, form), ensure_ascii=False)
    made = typst.compile(TEMPLATE, root=TEMPLATE.parent, sys_inputs={"data": data}, format="pdf")
    assert isinstance(made, bytes)
    return made


def as_data(found: DocumentDetails, form: Form) -> dict[str, Any]:
    """What the template prints, in the firm's way of writing."""
    document = found.document
    heading = gettext("Credit note") if document.kind == DocumentKind.CREDIT_NOTE else gettext("Invoice")
    if document.tax_minor and form.country in ("AU", "NZ") and document.kind == DocumentKind.INVOICE:
        # What the tax office wants to read on it.
        heading = gettext("Tax invoice")
    tax_number = _TAX_NUMBERS.get(form.country, gettext("Tax number"))
    return {
        "title": title_of(document),
        "heading": heading,
        "number": document.number,
        "draft": document.is_draft,
        "paper": "us-letter" if form.country in _LETTER else "a4",
        "language": (get_language() or "en").split("-")[0],
        "footer": " · ".join(part for part in (document.issuer_name, title_of(document)) if part),
        "labels": {
            "to": gettext("To"),
            "draft": gettext("Draft: not an invoice yet"),
            "tax_number": tax_number,
            "client_tax_number": tax_number,
            "payment_details": gettext("How to pay"),
        },
        "issuer": {
            "name": document.issuer_name,
            "address": document.issuer_address,
            "tax_number": document.issuer_tax_number,
        },
        "client": {
            "name": document.client_name,
            "attention": document.contact_name,
            "address": document.client_address,
            "tax_number": document.client_tax_number,
        },
        "facts": _facts(document, form),
        "columns": ["", gettext("Quantity"), gettext("Price"), gettext("Tax"), gettext("Amount")],
        "job": _job(found),
        "lines": [_line(line, document, form, alone=bool(_job(found))) for line in found.lines],
        "totals": _totals(found, form),
        "notes": document.reason if document.kind == DocumentKind.CREDIT_NOTE else document.notes,
        "payment_details": document.payment_details if document.kind == DocumentKind.INVOICE else "",
    }


def _facts(document: Document, form: Form) -> list[list[str]]:
    facts = [[gettext("Date"), form.date(document.dated_on)]]
    if document.kind == DocumentKind.INVOICE:
        facts.append([gettext("Due"), form.date(document.due_on)])
    elif document.credits is not None:
        facts.append([gettext("Credits"), document.credits.number])
    if document.reference:
        facts.append([gettext("Your reference"), document.reference])
    return facts


def _job(found: DocumentDetails) -> str:
    """The job, where all of it is about one: it is said once then."""
    jobs = {line.job_id: line.job for line in found.lines}
    job = next(iter(jobs.values()), None) if len(jobs) == 1 else None
    return f"{job.number} {job.name}" if job else ""


def _line(line: Any, document: Document, form: Form, *, alone: bool) -> dict[str, str]:
    job = [f"{line.job.number} {line.job.name}"] if line.job and not alone else []
    time = [show_minutes(line.minutes)] if line.minutes and line.unit != "hour" else []
    quantity = form.decimal(line.shown_quantity, decimals(line.shown_quantity))
    unit = f" {gettext('h')}" if line.unit == "hour" else f" {line.unit}" if line.unit else ""
    return {
        "description": line.description,
        "detail": " · ".join([*job, *time]),
        "quantity": quantity + unit,
        "price": form.decimal(line.shown_price, max(exponent(document.currency), decimals(line.shown_price))),
        "tax": "" if document.tax_basis == TaxBasis.NO_TAX else f"{plain(line.tax_percent)} %",
        "amount": form.money(Money.from_minor(line.amount_minor, document.currency), bare=True),
    }


def _totals(found: DocumentDetails, form: Form) -> list[dict[str, Any]]:
    """Net, the tax of each rate, the total with its currency, what is paid and what is left."""
    document = found.document
    rows: list[tuple[str, str, bool]] = [(gettext("Total without tax"), form.money(document.net, bare=True), False)]
    if document.tax_basis != TaxBasis.NO_TAX:
        for code, rate, net, tax in found.tax_groups:
            words = {"code": code or gettext("Tax"), "rate": plain(rate), "net": form.money(net, bare=True)}
            rows.append((gettext("%(code)s %(rate)s %% of %(net)s") % words, form.money(tax, bare=True), False))
    total = f"{document.currency} {form.money(document.total, bare=True)}"
    rows.append((gettext("Total"), total, True))
    settled = found.standing.paid + found.standing.credited
    if settled and document.kind == DocumentKind.INVOICE:
        rows.append((gettext("Paid or credited"), form.money(-settled, bare=True), False))
        rows.append((gettext("To be paid"), form.money(found.standing.open, bare=True), True))
    return [{"label": label, "amount": amount, "strong": strong} for label, amount, strong in rows]
