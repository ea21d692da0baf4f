"""How commands end: exit codes, and the sentence for what cannot even start."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """Exit codes of every command."""

    DONE = 0
    HELD = 1
    """Refused, or done except for what is held, failed or different."""
    WRONG = 2
    """Wrong usage, or it cannot start: a port, a file, the database."""


class CannotStart(Exception):
    """Something outside is missing or in the way. Its text is the one sentence that the person reads."""
