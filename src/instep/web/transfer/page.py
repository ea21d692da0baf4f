"""The preview of a transfer: groups that open to lines, what is left out, and sending exactly that (D-01 to D-10)."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from instep.base.tasks.states import LIVE, TaskState
from instep.connect.actions.decisions import approve_plan
from instep.connect.actions.previews import last_request
from instep.connect.models import OpState, PlanOp, PlanState
from instep.connect.queries import operation_of, operations, plan_of, runs, shown_plan
from instep.connect.queries.older import left_alone_count
from instep.connect.queries.plans import stays_behind
from instep.web.connect.exact import exact_request
from instep.web.connect.frame import PREVIEW, frame
from instep.web.connect.overview import worker_gone
from instep.web.connect.preview import task_progress
from instep.web.shell.doors import action, page
from instep.web.shell.request import FirmRequest
from instep.web.shell.toasts import toast
from instep.web.transfer.details import details_of
from instep.web.transfer.groups import grouped

HISTORY = 10


@page("see connections")
def transfer(request: FirmRequest, key: int) -> HttpResponse:
    """The newest preview by groups, or how to make one; below it the last runs."""
    found, context = frame(request, key, PREVIEW)
    firm_id = request.actor.firm_id
    plan = shown_plan(firm_id, key)
    task = last_request(firm_id, key)
    live = task is not None and task.state in LIVE
    context["older"] = left_alone_count(found.connection)
    context |= {"plan": plan, "task": task, "live": live, "history": list(runs(firm_id, key)[:HISTORY])}
    if live and task is not None:
        context |= {"progress": task_progress(task, found.remote), "worker_gone": worker_gone()}
    elif plan is not None and plan.state == PlanState.PROPOSED:
        context |= _plan_context(request, found.connection, plan)
    else:
        context |= {
            "failed": task.error if task is not None and task.state == TaskState.FAILED else "",
            "nothing": task is not None and task.state == TaskState.DONE and not (task.result or {}).get("plan"),
            "task_at": task.finished_at if task is not None else None,
        }
    return render(request, "transfer/page.html", context)


@action("run connections")
def send(request: FirmRequest, key: int) -> HttpResponse:
    """Carry out the lines that are ticked; the others come back with the next preview."""
    plan = plan_of(request.actor.firm_id, key)
    groups = grouped(
        plan.connection,
        list(operations(request.actor.firm_id, key).select_related("link").defer("base", "preconditions")),
    )
    tickable = {line.no for group in groups for line in group.lines if line.tickable}
    # The page says in one field what was left out; without its script, each line that is ticked is a field.
    left_out = tickable & _numbers(request) if "out" in request.POST else tickable - _numbers(request)
    approve_plan(key, by=request.actor, skipped=left_out)
    toast(request, _("Exactly what was shown is on its way. You may leave this page."))
    return redirect("transfer:page", plan.connection_id)


@action("see connections")
def stays(request: FirmRequest, key: int) -> HttpResponse:
    """What else stays behind where these lines are left out, and why: exactly what sending would do."""
    plan = plan_of(request.actor.firm_id, key)
    return JsonResponse({"stays": {str(no): _(why) for no, why in stays_behind(plan, _numbers(request)).items()}})


@page("see connections")
def line(request: FirmRequest, key: int, no: int) -> HttpResponse:
    """What one line sends: its lines, contact and items, and the exact request."""
    op = operation_of(request.actor.firm_id, key, no)
    connection = plan_of(request.actor.firm_id, key).connection
    context: dict[str, Any] = {"details": details_of(request, connection, op)}
    if op.body:
        context["exact"] = exact_request(connection, op)
    return render(request, "transfer/line.html", context)


def _numbers(request: FirmRequest) -> set[int]:
    """Of lines, as the page sends them."""
    said = [*request.POST.get("out", "").split(","), *request.POST.getlist("line")]
    return {int(no) for no in said if no.isascii() and no.isdecimal() and len(no) < 12}


def _plan_context(request: FirmRequest, connection: Any, plan: Any) -> dict[str, Any]:
    rows = operations(request.actor.firm_id, plan.pk).filter(state=OpState.PROPOSED)
    groups = grouped(connection, _shown(rows))
    return {
        "groups": groups,
        "count": sum(group.count for group in groups if group.key != "beside"),
        "errors": sum(group.errors for group in groups),
        "expired": bool(plan.expires_at and plan.expires_at < timezone.now()),
        "may_send": request.actor.can("run connections"),
    }


def _shown(rows: Any) -> list[PlanOp]:
    """With what the page needs of each row, and no more: a plan may have thousands."""
    return list(rows.select_related("link").defer("base", "preconditions"))
