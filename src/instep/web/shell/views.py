"""The shell's own pages: the start, the palette's answers, the choice of firm and of theme."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from instep.kernel.errors import NotFound
from instep.web.shell import palette
from instep.web.shell.areas import places
from instep.web.shell.doors import action, page
from instep.web.shell.health import health_for
from instep.web.shell.middleware import choose_firm
from instep.web.shell.request import FirmRequest
from instep.web.shell.theme import Theme, keep_theme


@page()
def start(request: FirmRequest) -> HttpResponse:
    """The first place of the person's rail."""
    here = reverse("shell:start")
    for place in places(request.actor, request.terms):
        if place.url != here:
            return redirect(place.url)
    return render(request, "shell/nothing_yet.html")


@page()
def find(request: FirmRequest) -> HttpResponse:
    """The palette's lines for `q`."""
    text = request.GET.get("q", "")[:100]
    groups = palette.search(request.actor, request.terms, text, reverse)
    return render(request, "shell/palette_results.html", {"groups": groups, "text": text})


@login_not_required
@page()
def health(request: FirmRequest) -> HttpResponse:
    """The dot of the top bar, nothing without connections. It is asked for by the page itself: who signed out meanwhile
    is not sent away from what they typed."""
    found = health_for(request.actor)
    return render(request, "shell/health.html", {"health": found}) if found else HttpResponse()


@action()
def firm(request: FirmRequest) -> HttpResponse:
    """Work in another firm. The page one was on belongs to the old firm, so it leads to the start."""
    said = request.POST.get("firm", "")
    if not said.isdecimal() or not choose_firm(request, int(said)):
        raise NotFound(what="firm")
    return redirect("shell:start")


@login_not_required
@action()
def theme(request: FirmRequest) -> HttpResponse:
    """Keep the chosen theme: no answer for a script, the same page for a form."""
    said = request.POST.get("theme", "")
    chosen = Theme(said) if said in set(Theme) else Theme.SYSTEM
    if request.htmx or request.headers.get("X-Requested-With") == "fetch":
        return keep_theme(HttpResponse(status=204), chosen)
    return keep_theme(redirect(_back(request)), chosen)


def _back(request: HttpRequest) -> str:
    said = request.headers.get("Referer", "")
    safe = url_has_allowed_host_and_scheme(said, allowed_hosts={request.get_host()}, require_https=request.is_secure())
    return said if safe else "/"
