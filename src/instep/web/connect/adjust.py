"""The settings of a connection: how often it looks, its webhooks, its token, ending it."""

from __future__ import annotations

from django.conf import settings as site_settings
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from instep.connect.actions.adjust import LATEST_SECONDS, SOONEST_SECONDS, change_pace
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


def _page(
    request: FirmRequest,
    key: int,
    *,
    typed: str | None = None,
    problem: str = "",
    hint_problem: str = "",
    status: int = 200,
) -> HttpResponse:
    found, context = frame(request, key, SETTINGS)
    context |= {
        "ends": rule_rows(request, found.connection),
        "poll_seconds": found.connection.poll_seconds if typed is None else typed,
        "pace_problem": problem,
        "signs_in": isinstance(connector_for(found.connection.provider), SignsIn),
        "hints": hints_on(found.connection),
        "hint_problem": hint_problem,
        "hint_address": site_settings.SITE_ADDRESS.rstrip("/") + reverse("hooks:hook", args=[found.connection.key]),
        "soonest": SOONEST_SECONDS,
        "latest": LATEST_SECONDS,
    }
    return render(request, "connect/settings.html", context, status=status)
