"""The six fixed types of job status, the states of a phase, their moves, and what each takes (T-01, 7.2.11, 7.2.13)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum

from instep.crm.states import Dealing
from instep.kernel.states import Moves


class StatusType(StrEnum):
    """The fixed types; a firm names as many statuses below them as it likes (T-01). Stored; never renamed."""

    PROPOSAL = "proposal"
    ACTIVE = "active"
    PENDING_INVOICE = "pending_invoice"
    HOLD = "hold"
    UNSUCCESSFUL = "unsuccessful"
    COMPLETE = "complete"


STATUS_MOVES: Moves[StatusType] = Moves(
    {
        StatusType.PROPOSAL: {StatusType.ACTIVE, StatusType.HOLD, StatusType.UNSUCCESSFUL},
        StatusType.ACTIVE: set(StatusType) - {StatusType.ACTIVE},
        StatusType.PENDING_INVOICE: {StatusType.ACTIVE, StatusType.HOLD, StatusType.COMPLETE},
        StatusType.HOLD: {
            StatusType.PROPOSAL,
            StatusType.ACTIVE,
            StatusType.PENDING_INVOICE,
            StatusType.UNSUCCESSFUL,
            StatusType.COMPLETE,
        },
        # Both ends are restored by hand.
        StatusType.UNSUCCESSFUL: {StatusType.PROPOSAL, StatusType.ACTIVE},
        StatusType.COMPLETE: {StatusType.ACTIVE, StatusType.PENDING_INVOICE},
    }
)
"""Between types; a move to another status of the same type is always allowed."""

TAKES_TIME: Mapping[StatusType, bool] = {
    StatusType.PROPOSAL: True,
    StatusType.ACTIVE: True,
    StatusType.PENDING_INVOICE: False,
    StatusType.HOLD: False,
    StatusType.UNSUCCESSFUL: False,
    StatusType.COMPLETE: False,
}
TAKES_INVOICE: Mapping[StatusType, bool] = {
    StatusType.PROPOSAL: False,
    StatusType.ACTIVE: True,
    StatusType.PENDING_INVOICE: True,
    StatusType.HOLD: False,
    StatusType.UNSUCCESSFUL: False,
    StatusType.COMPLETE: False,
}
NEEDS: Mapping[StatusType, Dealing] = {
    StatusType.PROPOSAL: Dealing.OPPORTUNITY,
    StatusType.ACTIVE: Dealing.LIVE_JOB,
    StatusType.PENDING_INVOICE: Dealing.LIVE_JOB,
    StatusType.HOLD: Dealing.OPPORTUNITY,
    StatusType.UNSUCCESSFUL: Dealing.OPPORTUNITY,
    StatusType.COMPLETE: Dealing.LIVE_JOB,
}
"""What the client's stage must allow before a job may have a status of this type (E-13, E-36)."""

LIVE_TYPES = frozenset(kind for kind, dealing in NEEDS.items() if dealing is Dealing.LIVE_JOB)
"""Reaching one of these makes an opportunity a job: its quoted phases go live (7.2.11)."""

UNFINISHED = frozenset({StatusType.PROPOSAL, StatusType.ACTIVE, StatusType.PENDING_INVOICE, StatusType.HOLD})
"""While a job is one of these, its client cannot be demoted or archived."""

IN_WORK = frozenset({StatusType.PROPOSAL, StatusType.ACTIVE, StatusType.HOLD})
"""The open list. A job that only waits for its invoice is completed work (7.2.9): off the list, still invoiceable."""

NEEDS_REASON = frozenset({StatusType.UNSUCCESSFUL})
"""Closing a job as one of these wants a reason from a person (7.2.11)."""


class PhaseStatus(StrEnum):
    """States of a phase, from the least advanced (7.2.13). Stored; never renamed."""

    QUOTE = "quote"
    LIVE = "live"
    IN_HOUSE = "in_house"
    COMPLETE = "complete"
    CLOSED = "closed"


PHASE_MOVES: Moves[PhaseStatus] = Moves(
    {
        PhaseStatus.QUOTE: {PhaseStatus.LIVE, PhaseStatus.IN_HOUSE},
        PhaseStatus.LIVE: {PhaseStatus.COMPLETE, PhaseStatus.IN_HOUSE, PhaseStatus.CLOSED},
        # Beside live: its time is never charged, so no final invoice can close it.
        PhaseStatus.IN_HOUSE: {PhaseStatus.LIVE, PhaseStatus.COMPLETE},
        PhaseStatus.COMPLETE: {PhaseStatus.LIVE, PhaseStatus.IN_HOUSE, PhaseStatus.CLOSED},
        # Only by crediting the final document.
        PhaseStatus.CLOSED: {PhaseStatus.LIVE},
    }
)
BY_DOCUMENT = frozenset({PhaseStatus.CLOSED})
"""Entered and left by a final document and its credit, never by hand."""

PHASE_TAKES_TIME = frozenset({PhaseStatus.QUOTE, PhaseStatus.LIVE, PhaseStatus.IN_HOUSE})
PHASE_TAKES_INVOICE = frozenset({PhaseStatus.LIVE, PhaseStatus.COMPLETE})

_ADVANCE = (PhaseStatus.QUOTE, PhaseStatus.LIVE, PhaseStatus.IN_HOUSE, PhaseStatus.COMPLETE, PhaseStatus.CLOSED)


FIRST_PHASE_STATUS: Mapping[StatusType, PhaseStatus] = {
    StatusType.PROPOSAL: PhaseStatus.QUOTE,
    StatusType.ACTIVE: PhaseStatus.LIVE,
    StatusType.PENDING_INVOICE: PhaseStatus.LIVE,
    StatusType.HOLD: PhaseStatus.QUOTE,
    StatusType.UNSUCCESSFUL: PhaseStatus.QUOTE,
    StatusType.COMPLETE: PhaseStatus.COMPLETE,
}
"""The state of a phase that is added while the job has a status of this type."""


def least_advanced(statuses: Iterable[str]) -> PhaseStatus | None:
    """How far a job's work is: the least advanced of its phases; closed only when all are. None without phases."""
    return min((PhaseStatus(status) for status in statuses), key=_ADVANCE.index, default=None)


def takes_time(status_type: str, phase_status: str) -> bool:
    """Whether time can be recorded: the job's status and the phase must both take it."""
    return TAKES_TIME[StatusType(status_type)] and PhaseStatus(phase_status) in PHASE_TAKES_TIME


def takes_invoice(status_type: str, phase_status: str) -> bool:
    """Whether it can be invoiced: the job's status and the phase must both take it."""
    return TAKES_INVOICE[StatusType(status_type)] and PhaseStatus(phase_status) in PHASE_TAKES_INVOICE


class FeeType(StrEnum):
    """How a phase earns (T-02). Stored; never renamed."""

    FIXED = "fixed"
    PERCENT = "percent"
    HOURLY = "hourly"
    CAPPED = "capped"
    NO_BILLING = "no_billing"


IN_JOB_FEE = frozenset({FeeType.FIXED, FeeType.PERCENT, FeeType.CAPPED})
"""The fee types whose fees make up the job's fee (A-14)."""


class PartyRole(StrEnum):
    """What another organisation is to a job. Plain words: a firm may store its own beside these."""

    SUPPLIER = "supplier"
    CONSULTANT = "consultant"
    CONTRACTOR = "contractor"
    AUTHORITY = "authority"
    OTHER = "other"
