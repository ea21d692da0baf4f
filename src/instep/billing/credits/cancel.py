"""Cancelling an invoice: a credit note of its full value, and all its work back in work in progress (B-10)."""

from __future__ import annotations

from collections.abc import Sequence

from instep.billing.credits.process import CreditPlan, negated
from instep.billing.errors import AlreadyCredited, PaymentsAllocated
from instep.billing.models import Document, Line
from instep.billing.queries.balances import Standing
from instep.billing.states import CreditKey, DocumentState


class Cancel:
    """In full, and only while no money and no other credit is on the invoice (T-06)."""

    key = CreditKey.CANCEL

    def check(self, invoice: Document, standing: Standing) -> None:
        """Raises PaymentsAllocated, AlreadyCredited."""
        if standing.paid:
            raise PaymentsAllocated(document=str(invoice), paid=standing.paid.written)
        if standing.credited:
            raise AlreadyCredited(document=str(invoice), credited=standing.credited.written)

    def plan(self, invoice: Document, lines: Sequence[Line]) -> CreditPlan:
        """Every line, and every tick."""
        return CreditPlan(
            lines=[negated(line) for line in lines],
            returned=[line.pk for line in lines],
            after=DocumentState.CANCELLED,
        )
