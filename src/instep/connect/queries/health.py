"""How healthy connections are: what waits since when, how late edits arrive, what is left to call, who works on it."""

from __future__ import annotations

from datetime import datetime

from instep.connect.models import Lease


def in_hands(*, now: datetime) -> bool:
    """Whether any worker holds any connection at this moment."""
    return Lease.objects.filter(expires_at__gt=now).exclude(holder="").exists()
