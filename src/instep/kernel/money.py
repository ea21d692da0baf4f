"""Money: an exact amount with its currency (X-01). Never a float, never two currencies in one sum."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any, Final

from instep.kernel.currencies import exponent
from instep.kernel.errors import BadValue, Refusal
from instep.kernel.rounding import EXACT, exact_fraction, half_up, half_up_whole, share_out

__all__ = ["AmountTooLarge", "CurrencyMismatch", "Money", "TooManyDecimals", "exponent"]

_LARGEST_MINOR: Final = 2**63 - 1  # what a BIGINT column holds


class CurrencyMismatch(Refusal):
    """Two currencies met in one sum or comparison."""

    code = "currency_mismatch"
    sentence = "{left} and {right} cannot be added or compared. Change one of the amounts to the other's currency."
    status = 422


class TooManyDecimals(BadValue):
    """An amount finer than its currency."""

    code = "too_many_decimals"


class AmountTooLarge(BadValue):
    """An amount beyond what can be stored."""

    code = "amount_too_large"


@dataclass(frozen=True, slots=True)
class Money:
    """`amount` in units of `currency` (dollars, not cents), held with exactly the currency's decimals.

    Raises TypeError for anything but a Decimal or int (floats above all); TooManyDecimals for an amount finer than the
    currency (`Money.rounded` takes those); AmountTooLarge beyond 2**63 - 1 minor units; BadValue for an unknown
    currency or a number that is not finite.
    """

    amount: Decimal
    currency: str

    def __post_init__(self) -> None:
        value = _decimal(self.amount)
        places = exponent(self.currency)
        held = _held(value, places)
        if held != value:
            problem = f"{value} has more decimals than {self.currency}, which has {places}."
            raise TooManyDecimals(field="Amount", problem=problem)
        object.__setattr__(self, "amount", held)

    @classmethod
    def from_minor(cls, minor: int, currency: str) -> Money:
        """From whole minor units: 1550 AUD is 15.50."""
        if not isinstance(minor, int) or isinstance(minor, bool):
            raise TypeError(f"minor units are a whole number, not {type(minor).__name__}")
        if abs(minor) > _LARGEST_MINOR:
            raise _too_large()
        places = exponent(currency)
        money = object.__new__(cls)  # whole minor units need none of the checks of __post_init__
        object.__setattr__(money, "amount", Decimal(minor).scaleb(-places, context=EXACT))
        object.__setattr__(money, "currency", currency)
        return money

    @classmethod
    def zero(cls, currency: str) -> Money:
        """Nothing, in `currency`."""
        return cls(Decimal(0), currency)

    @classmethod
    def rounded(cls, amount: Decimal | int, currency: str) -> Money:
        """`amount` rounded half-up to the currency's minor unit."""
        return cls(_held(_decimal(amount), exponent(currency)), currency)

    @classmethod
    def sum(cls, amounts: Iterable[Money], currency: str) -> Money:
        """The sum, zero when there are none. Raises CurrencyMismatch if one of them is not in `currency`."""
        total = 0
        for money in amounts:
            if money.currency != currency:
                raise CurrencyMismatch(left=currency, right=money.currency)
            total += money.minor
        return cls.from_minor(total, currency)

    @property
    def minor(self) -> int:
        """The amount in whole minor units (cents)."""
        return int(self.amount.scaleb(exponent(self.currency), context=EXACT))

    def __add__(self, other: Money) -> Money:
        if not isinstance(other, Money):
            return NotImplemented
        return Money.from_minor(self.minor + self._like(other).minor, self.currency)

    def __sub__(self, other: Money) -> Money:
        if not isinstance(other, Money):
            return NotImplemented
        return Money.from_minor(self.minor - self._like(other).minor, self.currency)

    def __neg__(self) -> Money:
        return Money.from_minor(-self.minor, self.currency)

    def __pos__(self) -> Money:
        return self

    def __abs__(self) -> Money:
        return Money.from_minor(abs(self.minor), self.currency)

    def __bool__(self) -> bool:
        """Whether it is not zero."""
        return bool(self.amount)

    def __mul__(self, factor: Decimal | int | Fraction) -> Money:
        """Times a number, rounded half-up to the minor unit once and from the exact product.

        Use a Fraction for what no Decimal can hold: an hourly rate times `Fraction(minutes, 60)`.
        """
        if isinstance(factor, bool) or not isinstance(factor, Decimal | int | Fraction):
            return NotImplemented
        try:
            product = self.minor * exact_fraction(factor)
        except ValueError:
            raise BadValue(field="Factor", problem="An amount can only be multiplied by a number.") from None
        return Money.from_minor(half_up_whole(product), self.currency)

    __rmul__ = __mul__

    def __lt__(self, other: Money) -> bool:
        return NotImplemented if not isinstance(other, Money) else self.amount < self._like(other).amount

    def __le__(self, other: Money) -> bool:
        return NotImplemented if not isinstance(other, Money) else self.amount <= self._like(other).amount

    def __gt__(self, other: Money) -> bool:
        return NotImplemented if not isinstance(other, Money) else self.amount > self._like(other).amount

    def __ge__(self, other: Money) -> bool:
        return NotImplemented if not isinstance(other, Money) else self.amount >= self._like(other).amount

    def split(self, parts: int) -> tuple[Money, ...]:
        """`parts` amounts as equal as can be, the larger ones first, summing to this one. Raises ValueError below 1."""
        if parts < 1:
            raise ValueError("an amount is split into one part or more")
        return self.allocate([1] * parts)

    def allocate(self, weights: Sequence[int | Decimal | Fraction]) -> tuple[Money, ...]:
        """One amount for each weight, in proportion, summing to this one exactly.

        Spare cents go to the largest remainders, the earlier first; a weight of 0 gets nothing. Raises ValueError when
        no weight is above zero or one is below, TypeError for a float.
        """
        return tuple(Money.from_minor(m, self.currency) for m in share_out(self.minor, weights))

    @property
    def written(self) -> str:
        """As a sentence says it, with thousands marks: "AUD 1,234.50". Pages write it in the firm's own way."""
        return f"{self.currency}\N{NO-BREAK SPACE}{self.amount:,f}"

    def as_json(self) -> dict[str, Any]:
        """The JSON value of a money field."""
        return {"minor": self.minor, "currency": self.currency}

    @classmethod
    def from_json(cls, value: dict[str, Any] | None) -> Money | None:
        """From the JSON value of a money field; None stays None."""
        return None if value is None else cls.from_minor(value["minor"], value["currency"])

    def __str__(self) -> str:
        return f"{self.amount:f} {self.currency}"

    def _like(self, other: Money) -> Money:
        if self.currency != other.currency:
            raise CurrencyMismatch(left=self.currency, right=other.currency)
        return other


def _decimal(amount: Any) -> Decimal:
    if isinstance(amount, int) and not isinstance(amount, bool):
        return Decimal(amount)
    if not isinstance(amount, Decimal):
        raise TypeError(f"an amount is a Decimal or a whole number, not {type(amount).__name__}")
    if not amount.is_finite():
        raise BadValue(field="Amount", problem="Give a number.")
    return amount


def _held(value: Decimal, places: int) -> Decimal:
    """With exactly `places` decimals, rounded half-up, never minus zero."""
    try:
        held = half_up(value, places)
        minor = int(held.scaleb(places, context=EXACT))
    except (ValueError, InvalidOperation):
        raise _too_large() from None
    if abs(minor) > _LARGEST_MINOR:
        raise _too_large()
    return held if held else abs(held)


def _too_large() -> AmountTooLarge:
    return AmountTooLarge(field="Amount", problem="The amount is too large. Check the digits.")
