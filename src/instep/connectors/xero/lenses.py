"""Values in Xero's words: money with its currency, an address of four lines, and short lists of fixed words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar

from instep.connect.fieldmap import Place
from instep.kernel.canonical import canon_email, canon_multiline, canon_text
from instep.kernel.errors import Refusal
from instep.kernel.money import Money

ADDRESS_LINES = 4
_MAIL = re.compile(r"[^@\s,;]+@[^@\s,;]+\.[^@\s,;.]+")


@dataclass(frozen=True, slots=True)
class MoneyLens:
    """Money <-> "1550.00 AUD". A document's own currency is in the value; without one it is the firm's."""

    said: ClassVar[str] = "An amount with its currency; without one it is the firm's."

    def to_theirs(self, ours: Any, *, known: Any, place: Place) -> str | None:
        if not ours or ours.get("minor") is None:
            return None
        return str(Money.from_minor(ours["minor"], ours.get("currency") or place.currency))

    def to_ours(self, theirs: Any, *, known: Any, place: Place) -> dict[str, Any] | None:
        if theirs in (None, ""):
            return None
        amount, currency = money_parts(theirs)
        return Money.rounded(amount, currency or place.currency).as_json()

    def canon_theirs(self, theirs: Any, *, place: Place) -> str | None:
        if theirs in (None, ""):
            return None
        try:
            amount, currency = money_parts(theirs)
            return str(Money.rounded(amount, currency or place.currency))
        except (InvalidOperation, Refusal):
            return str(theirs)


def money_parts(text: str) -> tuple[Decimal, str]:
    """("1550.00 AUD") -> (Decimal("1550.00"), "AUD"); the currency is empty text where none is told."""
    amount, _, currency = text.strip().partition(" ")
    return Decimal(amount), currency.strip()


@dataclass(frozen=True, slots=True)
class AddressLens:
    """An address of any number of lines -> the four that Xero keeps: what is beyond them follows in the last one."""

    said: ClassVar[str] = "Lines beyond the fourth follow in the last one, so it goes one way only."

    def to_theirs(self, ours: Any, *, known: Any, place: Place) -> str | None:
        lines = [text for line in (canon_multiline(ours) or "").splitlines() if (text := canon_text(line))]
        kept, beyond = lines[: ADDRESS_LINES - 1], lines[ADDRESS_LINES - 1 :]
        return "\n".join([*kept, *([", ".join(beyond)] if beyond else [])]) or None

    def to_ours(self, theirs: Any, *, known: Any, place: Place) -> Any:
        return theirs

    def canon_theirs(self, theirs: Any, *, place: Place) -> str | None:
        return canon_multiline(theirs)


@dataclass(frozen=True, slots=True)
class EmailLens:
    """An address that cannot be one is left out: Xero refuses the whole contact for it (D-15)."""

    said: ClassVar[str] = "What is no address is left out, so it goes one way only."

    def to_theirs(self, ours: Any, *, known: Any, place: Place) -> str | None:
        text = canon_text(ours)
        return text if text and _MAIL.fullmatch(text) else None

    def to_ours(self, theirs: Any, *, known: Any, place: Place) -> Any:
        return theirs

    def canon_theirs(self, theirs: Any, *, place: Place) -> str | None:
        return canon_email(theirs)


@dataclass(frozen=True, slots=True)
class WordLens:
    """A fixed word of ours <-> a fixed word of theirs, pair by pair. A word that is in no pair stays as it is."""

    said: ClassVar[str] = "A fixed word here is a fixed word there."

    pairs: tuple[tuple[str, str], ...]

    def to_theirs(self, ours: Any, *, known: Any, place: Place) -> Any:
        return dict(self.pairs).get(ours, ours)

    def to_ours(self, theirs: Any, *, known: Any, place: Place) -> Any:
        back: Mapping[str, str] = {there: here for here, there in self.pairs}
        return back.get(theirs, theirs)

    def canon_theirs(self, theirs: Any, *, place: Place) -> str | None:
        return canon_text(theirs)
