"""What a phase earns and what a job's fee is (A-14, T-02)."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Any

from django.db.models import Sum

from instep.jobs.models import Job, Phase
from instep.jobs.states import IN_JOB_FEE
from instep.kernel.errors import BadValue
from instep.kernel.money import Money
from instep.kernel.rounding import half_up_whole

PERCENT_SCALE = 10_000
LARGEST_PERCENT = 1000 * PERCENT_SCALE
LARGEST_MINOR = 10**15
"""Ten million millions of dollars: far above any fee, far below what a sum of them could overflow."""


def percent_of(contract_minor: int, percent: int) -> int:
    """`percent` (at scale 4) of a contract sum in minor units, rounded half-up to the minor unit."""
    return half_up_whole(Fraction(contract_minor * percent, 100 * PERCENT_SCALE))


def checked_minor(amount: Money, label: str) -> int:
    """The amount in minor units; BadValue below zero or beyond every bound."""
    if amount.minor < 0:
        raise BadValue(field=label, problem="it cannot be below zero")
    if amount.minor > LARGEST_MINOR:
        raise BadValue(field=label, problem="it is too large")
    return amount.minor


def fee_of_phases(phases: Iterable[Phase], currency: str) -> Money | None:
    """The sum over fixed, percent and capped phases; None while none of them has a fee."""
    fees = [phase.fee_minor for phase in phases if phase.fee_type in IN_JOB_FEE and phase.fee_minor is not None]
    return Money.from_minor(sum(fees), currency) if fees else None


def fees_of_jobs(firm: Any, jobs: Iterable[Job]) -> dict[int, Money | None]:
    """{job id: its fee}, exclusive of tax, None while nothing is agreed; one query."""
    currencies = {job.pk: job.currency for job in jobs}
    rows = Phase.objects.of(firm).filter(job__in=list(currencies), fee_type__in=list(IN_JOB_FEE))
    sums = dict(rows.order_by().values_list("job").annotate(total=Sum("fee_minor")))
    return {
        pk: None if sums.get(pk) is None else Money.from_minor(int(sums[pk]), currency)
        for pk, currency in currencies.items()
    }
