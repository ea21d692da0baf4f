"""Making users and their passwords (E-05, E-46)."""

from __future__ import annotations

import datetime as dt
import secrets

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.utils import timezone

from instep.base.audit.log import record
from instep.base.firms.actions.members import grant_membership
from instep.base.identity.actor import Actor
from instep.base.identity.errors import EmailTaken, MemberElsewhere, WrongUser
from instep.base.identity.models import Firm, Membership, User, UserManager
from instep.base.identity.permissions import Role
from instep.base.identity.queries import memberships_of
from instep.kernel.errors import BadValue, NotFound


@transaction.atomic
def create_user(
    *, email: str, name: str, by: Actor, password: str | None = None, now: dt.datetime | None = None
) -> User:
    """A new user who can sign in with the password, or, without one, not until it is reset. A role is given apart.

    Raises NotAllowed ("manage users"), BadValue, EmailTaken (whatever the case of the email).
    """
    by.must("manage users")
    address, moment = UserManager.normalize_email(email), now or timezone.now()
    name = (name or "").strip()
    try:
        validate_email(address)
    except ValidationError:
        raise BadValue(field="email", problem="give an email address such as ada@example.com") from None
    if not name or len(name) > 200 or len(address) > 254:
        raise BadValue(field="name" if len(address) <= 254 else "email", problem="give 1 to 200 characters")
    user = User(email=address, name=name, created_at=moment)
    _set_password(user, password)
    try:
        with transaction.atomic():
            user.save()
    except IntegrityError:
        raise EmailTaken(email=address) from None
    changes = {"email": [None, address], "name": [None, name]}
    record("user.created", by=by, kind="user", record_id=user.pk, changes=changes, now=moment)
    return user


@transaction.atomic
def choose_password(user: User, *, password: str, by: Actor, now: dt.datetime | None = None) -> User:
    """The user's own new password; a one-time password is done with. Raises WrongUser, BadValue."""
    if by.user_id != user.pk:
        raise WrongUser
    locked = User.objects.select_for_update().get(pk=user.pk)
    if password is None:
        raise BadValue(field="password", problem="give a password")
    _set_password(locked, password)
    locked.must_change_password = False
    locked.save(update_fields=["password", "must_change_password"])
    record("user.password_chosen", by=by, kind="user", record_id=user.pk, now=now)
    return locked


@transaction.atomic
def reset_password(user: User, *, by: Actor, now: dt.datetime | None = None) -> str:
    """A one-time password for a member of the actor's firm, who must change it at the next sign-in. Shown once.

    Raises NotAllowed ("manage users", and "appoint owners" for an owner), NotFound for a stranger, MemberElsewhere.
    """
    by.must("manage users")
    memberships = memberships_of(user)
    here = [row for row in memberships if row.firm_id == by.firm_id]
    if not here:
        raise NotFound(what="user")
    if any(row.role == Role.OWNER for row in here):
        by.must("appoint owners")
    if len(here) < len(memberships):
        raise MemberElsewhere(name=user.name)
    return _one_time_password(user, by=by, now=now)


@transaction.atomic
def bootstrap_administrator(
    firm: Firm, *, email: str, name: str = "Administrator", now: dt.datetime | None = None
) -> tuple[User, str]:
    """The firm's first account and a one-time password, to be shown once (E-05). Called by a command only.

    It has rights to tools, users and settings and none to the firm's work. When the account is there already, its
    password is reset: the way back in for who holds the machine.
    """
    by = Actor.system(firm, "command line")
    address = UserManager.normalize_email(email)
    user = User.objects.filter(email=address).first()
    if user is None:
        user = create_user(email=address, name=name, by=by, now=now)
        grant_membership(user, by=by, role=Role.BOOTSTRAP, now=now)
    elif not Membership.objects.of(firm).filter(user=user, role=Role.BOOTSTRAP.value, until__isnull=True).exists():
        raise EmailTaken(email=address)
    return user, _one_time_password(user, by=by, now=now)


def _one_time_password(user: User, *, by: Actor, now: dt.datetime | None) -> str:
    password = secrets.token_urlsafe(12)
    locked = User.objects.select_for_update().get(pk=user.pk)
    locked.set_password(password)
    locked.must_change_password = True
    locked.save(update_fields=["password", "must_change_password"])
    record("user.password_reset", by=by, kind="user", record_id=user.pk, now=now)
    return password


def _set_password(user: User, password: str | None) -> None:
    if password is not None:
        try:
            validate_password(password, user)
        except ValidationError as refused:
            raise BadValue(field="password", problem=" ".join(refused.messages)) from None
    user.set_password(password)
