"""Tones: the few meanings a colour may have. Words or marks always say the same beside it."""

from __future__ import annotations

from enum import StrEnum


class Tone(StrEnum):
    """What a chip, notice, toast or mark means."""

    NEUTRAL = "neutral"
    """a fact, also "skipped" """
    INFO = "info"
    """under way, selected"""
    OK = "ok"
    """as it should be, in step; also "new" """
    CHANGED = "changed"
    """will be, or was, different"""
    ASK = "ask"
    """needs a person"""
    BAD = "bad"
    """failed"""


# The states that pages show, by the word that is stored. What is not here is neutral.
_OF_STATE: dict[str, Tone] = {
    **dict.fromkeys(("active", "connected", "current", "done", "in_step", "linked", "client", "won"), Tone.OK),
    **dict.fromkeys(("proposal", "queued", "running", "prospect", "waiting", "draft", "matched"), Tone.INFO),
    **dict.fromkeys(("pending_invoice", "paused", "partly_done", "late"), Tone.CHANGED),
    **dict.fromkeys(("conflict", "needs_decision", "held", "blocked", "needs_person", "ambiguous"), Tone.ASK),
    **dict.fromkeys(("failed", "error", "broken", "expired", "refused"), Tone.BAD),
}


def tone_of_state(state: str) -> Tone:
    """The tone of a stored state such as "active" or "pending_invoice"."""
    return _OF_STATE.get(state, Tone.NEUTRAL)
