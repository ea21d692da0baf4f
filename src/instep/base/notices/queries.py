"""Questions about notices."""

from __future__ import annotations

from instep.base.identity.actor import Actor
from instep.base.identity.rows import FirmQuerySet
from instep.base.notices.models import Notice


def notices_of(by: Actor) -> FirmQuerySet[Notice]:
    """What this person was told in this firm, the last first."""
    return Notice.objects.of(by.firm_id).filter(user=by.user_id).order_by("-id")


def unread_count(by: Actor) -> int:
    """How many of them wait to be read; one look-up in an index."""
    return notices_of(by).filter(read_at=None).count()
