"""How connections stand: one card each, and all of them together for the top bar."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from django.db.models import Count, IntegerField, Min, Model, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from instep.connect.models import (
    Conflict,
    ConflictState,
    Connection,
    ConnectionState,
    Dirty,
    Intent,
    Link,
    LinkState,
    Observation,
    Plan,
    PlanState,
    Run,
    RunState,
)
from instep.connect.models.plans import OPEN_INTENTS, UNDO
from instep.connect.queries.waiting import waiting_links
from instep.connect.registry import connector_for


@dataclass(slots=True)
class Card:
    """How one connection stands."""

    connection: Connection
    remote: str
    linked: dict[str, int] = field(default_factory=dict)
    """Linked records by kind; empty on a brief card."""
    held: int = 0
    """Records that wait for a person; two of one name that may be the same count once."""
    waiting: int = 0
    """Records that wait for another one, or for the next try."""
    conflicts: int = 0
    unsent: int = 0
    """Records of ours that changed and were not dealt with yet."""
    unsent_since: datetime | None = None
    unseen: int = 0
    """Records of theirs that changed and were not dealt with yet."""
    unknown: int = 0
    """Writes without an answer that are being looked up."""
    shown: int = 0
    """Plans that wait until somebody has seen them, while the connection is in review."""
    run: Run | None = None
    """The last one; None on a brief card."""
    proposed: Plan | None = None

    @property
    def waits_for_person(self) -> int:
        """What only a person can settle."""
        stopped = self.connection.state == ConnectionState.NEEDS_PERSON
        return self.held + self.conflicts + stopped + bool(self.shown)

    @property
    def in_step(self) -> bool:
        """Nothing waits on either side and nothing is wrong."""
        active = self.connection.state == ConnectionState.ACTIVE and not self.connection.trouble
        return active and not (self.collected or self.waiting or self.waits_for_person)

    @property
    def moving(self) -> int:
        """What travels by itself; nothing does while the connection does not run, or is seen first."""
        runs = self.connection.state == ConnectionState.ACTIVE and not self.connection.review
        return self.collected if runs else 0

    @property
    def collected(self) -> int:
        """What waits to travel, whether the connection runs or not."""
        return self.unsent + self.unseen + self.unknown


def cards(firm_id: int, *, brief: bool = False) -> list[Card]:
    """Every connection of the firm that is not ended, by title, in four queries; brief ones in one."""
    rows = Connection.objects.of(firm_id).exclude(state=ConnectionState.DISCONNECTED).order_by("title", "id")
    found = [_card(row) for row in _counted(rows)]
    if found and not brief:
        _fill(firm_id, found)
    return found


def card(firm_id: int, connection_id: int, *, brief: bool = False) -> Card:
    """One connection, ended ones too, in four queries; a brief one in one. Raises NotFound."""
    row = _counted(Connection.objects.of(firm_id)).get_of(firm_id, connection_id, what="connection")
    found = _card(row)
    if not brief:
        _fill(firm_id, [found])
    return found


def ended(firm_id: int) -> list[Connection]:
    """Connections that were ended, the last first: connecting the same account again brings their links back."""
    return list(Connection.objects.of(firm_id).filter(state=ConnectionState.DISCONNECTED).order_by("-id"))


def totals(firm_id: int) -> dict[str, Any]:
    """For the top bar, in one query: is anything out of step, does anything wait for a person?"""
    known = cards(firm_id, brief=True)
    return {
        "connections": len(known),
        "waits_for_person": sum(c.waits_for_person for c in known),
        "moving": sum(c.moving for c in known),
        "trouble": next((c.connection.trouble for c in known if c.connection.trouble), ""),
        "needs_person": next(
            (c.connection.pk for c in known if c.connection.state == ConnectionState.NEEDS_PERSON), None
        ),
        "running": sum(c.connection.state == ConnectionState.ACTIVE for c in known),
    }


def _card(row: Any) -> Card:
    return Card(
        connection=row,
        remote=connector_for(row.provider).title,
        held=row.n_held,
        waiting=row.n_waiting,
        conflicts=row.n_conflicts,
        unsent=row.n_unsent,
        unsent_since=row.unsent_since,
        unseen=row.n_unseen,
        unknown=row.n_unknown,
        shown=row.n_shown if row.review and row.state == ConnectionState.ACTIVE else 0,
    )


def _fill(firm_id: int, found: list[Card]) -> None:
    by_id = {card.connection.pk: card for card in found}
    linked = Link.objects.of(firm_id).filter(connection__in=list(by_id), state=LinkState.LIVE).order_by()
    for connection_id, kind, count in linked.values_list("connection_id", "kind").annotate(n=Count("id")):
        by_id[connection_id].linked[kind] = count
    last_runs = _newest(Run.objects.of(firm_id), by_id)
    for run in Run.objects.of(firm_id).filter(pk__in=last_runs):
        by_id[run.connection_id].run = run
    last_plans = _newest(Plan.objects.of(firm_id).filter(state=PlanState.PROPOSED).exclude(purpose=UNDO), by_id)
    for plan in Plan.objects.of(firm_id).filter(pk__in=last_plans):
        by_id[plan.connection_id].proposed = plan


def _newest(rows: QuerySet[Any], by_id: dict[int, Card]) -> QuerySet[Any]:
    """The key of each connection's newest row, as a subquery."""
    newest = rows.filter(connection_id=OuterRef("pk")).order_by("-id").values("pk")[:1]
    known = Connection.objects.filter(pk__in=list(by_id)).annotate(newest=Subquery(newest))
    return known.values("newest")


def _counted(rows: Any) -> Any:
    """The connections with how much waits at each, by one index look-up for each number."""
    dirty = _of_connection(Dirty)
    since = dirty.order_by().values("connection").annotate(first=Min("since")).values("first")
    return rows.annotate(
        n_held=_number(waiting_links(_of_connection(Link))),
        n_waiting=_number(waiting_links(_of_connection(Link), by_itself=True)),
        n_conflicts=_number(_of_connection(Conflict).filter(state=ConflictState.OPEN)),
        n_unsent=_number(dirty),
        unsent_since=Subquery(since),
        n_unseen=_number(_of_connection(Observation).filter(pending=True)),
        n_shown=_number(_of_connection(Plan).filter(state=PlanState.PROPOSED)),
        n_unknown=_number(_of_connection(Intent).filter(state__in=OPEN_INTENTS)),
    )


def _of_connection(model: type[Model]) -> QuerySet[Any]:
    rows = cast("Any", model).objects
    return rows.filter(firm_id=OuterRef("firm_id"), connection_id=OuterRef("pk"))


def _number(rows: QuerySet[Any]) -> Coalesce:
    count = rows.order_by().values("connection").annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(count, output_field=IntegerField()), 0)


def running(firm_id: int) -> QuerySet[Run]:
    """Runs under way, the newest first."""
    return Run.objects.of(firm_id).filter(state=RunState.RUNNING).select_related("connection").order_by("-id")
