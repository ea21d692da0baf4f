"""Rounding: half-up everywhere (X-01), and sharing out a whole so that the parts sum to it."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Context, Decimal, DivisionByZero, Inexact, InvalidOperation, Overflow
from fractions import Fraction

# Own contexts: the thread's one may have been changed by anybody. Wide enough for any amount times any rate.
_ROUND = Context(prec=200, rounding=ROUND_HALF_UP, traps=[InvalidOperation, DivisionByZero, Overflow])
EXACT = Context(prec=200, rounding=ROUND_HALF_UP, traps=[InvalidOperation, DivisionByZero, Overflow, Inexact])
"""Raises Inexact rather than losing a digit."""
_WIDEST = 100


def half_up(value: Decimal, places: int) -> Decimal:
    """`value` with `places` decimals; an exact half goes away from zero (2.5 to 3, -2.5 to -3).

    `places` may be negative: -2 rounds to hundreds. Raises TypeError for a float, ValueError for NaN, infinities and
    numbers of more than 200 digits.
    """
    if not isinstance(value, Decimal):
        raise TypeError(f"half_up takes a Decimal, not {type(value).__name__}")
    if not value.is_finite():
        raise ValueError("only a finite number can be rounded")
    try:
        rounded = value.quantize(Decimal((0, (1,), -places)), context=_ROUND)
    except InvalidOperation:
        raise ValueError("the number has too many digits") from None
    return rounded if places >= 0 else rounded.quantize(Decimal(1), context=_ROUND)


def half_up_whole(value: Fraction) -> int:
    """The nearest whole number; an exact half goes away from zero. Exact for any fraction, such as 20/60 of a rate."""
    if not isinstance(value, Fraction):
        raise TypeError(f"half_up_whole takes a Fraction, not {type(value).__name__}")
    return half_up_ratio(value.numerator, value.denominator)


def half_up_ratio(numerator: int, denominator: int) -> int:
    """`half_up_whole` of numerator / denominator, which is above zero: for the many, without a Fraction each."""
    whole = (2 * abs(numerator) + denominator) // (2 * denominator)
    return whole if numerator >= 0 else -whole


def share_out(total: int, weights: Sequence[int | Decimal | Fraction]) -> list[int]:
    """`total` in whole parts, in proportion to `weights`, summing to `total` exactly.

    Each part is at most one unit from its exact share; spare units go to the largest remainders, the earlier first.
    A weight of 0 gets 0. A negative total is shared as the positive one with the sign put back. Raises TypeError for
    a float weight, ValueError when there is no weight above zero or one below.
    """
    exact = [exact_fraction(w) for w in weights]
    if any(w < 0 for w in exact) or not any(exact):
        raise ValueError("weights must be zero or more, and one of them more")
    size, whole = abs(total), sum(exact)
    shares = [size * w / whole for w in exact]
    parts = settle(shares, size)
    return parts if total >= 0 else [-p for p in parts]


def settle(exact: Sequence[Fraction], total: int) -> list[int]:
    """Whole numbers near `exact`, each its floor or one more, that sum to `total`: the exact sum rounded either way.

    Raises ValueError when `total` is out of that reach.
    """
    parts = [e.numerator // e.denominator for e in exact]
    spare = total - sum(parts)
    by_remainder = sorted(range(len(exact)), key=lambda i: parts[i] - exact[i])  # stable: the earlier first
    if not 0 <= spare <= sum(1 for e in exact if e.denominator != 1):
        raise ValueError("the parts cannot sum to that total")
    for i in by_remainder[:spare]:
        parts[i] += 1
    return parts


def exact_fraction(number: int | Decimal | Fraction) -> Fraction:
    """The same number as a Fraction. Raises TypeError for a float or bool, ValueError for what is not finite or has
    an exponent beyond 100 either way (a few typed characters that would fill the memory).
    """
    if not isinstance(number, int | Decimal | Fraction) or isinstance(number, bool):
        raise TypeError(f"this takes a whole number, a Decimal or a Fraction, not {type(number).__name__}")
    if isinstance(number, Decimal):
        power = number.as_tuple().exponent
        if not isinstance(power, int) or abs(power) > _WIDEST:
            raise ValueError("the number must be finite and of a sensible size")
    return Fraction(number)
