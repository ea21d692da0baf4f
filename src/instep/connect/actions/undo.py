"""Undoing a run: a worker looks at both sides and plans the inverse; a person looks at it, and it is carried out."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from instep.base.identity.actor import Actor
from instep.base.tasks.actions import enqueue
from instep.base.tasks.models import Task
from instep.base.tasks.queries import live_tasks, tasks_of
from instep.base.tasks.registry import TaskContext, task
from instep.connect.actions.previews import Telling
from instep.connect.apply.connection_state import keep_access, stop_for_person
from instep.connect.calls import Caller
from instep.connect.errors import ConnectionNotReady, NothingToUndo, PreviewStopped
from instep.connect.inbox.outbox import fan_out
from instep.connect.intents import open_intents
from instep.connect.limits.lease import take
from instep.connect.models import Connection, ConnectionState, JournalEntry, Plan, PlanOp, PlanState, Run
from instep.connect.models.plans import UNDO, OpState
from instep.connect.observe import observe, read_anew
from instep.connect.place import bench_of
from instep.connect.plan.make import PlanWriter
from instep.connect.plan.undo import add_inverse
from instep.connect.protocols import NeedsPerson, RemoteTrouble, Transport, TryLater
from instep.connect.queries.undo import check_undoable
from instep.connect.registry import transport_to

PLAN_UNDO = "connect.undo"
BUSY_TRIES = 20
NOT_READY = (ConnectionState.SETUP, ConnectionState.NEEDS_PERSON, ConnectionState.DISCONNECTED)


@transaction.atomic
def request_undo(run_id: int, *, by: Actor) -> Task:
    """Ask a worker for the plan that takes a run back; one that is being made already is the answer.

    Raises NotAllowed, NotFound, AlreadyUndone, UndoUnderWay, RunNotOver, ConnectionNotReady.
    """
    by.must("run connections")
    run = _undoable(run_id, by=by)
    under_way = live_tasks(by.firm_id, PLAN_UNDO).filter(arguments__run=run.pk).first()
    return under_way or enqueue(by.firm_id, PLAN_UNDO, {"run": run.pk}, by)


def last_undo_request(firm_id: int, run_id: int) -> Task | None:
    """The newest request to undo this run."""
    return tasks_of(firm_id).filter(name=PLAN_UNDO, arguments__run=run_id).first()


@task(PLAN_UNDO)
def _plan_undo(context: TaskContext) -> dict[str, Any]:
    return {"plan": plan_undo(context.arguments["run"], by=context.by, context=context).pk}


def plan_undo(
    run_id: int,
    *,
    by: Actor,
    context: TaskContext | None = None,
    transport: Transport | None = None,
    clock: Callable[[], datetime] = timezone.now,
) -> Plan:
    """Look at both sides and plan the inverse of a run, here and now. Nothing is written to either side.

    An earlier plan to undo it that nobody approved is void. Raises what `request_undo` does, NothingToUndo, and
    PreviewStopped for what the remote did (also while a sync of the connection goes on and on).
    """
    by.must("run connections")
    run = _undoable(run_id, by=by)
    while fan_out(now=clock()):
        pass
    inner = transport or transport_to(run.connection.address)
    sender: Transport = Telling(inner, context) if context is not None else inner
    holder = f"undo:{run.connection_id}:{context.task_id if context is not None else by.key}"
    for attempt in range(BUSY_TRIES):
        try:
            return _looked_and_planned(run, by=by, holder=holder, transport=sender, clock=clock)
        except NeedsPerson as trouble:
            stop_for_person(bench_of(run.connection), trouble, now=clock())
            raise PreviewStopped(reason=trouble.sentence) from trouble
        except TryLater as trouble:
            busy = trouble.untouched and trouble.after_seconds is None and not getattr(sender, "counts", None)
            if not busy or context is None or attempt == BUSY_TRIES - 1:
                raise PreviewStopped(reason=trouble.sentence) from trouble
            context.progress(0, None, trouble.sentence)
            time.sleep(1)
        except RemoteTrouble as trouble:
            raise PreviewStopped(reason=trouble.sentence) from trouble
    raise AssertionError("unreachable")


def _undoable(run_id: int, *, by: Actor) -> Run:
    rows = Run.objects.of(by.firm_id).select_related("connection")
    run = rows.get_of(by.firm_id, run_id, what="run")
    if run.connection.state in NOT_READY:
        raise ConnectionNotReady(state=run.connection.state.replace("_", " "), wanted="undone")
    check_undoable(run)
    return run


def _looked_and_planned(
    run: Run, *, by: Actor, holder: str, transport: Transport, clock: Callable[[], datetime]
) -> Plan:
    connection = Connection.objects.of(run.firm_id).get(pk=run.connection_id)
    holding = take(connection, holder=holder, clock=clock)
    if holding is None:
        raise TryLater("The sync of this connection is running just now. Try again in a moment.", untouched=True)
    bench = bench_of(connection)
    caller = Caller(bench, transport, holding.ensure, holding.fence, clock, keep_access)
    try:
        touched = set(JournalEntry.objects.of(run.firm_id).filter(run=run).values_list("kind", flat=True).distinct())
        try:
            read_anew(bench, caller)
            observe(bench, caller, [p for p in bench.pairs if p.kind in touched], now=clock(), references=False)
        except RemoteTrouble as trouble:
            caller.cleanse(trouble)
            raise
        bench.unsettled = frozenset(i.link_id for i in open_intents(bench))
        _void_earlier(run)
        writer = PlanWriter(
            bench, purpose=UNDO, by=by.name, now=clock(), acknowledge=False, holding=holding, undoes=run.pk
        )
        add_inverse(bench, run, writer)
        plan = writer.close()
    finally:
        with transaction.atomic():
            if holding.release():
                caller.settle()
    if plan is None:
        raise NothingToUndo(run=run.pk)
    return plan


@transaction.atomic
def _void_earlier(run: Run) -> None:
    """Plans to undo it that were shown and not approved, or not finished: this one stands for them."""
    rows = Plan.objects.of(run.firm_id).filter(undoes=run.pk, state__in=(PlanState.DRAFTING, PlanState.PROPOSED))
    for plan in rows:
        PlanOp.objects.of(run.firm_id).filter(plan=plan, state=OpState.PROPOSED).update(state=OpState.SKIPPED)
        plan.state = PlanState.ABORTED
        plan.save(update_fields=["state"])
