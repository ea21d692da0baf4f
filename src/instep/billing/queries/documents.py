"""Documents: one with all that belongs to it, and lists of them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from instep.base.identity.rows import FirmQuerySet
from instep.base.paging import Page, keyset
from instep.billing.models import Allocation, Document, Line, Payment
from instep.billing.queries.balances import Standing, standing_of
from instep.billing.states import DocumentKind, DocumentState
from instep.kernel.money import Money

NEWEST_FIRST = ("-dated_on", "-pk")
PAYMENTS_NEWEST_FIRST = ("-received_on", "-pk")


@dataclass(frozen=True, slots=True)
class DocumentDetails:
    """What the page, the PDF and an accounting package need of one document.

    `tax_groups` are (code, percent, net, tax), one for each kind of tax, as issued. `standing` is of an invoice, zero
    for a draft or credit note; `allocations` settle it, payments and credits loaded; `credits` are its credit notes.
    """

    document: Document
    lines: list[Line]
    tax_groups: list[tuple[str, Decimal, Money, Money]]
    standing: Standing
    allocations: list[Allocation]
    credits: list[Document]


def document_details(firm: Any, document_id: int) -> DocumentDetails:
    """The document with its lines (jobs and phases loaded), taxes and allocations; NotFound otherwise. Five queries."""
    rows = Document.objects.select_related("client", "contact", "credits")
    document = rows.get_of(firm, document_id, what="invoice")
    lines = Line.objects.of(firm).filter(document=document).select_related("job", "phase").order_by("position")
    allocations = Allocation.objects.of(firm).filter(document=document).select_related("payment", "credit")
    credits = Document.objects.of(firm).filter(credits=document).order_by("dated_on", "pk")
    found = list(lines)
    return DocumentDetails(
        document=document,
        lines=found,
        tax_groups=_groups(document, found),
        standing=standing_of(firm, document),
        allocations=list(allocations.order_by("on", "pk")),
        credits=list(credits),
    )


def document_list(
    firm: Any,
    *,
    kind: DocumentKind | None = None,
    states: Collection[DocumentState] | None = None,
    client: int | None = None,
    job: int | None = None,
) -> FirmQuerySet[Document]:
    """Documents with their client loaded, unordered. `job`: those with a line of it."""
    rows = Document.objects.of(firm).select_related("client")
    rows = rows if kind is None else rows.filter(kind=kind)
    rows = rows if states is None else rows.filter(state__in=list(states))
    rows = rows if client is None else rows.filter(client=client)
    return rows if job is None else rows.filter(pk__in=Line.objects.of(firm).filter(job=job).values("document"))


def document_page(firm: Any, *, token: str | None = None, size: int = 50, **filters: Any) -> Page[Document]:
    """One page of `document_list` (its filters), newest date first; one query. How they stand: `standings`."""
    return keyset(document_list(firm, **filters), NEWEST_FIRST, token, size)


def payment_page(
    firm: Any, *, client: int | None = None, removed: bool | None = False, token: str | None = None, size: int = 50
) -> Page[Payment]:
    """One page of payments, newest first, clients loaded; removed ones only when asked for (None: all). One query."""
    rows = Payment.objects.of(firm).select_related("client")
    rows = rows if client is None else rows.filter(client=client)
    rows = rows if removed is None else rows.filter(removed_at__isnull=not removed)
    return keyset(rows, PAYMENTS_NEWEST_FIRST, token, size)


def _groups(document: Document, lines: list[Line]) -> list[tuple[str, Decimal, Money, Money]]:
    """Sums of what is stored: an issued amount is never worked out again."""
    sums: dict[tuple[str, int], list[int]] = {}
    for line in lines:
        held = sums.setdefault((line.tax_code, line.tax_rate), [0, 0])
        held[0] += line.net_minor
        held[1] += line.tax_minor
    currency = document.currency
    return [
        (code, Decimal(rate).scaleb(-4), Money.from_minor(net, currency), Money.from_minor(tax, currency))
        for (code, rate), (net, tax) in sums.items()
    ]
