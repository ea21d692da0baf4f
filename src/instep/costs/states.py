"""What a cost may be, how far it has come, and the reasons why time is not charged (7.2.1)."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from typing import Final

from instep.kernel.states import Moves


class CostKind(StrEnum):
    """What a row of the ledger records. Stored; never renamed. Material, purchases and expenses join here."""

    TIME = "time"


class CostState(StrEnum):
    """How far a cost has come. Stored; never renamed.

    A draft is pending: it has no rates and is in no figure. A removed one is kept, so that past figures can say why
    they changed.
    """

    DRAFT = "draft"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    REMOVED = "removed"


COST_MOVES: Moves[CostState] = Moves(
    {
        CostState.DRAFT: {CostState.SUBMITTED, CostState.REMOVED},
        CostState.SUBMITTED: {CostState.APPROVED, CostState.REMOVED},
        CostState.APPROVED: {CostState.SUBMITTED},
        CostState.REMOVED: set(),
    }
)

COUNTS = frozenset({CostState.SUBMITTED, CostState.APPROVED})
"""The states that figures are made of."""


class NotCharged(StrEnum):
    """Why time is not chargeable; any one of them is enough (7.2.1). Stored; never renamed."""

    INTERNAL_CLIENT = "INTERNAL_CLIENT"
    IN_HOUSE = "IN_HOUSE"
    ZERO_RATE = "ZERO_RATE"
    INVESTMENT = "INVESTMENT"


OPEN_END: Final = dt.date(9999, 12, 31)
"""`open_until` of a cost that no real document bills: work in progress with no end."""
