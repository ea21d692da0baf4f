"""Which connections a command is about, and how each stands."""

from __future__ import annotations

import argparse
from typing import Any

from django.db.models import Count

from instep.base.identity.actor import Actor
from instep.cli.opening import firm_by_key
from instep.cli.refusals import CannotStart
from instep.connect.models import (
    Conflict,
    ConflictState,
    Connection,
    ConnectionState,
    Dirty,
    Link,
    LinkState,
    Observation,
)
from instep.connect.registry import connector_for


def chosen(options: argparse.Namespace, *, ended: bool = False) -> list[Connection]:
    """The connections asked for, by id. Raises CannotStart when there is none."""
    rows = Connection.objects.select_related("firm").order_by("id")
    if not ended:
        rows = rows.exclude(state=ConnectionState.DISCONNECTED)
    if options.connection is not None:
        found = list(rows.filter(pk=options.connection))
        if not found:
            known = ", ".join(str(row.pk) for row in rows[:20])
            there = f"There are: {known}." if known else "There are none yet."
            raise CannotStart(f"There is no connection {options.connection}. {there}")
        return found
    if options.firm:
        return list(rows.filter(firm=firm_by_key(options.firm)))
    return list(rows)


def one(options: argparse.Namespace) -> Connection:
    """The one connection asked for. Raises CannotStart when more than one fits."""
    found = chosen(options)
    if len(found) != 1:
        if not found:
            raise CannotStart("There is no connection yet. Connect a system on the Connect page first.")
        listed = ", ".join(f"{row.pk} ({row.title})" for row in found)
        raise CannotStart(f"Choose one with --connection: {listed}.")
    return found[0]


def system(connection: Connection) -> Actor:
    """The command line, acting in the connection's firm."""
    return Actor.system(connection.firm_id, "command line")


def standing(connection: Connection) -> dict[str, Any]:
    """How a connection stands, in plain values."""
    links = Link.objects.of(connection.firm_id).filter(connection=connection)
    linked = dict(links.filter(state=LinkState.LIVE).values_list("kind").annotate(n=Count("pk")).order_by("kind"))
    held = links.exclude(held_code="").count()
    conflicts = Conflict.objects.of(connection.firm_id).filter(connection=connection, state=ConflictState.OPEN).count()
    waiting = Dirty.objects.of(connection.firm_id).filter(connection=connection).count()
    seen = Observation.objects.of(connection.firm_id).filter(connection=connection, pending=True).count()
    return {
        "id": connection.pk,
        "firm": connection.firm.key,
        "title": connection.title,
        "state": str(connection.state),
        "trouble": connection.trouble,
        "linked": sum(linked.values()),
        "linked_by_kind": linked,
        "held": held,
        "conflicts": conflicts,
        "waiting": waiting,
        "unseen": seen,
        "asks_first": connector_for(connection.provider).asks_first or bool(connection.review),
        "in_step_at": connection.in_step_at.isoformat() if connection.in_step_at else None,
        "poll_seconds": connection.poll_seconds,
    }


def held_of(connection: Connection, limit: int = 200) -> list[dict[str, Any]]:
    """The records that wait, with their reasons."""
    rows = Link.objects.of(connection.firm_id).filter(connection=connection).exclude(held_code="").order_by("id")
    return [
        {"link": row.pk, "kind": row.kind, "label": row.label, "code": row.held_code, "reason": row.held_reason}
        for row in rows[:limit]
    ]


def needs_somebody(facts: dict[str, Any]) -> bool:
    """Whether a person should look."""
    stopped = facts["trouble"] or facts["state"] == ConnectionState.NEEDS_PERSON
    return bool(facts["held"] or stopped or awaits_preview(facts))


def awaits_preview(facts: dict[str, Any]) -> int:
    """So many records go nowhere before somebody has seen a preview."""
    return int(facts["waiting"] + facts["unseen"]) if facts["asks_first"] else 0


def preview_hint(facts: dict[str, Any]) -> str:
    """What to do about them."""
    return (
        f"{facts['title']}: {awaits_preview(facts)} records wait for a preview. Look at what it would do with "
        f"`instep connect plan --connection {facts['id']}`."
    )
