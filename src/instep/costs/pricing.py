"""What time costs and should bring: hours times rate, priced exactly and rounded once (7.2.2)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal
from typing import Any, NamedTuple

from instep.base.records.ids import batches
from instep.costs.models import StaffRate
from instep.costs.states import NotCharged
from instep.kernel.errors import BadValue
from instep.kernel.money import exponent
from instep.kernel.rounding import half_up_ratio

RATE_SCALE = 10_000
"""A rate of 27.50 is stored as 275000."""
LARGEST_RATE = 10**12


def priced(minute_rates: int, currency: str) -> int:
    """Minor units of `currency` for a sum of minutes x hourly rate at scale 4, rounded half-up once.

    The sum is taken before rounding: 2 x 15 minutes at 27.50 are 13.75, as 1 x 30 minutes are.
    """
    return half_up_ratio(minute_rates * 10 ** exponent(currency), 60 * RATE_SCALE)


def scaled_rate(value: Any, label: str, *, lowest: int = -LARGEST_RATE) -> int | None:
    """A rate per hour as a whole number at scale 4; None stays None. Raises BadValue."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, Decimal | int) or not Decimal(value).is_finite():
        raise BadValue(field=label, problem="give an amount an hour, such as 27.50")
    whole = Decimal(value) * RATE_SCALE
    if whole != whole.to_integral_value() or not lowest <= whole <= LARGEST_RATE:
        raise BadValue(field=label, problem="give an amount of a sensible size with at most four decimals")
    return int(whole)


def shown_rate(rate: int | None) -> Decimal | None:
    """The stored rate as a number of currency units an hour."""
    return None if rate is None else Decimal(rate).scaleb(-4)


class HourRates(NamedTuple):
    """Cost and charge an hour at scale 4."""

    cost: int
    charge: int


class RateBook:
    """The rates that the given staff resources have, loaded at once."""

    def __init__(self, firm: Any, staff_ids: Iterable[int]) -> None:
        self._staff: dict[tuple[int, str], list[StaffRate]] = {}
        for batch in batches(set(staff_ids)):
            for row in StaffRate.objects.of(firm).filter(staff__in=batch).order_by("effective_on"):
                self._staff.setdefault((row.staff_id, row.currency), []).append(row)

    def find(self, staff_id: int, currency: str, on: dt.date) -> HourRates | None:
        """The rates on that date; None unless both are known. The last level that says something wins (7.2.2): staff is
        the only one yet, overrides by phase and by client come after it."""
        cost = charge = None
        for row in self._staff.get((staff_id, currency), ()):
            if row.effective_on > on:
                break
            cost = row.cost_rate if row.cost_rate is not None else cost
            charge = row.charge_rate if row.charge_rate is not None else charge
        return None if cost is None or charge is None else HourRates(cost, charge)


def why_not_charged(*, internal_client: bool, in_house: bool, charge_rate: int, investment: bool) -> list[NotCharged]:
    """The reasons in fixed order; none means chargeable. A negative rate is chargeable (7.2.1)."""
    if charge_rate and not (internal_client or in_house or investment):
        return []
    facts = {
        NotCharged.INTERNAL_CLIENT: internal_client,
        NotCharged.IN_HOUSE: in_house,
        NotCharged.ZERO_RATE: charge_rate == 0,
        NotCharged.INVESTMENT: investment,
    }
    return [reason for reason, holds in facts.items() if holds]
