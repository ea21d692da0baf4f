"""Work in progress today and at any past date, from dated facts by one query (7.2.4, E-50)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import BigIntegerField, Count, F, Q, QuerySet, Sum
from django.db.models.functions import Cast

from instep.base.identity.models import Firm
from instep.base.identity.queries import firm_of
from instep.base.identity.rows import FirmQuerySet, firm_id_of
from instep.billing.models import Tick
from instep.costs.models import Cost
from instep.costs.states import OPEN_END

_SUMMED = ("minutes", "charge_minor", "cost_minor")


class WipRow(NamedTuple):
    """Work in progress of one phase: entries, minutes, and minor units of the job's currency, exclusive of tax:
    `charge` is what it should bring, `cost` what it cost the firm."""

    job_id: int
    phase_id: int
    entries: int
    minutes: int
    charge: int
    cost: int


class WipTotals(NamedTuple):
    """Sums over rows. Take them from the rows at hand: a database would walk everything again."""

    entries: int
    minutes: int
    charge: int
    cost: int


def wip(firm: Any, *, on: dt.date, job: int | None = None, client: int | None = None) -> list[WipRow]:
    """Costs dated up to `on`, inclusive, that no real document dated up to `on` billed, or whose billing a credit dated
    up to `on` returned; by job and phase. Open and closed jobs alike.

    One query, one pass. Only what is entered after `on` for a day before it can change the answer: see `late_costs`.
    """
    open_then = Cost.objects.of(firm).filter(on__lte=on, open_until__gt=on)
    # `open_until` knows the last movement alone. What was billed on that day and came back since is in the ticks, few:
    # it goes off again.
    billed_then = Tick.objects.of(firm).filter(
        returned_on__gt=on, real_on__lte=on, cost__on__lte=on, cost__open_until__gt=on
    )
    return _rows(_sums(open_then, job, client).union(_sums(billed_then, job, client, of="cost__", sign=-1), all=True))


def wip_now(firm: Any, *, job: int | None = None, client: int | None = None) -> list[WipRow]:
    """All work in progress as things stand, whatever its date. One query."""
    return _rows(_sums(Cost.objects.of(firm).filter(open_until=OPEN_END), job, client))


def totals(rows: Iterable[WipRow]) -> WipTotals:
    """The sums of `rows`, which must be of one currency to mean anything."""
    sums = [0, 0, 0, 0]
    for row in rows:
        for at in range(4):
            sums[at] += row[at + 2]
    return WipTotals(*sums)


def wip_costs(firm: Any, *, on: dt.date, job: int | None = None, phase: int | None = None) -> FirmQuerySet[Cost]:
    """The costs that `wip` sums, unordered: what stands behind a figure."""
    billed_then = Tick.objects.of(firm).filter(returned_on__gt=on, real_on__lte=on)
    rows = Cost.objects.of(firm).filter(on__lte=on, open_until__gt=on).exclude(pk__in=billed_then.values("cost"))
    given = {name: value for name, value in {"job": job, "phase": phase}.items() if value is not None}
    return rows.filter(**given)


def late_costs(firm: Any, *, on: dt.date) -> FirmQuerySet[Cost]:
    """Costs dated up to `on` that were submitted, changed or removed after the end of `on` at the firm's place: what
    makes `wip` of that date differ from what it said on that date. Job, phase and staff loaded, the newest first."""
    whose = firm if isinstance(firm, Firm) else firm_of(firm_id_of(firm))
    zone = ZoneInfo(whose.zone)
    midnight = dt.datetime.combine(on + dt.timedelta(days=1), dt.time.min, tzinfo=zone)
    rows = Cost.objects.of(firm).filter(on__lte=on, submitted_at__isnull=False)
    rows = rows.filter(Q(submitted_at__gte=midnight) | Q(changed_at__gte=midnight))
    return rows.select_related("job", "phase", "staff").order_by("-pk")


def _sums(
    rows: FirmQuerySet[Any], job: int | None, client: int | None, *, of: str = "", sign: int = 1
) -> QuerySet[Any, Any]:
    """Sums by job and phase, times `sign`; `of` leads from the rows to their costs."""
    if job is not None:
        rows = rows.filter(**{f"{of}job": job})
    if client is not None:
        rows = rows.filter(**{f"{of}job__client": client})
    sums: dict[str, Any] = {"entries": Count("*"), **{f"sum_{name}": Sum(f"{of}{name}") for name in _SUMMED}}
    # As whole numbers: PostgreSQL sums whole numbers into a decimal, which costs more to read than to add up.
    sums = {name: Cast(sign * one if sign < 0 else one, BigIntegerField()) for name, one in sums.items()}
    # Grouped by sums, so that SQLite does not walk an index of jobs to spare itself the sorting: it would read every
    # row that was ever recorded, one by one.
    rows = rows.annotate(of_job=F(f"{of}job_id") + 0, of_phase=F(f"{of}phase_id") + 0)
    return rows.order_by().values_list("of_job", "of_phase").annotate(**sums)


def _rows(asked: QuerySet[Any, Any]) -> list[WipRow]:
    # Past the ORM: it would hand each of many thousand whole numbers to a converter that gives it back as it is.
    with connection.cursor() as cursor:
        cursor.execute(*asked.query.sql_with_params())
        rows = [WipRow._make(row) for row in cursor.fetchall()]
    if any(row[2] < 0 for row in rows):
        net: dict[tuple[int, int], list[int]] = {}
        for row in rows:
            held = net.setdefault(row[:2], [0, 0, 0, 0])
            for at in range(4):
                held[at] += row[at + 2]
        rows = [WipRow(*key, *held) for key, held in net.items() if held[0]]
    return rows
