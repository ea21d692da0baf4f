"""Giving and ending roles in a firm."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.utils import timezone

from instep.base.audit.log import record
from instep.base.identity.actor import Actor
from instep.base.identity.errors import AlreadyMember, LastOwner, OwnRole
from instep.base.identity.models import Firm, Membership, User
from instep.base.identity.permissions import ROLES_OF_KIND, MembershipKind, Role
from instep.base.identity.queries import members_of
from instep.kernel.errors import BadValue, WrongState


@transaction.atomic
def grant_membership(
    user: User,
    *,
    by: Actor,
    role: Role | str,
    kind: MembershipKind | str = MembershipKind.STAFF,
    since: dt.date | None = None,
    until: dt.date | None = None,
    now: dt.datetime | None = None,
) -> Membership:
    """Give the user a role in the actor's firm from `since` (default today there) up to, not including, `until`.

    Raises NotAllowed ("manage users"; "appoint owners" too for an owner), OwnRole, AlreadyMember, BadValue. Support has
    an end always.
    """
    by.must("manage users")
    role, kind = _role(role, kind)
    if role is Role.OWNER:
        by.must("appoint owners")
    if user.pk == by.user_id:
        raise OwnRole
    # The firm's row is the lock: of two grants at once, the second sees the first.
    firm = Firm.objects.select_for_update().get(pk=by.firm_id)
    first = since or firm.today(now)
    if kind is MembershipKind.SUPPORT and until is None:
        raise BadValue(field="until", problem="support has access for a time: give the day on which it ends")
    if until is not None and until <= first:
        raise BadValue(field="until", problem="give a day after the first")
    clashing = Membership.objects.of(firm).filter(user=user).exclude(until__lte=first)
    if until is not None:
        clashing = clashing.filter(since__lt=until)
    if clashing.exists():
        raise AlreadyMember(name=user.name)
    membership = Membership.objects.create(
        firm=firm, user=user, kind=kind.value, role=role.value, since=first, until=until
    )
    changes = {"user": [None, user.pk], "role": [None, role.value], "since": [None, first], "until": [None, until]}
    record("membership.granted", by=by, kind="membership", record_id=membership.pk, changes=changes, now=now)
    return membership


@transaction.atomic
def end_membership(
    membership: Membership, *, by: Actor, until: dt.date | None = None, now: dt.datetime | None = None
) -> Membership:
    """End the membership: `until` (default today, so at once) is the first day without access.

    Raises NotAllowed, NotFound for another firm's, LastOwner, WrongState when it has ended already.
    """
    by.must("manage users", of=membership, what="membership")
    firm = Firm.objects.select_for_update().get(pk=by.firm_id)
    row = Membership.objects.select_related("user").get_of(firm, membership.pk, what="membership")
    today = firm.today(now)
    last = until or today
    if row.until is not None and row.until <= today:
        raise WrongState(state="ended", allowed="nothing else", wanted="ended again")
    if row.role == Role.OWNER:
        by.must("appoint owners")
        others = members_of(firm, max(last, today)).filter(role=Role.OWNER.value, until__isnull=True)
        if not others.exclude(pk=row.pk).exists():
            raise LastOwner(name=row.user.name)
    changes = {"until": [row.until, last]}
    row.until = last
    row.save(update_fields=["until"])
    record("membership.ended", by=by, kind="membership", record_id=row.pk, changes=changes, now=now or timezone.now())
    return row


def _role(role: Role | str, kind: MembershipKind | str) -> tuple[Role, MembershipKind]:
    try:
        wanted, side = Role(role), MembershipKind(kind)
    except ValueError:
        raise BadValue(field="role", problem=f"choose one of {', '.join(sorted(Role))}") from None
    if wanted not in ROLES_OF_KIND[side]:
        raise BadValue(field="role", problem=f"a {side.value} member cannot be {wanted.value}")
    return wanted, side
