"""Money and rounding: exact, half-up, one currency at a time (X-01)."""

from __future__ import annotations

import decimal
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from instep.kernel.currencies import CURRENCIES, exponent
from instep.kernel.errors import BadValue
from instep.kernel.money import AmountTooLarge, CurrencyMismatch, Money, TooManyDecimals
from instep.kernel.rounding import half_up, half_up_whole, settle, share_out
from tests.kernel.strategies import currencies, moneys, quick

weights = st.lists(st.integers(0, 10**6) | st.decimals(0, 1000, places=4), min_size=1, max_size=12).filter(any)


def aud(text: str) -> Money:
    return Money(Decimal(text), "AUD")


@pytest.mark.capability("X-01")
@pytest.mark.parametrize(
    ("value", "places", "rounded"),
    [
        *(("2.5", 0, "3"), ("-2.5", 0, "-3"), ("0.5", 0, "1"), ("1.005", 2, "1.01"), ("-1.005", 2, "-1.01")),
        *(
            ("1.004999999999999999999999999999999999", 2, "1.00"),
            ("7", 2, "7.00"),
            ("150", -2, "200"),
            ("149", -2, "100"),
        ),
    ],
)
def test_a_half_is_rounded_away_from_zero(value: str, places: int, rounded: str) -> None:
    assert str(half_up(Decimal(value), places)) == rounded
    assert half_up_whole(Fraction(Decimal(value)) * Fraction(10) ** places) == Decimal(rounded).scaleb(places)


@pytest.mark.capability("X-01")
def test_the_thread_s_decimal_settings_change_nothing() -> None:
    with decimal.localcontext(decimal.Context(prec=3, rounding=decimal.ROUND_DOWN)):
        assert half_up(Decimal("12345.675"), 2) == Decimal("12345.68")
        assert str(aud("12345.67") + aud("0.01")) == "12345.68 AUD"
        assert (aud("12345.67") * Decimal("1.005")).minor == 1_240_740
        assert [m.minor for m in aud("12345.67").split(3)] == [411_523, 411_522, 411_522]


@pytest.mark.capability("X-01")
@pytest.mark.parametrize("make", [Money, Money.rounded])
@pytest.mark.parametrize("amount", [1.5, 0.0, True, "1.50", None])
def test_an_amount_is_never_a_float(make: Any, amount: Any) -> None:
    with pytest.raises(TypeError):
        make(amount, "AUD")


@pytest.mark.capability("X-01")
def test_no_door_takes_a_float() -> None:
    ten = aud("10.00")
    for wrong in (1.5, 1.0, True):
        for attempt in (
            lambda w: ten * w,
            lambda w: w * ten,
            lambda w: ten + w,
            lambda w: ten - w,
            lambda w: ten < w,
            lambda w: ten.allocate([1, w]),
            lambda w: Money.from_minor(w, "AUD"),
            lambda w: half_up(w, 2),
            half_up_whole,
        ):
            with pytest.raises(TypeError):
                attempt(wrong)


def test_a_currency_has_the_decimals_of_iso_4217() -> None:
    assert [exponent(c) for c in ("AUD", "GBP", "JPY", "BHD", "KWD", "CLF")] == [2, 2, 0, 3, 3, 4]
    assert len(CURRENCIES) > 150
    assert (Money(Decimal("1.5"), "KWD").minor, Money(5, "JPY").minor, str(aud("1.5"))) == (1500, 5, "1.50 AUD")
    for wrong in ("AUS", "aud", "", None):
        with pytest.raises(BadValue):
            Money(Decimal(1), wrong)


def test_an_amount_finer_than_its_currency_is_refused_unless_rounded() -> None:
    with pytest.raises(TooManyDecimals):
        aud("1.005")
    with pytest.raises(TooManyDecimals):
        Money(Decimal("0.5"), "JPY")
    assert Money.rounded(Decimal("1.005"), "AUD") == aud("1.01")
    assert Money.rounded(Decimal("-0.5"), "JPY") == Money(-1, "JPY")
    assert aud("1.500") == aud("1.5")
    assert hash(aud("1.500")) == hash(aud("1.5"))
    assert str(Money.rounded(Decimal("-0.001"), "AUD")) == str(aud("-0")) == "0.00 AUD"


@pytest.mark.parametrize("amount", ["1e30", "92233720368547758.08", "-1e400", "1e999999"])
def test_an_amount_that_no_column_holds_is_refused(amount: str) -> None:
    for make in (Money, Money.rounded):
        with pytest.raises(AmountTooLarge):
            make(Decimal(amount), "AUD")
    with pytest.raises(AmountTooLarge):
        Money.from_minor(2**63, "AUD")
    with pytest.raises(AmountTooLarge):
        Money.from_minor(2**63 - 1, "AUD") + aud("0.01")


@pytest.mark.parametrize("amount", ["NaN", "sNaN", "Infinity", "-Infinity"])
def test_an_amount_that_is_no_number_is_refused(amount: str) -> None:
    for attempt in (
        lambda: aud(amount),
        lambda: Money.rounded(Decimal(amount), "AUD"),
        lambda: aud("1") * Decimal(amount),
    ):
        with pytest.raises(BadValue):
            attempt()


def test_two_currencies_never_meet() -> None:
    a, b = aud("1"), Money(Decimal(1), "NZD")
    attempts = (lambda: a + b, lambda: a - b, lambda: a < b, lambda: a <= b, lambda: a > b, lambda: a >= b)
    for attempt in (*attempts, lambda: Money.sum([a, b], "AUD")):
        with pytest.raises(CurrencyMismatch, match="AUD and NZD"):
            attempt()
    assert a != b


@pytest.mark.capability("X-01")
@quick
@given(a=moneys, minors=st.lists(st.integers(-(10**12), 10**12), max_size=6))
def test_sums_are_exact(a: Money, minors: list[int]) -> None:
    others = [Money.from_minor(m, a.currency) for m in minors]
    assert Money.sum([a, *others], a.currency).minor == a.minor + sum(minors)
    assert a - a == Money.zero(a.currency) == a + -a
    assert not a - a
    assert abs(a) == max(a, -a)
    assert a * -1 == -a
    assert Money.from_json(a.as_json()) == a == Money(a.amount, a.currency)
    for b in others:
        assert (a < b, a <= b, a > b, a >= b) == tuple(
            f(a.minor, b.minor) for f in (int.__lt__, int.__le__, int.__gt__, int.__ge__)
        )


@pytest.mark.capability("X-01")
@quick
@given(minor=st.integers(-(10**9), 10**9), currency=currencies, factor=st.decimals(-1000, 1000, places=5))
def test_a_product_is_the_nearest_and_at_a_half_the_larger(minor: int, currency: str, factor: Decimal) -> None:
    product = (Money.from_minor(minor, currency) * factor).minor
    exact = minor * Fraction(factor)
    assert abs(product - exact) <= Fraction(1, 2)
    if abs(product - exact) == Fraction(1, 2):
        assert abs(product) > abs(exact)


@pytest.mark.capability("X-01")
def test_an_hourly_rate_times_minutes_loses_nothing() -> None:
    # 5/6 has no end in decimals: cut short, 0.03 * 5/6 = 0.025 would come out below the half.
    assert aud("0.03") * Fraction(50, 60) == aud("0.03")
    assert aud("0.01") * Fraction(50, 60) == aud("0.01")
    assert aud("0.03") * (Decimal(50) / Decimal(60)) == aud("0.02")
    assert Fraction(75, 60) * aud("185.00") == aud("231.25")


@pytest.mark.capability("X-01")
@quick
@given(money=moneys, weights=weights)
@example(money=Money.from_minor(-100, "AUD"), weights=[1, 1, 1, 0])
def test_an_allocation_sums_to_the_whole_and_no_part_is_a_cent_off(money: Money, weights: list[Any]) -> None:
    parts = money.allocate(weights)
    assert Money.sum(parts, money.currency) == money
    for part, weight in zip(parts, weights, strict=True):
        share = Fraction(money.minor) * Fraction(weight) / sum(map(Fraction, weights))
        assert abs(part.minor - share) < 1
        assert weight or not part
    assert (-money).allocate(weights) == tuple(-p for p in parts)


def test_spare_cents_go_to_the_largest_remainders_then_to_the_first() -> None:
    assert [m.minor for m in aud("1.00").split(3)] == [34, 33, 33]
    assert [m.minor for m in aud("-1.00").split(3)] == [-34, -33, -33]
    assert [m.minor for m in aud("0.01").allocate([1, 5, 5])] == [0, 1, 0]
    assert share_out(1200, [480, 480, 240]) == [480, 480, 240]
    assert Money(10, "JPY").split(4) == tuple(Money(n, "JPY") for n in (3, 3, 2, 2))


@pytest.mark.parametrize("weights", [[], [0, 0], [1, -1], [Decimal("NaN")], [Decimal("1e999999")]])
def test_weights_that_share_nothing_are_refused(weights: list[Any]) -> None:
    with pytest.raises(ValueError, match=r"weight|number"):
        aud("1").allocate(weights)
    with pytest.raises(ValueError, match="one part"):
        aud("1").split(0)


def test_parts_settle_only_on_a_sum_within_their_reach() -> None:
    halves = [Fraction(1, 2), Fraction(1, 2), Fraction(2)]
    assert [settle(halves, total) for total in (2, 3, 4)] == [[0, 0, 2], [1, 0, 2], [1, 1, 2]]
    for total in (1, 5):
        with pytest.raises(ValueError, match="cannot sum"):
            settle(halves, total)


def test_a_sentence_says_money_with_its_currency_and_thousands_marks() -> None:
    said = [Money(Decimal(amount), currency).written for amount, currency in (("1234.5", "AUD"), ("-1000000", "JPY"))]
    assert said == ["AUD\N{NO-BREAK SPACE}1,234.50", "JPY\N{NO-BREAK SPACE}-1,000,000"]
