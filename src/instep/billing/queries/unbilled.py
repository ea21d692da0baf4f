"""What can be billed: free costs of a job, by phase and one by one."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import Exists, OuterRef

from instep.base.identity.rows import FirmQuerySet
from instep.billing.models import Tick
from instep.costs.models import Cost
from instep.costs.states import OPEN_END


def unbilled_costs(
    firm: Any, job_id: int, *, phase: int | None = None, until: dt.date | None = None
) -> FirmQuerySet[Cost]:
    """Costs of a job that are on no document, draft or real, dated up to and including `until` (None: all): what a new
    draft would tick. Phase and staff loaded, by phase and day."""
    live = Tick.objects.of(firm).filter(cost=OuterRef("pk"), returned_on=None)
    rows = Cost.objects.of(firm).filter(~Exists(live), job=job_id, open_until=OPEN_END)
    rows = rows if phase is None else rows.filter(phase=phase)
    rows = rows if until is None else rows.filter(on__lte=until)
    return rows.select_related("phase", "staff").order_by("phase", "on", "pk")


def costs_of_line(firm: Any, line_id: int) -> FirmQuerySet[Cost]:
    """The costs ticked to a line, returned ones among them, by day; staff loaded."""
    ticked = Tick.objects.of(firm).filter(line=line_id)
    return Cost.objects.of(firm).filter(pk__in=ticked.values("cost")).select_related("staff").order_by("on", "pk")
