"""What is paid, credited and open on invoices: from allocations alone (trap 17)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import F, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce

from instep.base.identity.rows import FirmQuerySet
from instep.base.records.ids import batches
from instep.billing.models import Allocation, Document, Payment
from instep.billing.states import ISSUED, DocumentKind
from instep.kernel.money import Money


@dataclass(frozen=True, slots=True)
class Standing:
    """How an invoice stands, inclusive of tax."""

    total: Money
    paid: Money
    credited: Money

    @property
    def open(self) -> Money:
        """What is still to be paid."""
        return self.total - self.paid - self.credited

    @property
    def is_paid(self) -> bool:
        """Whether nothing is open and money, not only credits, settled it."""
        return not self.open and bool(self.paid)


def standings(firm: Any, documents: Iterable[Document], *, on: dt.date | None = None) -> dict[int, Standing]:
    """{document id: how it stands} of the documents given, as at the end of `on` (None: all there is). One query per
    500."""
    wanted = {document.pk: document for document in documents}
    sums: dict[int, tuple[int, int]] = {}
    for batch in batches(wanted):
        rows = Allocation.objects.of(firm).filter(document__in=batch)
        rows = rows if on is None else rows.filter(on__lte=on)
        found = (
            rows.order_by()
            .values_list("document")
            .annotate(
                paid=Sum("amount_minor", filter=Q(payment__isnull=False), default=0),
                credited=Sum("amount_minor", filter=Q(credit__isnull=False), default=0),
            )
        )
        sums.update((pk, (int(paid), int(credited))) for pk, paid, credited in found)
    return {
        pk: Standing(
            total=document.total,
            paid=Money.from_minor(sums.get(pk, (0, 0))[0], document.currency),
            credited=Money.from_minor(sums.get(pk, (0, 0))[1], document.currency),
        )
        for pk, document in wanted.items()
    }


def standing_of(firm: Any, document: Document, *, on: dt.date | None = None) -> Standing:
    """How one invoice stands; as `standings`."""
    return standings(firm, [document], on=on)[document.pk]


def debtors(firm: Any, *, on: dt.date, client: int | None = None) -> FirmQuerySet[Document]:
    """Invoices dated up to `on` that were not settled in full by then, with `open_minor`, the oldest due first; client
    loaded. `on` is inclusive; one query."""
    settled = Allocation.objects.of(firm).filter(document=OuterRef("pk"), on__lte=on).order_by()
    settled = settled.values("document").annotate(total=Sum("amount_minor")).values("total")
    rows = Document.objects.of(firm).filter(kind=DocumentKind.INVOICE, state__in=list(ISSUED), dated_on__lte=on)
    rows = rows if client is None else rows.filter(client=client)
    rows = rows.annotate(open_minor=F("total_minor") - Coalesce(Subquery(settled), 0)).filter(open_minor__gt=0)
    return rows.select_related("client").order_by("due_on", "pk")


def unapplied(firm: Any, payments: Iterable[Payment]) -> dict[int, Money]:
    """{payment id: what of it is not allocated}; nothing is left of a removed one. One query per 500."""
    wanted = {payment.pk: payment for payment in payments}
    used: dict[int, int] = {}
    for batch in batches(wanted):
        rows = Allocation.objects.of(firm).filter(payment__in=batch).order_by().values_list("payment")
        used.update((pk, int(total)) for pk, total in rows.annotate(total=Sum("amount_minor")))
    return {
        pk: Money.from_minor(
            0 if payment.removed_at is not None else payment.amount_minor - used.get(pk, 0), payment.currency
        )
        for pk, payment in wanted.items()
    }
