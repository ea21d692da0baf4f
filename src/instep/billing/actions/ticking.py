"""Putting costs on lines of drafts and taking them off (E-45)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import Exists, OuterRef

from instep.base.identity.actor import Actor
from instep.base.identity.rows import FirmQuerySet
from instep.billing.actions.desk import lock_draft, one_of, store_draft
from instep.billing.documents.settling import price_by_time
from instep.billing.errors import AlreadyTicked, NoSuchPhase
from instep.billing.models import Document, Line, Tick
from instep.billing.states import LineKind
from instep.costs.models import Cost
from instep.costs.states import OPEN_END
from instep.kernel.errors import BadValue

_ONE = "INSERT INTO billing_tick (firm_id, cost_id, line_id) VALUES (%s, %s, %s)"
_MANY = "INSERT INTO billing_tick (firm_id, cost_id, line_id) SELECT %s, * FROM unnest(%s::bigint[], %s::bigint[])"


@dataclass(slots=True)
class Work:
    """Free time of one phase: the ids of its costs, their minutes, the sum of minutes x hourly rate, the rates met."""

    costs: list[int] = field(default_factory=list)
    minutes: int = 0
    minute_rates: int = 0
    rates: set[int] = field(default_factory=set)

    def add(self, cost_id: int, minutes: int, rate: int) -> None:
        """Count one cost in."""
        self.costs.append(cost_id)
        self.minutes += minutes
        self.minute_rates += minutes * rate
        self.rates.add(rate)

    @property
    def rate(self) -> int | None:
        """The hourly rate that all of it has; None for several or no time."""
        return next(iter(self.rates)) if len(self.rates) == 1 else None


def free_costs(firm: Any) -> FirmQuerySet[Cost]:
    """Costs that no document holds, draft or real."""
    live = Tick.objects.of(firm).filter(cost=OuterRef("pk"), returned_on=None)
    return Cost.objects.of(firm).filter(~Exists(live), open_until=OPEN_END)


def free_work(rows: FirmQuerySet[Cost], *, job_ids: Iterable[int]) -> dict[int, Work]:
    """{phase id: its free work} of these costs, which are locked until the transaction ends."""
    found: dict[int, Work] = {}
    rows = rows.filter(job__in=list(job_ids)).order_by("pk").select_for_update(of=("self",), no_key=True)
    for pk, phase_id, minutes, rate in rows.values_list("pk", "phase_id", "minutes", "charge_rate"):
        found.setdefault(phase_id, Work()).add(pk, minutes, rate)
    return found


def write_ticks(firm_id: int, costs_by_line: Iterable[tuple[int, Sequence[int]]]) -> None:
    """Tick costs to lines: (line id, cost ids). Raises AlreadyTicked when somebody was faster."""
    pairs = [(firm_id, cost, line) for line, costs in costs_by_line for cost in costs]
    if not pairs:
        return
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute(_MANY, [firm_id, [cost for _, cost, _ in pairs], [line for _, _, line in pairs]])
            else:
                cursor.executemany(_ONE, pairs)
    except IntegrityError:
        raise AlreadyTicked() from None


@transaction.atomic
def tick_costs(
    document_id: int,
    line_id: int,
    *,
    by: Actor,
    costs: Sequence[int] | None = None,
    until: dt.date | None = None,
    expected_version: int | None = None,
) -> Document:
    """Put free costs on a line of a draft: those with these ids, or all of the line's phase dated up to and including
    `until` (None: all). A line priced by time is priced again unless its price was agreed by hand. What already is on a
    document is left there. Raises NotAllowed, NotFound, StaleVersion, NotADraft, NoSuchPhase for a line without one,
    AlreadyTicked.
    """
    document, lines = lock_draft(document_id, by, expected_version)
    line = one_of(lines, line_id)
    if line.phase_id is None or line.job_id is None:
        raise NoSuchPhase(client=document.client_name)
    rows = free_costs(by.firm_id).filter(phase=line.phase_id)
    rows = rows if costs is None else rows.filter(pk__in=list(costs))
    rows = rows if until is None else rows.filter(on__lte=until)
    work = free_work(rows, job_ids=[line.job_id]).get(line.phase_id, Work())
    write_ticks(by.firm_id, [(line.pk, work.costs)])
    reprice(document, [line])
    return store_draft(document, lines, "ticked", {f"line {line.position} ticked": [None, work.costs]}, by=by)


@transaction.atomic
def untick_costs(document_id: int, costs: Sequence[int], *, by: Actor, expected_version: int | None = None) -> Document:
    """Take costs off a draft; they are free again. Lines priced by time are priced again unless agreed by hand.

    Raises NotAllowed, NotFound, StaleVersion, NotADraft, BadValue for a cost that is not on this draft.
    """
    document, lines = lock_draft(document_id, by, expected_version)
    ticks = list(Tick.objects.of(by.firm_id).filter(line__in=lines, cost__in=list(costs)))
    if len(ticks) != len(set(costs)):
        raise BadValue(field="Time", problem="not all of it is on this draft; look at the draft again")
    Tick.objects.of(by.firm_id).filter(pk__in=[tick.pk for tick in ticks]).delete()
    touched = {tick.line_id for tick in ticks}
    reprice(document, [line for line in lines if line.pk in touched])
    return store_draft(document, lines, "unticked", {"unticked": [sorted(costs), None]}, by=by)


def reprice(document: Document, lines: Sequence[Line]) -> None:
    """Bring the minutes of these lines, and the price of those priced by time, in step with their ticks."""
    work = {line.pk: Work() for line in lines}
    ticks = Tick.objects.of(document.firm_id).filter(line__in=list(lines))
    for line_id, cost, minutes, rate in ticks.values_list("line", "cost", "cost__minutes", "cost__charge_rate"):
        work[line_id].add(cost, minutes, rate)
    for line in lines:
        done = work[line.pk]
        line.minutes = done.minutes
        if line.kind == LineKind.TIME and not line.agreed:
            price_by_time(document, line, done.minutes, done.minute_rates, done.rate)
