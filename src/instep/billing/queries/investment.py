"""Investment: what work should have brought less what was billed for it (7.2.3, E-14)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, Sum

from instep.billing.models import Line, Tick
from instep.billing.states import ISSUED
from instep.costs.models import Cost
from instep.costs.states import COUNTS
from instep.kernel.money import Money


@dataclass(frozen=True, slots=True)
class Investment:
    """Positive: under-billed, invested in the client. Negative: over-billed. Exclusive of tax, in one currency.

    `recommended` is what all the work should bring, `billed` what issued documents ask for, credits taken off.
    `ticked` is the part of `recommended` that is ticked to issued documents.
    """

    recommended: Money
    billed: Money
    ticked: Money

    @property
    def whole(self) -> Money:
        """Of all work, billed or not."""
        return self.recommended - self.billed

    @property
    def of_billed(self) -> Money:
        """Of the billed work alone."""
        return self.ticked - self.billed


def client_investment(firm: Any, client_id: int, *, on: dt.date, currency: str) -> Investment:
    """Over all jobs of a client kept in `currency`, as at the end of `on`. Three queries."""
    return _investment(firm, {"job__client": client_id}, on, currency)


def job_investment(firm: Any, job_id: int, *, on: dt.date, currency: str) -> Investment:
    """Of one job, as at the end of `on`. Three queries."""
    return _investment(firm, {"job": job_id}, on, currency)


def _investment(firm: Any, whose: dict[str, int], on: dt.date, currency: str) -> Investment:
    costs = Cost.objects.of(firm).filter(**whose, state__in=list(COUNTS), on__lte=on, currency=currency)
    lines = Line.objects.of(firm).filter(**whose, document__state__in=list(ISSUED), document__dated_on__lte=on)
    lines = lines.filter(document__currency=currency)
    of_cost = {f"cost__{name}": value for name, value in whose.items()}
    ticks = Tick.objects.of(firm).filter(**of_cost, real_on__lte=on, cost__currency=currency)
    ticks = ticks.filter(Q(returned_on__isnull=True) | Q(returned_on__gt=on))
    sums = (
        costs.aggregate(total=Sum("charge_minor", default=0)),
        lines.aggregate(total=Sum("net_minor", default=0)),
        ticks.aggregate(total=Sum("cost__charge_minor", default=0)),
    )
    return Investment(*(Money.from_minor(int(one["total"]), currency) for one in sums))
