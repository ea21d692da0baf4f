"""Telling people, and taking note that they read it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from instep.base.identity.actor import Actor
from instep.base.identity.models import Membership
from instep.base.notices.models import Notice


def tell(firm_id: int, user_ids: Iterable[int], *, kind: str, sentence: str, path: str, now: dt.datetime) -> None:
    """Leave a notice for each of these users who works in the firm, in the caller's transaction: two queries."""
    wanted = set(user_ids)
    if not wanted:
        return
    members = Membership.objects.of(firm_id).filter(user__in=wanted, until=None).values_list("user_id", flat=True)
    Notice.objects.bulk_create(
        Notice(firm_id=firm_id, user_id=user_id, kind=kind, sentence=sentence, path=path, at=now)
        for user_id in sorted(set(members))
    )


def read_notices(by: Actor, *, now: dt.datetime) -> int:
    """Everything that was left for this person has been read. How many that were."""
    return Notice.objects.of(by.firm_id).filter(user=by.user_id, read_at=None).update(read_at=now)
