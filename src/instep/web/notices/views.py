"""The list of what a person was told, and the bell of the top bar that counts what they have not read."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from instep.base.notices.queries import notices_of, unread_count
from instep.base.notices.telling import read_notices
from instep.web.shell.doors import action, page
from instep.web.shell.request import FirmRequest
from instep.web.sync.pages import paged

SIZE = 50


@page()
def list_notices(request: FirmRequest) -> HttpResponse:
    """Their own notices and nobody else's."""
    shown = paged(request, notices_of(request.actor), ["-id"], SIZE)
    waits = unread_count(request.actor)
    return render(
        request, "notices/list.html", {"heading": _("Notices"), "paged": shown, "rows": shown.rows, "waits": waits}
    )


@action()
def read(request: FirmRequest) -> HttpResponse:
    """They have read what is there."""
    read_notices(request.actor, now=timezone.now())
    return redirect("notices:list")


@login_not_required
@page()
def count(request: FirmRequest) -> HttpResponse:
    """What the bell shows. It is asked for by the page itself: who signed out meanwhile is sent nowhere."""
    waits = unread_count(request.actor) if request.actor is not None else 0
    return render(request, "notices/bell.html", {"waits": waits})
