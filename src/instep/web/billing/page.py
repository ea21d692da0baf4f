"""The page of one invoice or credit note: lines, totals, what paid it, how it stands, what happened."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.urls import reverse

from instep.billing.models import Document, Line
from instep.billing.queries.documents import DocumentDetails, document_details
from instep.billing.states import DocumentKind, DocumentState
from instep.kernel.currencies import exponent
from instep.kernel.errors import NotFound
from instep.kernel.money import Money
from instep.kernel.tax import TaxMode
from instep.web.billing.fields import document_fields, names_of
from instep.web.billing.frame import decimals, plain, status_of, title_of
from instep.web.billing.words import sayings
from instep.web.components.formats import Form
from instep.web.records.history import Sayings
from instep.web.records.pages import RecordPage
from instep.web.shell.doors import page
from instep.web.shell.request import FirmRequest


@dataclass(frozen=True)
class ShownLine:
    """One line as the page prints it; `quantity`, `price` and `tax` as they are typed too."""

    line: Line
    quantity: str
    price: str
    tax: str
    amount: Money
    has_time: bool


class DocumentPage(RecordPage):
    """One document; `kind` is told where it is asked for."""

    kind = "invoice"
    right = "see invoices"
    template_name = "billing/document.html"

    def load(self, firm_id: int, key: int) -> DocumentDetails:
        return document_details(firm_id, key)

    def sayings(self, found: DocumentDetails) -> Sayings:
        return sayings(found.document, self.request.terms, Form.of(self.request.firm))

    def context(self, found: DocumentDetails) -> dict[str, Any]:
        document, request = found.document, self.request
        today, actor, form = request.firm.today(), request.actor, Form.of(request.firm)
        word, tone = status_of(document, found.standing, today)
        fields = {each.name: each for each in document_fields(request, document).show(request, document)}
        is_invoice = document.kind == DocumentKind.INVOICE
        live = is_invoice and document.state in (DocumentState.REAL, DocumentState.CREDITED)
        return {
            "record": document,
            "heading": title_of(document),
            "url": reverse("billing:invoice", args=[document.pk]),
            "status": word,
            "status_tone": tone,
            "is_invoice": is_invoice,
            "lines": [shown_line(line, document, form) for line in found.lines],
            "standing": found.standing,
            "allocations": [
                (each, Money.from_minor(each.amount_minor, document.currency)) for each in found.allocations
            ],
            "credits": found.credits,
            "cancelled_by": found.credits[0] if document.state == DocumentState.CANCELLED and found.credits else None,
            "may_edit": document.is_draft and actor.can("edit invoices"),
            "may_issue": document.is_draft and actor.can("issue invoices"),
            "may_cancel": live and actor.can("issue invoices"),
            "may_pay": live and bool(found.standing.open) and actor.can("record payments"),
            **totals_of(found),
            **{part: [fields[name] for name in names] for part, names in names_of(document).items()},
        }


def totals_of(found: DocumentDetails) -> dict[str, Any]:
    """The foot of the document: the tax of each rate, and the tax in the other way of rounding where it differs."""
    document = found.document
    by_line = Money.from_minor(document.tax_by_line_minor, document.currency)
    by_document = Money.from_minor(document.tax_by_document_minor, document.currency)
    other = by_document if document.tax_mode == TaxMode.LINE else by_line
    return {
        "groups": [(code, plain(rate), net, tax) for code, rate, net, tax in found.tax_groups],
        "other_tax": other if by_line != by_document else None,
        "rounds_by_line": document.tax_mode == TaxMode.LINE,
    }


def shown_line(line: Line, document: Document, form: Form) -> ShownLine:
    """A line with its figures as they are typed."""
    return ShownLine(
        line=line,
        quantity=form.decimal(line.shown_quantity, decimals(line.shown_quantity)),
        price=form.decimal(line.shown_price, max(exponent(document.currency), decimals(line.shown_price))),
        tax=plain(line.tax_percent),
        amount=Money.from_minor(line.amount_minor, document.currency),
        has_time=line.phase_id is not None and document.kind == DocumentKind.INVOICE,
    )


@page("see invoices")
def record(request: FirmRequest, key: int) -> HttpResponse:
    """The page of the document, whichever kind it is."""
    kind = Document.objects.of(request.actor.firm_id).filter(pk=key).values_list("kind", flat=True).first()
    if kind is None:
        raise NotFound(what="invoice")
    shown = DocumentPage(kind=kind)
    shown.setup(request)
    return shown.get(request, key)
