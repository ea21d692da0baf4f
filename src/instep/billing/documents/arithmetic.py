"""The money of a document: lines, tax by line or by document, totals. Pure; what comes out is what is stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from instep.billing.states import TaxBasis
from instep.kernel.money import Money, exponent
from instep.kernel.rounding import exact_fraction, half_up_whole
from instep.kernel.tax import Tax, TaxMode, tax_of

_SCALE_OF_BOTH = 10**8


@dataclass(frozen=True, slots=True)
class TaxPolicy:
    """How a document's tax is worked out; copied onto it."""

    basis: TaxBasis
    mode: TaxMode


@dataclass(frozen=True, slots=True)
class Taxable:
    """The amount of one line, holding its tax or not as the policy says, and its tax: code and percent (10 is 10 %)."""

    amount: Money
    code: str
    percent: Decimal


@dataclass(frozen=True, slots=True)
class Totals:
    """The money of a document. `lines` are (net, tax) in the order given and sum to `net` and `tax`; `groups` are
    (code, percent, net, tax), one for each kind of tax in order of first use. `tax_by_line` and `tax_by_document` are
    the tax in both modes (X-02); `tax` is the one of the policy."""

    net: Money
    tax: Money
    lines: tuple[tuple[Money, Money], ...]
    groups: tuple[tuple[str, Decimal, Money, Money], ...]
    tax_by_line: Money
    tax_by_document: Money

    @property
    def total(self) -> Money:
        """Inclusive of tax."""
        return self.net + self.tax


def line_amount(quantity: Decimal | Fraction, price: Decimal, currency: str, *, per: int = 1) -> Money:
    """Shown quantity times shown price for `per` of it, rounded half-up once from the exact product."""
    exact = exact_fraction(quantity) * exact_fraction(price) / per
    return Money.from_minor(half_up_whole(exact * 10 ** exponent(currency)), currency)


def scaled_amount(quantity: int, price: int, currency: str) -> int:
    """As `line_amount` in minor units, of a quantity and a price that are whole numbers at scale 4."""
    return half_up_whole(Fraction(quantity * price * 10 ** exponent(currency), _SCALE_OF_BOTH))


def totals_of(lines: Sequence[Taxable], policy: TaxPolicy, currency: str) -> Totals:
    """The totals of a document's lines. Raises CurrencyMismatch for a line in another currency, BadValue for a tax rate
    outside 0 to 1000 %."""
    included = policy.basis is TaxBasis.INCLUSIVE
    no_tax = policy.basis is TaxBasis.NO_TAX
    by_mode: dict[TaxMode, Money] = {}
    taxes: list[Money] = []
    for mode in TaxMode:
        found = _taxes(lines, mode, currency, included=included, no_tax=no_tax)
        by_mode[mode] = Money.sum(found, currency)
        taxes = found if mode is policy.mode else taxes
    shares = tuple(
        (line.amount - tax if included else line.amount, tax) for line, tax in zip(lines, taxes, strict=True)
    )
    return Totals(
        net=Money.sum((net for net, _ in shares), currency),
        tax=by_mode[policy.mode],
        lines=shares,
        groups=_groups(lines, shares, currency),
        tax_by_line=by_mode[TaxMode.LINE],
        tax_by_document=by_mode[TaxMode.DOCUMENT],
    )


def _taxes(lines: Sequence[Taxable], mode: TaxMode, currency: str, *, included: bool, no_tax: bool) -> list[Money]:
    """The tax of each line. Codes are worked out apart: two codes of one rate are two lines of a tax return."""
    taxes = [Money.zero(currency)] * len(lines)
    for code in dict.fromkeys(line.code for line in lines):
        at = [i for i, line in enumerate(lines) if line.code == code]
        pairs = [(lines[i].amount, Decimal(0) if no_tax else lines[i].percent) for i in at]
        found: Tax = tax_of(pairs, mode, currency, included=included)
        for i, tax in zip(at, found.lines, strict=True):
            taxes[i] = tax
    return taxes


def _groups(
    lines: Sequence[Taxable], shares: Sequence[tuple[Money, Money]], currency: str
) -> tuple[tuple[str, Decimal, Money, Money], ...]:
    sums: dict[tuple[str, Decimal], tuple[Money, Money]] = {}
    zero = Money.zero(currency)
    for line, (net, tax) in zip(lines, shares, strict=True):
        key = (line.code, line.percent)
        held = sums.get(key, (zero, zero))
        sums[key] = (held[0] + net, held[1] + tax)
    return tuple((code, percent, net, tax) for (code, percent), (net, tax) in sums.items())
