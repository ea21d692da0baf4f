"""Refusals that any record may meet."""

from __future__ import annotations

from instep.kernel.errors import Refusal


class StillUsed(Refusal):
    """A record that others point to cannot be removed."""

    code = "still_used"
    sentence = "{name} is still used by: {users}. Archive it instead."
