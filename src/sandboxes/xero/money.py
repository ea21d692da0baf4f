"""Rounding and tax: each line by itself, half a cent up unless the switch says otherwise."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal

ZERO = Decimal("0.00")
_PLACES = {0: Decimal(1), 2: Decimal("0.01"), 4: Decimal("0.0001"), 6: Decimal("0.000001")}
HALF = {"up": ROUND_HALF_UP, "even": ROUND_HALF_EVEN}


def rounded(value: Decimal, places: int = 2, half: str = "up") -> Decimal:
    """The value with that many decimals (0, 2, 4 or 6)."""
    return value.quantize(_PLACES[places], rounding=HALF[half]) + 0  # no minus zero


def tax_of(amount: Decimal, rate: Decimal, inclusive: bool, half: str) -> Decimal:
    """The tax on a line's amount, or the tax that is in it, at `rate` per cent."""
    base = 100 + rate if inclusive else Decimal(100)
    return rounded(amount * rate / base, 2, half)
