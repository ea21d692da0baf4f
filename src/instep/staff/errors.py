"""Refusals about staff resources, and those that any record may meet."""

from __future__ import annotations

from instep.kernel.errors import Refusal


class StillUsed(Refusal):
    """A record that others point to cannot be removed."""

    code = "still_used"
    sentence = "{name} is still used by: {users}. Archive it instead."


class UserHasResource(Refusal):
    """One staff resource a user."""

    code = "user_has_resource"
    sentence = "This user already is the staff resource {name}. Take the user away there first."


class NoSuchMember(Refusal):
    """The user is not a member of the firm."""

    code = "no_such_member"
    sentence = "This user is not a member of the firm. Give the user a role in it first."
