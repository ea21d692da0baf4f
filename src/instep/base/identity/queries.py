"""Questions about users and their memberships."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from instep.base.identity.models import Firm, Membership, User
from instep.base.identity.rows import firm_id_of
from instep.kernel.errors import NotFound


def firm_of(firm_id: int) -> Firm:
    """The firm with this id; NotFound otherwise."""
    try:
        return Firm.objects.get(pk=firm_id)
    except Firm.DoesNotExist:
        raise NotFound(what="firm") from None


def memberships_of(user: User, on: dt.date | None = None) -> list[Membership]:
    """The user's live memberships by firm name, firms loaded. `on` defaults to today at each firm's own place."""
    now = timezone.now()
    rows = Membership.objects.filter(user=user).select_related("firm", "user").order_by("firm__name", "pk")
    return [row for row in rows if row.is_live(on or row.firm.today(now))]


def membership_in(firm: Any, user: User, on: dt.date | None = None) -> Membership:
    """The user's live membership in this firm; NotFound without one, as if the firm were not there."""
    for row in memberships_of(user, on):
        if row.firm_id == firm_id_of(firm):
            return row
    raise NotFound(what="firm")


def members_of(firm: Firm, on: dt.date | None = None) -> QuerySet[Membership]:
    """The firm's live memberships by name of user."""
    day = on or firm.today()
    rows = Membership.objects.of(firm).filter(since__lte=day).exclude(until__lte=day)
    return rows.select_related("user", "firm").order_by("user__name", "pk")
