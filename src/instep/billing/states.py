"""What a document may be, how far it has come, and how its tax is worked out (7.2.6)."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from instep.kernel.states import Moves


class DocumentKind(StrEnum):
    """Stored; never renamed. Write-offs and revenue recognition join here."""

    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"


class DocumentState(StrEnum):
    """Stored; never renamed. Whether an invoice is paid is no state: it follows from its allocations."""

    DRAFT = "draft"
    REAL = "real"
    CREDITED = "credited"
    CANCELLED = "cancelled"


DOCUMENT_MOVES: Moves[DocumentState] = Moves(
    {
        DocumentState.DRAFT: {DocumentState.REAL},
        DocumentState.REAL: {DocumentState.CREDITED, DocumentState.CANCELLED},
        # Credited in part may still be credited in full; what is cancelled is done with.
        DocumentState.CREDITED: {DocumentState.CANCELLED},
        DocumentState.CANCELLED: set(),
    }
)
ISSUED = frozenset({DocumentState.REAL, DocumentState.CREDITED, DocumentState.CANCELLED})
"""Numbered and fixed; figures are made of these."""


class TaxBasis(StrEnum):
    """Whether the prices of a document hold their tax. Stored; never renamed."""

    EXCLUSIVE = "exclusive"
    INCLUSIVE = "inclusive"
    NO_TAX = "no_tax"


class LineKind(StrEnum):
    """What a line is priced by. Stored; never renamed."""

    FEE = "fee"
    """A part of the fee of its phase."""
    TIME = "time"
    """The costs that are ticked to it."""
    OTHER = "other"
    """What a person wrote."""


class CreditKey(StrEnum):
    """The processes that make a credit note, as stored on it; never renamed."""

    CANCEL = "cancel"


SERIES: dict[str, dict[str, Any]] = {
    DocumentKind.INVOICE: {"prefix": "INV-", "width": 4},
    DocumentKind.CREDIT_NOTE: {"prefix": "CN-", "width": 4},
}
"""The number series of each kind, as a firm gets them at first."""
