"""Documents of both sides against each other, to the cent: every one there once, with the same sums, equally paid."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from instep.base.identity.models import Firm
from instep.billing.models import Document, Payment
from instep.billing.queries.balances import standings
from instep.billing.states import ISSUED, DocumentKind
from instep.cli.demo.sandbox import Ledger


@dataclass(slots=True)
class Compared:
    """What both sides hold. Sums are in minor units."""

    documents: int = 0
    sum_here: int = 0
    sum_there: int = 0
    copies: list[str] = field(default_factory=list)
    differences: list[str] = field(default_factory=list)


def compare(row: Firm, ledger: Ledger, organisation: str) -> Compared:
    """Every issued document of the firm against the books of its organisation."""
    found = Compared()
    documents = Document.objects.of(row).filter(state__in=[state.value for state in ISSUED])
    invoices = [one for one in documents if one.kind == DocumentKind.INVOICE]
    credits = [one for one in documents if one.kind == DocumentKind.CREDIT_NOTE]
    open_here = {invoices_id: stands.open.minor for invoices_id, stands in standings(row, invoices).items()}
    ours = {one.number: (one.net_minor, one.tax_minor, one.total_minor, open_here[one.pk]) for one in invoices}
    ours |= {one.number: (-one.net_minor, -one.tax_minor, -one.total_minor, 0) for one in credits}
    invoices_there, credits_there = (_live(ledger, organisation, kind) for kind in ("invoices", "creditnotes"))
    theirs = {one["InvoiceNumber"]: _figures(one, "AmountDue") for one in invoices_there}
    theirs |= {one["CreditNoteNumber"]: _figures(one, "RemainingCredit") for one in credits_there}
    found.documents = len(ours)
    found.sum_here = sum(one.total_minor for one in documents)
    found.sum_there = sum(_cents(one["Total"]) for one in invoices_there)
    found.sum_there -= sum(_cents(one["Total"]) for one in credits_there)
    found.differences = [
        f"{number}: net, tax, total, open are {ours.get(number)} here and {theirs.get(number)} there"
        for number in sorted({*ours, *theirs})
        if ours.get(number) != theirs.get(number)
    ]
    found.differences += _payments(row, _live(ledger, organisation, "payments"))
    found.copies = [
        *_twice("invoice", (one["InvoiceNumber"] for one in invoices_there)),
        *_twice("credit note", (one["CreditNoteNumber"] for one in credits_there)),
        *_twice("contact", (one["Name"] for one in _live(ledger, organisation, "contacts"))),
        *_twice("item", (one["Code"] for one in _live(ledger, organisation, "items"))),
        *_twice("payment", Payment.objects.of(row).filter(removed_at=None).values_list("source_key", flat=True)),
    ]
    return found


def _live(ledger: Ledger, organisation: str, kind: str) -> list[dict[str, Any]]:
    gone = ("DELETED", "VOIDED", "ARCHIVED")
    return [one for one in ledger.records(organisation, kind) or [] if one.get("Status") not in gone]


def _figures(one: Mapping[str, Any], still_open: str) -> tuple[int, int, int, int]:
    names = ("SubTotal", "TotalTax", "Total", still_open)
    net, tax, total, left = (_cents(one[name]) for name in names)
    return net, tax, total, left


def _cents(amount: Decimal | int) -> int:
    """Exactly; a part of a cent would be a fault of its own. Raises ValueError."""
    cents = Decimal(amount) * 100
    if cents != cents.to_integral_value():
        raise ValueError(f"{amount} has parts of a cent")
    return int(cents)


def _payments(row: Firm, there: Iterable[Mapping[str, Any]]) -> list[str]:
    """By the id that the package gave each."""
    live = Payment.objects.of(row).filter(removed_at=None)
    ours = dict(live.values_list("source_key", "amount_minor"))
    theirs = {one["PaymentID"]: _cents(one["Amount"]) for one in there}
    return [
        f"payment {key}: {ours.get(key)} here, {theirs.get(key)} there"
        for key in sorted({*ours, *theirs})
        if ours.get(key) != theirs.get(key)
    ]


def _twice(what: str, names: Iterable[str]) -> list[str]:
    return [f"{what} “{name}” {count} times" for name, count in Counter(names).items() if count > 1]
