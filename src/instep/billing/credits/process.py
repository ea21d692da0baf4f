"""What every credit process answers: may this invoice be credited so, by how much, and what comes back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from instep.billing.models import Document, Line
from instep.billing.queries.balances import Standing
from instep.billing.states import CreditKey, DocumentState


@dataclass(frozen=True, slots=True)
class CreditPlan:
    """`lines` are unsaved lines of the credit note, amounts below zero and settled, each pointing at the line that it
    credits. `returned` are the ids of lines of the invoice all of whose live ticks come back to work in progress; a
    process that returns single costs names them in `costs` instead. `after` is the state of the invoice."""

    lines: Sequence[Line]
    returned: Sequence[int]
    after: DocumentState
    costs: Sequence[int] | None = None


class CreditProcess(Protocol):
    """One way to credit an invoice."""

    key: CreditKey

    def check(self, invoice: Document, standing: Standing) -> None:
        """Raise a Refusal unless the invoice, issued and locked, may be credited so."""
        ...

    def plan(self, invoice: Document, lines: Sequence[Line]) -> CreditPlan:
        """What to credit; `lines` are the invoice's, in order."""
        ...


def negated(line: Line) -> Line:
    """A line of a credit note that takes the whole line back: the same price, a quantity below zero, and the amounts
    as they were issued, never worked out again."""
    return Line(
        firm_id=line.firm_id,
        position=line.position,
        kind=line.kind,
        job_id=line.job_id,
        phase_id=line.phase_id,
        description=line.description,
        quantity=-line.quantity,
        unit=line.unit,
        price=line.price,
        agreed=line.agreed,
        minutes=-line.minutes,
        percent=None if line.percent is None else -line.percent,
        amount_minor=-line.amount_minor,
        net_minor=-line.net_minor,
        tax_code=line.tax_code,
        tax_rate=line.tax_rate,
        tax_minor=-line.tax_minor,
        credits=line,
    )
