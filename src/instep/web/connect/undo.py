"""Undoing a run: what would be taken back and what stays, as a diff, and letting exactly that happen."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRefresh

from instep.base.tasks.states import LIVE, TaskState
from instep.connect.actions.decisions import approve_plan
from instep.connect.actions.undo import last_undo_request, request_undo
from instep.connect.models import ConnectionState, OpKind, OpState, Plan, PlanOp, PlanState, Run
from instep.connect.queries import operation_counts, operations, run_of, said
from instep.connect.queries.undo import undo_plan_of, undone_by
from instep.connect.registry import connector_for
from instep.web.components.diffs import Change
from instep.web.connect.frame import rights
from instep.web.connect.overview import worker_gone
from instep.web.connect.preview import Count, task_progress
from instep.web.shell.doors import action, page
from instep.web.shell.request import FirmRequest
from instep.web.shell.toasts import toast
from instep.web.sync import words
from instep.web.sync.pages import address, choice, only_rows, paged
from instep.web.sync.rows import OpRow, plan_rows

THERE, HERE, LINKS, LEFT = "there", "here", "links", "left"
_WRITES = (OpKind.UPDATE_HERE, OpKind.UPDATE_THERE)
_SIDES = {
    THERE: (OpKind.UPDATE_THERE, OpKind.ARCHIVE_THERE),
    HERE: (OpKind.UPDATE_HERE, OpKind.ARCHIVE_HERE, OpKind.RESTORE_HERE),
    LINKS: (OpKind.LINK, OpKind.UNLINK),
}


@action("run connections")
def start(request: FirmRequest, key: int) -> HttpResponse:
    """Ask for the plan that takes a run back."""
    request_undo(key, by=request.actor)
    return redirect("connect:undo", key)


@page("see connections")
def undo(request: FirmRequest, key: int) -> HttpResponse:
    """The plan that takes a run back with its rows, or how far it is."""
    run = run_of(request.actor.firm_id, key)
    task, plan = last_undo_request(run.firm_id, key), undo_plan_of(run)
    live = task is not None and task.state in LIVE
    if plan is None and not live and (by := undone_by(run)) is not None:
        return redirect("connect:run", by.pk)
    remote = connector_for(run.connection.provider).title
    context: dict[str, Any] = {
        "heading": _("Undo run %(number)d") % {"number": run.pk},
        "run": run,
        "connection": run.connection,
        "remote": remote,
        "plan": plan,
        "live": live,
        **rights(request),
    }
    if live and task is not None:
        context |= {"progress": task_progress(task, remote), "worker_gone": worker_gone()}
    elif plan is not None:
        context |= _plan(request, run, plan, remote)
    else:
        context["failed"] = task.error if task is not None and task.state == TaskState.FAILED else ""
    rows = plan is not None and not live and only_rows(request)
    return render(request, "connect/preview_rows.html" if rows else "connect/undo.html", context)


@page("see connections")
def progress(request: FirmRequest, key: int) -> HttpResponse:
    """How far the plan is; when it is there, the page draws itself anew."""
    run = run_of(request.actor.firm_id, key)
    task = last_undo_request(run.firm_id, key)
    if task is None or task.state not in LIVE:
        return HttpResponseClientRefresh()
    context = {"progress": task_progress(task, connector_for(run.connection.provider).title), "run": run}
    return render(request, "connect/undo_progress.html", context)


@action("run connections")
def approve(request: FirmRequest, key: int) -> HttpResponse:
    """Let exactly this happen; a paused connection is resumed with it."""
    run = run_of(request.actor.firm_id, key)
    shown = request.POST.get("plan", "")
    approve_plan(int(shown) if shown.isdecimal() else 0, by=request.actor)
    toast(request, _("Approved as shown. It begins as soon as a worker is free."))
    return redirect("connect:undo", run.pk)


def _plan(request: FirmRequest, run: Run, plan: Plan, remote: str) -> dict[str, Any]:
    rows = operations(run.firm_id, plan.pk)
    counts = operation_counts(rows)
    kinds = dict.fromkeys(kind for kind, *_rest in counts)
    kind = choice(
        request, "kind", _("Kind"), [(each, words.kind_word(each, request.terms, plural=True)) for each in kinds]
    )
    where = choice(
        request,
        "where",
        _("What happens"),
        [
            (THERE, _("put back in %(remote)s") % {"remote": remote}),
            (HERE, _("put back in Instep")),
            (LINKS, _("links")),
            (LEFT, _("left as it is")),
        ],
    )
    narrowed = _narrow(rows, kind["chosen"], where["chosen"])
    shown = paged(request, narrowed, ["no"])
    paused = run.connection.state == ConnectionState.PAUSED
    begins = sum(n for _k, _op, state, _c, n in counts if state == OpState.PROPOSED)
    return {
        "rows": undo_rows(request, run, shown.rows),
        "paged": shown,
        "totals": _totals(request, counts, remote),
        "filter_row": [kind, where],
        "total_rows": sum(n for *_rest, n in counts),
        "begins": begins,
        "left": sum(n for _k, _op, state, _c, n in counts if state == OpState.SKIPPED),
        "expired": plan.state == PlanState.PROPOSED and bool(plan.expires_at and plan.expires_at < timezone.now()),
        "paused": paused,
        "may_approve": begins
        and request.actor.can("run connections")
        and (not paused or request.actor.can("manage connections")),
    }


def _narrow(rows: Any, kind: str, where: str) -> Any:
    if kind:
        rows = rows.filter(kind=kind)
    if where == LEFT:
        rows = rows.filter(state=OpState.SKIPPED)
    elif where:
        rows = rows.filter(op__in=_SIDES[where]).exclude(state=OpState.SKIPPED)
    return rows


def _totals(
    request: FirmRequest, counts: list[tuple[str, str, str, str, int]], remote: str
) -> list[tuple[str, list[Count]]]:
    """The counts by side, then kind: each a link to its rows."""
    sums: dict[str, Counter[tuple[str, str]]] = {side: Counter() for side in (THERE, HERE, LINKS, LEFT)}
    for kind, op, state, _code, n in counts:
        side = next((side for side, ops in _SIDES.items() if op in ops), LINKS)
        left = state == OpState.SKIPPED
        sums[LEFT if left else side][kind, LEFT if left else op] += n
    heads = (
        (THERE, _("Put back in %(remote)s") % {"remote": remote}),
        (HERE, _("Put back in Instep")),
        (LINKS, _("Links")),
        (LEFT, _("Left as it is")),
    )
    groups = [(head, [_count(request, side, *key, n) for key, n in sums[side].items()]) for side, head in heads]
    return [(head, parts) for head, parts in groups if parts]


def _count(request: FirmRequest, side: str, kind: str, op: str, n: int) -> Count:
    look = Change("", None, None, words.verdict_of(op, [], OpState.SKIPPED if side == LEFT else OpState.PROPOSED))
    asked = {"kind": kind, "where": side}
    current = {name: request.GET.get(name, "") for name in asked} == asked
    url = address(request, kind="", where="") if current else address(request, **asked)
    return Count(look.mark, look.tone, look.word, words.counted(n, kind, request.terms), url, current)


def undo_rows(request: FirmRequest, run: Run, ops: list[PlanOp]) -> list[OpRow]:
    """Rows of the plan; one that is left shows what the run wrote beside what is there now."""
    remote = connector_for(run.connection.provider).title
    by_id = {f"op-{op.plan_id}-{op.no}": op for op in ops}
    shown = []
    for row in plan_rows(request, run.connection, ops):
        op = by_id[row.id]
        note = str(op.preconditions.get("facts", {}).get("note", ""))
        told = [*row.sentences, said(note, remote)] if note else row.sentences
        left = op.state == OpState.SKIPPED and op.errors
        heads = (_("The run wrote"), _("Now")) if left else (row.before, row.after)
        shown.append(
            replace(
                row,
                sentences=told,
                before=heads[0],
                after=heads[1],
                open=row.open or bool(told),
                state=_("Left as it is") if left else row.state,
                details_url=row.details_url if op.op in _WRITES and not left else "",
            )
        )
    return shown
