"""Questions about time and rates. What is billed is a question for billing."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db.models import Count, Q, Sum

from instep.base.identity.rows import FirmQuerySet
from instep.base.paging import Page, keyset
from instep.costs.models import Cost, StaffRate
from instep.costs.states import COUNTS, CostState
from instep.jobs.models import Phase

NEWEST_FIRST = ("-on", "-pk")


def week_of(day: dt.date) -> tuple[dt.date, dt.date]:
    """Monday and Sunday of the week that holds `day`, both inclusive."""
    monday = day - dt.timedelta(days=day.weekday())
    return monday, monday + dt.timedelta(days=6)


def time_list(
    firm_id: int,
    *,
    job: int | None = None,
    phase: int | None = None,
    staff: int | None = None,
    since: dt.date | None = None,
    until: dt.date | None = None,
    states: frozenset[CostState] | None = None,
) -> FirmQuerySet[Cost]:
    """Time with job, phase and staff loaded, unordered; `since` and `until` inclusive. Removed rows only where `states`
    names them."""
    rows = Cost.objects.of(firm_id).select_related("job", "phase", "staff")
    given = {"job": job, "phase": phase, "staff": staff, "on__gte": since, "on__lte": until}
    rows = rows.filter(**{name: value for name, value in given.items() if value is not None})
    if phase is not None and job is None:
        # Costs are found by job: a phase alone has no index of its own.
        rows = rows.filter(job__in=Phase.objects.of(firm_id).filter(pk=phase).values("job"))
    return rows.exclude(state=CostState.REMOVED) if states is None else rows.filter(state__in=list(states))


def time_page(
    firm_id: int,
    *,
    token: str | None = None,
    size: int = 50,
    job: int | None = None,
    phase: int | None = None,
    staff: int | None = None,
    since: dt.date | None = None,
    until: dt.date | None = None,
) -> Page[Cost]:
    """One page of `time_list`, newest day first; one query."""
    rows = time_list(firm_id, job=job, phase=phase, staff=staff, since=since, until=until)
    return keyset(rows, NEWEST_FIRST, token, size)


def time_of_week(firm_id: int, staff_id: int, day: dt.date) -> list[Cost]:
    """One person's time in the week that holds `day`, by day, drafts among it; job, phase loaded. One query."""
    first, last = week_of(day)
    return list(time_list(firm_id, staff=staff_id, since=first, until=last).order_by("on", "pk"))


def cost_by_id(firm_id: int, cost_id: int) -> Cost:
    """The cost with job, phase and staff; NotFound otherwise."""
    return Cost.objects.select_related("job", "phase", "staff").get_of(firm_id, cost_id, what="time entry")


@dataclass(frozen=True, slots=True)
class Hours:
    """Minutes of time; `pending` are drafts, which count as neither chargeable nor not (7.2.1)."""

    chargeable: int = 0
    not_chargeable: int = 0
    pending: int = 0
    entries: int = 0


def hours(
    firm_id: int,
    *,
    job: int | None = None,
    staff: int | None = None,
    since: dt.date | None = None,
    until: dt.date | None = None,
) -> Hours:
    """Minutes of a job, of a person or of the firm, both dates inclusive. One query."""
    counted, draft = Q(state__in=list(COUNTS)), Q(state=CostState.DRAFT)
    rows = time_list(firm_id, job=job, staff=staff, since=since, until=until)
    sums = rows.aggregate(
        yes=Sum("minutes", filter=counted & Q(chargeable=True), default=0),
        no=Sum("minutes", filter=counted & Q(chargeable=False), default=0),
        pending=Sum("minutes", filter=draft, default=0),
        entries=Count("pk"),
    )
    return Hours(sums["yes"], sums["no"], sums["pending"], sums["entries"])


def rates_of(firm_id: int, staff_id: int) -> list[StaffRate]:
    """All rates of a staff resource, newest first."""
    return list(StaffRate.objects.of(firm_id).filter(staff=staff_id).order_by("currency", "-effective_on"))
