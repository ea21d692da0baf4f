"""Tax on a document's lines, rounded line by line or once on the document (trap 13, X-02)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from instep.kernel.errors import BadValue
from instep.kernel.money import CurrencyMismatch, Money
from instep.kernel.rounding import exact_fraction, half_up, half_up_whole, settle

_HIGHEST_RATE = 1000


class TaxMode(StrEnum):
    """Where tax is rounded to the minor unit."""

    LINE = "line"
    """Each line's tax is rounded, then summed."""
    DOCUMENT = "document"
    """The exact tax of all lines with one rate is summed, then rounded once for that rate."""


@dataclass(frozen=True, slots=True)
class Tax:
    """The tax of a document. `lines` follow the order given, `rates` is one (percent, tax) for each rate in order of
    first use; both sum to `total`.
    """

    total: Money
    lines: tuple[Money, ...]
    rates: tuple[tuple[Decimal, Money], ...]


def tax_of(
    lines: Sequence[tuple[Money, Decimal]], mode: TaxMode, currency: str | None = None, *, included: bool = False
) -> Tax:
    """The tax on `lines` of (amount before tax, percent): 15 means 15 %. Half-up throughout.

    With `included` the amounts hold their tax already, and this is the part of them that is tax.

    In document mode a rate's rounded tax is set back onto its lines by largest remainder, so the lines still sum.
    `currency` is needed when there are no lines. Raises CurrencyMismatch when lines differ in currency, TypeError for
    a percent that is no Decimal or int, BadValue for one outside 0 to 1000, ValueError for no lines and no
    currency.
    """
    mode = TaxMode(mode)
    if currency is None:
        if not lines:
            raise ValueError("without lines, the currency has to be given")
        currency = lines[0][0].currency
    exact: list[Fraction] = []
    by_rate: dict[Decimal, list[int]] = {}
    for i, (amount, percent) in enumerate(lines):
        if amount.currency != currency:
            raise CurrencyMismatch(left=currency, right=amount.currency)
        rate = _rate(percent)
        percent_of = exact_fraction(rate)
        whole = 100 + percent_of if included else Fraction(100)
        exact.append(amount.minor * percent_of / whole)
        by_rate.setdefault(rate, []).append(i)

    minors = [half_up_whole(e) for e in exact]
    if mode is TaxMode.DOCUMENT:
        for members in by_rate.values():
            shares = [exact[i] for i in members]
            for i, minor in zip(members, settle(shares, half_up_whole(sum(shares, Fraction(0)))), strict=True):
                minors[i] = minor
    return Tax(
        total=Money.from_minor(sum(minors), currency),
        lines=tuple(Money.from_minor(m, currency) for m in minors),
        rates=tuple((rate, Money.from_minor(sum(minors[i] for i in at), currency)) for rate, at in by_rate.items()),
    )


def tax_total(lines: Sequence[tuple[Money, Decimal]], mode: TaxMode, currency: str | None = None) -> Money:
    """The total of `tax_of`."""
    return tax_of(lines, mode, currency).total


def _rate(percent: Decimal) -> Decimal:
    rate = Decimal(percent) if isinstance(percent, int) and not isinstance(percent, bool) else percent
    if not isinstance(rate, Decimal):
        raise TypeError(f"a rate is a Decimal in percent, not {type(rate).__name__}")
    # Anything typed with a wild exponent is out of bounds too.
    if not rate.is_finite() or not 0 <= rate <= _HIGHEST_RATE or half_up(rate, 10) != rate:
        raise BadValue(field="Tax rate", problem="Give a percentage from 0 to 1000.")
    return rate
