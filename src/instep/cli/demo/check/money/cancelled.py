"""Invoices that are cancelled: their hours are work in progress again, and the day before stays as it was."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Sum

from instep.base.identity.actor import Actor
from instep.base.identity.models import Firm
from instep.billing.actions.credits import cancel_invoice
from instep.billing.models import Document, Tick
from instep.billing.queries.wip import WipTotals, totals, wip
from instep.cli.demo.check.money.cast import HOURLY_EACH
from instep.cli.demo.sandbox import Ledger

CANCELLED_ON = dt.date(2025, 4, 2)
EVE = CANCELLED_ON - dt.timedelta(days=1)


NOTHING = WipTotals(0, 0, 0, 0)


@dataclass(slots=True)
class Cancelled:
    """What cancelling did. Minutes and minor units; `before` is the work in progress as at the day before."""

    invoices: int = 0
    credited: int = 0
    """Of those, with a credit note in the package that is used up by its invoice."""
    minutes: int = 0
    """Of the hours that the cancelled invoices had billed."""
    back: int = 0
    """By how much the work in progress of the day grew."""
    before: WipTotals = NOTHING
    before_now: WipTotals = NOTHING

    def problems(self) -> list[str]:
        """What is not as it must be, in sentences."""
        found = []
        if self.credited != self.invoices:
            found.append(f"{self.credited} of {self.invoices} cancelled invoices are credited there.")
        if not self.minutes or self.back != self.minutes:
            found.append(f"{self.back} of {self.minutes} minutes came back as work in progress.")
        if self.before_now != self.before:
            found.append(f"Work in progress as at {EVE:%d.%m.%Y} changed from {self.before} to {self.before_now}.")
        return found


def cancel_some(row: Firm, by: Actor, invoices: Sequence[Document]) -> tuple[Cancelled, list[int]]:
    """Cancel every ninth, none of which is paid, and one more with hours; what that did here, and their ids."""
    chosen = [*invoices[1::3][::3], *([invoices[HOURLY_EACH]] if HOURLY_EACH % 9 != 1 else [])]
    ids = [invoice.pk for invoice in chosen]
    found = Cancelled(len(ids), before=totals(wip(row, on=EVE)))
    billed = Tick.objects.of(row).filter(line__document__in=ids, returned_on__isnull=True)
    found.minutes = billed.aggregate(sum=Sum("cost__minutes"))["sum"] or 0
    that_day = totals(wip(row, on=CANCELLED_ON)).minutes
    for invoice_id in ids:
        cancel_invoice(invoice_id, by=by, on=CANCELLED_ON, reason="Billed to the wrong client")
    found.back = totals(wip(row, on=CANCELLED_ON)).minutes - that_day
    found.before_now = totals(wip(row, on=EVE))
    return found, ids


def count_credited(found: Cancelled, ledger: Ledger, organisation: str, numbers: Sequence[str]) -> None:
    """See in the package's own store which of these invoices are closed by a credit note."""
    used = [
        use["Invoice"]["InvoiceID"]
        for note in ledger.records(organisation, "creditnotes") or []
        for use in note["Allocations"]
        if note["RemainingCredit"] == 0
    ]
    closed = {one["InvoiceNumber"]: one for one in ledger.records(organisation, "invoices") or []}
    found.credited = sum(
        closed[number]["AmountDue"] == 0 and used.count(closed[number]["InvoiceID"]) == 1 for number in numbers
    )
