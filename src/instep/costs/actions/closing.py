"""Letting costs leave work in progress and come back, as a real document bills them and a credit returns them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Any

from django.db.models import QuerySet

from instep.costs.models import Cost
from instep.costs.states import OPEN_END


def close_costs(firm_id: int, costs: QuerySet[Any, Any] | Collection[int], *, on: dt.date) -> int:
    """From `on` these costs (ids, or a query of them) are no work in progress; how many there were.

    For the floor that keeps the ticks, in the transaction that makes them effective: this is only their copy.
    """
    return Cost.objects.of(firm_id).filter(pk__in=costs, open_until__isnull=False).update(open_until=on)


def reopen_costs(firm_id: int, costs: QuerySet[Any, Any] | Collection[int]) -> int:
    """These costs are work in progress again, with no end; how many there were. As `close_costs`."""
    return Cost.objects.of(firm_id).filter(pk__in=costs, open_until__isnull=False).update(open_until=OPEN_END)
