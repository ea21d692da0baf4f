"""The sales stages of an organisation, their moves, and what each stage allows (7.2.10)."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from instep.kernel.states import Moves


class Stage(StrEnum):
    """How far an organisation has come in sales. Stored; never renamed.

    NONE is outside sales: a supplier, an authority, a consultant. It is what a company without a stage at a remote
    becomes.
    """

    NONE = "none"
    LEAD = "lead"
    PROSPECT = "prospect"
    CLIENT = "client"


class Dealing(StrEnum):
    """What can be done with an organisation, depending on its stage."""

    ACTIVITY = "activity"
    MARKETING = "marketing"
    OPPORTUNITY = "opportunity"
    LIVE_JOB = "live_job"
    INVOICE = "invoice"


STAGE_MOVES: Moves[Stage] = Moves(
    {
        Stage.NONE: {Stage.LEAD, Stage.PROSPECT},
        Stage.LEAD: {Stage.PROSPECT, Stage.NONE},
        Stage.PROSPECT: {Stage.CLIENT, Stage.LEAD},
        Stage.CLIENT: {Stage.PROSPECT},
    }
)

STAGE_ALLOWS: Mapping[Stage, frozenset[Dealing]] = {
    Stage.NONE: frozenset({Dealing.ACTIVITY}),
    Stage.LEAD: frozenset({Dealing.ACTIVITY, Dealing.MARKETING}),
    Stage.PROSPECT: frozenset({Dealing.ACTIVITY, Dealing.MARKETING, Dealing.OPPORTUNITY}),
    Stage.CLIENT: frozenset(Dealing),
}

_LADDER = tuple(Stage)


def allows(stage: str, dealing: Dealing) -> bool:
    """Whether an organisation at this stage may have this dealing."""
    return dealing in STAGE_ALLOWS[Stage(stage)]


def is_demotion(stage: str, wanted: str) -> bool:
    """Whether the move goes down the ladder."""
    return _LADDER.index(Stage(wanted)) < _LADDER.index(Stage(stage))


class AddressKind(StrEnum):
    """Which of an organisation's addresses (T-16). STREET is the one that other systems see."""

    STREET = "street"
    POSTAL = "postal"
    BILLING = "billing"
    OTHER = "other"
