"""Previews as background work: the remote is read, everything is planned, nothing is written to either side (X-17)."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from instep.base.identity.actor import Actor
from instep.base.tasks.actions import enqueue
from instep.base.tasks.models import Task
from instep.base.tasks.queries import live_tasks, tasks_of
from instep.base.tasks.registry import TaskContext, task
from instep.connect.actions.connections import mark_for_first_link
from instep.connect.apply.connection_state import stop_for_person
from instep.connect.cycle import preview
from instep.connect.errors import ConnectionNotReady, PreviewStopped
from instep.connect.inbox.outbox import fan_out
from instep.connect.models import Connection, ConnectionState, Plan
from instep.connect.place import bench_of
from instep.connect.protocols import NeedsPerson, RemoteTrouble, Reply, Request, Transport, TryLater
from instep.connect.registry import transport_to

MAKE_PREVIEW = "connect.preview"
BUSY_TRIES = 20


@transaction.atomic
def request_preview(connection_id: int, *, by: Actor) -> Task:
    """Ask a worker for a preview; one that is under way already is the answer.

    Raises NotAllowed, NotFound, ConnectionNotReady.
    """
    by.must("run connections")
    rows = Connection.objects.of(by.firm_id).select_for_update()
    connection = rows.get_of(by.firm_id, connection_id, what="connection")
    if connection.state == ConnectionState.DISCONNECTED:
        raise ConnectionNotReady(state="disconnected", wanted="previewed")
    under_way = live_tasks(by.firm_id, MAKE_PREVIEW).filter(arguments__connection=connection.pk).first()
    return under_way or enqueue(by.firm_id, MAKE_PREVIEW, {"connection": connection.pk}, by)


def last_request(firm_id: int, connection_id: int) -> Task | None:
    """The newest request for a preview of this connection."""
    return tasks_of(firm_id).filter(name=MAKE_PREVIEW, arguments__connection=connection_id).first()


@task(MAKE_PREVIEW)
def _make_preview(context: TaskContext) -> dict[str, Any]:
    plan = make_preview(context.arguments["connection"], by=context.by, context=context)
    return {"plan": plan.pk if plan is not None else None}


def make_preview(
    connection_id: int,
    *,
    by: Actor,
    context: TaskContext | None = None,
    transport: Transport | None = None,
    clock: Callable[[], datetime] = timezone.now,
) -> Plan | None:
    """Read and plan, here and now; None when nothing needs doing. After one that was stopped it goes on where that was.

    Before the first link every record is looked at. Raises NotAllowed, NotFound, PreviewStopped (also while a sync of
    the connection goes on and on), AskedToWait before the time that the remote named.
    """
    connection = mark_for_first_link(connection_id, by=by)
    while fan_out(now=clock()):
        pass
    inner = transport or transport_to(connection.address)
    sender: Transport = Telling(inner, context) if context is not None else inner
    holder = f"preview:{connection.pk}:{context.task_id if context is not None else by.key}"
    for attempt in range(BUSY_TRIES):
        try:
            return preview(connection, holder=holder, transport=sender, clock=clock)
        except NeedsPerson as trouble:
            stop_for_person(bench_of(connection), trouble, now=clock())
            raise PreviewStopped(reason=trouble.sentence) from trouble
        except TryLater as trouble:
            # Never sent: a sync holds the connection, or the remote could not be reached. Only the first passes by.
            busy = trouble.untouched and trouble.after_seconds is None and not getattr(sender, "counts", None)
            if not busy or context is None or attempt == BUSY_TRIES - 1:
                raise PreviewStopped(reason=trouble.sentence) from trouble
            context.progress(0, None, trouble.sentence)
            time.sleep(1)
        except RemoteTrouble as trouble:
            raise PreviewStopped(reason=trouble.sentence) from trouble
    raise AssertionError("unreachable")


@dataclass(slots=True)
class Telling:
    """Passes requests on and shows on the task how far the reading is."""

    inner: Transport
    context: TaskContext
    counts: Counter[str] = field(default_factory=Counter)

    def send(self, request: Request) -> Reply:
        """Send it, and say so before and after."""
        self.counts[request.operation] += 1
        self.context.progress(self.counts.total() - 1, None, request.operation)
        reply = self.inner.send(request)
        self.context.progress(self.counts.total(), None, request.operation)
        return reply
