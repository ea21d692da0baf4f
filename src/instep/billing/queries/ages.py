"""How old work in progress is: one query over the same costs that `wip` sums."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise
from typing import Any

from django.db.models import Q, Sum

from instep.billing.queries.wip import wip_costs
from instep.costs.models import Cost
from instep.costs.states import OPEN_END

AGES = (30, 60, 90)
"""The last day of each age, in days; what is older is the last one."""


def wip_ages(firm: Any, *, today: dt.date, on: dt.date | None = None) -> dict[str, list[int]]:
    """{currency: what work in progress should bring, by age in days: up to 30, 60, 90 and above}, in minor units. As at
    the end of `on`, and counted from there; as things stand (`wip_now`), counted from `today`, where that is None."""
    last = on or today
    rows = wip_costs(firm, on=on) if on else Cost.objects.of(firm).filter(open_until=OPEN_END)
    edges = [last - dt.timedelta(days=days) for days in AGES]
    spans = [Q(on__gte=edges[0])]
    spans += [Q(on__lt=younger, on__gte=older) for younger, older in pairwise(edges)]
    spans.append(Q(on__lt=edges[-1]))
    sums = {f"age_{at}": Sum("charge_minor", filter=span, default=0) for at, span in enumerate(spans)}
    found = rows.order_by().values("currency").annotate(**sums)
    return {row["currency"]: [int(row[f"age_{at}"]) for at in range(len(spans))] for row in found}
