"""The firm's own lists: statuses below the six fixed types (T-01), and types of work."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from instep.jobs.actions.statuses import (
    add_status,
    change_status_row,
    lock_status,
    make_default_status,
    restore_status,
    retire_status,
)
from instep.jobs.actions.types import add_job_type, rename_job_type, restore_job_type, retire_job_type
from instep.jobs.models import JobStatus
from instep.jobs.queries import counts_by_status, job_types_of, statuses_of
from instep.jobs.states import TAKES_INVOICE, TAKES_TIME, StatusType
from instep.kernel.errors import BadValue, NotFound, Refusal
from instep.web.settings.frame import STATUSES, TYPES, frame
from instep.web.shell.doors import action, page
from instep.web.shell.refusals import problem_of
from instep.web.shell.request import FirmRequest
from instep.web.shell.toasts import toast
from instep.web.shell.tones import tone_of_state

LIST = "entries"


@dataclass(frozen=True)
class Refused:
    """What was typed and why it was refused: `key` is the row, 0 the form of a new one."""

    key: int
    name: str
    likelihood: str
    type: str
    problem: str


def type_words() -> dict[StatusType, tuple[str, str]]:
    """The six fixed types: their name, and what they allow."""
    names = {
        StatusType.PROPOSAL: _("Proposal"),
        StatusType.ACTIVE: _("Active"),
        StatusType.PENDING_INVOICE: _("Pending invoice"),
        StatusType.HOLD: _("On hold"),
        StatusType.UNSUCCESSFUL: _("Unsuccessful"),
        StatusType.COMPLETE: _("Complete"),
    }
    return {kind: (names[kind], _allows(kind)) for kind in StatusType}


def _allows(kind: StatusType) -> str:
    if TAKES_TIME[kind] and TAKES_INVOICE[kind]:
        return _("takes time and invoices")
    if TAKES_TIME[kind]:
        return _("takes time, no invoices")
    return _("takes invoices, no new time") if TAKES_INVOICE[kind] else _("takes neither time nor invoices")


# --- statuses ----------------------------------------------------------------------------------------------------


@page("see settings")
def statuses(request: FirmRequest) -> HttpResponse:
    """The statuses in their order, retired ones last."""
    return _statuses(request, edit=request.GET.get("edit", ""))


@action("edit settings")
def new_status(request: FirmRequest) -> HttpResponse:
    """Add one at the end."""
    said = {name: request.POST.get(name, "").strip() for name in ("name", "type", "likelihood")}
    try:
        if said["type"] not in set(StatusType):
            raise BadValue(field="Type", problem=_("choose one of the six types"))
        row = add_status(
            said["name"], by=request.actor, type=StatusType(said["type"]), likelihood=_percent(said["likelihood"])
        )
    except Refusal as refusal:
        refused = Refused(0, said["name"], said["likelihood"], said["type"], problem_of(refusal))
        return _statuses(request, refused=refused, status=refusal.status)
    toast(request, _("“%(name)s” is added.") % {"name": row.name})
    return _done(request, STATUSES)


@action("edit settings")
def rename_status(request: FirmRequest, key: int) -> HttpResponse:
    """Give it another name or likelihood."""
    name, likelihood = request.POST.get("name", ""), request.POST.get("likelihood", "").strip()
    try:
        change_status_row(key, by=request.actor, name=name, likelihood=_percent(likelihood))
    except BadValue as refusal:
        refused = Refused(key, name, likelihood, "", problem_of(refusal))
        return _statuses(request, edit=str(key), refused=refused, status=refusal.status)
    return _done(request, STATUSES)


@action("edit settings")
def move_status(request: FirmRequest, key: int, way: str) -> HttpResponse:
    """Up or down by one place among those in use."""
    rows = statuses_of(request.actor.firm_id)
    at = next((i for i, row in enumerate(rows) if row.pk == key), None)
    if at is None or way not in ("up", "down"):
        raise NotFound(what="status")
    to = at + (1 if way == "down" else -1)
    if 0 <= to < len(rows):
        rows[at], rows[to] = rows[to], rows[at]
        with transaction.atomic():
            for position, row in enumerate(rows, start=1):
                if row.position != position:
                    change_status_row(row.pk, by=request.actor, position=position)
    return _done(request, STATUSES)


@action("edit settings")
def default_status(request: FirmRequest, key: int) -> HttpResponse:
    """New work gets this one."""
    row = make_default_status(key, by=request.actor)
    toast(request, _("New work gets “%(name)s”.") % {"name": row.name})
    return _done(request, STATUSES)


@action("edit settings")
def lock(request: FirmRequest, key: int) -> HttpResponse:
    """Keep what has it from other systems."""
    row = lock_status(key, by=request.actor)
    toast(request, _("What has “%(name)s” is not sent any more.") % {"name": row.name})
    return _done(request, STATUSES)


@action("edit settings")
def unlock(request: FirmRequest, key: int) -> HttpResponse:
    """Let it go to them again."""
    row = lock_status(key, by=request.actor, locked=False)
    toast(request, _("What has “%(name)s” is sent again.") % {"name": row.name})
    return _done(request, STATUSES)


@action("edit settings")
def end_status(request: FirmRequest, key: int) -> HttpResponse:
    """Retire it; what has it keeps it."""
    row = retire_status(key, by=request.actor)
    _said_retired(request, row.name, reverse("settings:restore_status", args=[key]))
    return _done(request, STATUSES)


@action("edit settings")
def bring_status_back(request: FirmRequest, key: int) -> HttpResponse:
    """To be chosen again."""
    row = restore_status(key, by=request.actor)
    toast(request, _("“%(name)s” can be chosen again.") % {"name": row.name})
    return _done(request, STATUSES)


def _statuses(
    request: FirmRequest, *, edit: str = "", refused: Refused | None = None, status: int = 200
) -> HttpResponse:
    rows = statuses_of(request.actor.firm_id, retired=True)
    counts = counts_by_status(request.actor.firm_id)
    kinds = type_words()
    in_use = [row for row in rows if not row.retired]
    context = frame(request, STATUSES) | {
        "rows": [
            _status(row, kinds, counts.get(row.pk, 0), edit, refused, first=row == in_use[0], last=row == in_use[-1])
            for row in in_use
        ],
        "retired": [_status(row, kinds, counts.get(row.pk, 0), "", None) for row in rows if row.retired],
        "kinds": [(kind.value, name, allows) for kind, (name, allows) in kinds.items()],
        "new": refused if refused is not None and not refused.key else None,
    }
    return _answer(request, "settings/statuses.html", "settings/status_rows.html", context, status)


def _status(
    row: JobStatus,
    kinds: dict[StatusType, tuple[str, str]],
    count: int,
    edit: str,
    refused: Refused | None,
    *,
    first: bool = False,
    last: bool = False,
) -> dict[str, Any]:
    name, allows = kinds[StatusType(row.type)]
    mine = refused if refused is not None and refused.key == row.pk else None
    return {
        "row": row,
        "kind": name,
        "allows": allows,
        "tone": tone_of_state(row.type),
        "count": count,
        "editing": edit == str(row.pk),
        "refused": mine,
        "name": mine.name if mine else row.name,
        "likelihood": mine.likelihood if mine else (row.likelihood if row.likelihood is not None else ""),
        "is_proposal": row.type == StatusType.PROPOSAL,
        "first": first,
        "last": last,
    }


def _percent(said: str) -> int | None:
    if not said:
        return None
    if not said.isascii() or not said.isdecimal():
        raise BadValue(field="Likelihood", problem=_("give a whole number of percent from 0 to 100"))
    return int(said)


# --- types -------------------------------------------------------------------------------------------------------


@page("see settings")
def types(request: FirmRequest) -> HttpResponse:
    """The types of work in their order, retired ones last."""
    return _types(request, edit=request.GET.get("edit", ""))


@action("edit settings")
def new_type(request: FirmRequest) -> HttpResponse:
    """Add one at the end."""
    name = request.POST.get("name", "")
    return _type_saved(request, 0, name, lambda: add_job_type(name, by=request.actor))


@action("edit settings")
def rename_type(request: FirmRequest, key: int) -> HttpResponse:
    """Give it another name."""
    name = request.POST.get("name", "")
    return _type_saved(request, key, name, lambda: rename_job_type(key, by=request.actor, name=name))


@action("edit settings")
def end_type(request: FirmRequest, key: int) -> HttpResponse:
    """Retire it; what has it keeps it."""
    row = retire_job_type(key, by=request.actor)
    _said_retired(request, row.name, reverse("settings:restore_type", args=[key]))
    return _done(request, TYPES)


@action("edit settings")
def bring_type_back(request: FirmRequest, key: int) -> HttpResponse:
    """To be chosen again."""
    row = restore_job_type(key, by=request.actor)
    toast(request, _("“%(name)s” can be chosen again.") % {"name": row.name})
    return _done(request, TYPES)


def _type_saved(request: FirmRequest, key: int, name: str, save: Callable[[], object]) -> HttpResponse:
    try:
        save()
    except BadValue as refusal:
        refused = Refused(key, name, "", "", problem_of(refusal))
        return _types(request, edit=str(key) if key else "", refused=refused, status=refusal.status)
    return _done(request, TYPES)


def _types(request: FirmRequest, *, edit: str = "", refused: Refused | None = None, status: int = 200) -> HttpResponse:
    rows = job_types_of(request.actor.firm_id, retired=True)
    context = frame(request, TYPES) | {
        "rows": [
            {
                "row": row,
                "editing": edit == str(row.pk),
                "refused": refused if refused is not None and refused.key == row.pk else None,
                "name": refused.name if refused is not None and refused.key == row.pk else row.name,
            }
            for row in rows
            if not row.retired
        ],
        "retired": [row for row in rows if row.retired],
        "new": refused if refused is not None and not refused.key else None,
    }
    return _answer(request, "settings/types.html", "settings/type_rows.html", context, status)


# --- both --------------------------------------------------------------------------------------------------------


def _said_retired(request: FirmRequest, name: str, undo_url: str) -> None:
    toast(
        request,
        _("“%(name)s” is retired. What has it keeps it.") % {"name": name},
        undo_url=undo_url,
        undo_label=_("Bring “%(name)s” back") % {"name": name},
    )


def _done(request: FirmRequest, name: str) -> HttpResponse:
    if not request.htmx:
        return redirect(f"settings:{name}")
    if request.htmx.target == LIST:
        return _statuses(request) if name == STATUSES else _types(request)
    # The button of a toast: the page draws itself anew.
    response = HttpResponse(status=204)
    response["HX-Refresh"] = "true"
    return response


def _answer(request: FirmRequest, whole: str, part: str, context: dict[str, Any], status: int) -> HttpResponse:
    target: Sequence[str | None] = (request.htmx.target,) if request.htmx else ()
    return render(request, part if LIST in target else whole, context, status=status)
