"""Refusals about staff resources."""

from __future__ import annotations

from instep.kernel.errors import Refusal


class UserHasResource(Refusal):
    """One staff resource a user."""

    code = "user_has_resource"
    sentence = "This user already is the staff resource {name}. Take the user away there first."


class NoSuchMember(Refusal):
    """The user is not a member of the firm."""

    code = "no_such_member"
    sentence = "This user is not a member of the firm. Give the user a role in it first."
