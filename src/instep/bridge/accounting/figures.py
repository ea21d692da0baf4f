"""The figures of records on their way to or from an accounting package, as a bookkeeper reads them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from instep.billing.models import Allocation, Document, Payment
from instep.billing.states import DocumentKind
from instep.kernel.money import Money


@dataclass(frozen=True, slots=True)
class Figures:
    """Number, who, when and how much: `net` and `tax` are None where money is all there is."""

    number: str
    party: str
    on: dt.date | None
    total: Money | None
    net: Money | None = None
    tax: Money | None = None


def figures_of(firm_id: int, ids: Mapping[str, Collection[int]]) -> dict[tuple[str, int], Figures]:
    """{(kind, our id): its figures} of invoices, credit notes, allocations of credits and payments; amounts of credits
    above zero (D-06). One query for each kind."""
    found: dict[tuple[str, int], Figures] = {}
    for kind in (DocumentKind.INVOICE, DocumentKind.CREDIT_NOTE):
        sign = -1 if kind is DocumentKind.CREDIT_NOTE else 1
        for row in Document.objects.of(firm_id).filter(kind=kind.value, pk__in=list(ids.get(kind.value, ()))):
            amounts = (
                Money.from_minor(sign * m, row.currency) for m in (row.total_minor, row.net_minor, row.tax_minor)
            )
            total, net, tax = amounts
            found[kind.value, row.pk] = Figures(row.number, row.client_name, row.dated_on, total, net, tax)
    shares = Allocation.objects.of(firm_id).filter(pk__in=list(ids.get("credit_allocation", ())))
    for share in shares.select_related("credit", "document"):
        assert share.credit is not None
        money = Money.from_minor(share.amount_minor, share.document.currency)
        number = f"{share.credit.number} → {share.document.number}"
        found["credit_allocation", share.pk] = Figures(number, share.document.client_name, share.on, money)
    for payment in Payment.objects.of(firm_id).filter(pk__in=list(ids.get("payment", ()))).select_related("client"):
        found["payment", payment.pk] = Figures(
            payment.reference, payment.client.name, payment.received_on, payment.amount
        )
    return found


def figures_of_payment(firm_id: int, body: Mapping[str, Any]) -> Figures:
    """Of a payment that is not here yet, by what would be written."""
    amount, invoice = body.get("amount"), body.get("invoice")
    paid = Document.objects.of(firm_id).filter(pk=invoice).first() if isinstance(invoice, int) else None
    return Figures(
        number=paid.number if paid is not None else "",
        party=paid.client_name if paid is not None else "",
        on=dt.date.fromisoformat(body["on"]) if body.get("on") else None,
        total=Money.from_minor(amount["minor"], amount["currency"]) if amount else None,
    )
