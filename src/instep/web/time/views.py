"""The page of a week, its rows, and what its cells are saved by."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from instep.costs.actions.time import submit_time
from instep.costs.models import Cost
from instep.costs.queries import week_of
from instep.costs.states import CostState
from instep.jobs.models import Phase
from instep.jobs.states import PHASE_TAKES_TIME, TAKES_TIME
from instep.kernel.errors import NotFound, Refusal
from instep.staff.models import StaffResource
from instep.staff.queries import staff_by_id, staff_of_user
from instep.staff.states import StaffKind
from instep.web.components.formats import Form
from instep.web.components.inline import picker_options
from instep.web.shell.doors import form as form_door
from instep.web.shell.doors import page
from instep.web.shell.request import FirmRequest
from instep.web.shell.toasts import toast
from instep.web.time import cells
from instep.web.time.week import (
    Cell,
    Row,
    Week,
    date_cells,
    days_of,
    empty_row,
    phases_of,
    rows_of_week_before,
    span_of,
    week_for,
)

OTHERS = "record others' time"
MOST_ADDED = 40


@page("see time")
def week(request: FirmRequest) -> HttpResponse:
    """The week that holds `week`, of `staff`; this week of the person who asks, where the address says nothing.

    `add` are phases to begin a row with, `copy` begins those of the week before. At most eleven queries.
    """
    staff, may_type = _whose(request, request.GET)
    if staff is None:
        return render(request, "time/nobody.html", {"heading": _("Time"), "may_choose": _sees_others(request)})
    day = _day(request, request.GET)
    more: list[tuple[int, str]] = []
    if may_type and "copy" in request.GET:
        more += rows_of_week_before(request.actor.firm_id, staff.pk, day)
    if may_type:
        more += [(int(said), "") for said in request.GET.getlist("add")[:MOST_ADDED] if _is_key(said)]
    return _page(request, _week(request, staff, day, may_type, more), day)


@form_door("see time")
def save(request: FirmRequest) -> HttpResponse:
    """Save the cells that were sent: for the page's script an answer for each, else the page again."""
    if request.method != "POST":
        return redirect("time:week")
    staff, day, may_type = _posted_for(request)
    asked_by_script = request.headers.get("X-Requested-With") == "fetch"
    try:
        if not may_type:
            request.actor.must(OTHERS)
        answers = cells.save(staff.pk, day, cells.read(request.POST), by=request.actor)
    except Refusal as refusal:
        if asked_by_script:
            return JsonResponse({"sentence": str(refusal)}, status=refusal.status)
        raise
    if asked_by_script:
        return JsonResponse(cells.as_json(answers))
    if cells.typed_of(answers):
        return _again(request, staff, day, answers)
    toast(request, _("The week is saved."))
    return redirect(address(day, staff, request))


@form_door("see time")
def submit(request: FirmRequest) -> HttpResponse:
    """Save what was sent and submit every draft of the week; what is refused stays and says why."""
    if request.method != "POST":
        return redirect("time:week")
    staff, day, may_type = _posted_for(request)
    if not may_type:
        request.actor.must(OTHERS)
    answers = cells.save(staff.pk, day, cells.read(request.POST), by=request.actor)
    if cells.typed_of(answers):
        return _again(request, staff, day, answers)
    drafts = Cost.objects.of(request.actor.firm_id).filter(
        staff=staff, on__range=week_of(day), state=CostState.DRAFT.value
    )
    ids = list(drafts.order_by("on", "pk").values_list("pk", flat=True))
    outcomes = submit_time(ids, by=request.actor) if ids else []
    refused = {pk: outcome.refusal for pk, outcome in zip(ids, outcomes, strict=True) if outcome.refusal}
    done = len(ids) - len(refused)
    if done:
        said = ngettext("%(count)d entry is submitted.", "%(count)d entries are submitted.", done)
        toast(request, said % {"count": done})
    if refused:
        return _again(request, staff, day, answers, refused)
    if not ids:
        toast(request, _("There is nothing to submit in this week."))
    return redirect(address(day, staff, request))


@page("record time")
def row(request: FirmRequest) -> HttpResponse:
    """One more row of the grid, for `phase`; `at` is its place."""
    said, at = request.GET.get("phase", ""), request.GET.get("at", "")
    found = phases_of(request.actor.firm_id, [int(said)] if _is_key(said) else [])
    if not found or not at.isdecimal() or len(at) > 3:
        raise NotFound(what=request.terms("phase"))
    day = _day(request, request.GET)
    form = Form.of(request.firm)
    (phase,) = found.values()
    days = days_of(week_of(day)[0], form, request.firm.today())
    context = {"row": date_cells(empty_row(phase, int(at)), days), "week": {"may_type": True}}
    return render(request, "time/row.html", context)


@page("record time")
def phases(request: FirmRequest) -> HttpResponse:
    """The picker's lines for `q`: phases that take time, by words of the phase, the job, its number or its client."""
    rows = Phase.objects.of(request.actor.firm_id).select_related("job__client")
    takes = [kind for kind, does in TAKES_TIME.items() if does]
    rows = rows.filter(status__in=list(PHASE_TAKES_TIME), job__status__type__in=takes, job__archived_at=None)
    for word in request.GET.get("q", "")[:100].split()[:6]:
        rows = rows.filter(
            Q(name__icontains=word)
            | Q(job__name__icontains=word)
            | Q(job__number__icontains=word)
            | Q(job__client__name__icontains=word)
        )
    found = rows.order_by("-job__number", "position")[:10]
    return picker_options(
        request,
        [(each.pk, f"{each.job.number} {each.job.name} · {each.name}", each.job.client.name) for each in found],
    )


def address(day: dt.date, staff: StaffResource, request: FirmRequest) -> str:
    """The week of somebody; one's own week needs no name."""
    said = {"week": week_of(day)[0].isoformat()}
    if staff.user_id != request.user.pk:
        said["staff"] = str(staff.pk)
    return f"{reverse('time:week')}?{urlencode(said)}"


def _page(request: FirmRequest, shown: Week, day: dt.date, *, status: int = 200) -> HttpResponse:
    form, today = Form.of(request.firm), request.firm.today()
    step = dt.timedelta(days=7)
    week_today = week_of(today)[0]
    mine = shown.staff.user_id == request.user.pk
    context = {
        "week": shown,
        "heading": span_of(shown, form),
        "mine": mine,
        "monday": shown.first.isoformat(),
        "previous_url": address(day - step, shown.staff, request),
        "next_url": address(day + step, shown.staff, request),
        "this_url": address(today, shown.staff, request) if shown.first != week_today else "",
        "here": address(day, shown.staff, request),
        "may_choose": _sees_others(request),
        "chosen_day": next((each.at for each in shown.days if each.today), 0),
        "is_this_week": shown.first == week_today,
    }
    return render(request, "time/week.html", context, status=status)


def _week(
    request: FirmRequest, staff: StaffResource, day: dt.date, may_type: bool, more: Sequence[tuple[int, str]] = ()
) -> Week:
    return week_for(
        request.actor.firm_id,
        staff,
        day,
        form=Form.of(request.firm),
        today=request.firm.today(),
        may_type=may_type,
        correcting="correct" in request.GET or "correct" in request.POST,
        more=more,
    )


def _again(
    request: FirmRequest,
    staff: StaffResource,
    day: dt.date,
    answers: Sequence[cells.Answer],
    refused: dict[int, Any] | None = None,
) -> HttpResponse:
    """The page with what was refused at its cells, as it was typed."""
    more = [(answer.posted.phase, answer.posted.description) for answer in answers]
    shown = _week(request, staff, day, True, more)
    for answer in answers:
        if answer.problem:
            cell = _place(shown.rows, answer)
            cell.typed, cell.problem = answer.posted.typed, answer.problem
    for row_shown in shown.rows:
        for cell in row_shown.cells:
            if refused and cell.cost in refused:
                cell.typed = cell.label
                cell.problem = str(refused[cell.cost])
    return _page(request, shown, day, status=422)


def _place(rows: Sequence[Row], answer: cells.Answer) -> Cell:
    posted = answer.posted
    for each in rows:
        cell = each.cells[posted.day]
        if answer.cost is not None and cell.cost == answer.cost:
            return cell
    for each in rows:
        cell = each.cells[posted.day]
        alike = (each.phase.pk, each.description) == (posted.phase, posted.description)
        if alike and cell.cost is None and not cell.problem:
            return cell
    return Cell(posted.day)


def _whose(request: FirmRequest, said: Any) -> tuple[StaffResource | None, bool]:
    """Whose week it is, and whether the person who asks may type in it. Raises NotFound, NotAllowed."""
    actor = request.actor
    mine = staff_of_user(actor.firm_id, request.user.pk)
    wanted = str(said.get("staff", ""))
    staff = staff_by_id(actor.firm_id, int(wanted)) if _is_key(wanted) else mine
    if staff is None:
        return None, False
    own = mine is not None and staff.pk == mine.pk
    if not own and not _sees_others(request):
        actor.must(OTHERS)
    may = (own and actor.can("record time")) or actor.can(OTHERS)
    return staff, may and staff.active and staff.kind == StaffKind.PERSON


def _sees_others(request: FirmRequest) -> bool:
    """Who records others' time, and who records none and looks on (a bookkeeper, support)."""
    return request.actor.can(OTHERS) or not request.actor.can("record time")


def _posted_for(request: FirmRequest) -> tuple[StaffResource, dt.date, bool]:
    staff, may_type = _whose(request, request.POST)
    if staff is None:
        raise NotFound(what=request.terms("staff"))
    return staff, _day(request, request.POST), may_type


def _day(request: FirmRequest, said: Any) -> dt.date:
    """The day that the address names; today for what is no day, or too far to have a week."""
    try:
        day = dt.date.fromisoformat(str(said.get("week", "")))
    except ValueError:
        return request.firm.today()
    return day if dt.date(1900, 1, 8) <= day <= dt.date(9998, 12, 20) else request.firm.today()


def _is_key(said: str) -> bool:
    return said.isascii() and said.isdecimal() and len(said) < 19
