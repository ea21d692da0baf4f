"""Tax by line and by document (trap 13, X-02)."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from instep.kernel.errors import BadValue
from instep.kernel.money import CurrencyMismatch, Money
from instep.kernel.tax import TaxMode, tax_of, tax_total
from tests.kernel.strategies import currencies, quick

rates = st.sampled_from(
    [Decimal(0), Decimal(10), Decimal("10.0"), Decimal(15), Decimal("12.5"), Decimal(20), Decimal("17.777")]
)
lines = st.tuples(currencies, st.lists(st.tuples(st.integers(-(10**6), 10**6), rates), min_size=1, max_size=12)).map(
    lambda drawn: [(Money.from_minor(minor, drawn[0]), rate) for minor, rate in drawn[1]]
)


def aud(text: str) -> Money:
    return Money(Decimal(text), "AUD")


@pytest.mark.capability("X-01", "X-02")
def test_three_lines_at_15_percent_differ_by_a_cent_between_the_modes() -> None:
    invoice = [(aud(a), Decimal(15)) for a in ("25.06", "25.61", "25.63")]
    by_line, by_document = tax_of(invoice, TaxMode.LINE), tax_of(invoice, TaxMode.DOCUMENT)
    assert (by_line.total, by_document.total) == (aud("11.44"), aud("11.45"))  # 11.445 exactly: half-even hides it
    assert [t.minor for t in by_line.lines] == [376, 384, 384]
    assert [t.minor for t in by_document.lines] == [376, 384, 385]
    assert tax_total(invoice, TaxMode.LINE) == aud("11.44")


@pytest.mark.capability("X-02")
@pytest.mark.parametrize("mode", TaxMode)
@quick
@given(lines=lines)
def test_lines_and_rates_sum_to_the_total_which_is_rounded_where_the_mode_says(
    mode: TaxMode, lines: list[tuple[Money, Decimal]]
) -> None:
    tax = tax_of(lines, mode)
    currency = lines[0][0].currency
    assert Money.sum(tax.lines, currency) == tax.total == Money.sum((t for _, t in tax.rates), currency)
    assert [r for r, _ in tax.rates] == list(dict.fromkeys(r for _, r in lines))
    for (amount, rate), part in zip(lines, tax.lines, strict=True):
        exact = amount.minor * Fraction(rate) / 100
        assert abs(part.minor - exact) < 1
        if mode is TaxMode.LINE:
            assert part == amount * (rate / 100)
        assert not part or (amount and rate)
    for rate, part in tax.rates:
        exact = sum((a.minor * Fraction(r) / 100 for a, r in lines if r == rate), Fraction(0))
        if mode is TaxMode.DOCUMENT:
            assert abs(part.minor - exact) <= Fraction(1, 2)


@pytest.mark.capability("X-02")
@pytest.mark.parametrize("mode", TaxMode)
@quick
@given(lines=lines)
def test_a_credit_note_of_every_line_takes_the_whole_tax_back(
    mode: TaxMode, lines: list[tuple[Money, Decimal]]
) -> None:
    assert tax_total([(-a, r) for a, r in lines], mode) == -tax_total(lines, mode)


def test_one_rate_written_two_ways_is_one_rate() -> None:
    tax = tax_of([(aud("0.05"), Decimal("10")), (aud("0.05"), Decimal("10.00"))], TaxMode.DOCUMENT)
    assert tax.rates == ((Decimal(10), aud("0.01")),)


def test_a_document_without_lines_has_no_tax_in_the_currency_given() -> None:
    assert tax_total([], TaxMode.LINE, "AUD") == Money.zero("AUD")
    with pytest.raises(ValueError, match="currency"):
        tax_total([], TaxMode.LINE)


@pytest.mark.parametrize(
    ("percent", "refusal"),
    [
        *((0.1, TypeError), ("10", TypeError), (True, TypeError), (None, TypeError)),
        *(
            (Decimal(-1), BadValue),
            (Decimal("NaN"), BadValue),
            (Decimal("Infinity"), BadValue),
            (Decimal(1001), BadValue),
        ),
        *((Decimal("1e-999999"), BadValue), (Decimal("1e999999"), BadValue)),
    ],
)
def test_a_rate_is_a_decimal_percentage(percent: Any, refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        tax_total([(aud("1"), percent)], TaxMode.LINE)


def test_lines_in_two_currencies_are_refused() -> None:
    with pytest.raises(CurrencyMismatch):
        tax_total([(aud("1"), Decimal(10)), (Money(Decimal(1), "NZD"), Decimal(15))], TaxMode.LINE)
