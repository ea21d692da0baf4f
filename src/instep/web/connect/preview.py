"""The preview of a connection: what would happen, as a diff, and letting exactly that happen."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django_htmx.http import HttpResponseClientRedirect, HttpResponseClientRefresh

from instep.base.tasks.models import Task
from instep.base.tasks.states import LIVE, TaskState
from instep.connect.actions.decisions import approve_plan
from instep.connect.actions.previews import last_request, request_preview
from instep.connect.actions.removals import allow_removals
from instep.connect.models import ConnectionState, OpKind, Plan, PlanState
from instep.connect.plan.guards import blocked_rows
from instep.connect.queries import (
    Card,
    effects_of,
    operation_counts,
    operation_of,
    operations,
    plan_of,
    run_of_plan,
    shown_plan,
)
from instep.connect.registry import connector_for
from instep.web.components.diffs import Change, Verdict
from instep.web.components.progress import Progress
from instep.web.connect.exact import exact_request
from instep.web.connect.frame import PREVIEW, frame
from instep.web.connect.overview import worker_gone
from instep.web.shell.doors import action, page
from instep.web.shell.request import FirmRequest
from instep.web.shell.toasts import toast
from instep.web.sync import words
from instep.web.sync.pages import address, choice, only_rows, paged
from instep.web.sync.rows import plan_rows

PROBLEMS, WAITING = "problems", "waiting"
THERE, HERE, LINKS, HOLDS = "there", "here", "links", "holds"
_SIDE_OF = {
    OpKind.CREATE_THERE: THERE,
    OpKind.UPDATE_THERE: THERE,
    OpKind.CREATE_HERE: HERE,
    OpKind.UPDATE_HERE: HERE,
    OpKind.ARCHIVE_THERE: THERE,
    OpKind.DELETE_THERE: THERE,
    OpKind.ARCHIVE_HERE: HERE,
    OpKind.UNLINK: LINKS,
    OpKind.MOVE: LINKS,
    OpKind.LINK: LINKS,
    OpKind.REBASE: LINKS,
    OpKind.HOLD: HOLDS,
}


@dataclass(frozen=True)
class Count:
    """One number of the totals: a link to the rows that make it."""

    mark: str
    tone: str
    word: str
    text: str
    url: str
    current: bool


@page("see connections")
def preview(request: FirmRequest, key: int) -> HttpResponse:
    """The newest preview with its rows, or how to make one; a transfer has a page of its own."""
    found, context = frame(request, key, PREVIEW)
    if connector_for(found.connection.provider).asks_first:
        return redirect("transfer:page", key)
    firm_id = request.actor.firm_id
    plan = shown_plan(firm_id, key)
    task = last_request(firm_id, key)
    live = task is not None and task.state in LIVE
    context |= {"plan": plan, "task": task, "live": live}
    if live and task is not None:
        context |= {"progress": task_progress(task, found.remote), "worker_gone": worker_gone()}
    elif plan is not None:
        context |= _plan_context(request, found, plan)
    else:
        context |= {
            "failed": task.error if task is not None and task.state == TaskState.FAILED else "",
            "nothing": task is not None and task.state == TaskState.DONE and not (task.result or {}).get("plan"),
            "task_at": task.finished_at if task is not None else None,
        }
    if plan is not None and not live and only_rows(request):
        return render(request, "connect/preview_rows.html", context)
    return render(request, "connect/preview.html", context)


@action("run connections")
def make(request: FirmRequest, key: int) -> HttpResponse:
    """Ask for a preview."""
    request_preview(key, by=request.actor)
    return redirect("connect:preview", key)


@page("see connections")
def progress(request: FirmRequest, key: int) -> HttpResponse:
    """How far the preview is; when it is there, the page draws itself anew."""
    found, _context = frame(request, key, PREVIEW)
    task = last_request(request.actor.firm_id, key)
    if task is None or task.state not in LIVE:
        return HttpResponseClientRefresh()
    context = {"progress": task_progress(task, found.remote), "connection": found.connection}
    return render(request, "connect/preview_progress.html", context)


@action("run connections")
def approve(request: FirmRequest, key: int) -> HttpResponse:
    """Let exactly this plan happen; a paused connection is resumed with it."""
    plan = approve_plan(key, by=request.actor)
    toast(request, _("Approved as shown. It begins as soon as a worker is free."))
    return redirect("connect:preview", plan.connection_id)


@action("run connections")
def allow(request: FirmRequest, key: int) -> HttpResponse:
    """Confirm the many removals of this one plan, as many as the page showed."""
    said = request.POST.get("count", "")
    plan = allow_removals(key, by=request.actor, count=int(said) if said.isascii() and said.isdecimal() else 0)
    toast(request, _("Confirmed for this preview. They happen once you approve it."))
    return redirect("connect:preview", plan.connection_id)


@page("see connections")
def begun(request: FirmRequest, key: int) -> HttpResponse:
    """Where an approved plan is: once its run has begun, on to the run."""
    plan = plan_of(request.actor.firm_id, key)
    run = run_of_plan(request.actor.firm_id, key)
    if run is not None:
        return HttpResponseClientRedirect(reverse("connect:run", args=[run.pk]))
    if plan.state not in (PlanState.APPROVED, PlanState.APPLYING):
        return HttpResponseClientRefresh()
    return render(request, "connect/preview_begun.html", {"plan": plan, "worker_gone": worker_gone()})


@page("see connections")
def row(request: FirmRequest, key: int, no: int) -> HttpResponse:
    """What exactly one row would send."""
    op = operation_of(request.actor.firm_id, key, no)
    connection = plan_of(request.actor.firm_id, key).connection
    return render(request, "connect/row_request.html", {"exact": exact_request(connection, op)})


def task_progress(task: Task, remote: str) -> Progress:
    """The making of a preview as a bar: how many pages were read nobody knows before the end."""
    base = Progress.of(task, _("Making a preview"), _("pages read"))
    message = words.operation_word(base.message, remote) if base.running and base.message else base.message
    if base.running and not base.message:
        message = _("Nothing is written to either side.")
    # Without its beginning: a speed in pages tells nothing while nobody knows how many there are.
    return Progress(base.label, base.done, None, base.state, None, base.noun, message)


def _plan_context(request: FirmRequest, found: Card, plan: Plan) -> dict[str, Any]:
    firm_id = request.actor.firm_id
    connection = found.connection
    rows = operations(firm_id, plan.pk)
    counts = operation_counts(rows)
    kind = choice(request, "kind", _("Kind"), _kinds(request, counts))
    does = choice(request, "does", _("What happens"), _ops(counts, found.remote))
    only = choice(
        request, "only", _("Rows"), [(PROBLEMS, _("only what needs you")), (WAITING, _("only what waits by itself"))]
    )
    narrowed = _narrow(rows, kind["chosen"], does["chosen"], only["chosen"])
    shown = paged(request, narrowed, ["no"])
    paused = connection.state == ConnectionState.PAUSED
    return {
        "rows": plan_rows(request, connection, shown.rows),
        "paged": shown,
        "totals": _totals(request, counts, found.remote),
        "filter_row": [kind, does, only],
        "narrowed": any(each["chosen"] for each in (kind, does, only)),
        "problems": sum(n for _k, op, _s, code, n in counts if op == OpKind.HOLD and code not in words.BY_ITSELF),
        "unconfirmed": blocked_rows(plan).count(),
        "expired": bool(plan.expires_at and plan.expires_at < timezone.now()),
        "first": connection.linked_at is None,
        "paused": paused,
        "may_approve": request.actor.can("run connections") and (not paused or request.actor.can("manage connections")),
        "total_rows": sum(n for *_rest, n in counts),
        "effects": _effects(request, found, plan) if connection.review else [],
    }


def _effects(request: FirmRequest, found: Card, plan: Plan) -> list[dict[str, Any]]:
    """How many values of each field each side would get, and which it is that wins."""
    maps = connector_for(found.connection.provider).maps
    return [
        {
            "kind": words.kind_word(each.kind, request.terms, plural=True, title=True),
            "field": words.field_label(maps[each.kind].kind, each.field, request.terms),
            "here": each.here,
            "there": each.there,
            "asks": each.asks,
        }
        for each in effects_of(request.actor.firm_id, plan.pk)
    ]


def _narrow(rows: Any, kind: str, does: str, only: str) -> Any:
    if kind:
        rows = rows.filter(kind=kind)
    if does:
        rows = rows.filter(op=does)
    if only:
        waits = {"errors__0__code__in": list(words.BY_ITSELF)}
        rows = rows.filter(op=OpKind.HOLD)
        rows = rows.filter(**waits) if only == WAITING else rows.exclude(**waits)
    return rows


def _kinds(request: FirmRequest, counts: list[tuple[str, str, str, str, int]]) -> list[tuple[str, str]]:
    kinds = dict.fromkeys(kind for kind, *_rest in counts)
    return [(kind, words.kind_word(kind, request.terms, plural=True)) for kind in kinds]


def _ops(counts: list[tuple[str, str, str, str, int]], remote: str) -> list[tuple[str, str]]:
    present = {op for _kind, op, *_rest in counts}
    return [(op.value, words.op_word(op.value, remote)) for op in OpKind if op.value in present]


def _totals(
    request: FirmRequest, counts: list[tuple[str, str, str, str, int]], remote: str
) -> list[tuple[str, list[Count]]]:
    """The counts by side, then kind: each a link to its rows."""
    sums: dict[str, Counter[tuple[str, str, str]]] = {side: Counter() for side in (THERE, HERE, LINKS, HOLDS)}
    for kind, op, _state, code, n in counts:
        only = "" if op != OpKind.HOLD else (WAITING if code in words.BY_ITSELF else PROBLEMS)
        # Holds are told together: who has to decide wants all of them.
        sums[_SIDE_OF[OpKind(op)]]["" if only else kind, op, only] += n
    heads = (
        (THERE, _("To %(remote)s") % {"remote": remote}),
        (HERE, _("To Instep")),
        (LINKS, _("The same")),
        (HOLDS, _("Held")),
    )
    groups = []
    for side, head in heads:
        parts = [_count(request, kind, op, only, n) for (kind, op, only), n in sums[side].items()]
        if parts:
            # What needs a person comes first.
            groups.append((head, sorted(parts, key=lambda part: (part.tone != "ask", _ORDER.index(part.word)))))
    return groups


_ORDER = [str(Change("", None, None, verdict).word) for verdict in Verdict]


def _count(request: FirmRequest, kind: str, op: str, only: str, n: int) -> Count:
    codes = ["waits" if only == WAITING else "person"] if op == OpKind.HOLD else []
    verdict = words.verdict_of(op, codes)
    look = Change("", None, None, verdict)
    if only == PROBLEMS:
        text = ngettext("%(n)s needs you", "%(n)s need you", n) % {"n": f"{n:,}"}
    elif only == WAITING:
        text = ngettext("%(n)s waits by itself", "%(n)s wait by themselves", n) % {"n": f"{n:,}"}
    elif op == OpKind.LINK:
        text = _("%(what)s to link") % {"what": words.counted(n, kind, request.terms)}
    elif op == OpKind.UNLINK:
        text = _("%(what)s to unlink") % {"what": words.counted(n, kind, request.terms)}
    elif op == OpKind.REBASE:
        text = _("%(what)s to remember") % {"what": words.counted(n, kind, request.terms)}
    else:
        text = words.counted(n, kind, request.terms)
    here = {name: request.GET.get(name, "") for name in ("kind", "does", "only")}
    asked = {"kind": kind, "does": op, "only": only}
    current = here == asked
    url = address(request, kind="", does="", only="") if current else address(request, **asked)
    return Count(look.mark, look.tone, look.word, text, url, current)
