"""The settings of a connection: how often it looks, its webhooks, its token, ending it."""

from __future__ import annotations

from django.conf import settings as site_settings
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from instep.connect.actions.adjust import LATEST_SECONDS, SOONEST_SECONDS, begin_on, change_pace
from instep.connect.actions.hints import hints_on, set_hint_key
from instep.connect.protocols import SignsIn
from instep.connect.registry import connector_for
from instep.kernel.errors import BadValue
from instep.web.connect.endings import rule_rows
from instep.web.connect.frame import SETTINGS, frame
from instep.web.shell.doors import action, page
from instep.web.shell.refusals import problem_of
from instep.web.shell.request import FirmRequest
from instep.web.shell.toasts import toast


@page("see connections")
def settings(request: FirmRequest, key: int) -> HttpResponse:
    """What can be set."""
    return _page(request, key)


@action("manage connections")
def pace(request: FirmRequest, key: int) -> HttpResponse:
    """How often the remote is looked at."""
    said = request.POST.get("poll_seconds", "").strip()
    try:
        change_pace(key, by=request.actor, poll_seconds=int(said) if said.isascii() and said.isdecimal() else -1)
    except BadValue as refusal:
        return _page(request, key, typed=said, problem=problem_of(refusal), status=refusal.status)
    toast(request, _("It is looked at every %(seconds)s seconds from now on.") % {"seconds": said})
    return redirect("connect:settings", key)


@action("manage connections")
def hint_key(request: FirmRequest, key: int) -> HttpResponse:
    """The key that the remote signs its webhooks with; empty, and none is believed any more."""
    said = request.POST.get("hint_key", "")
    try:
        set_hint_key(key, by=request.actor, key=said)
    except BadValue as refusal:
        return _page(request, key, hint_problem=problem_of(refusal), status=refusal.status)
    toast(request, _("Webhooks are taken from now on.") if said.strip() else _("Webhooks are no longer taken."))
    return redirect("connect:settings", key)


@action("manage connections")
def begins(request: FirmRequest, key: int) -> HttpResponse:
    """From which day documents are carried; empty, and the whole history is."""
    said = request.POST.get("begins_on", "").strip()
    try:
        on = parse_date(said) if said else None
    except ValueError:
        on = None
    if said and on is None:
        problem = _("Give a day that there is, or nothing.")
        return _page(request, key, begins_typed=said, begins_problem=problem, status=422)
    begin_on(key, by=request.actor, on=on)
    if on is None:
        toast(request, _("The whole history is carried from now on. Compare again to see what that brings."))
    else:
        toast(request, _("What is older is left alone from now on. Compare again to see what that brings."))
    return redirect(reverse("connect:settings", args=[key]) + "#begins")


def _page(
    request: FirmRequest,
    key: int,
    *,
    typed: str | None = None,
    problem: str = "",
    hint_problem: str = "",
    begins_typed: str | None = None,
    begins_problem: str = "",
    status: int = 200,
) -> HttpResponse:
    found, context = frame(request, key, SETTINGS)
    connector, begins_on = connector_for(found.connection.provider), found.connection.begins_on
    context |= {
        "may_begin": any(m.dated for m in connector.maps.values()),
        "begins_on": (begins_on.isoformat() if begins_on else "") if begins_typed is None else begins_typed,
        "begins_problem": begins_problem,
        "ends": rule_rows(request, found.connection),
        "poll_seconds": found.connection.poll_seconds if typed is None else typed,
        "pace_problem": problem,
        "signs_in": isinstance(connector, SignsIn),
        "hints": hints_on(found.connection),
        "hint_problem": hint_problem,
        "hint_address": site_settings.SITE_ADDRESS.rstrip("/") + reverse("hooks:hook", args=[found.connection.key]),
        "soonest": SOONEST_SECONDS,
        "latest": LATEST_SECONDS,
    }
    return render(request, "connect/settings.html", context, status=status)
