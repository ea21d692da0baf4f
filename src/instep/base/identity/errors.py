"""Refusals about users, firms and memberships."""

from __future__ import annotations

from instep.kernel.errors import Refusal


class EmailTaken(Refusal):
    """Two users cannot share an email."""

    code = "email_taken"
    sentence = "There is already a user with the email {email}. Give that user a role instead of making a second one."


class FirmKeyTaken(Refusal):
    """Two firms cannot share a key."""

    code = "firm_key_taken"
    sentence = "There is already a firm with the key {key}. Choose another."


class AlreadyMember(Refusal):
    """One live membership per user and firm."""

    code = "already_member"
    sentence = "{name} is already a member of this firm. End that membership first, then give the new role."


class LastOwner(Refusal):
    """A firm always has an owner."""

    code = "last_owner"
    sentence = "{name} is the only owner. Make another member an owner first."


class OwnRole(Refusal):
    """Nobody gives a role to themselves."""

    code = "own_role"
    sentence = "You cannot give yourself a role. Ask another administrator of the firm."


class MemberElsewhere(Refusal):
    """A password that opens another firm too is not this firm's to reset."""

    code = "member_elsewhere"
    sentence = (
        "{name} works in another firm too, so the password is theirs alone to change. Ask them to reset it by email."
    )


class WrongUser(Refusal):
    """A password is chosen by its user."""

    code = "wrong_user"
    sentence = "A password is chosen by its user. Sign in as that user, or let an administrator reset it."
    status = 403
