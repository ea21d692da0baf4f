"""All connections as cards, and the first page of one."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from instep.base.tasks.queries import worker_seen_at
from instep.connect.actions.connections import disconnect, pause_sync, start_sync, sync_now
from instep.connect.models import Connection
from instep.connect.queries import Card, card, cards, ended, runs
from instep.connect.registry import connector_for, connectors
from instep.web.connect.frame import OVERVIEW, frame, rights, shown_state, url_of
from instep.web.shell.doors import action, page
from instep.web.shell.request import FirmRequest
from instep.web.shell.toasts import toast
from instep.web.sync import words
from instep.web.sync.standing import QUIET, asked, run_progress, run_sentence, standing_of, took, under_way

LAST_RUNS = 5


@page("see connections")
def home(request: FirmRequest) -> HttpResponse:
    """Every connection as a card, and what can be connected."""
    found = cards(request.actor.firm_id)
    context = {
        "heading": _("Connections"),
        "cards": [_shown(request, each) for each in found],
        "connectors": connectors(),
        "ended": ended(request.actor.firm_id),
        "worker_gone": bool(found) and worker_gone(),
        **rights(request),
    }
    return render(request, "connect/home.html", context)


@page("see connections")
def overview(request: FirmRequest, key: int) -> HttpResponse:
    """How one connection stands, what is linked, what it did last."""
    found, context = frame(request, key, OVERVIEW, brief=False)
    maps = connector_for(found.connection.provider).maps
    last = list(runs(request.actor.firm_id, key)[:LAST_RUNS])
    context |= _shown(request, found) | {
        "linked": [
            {
                "kind": kind,
                "title": words.kind_word(kind, request.terms, plural=True, title=True),
                "icon": words.ICONS.get(kind, "file"),
                "count": found.linked.get(kind, 0),
            }
            for kind in sorted(maps, key=lambda kind: maps[kind].rank)
        ],
        "last_runs": [run_row(run, found.remote) for run in last],
        "worker_gone": worker_gone(),
    }
    return render(request, "connect/overview.html", context)


@page("see connections")
def now(request: FirmRequest, key: int) -> HttpResponse:
    """The part of a card that changes by itself: asked for every second while something moves."""
    found = card(request.actor.firm_id, key)
    here = OVERVIEW if request.GET.get("here") == OVERVIEW else ""
    return render(request, "connect/now.html", _shown(request, found) | rights(request) | {"here": here})


@action("run connections")
def sync(request: FirmRequest, key: int) -> HttpResponse:
    """Look at the remote as soon as a worker is free."""
    connection = sync_now(key, by=request.actor)
    toast(request, _("%(title)s is looked at now.") % {"title": connection.title})
    return _answer(request, connection)


@action("manage connections")
def pause(request: FirmRequest, key: int) -> HttpResponse:
    """Stop it; changes go on being collected."""
    connection = pause_sync(key, by=request.actor)
    toast(
        request,
        _("%(title)s is paused. Changes are collected meanwhile.") % {"title": connection.title},
        undo_url=reverse("connect:start", args=[key]),
        undo_label=_("Resume %(remote)s") % {"remote": connector_for(connection.provider).title},
    )
    return _answer(request, connection)


@action("manage connections")
def start(request: FirmRequest, key: int) -> HttpResponse:
    """Let it run by itself, for the first time or again."""
    connection = start_sync(key, by=request.actor)
    toast(request, _("%(title)s runs by itself from now on.") % {"title": connection.title})
    return _answer(request, connection)


@action("manage connections")
def end(request: FirmRequest, key: int) -> HttpResponse:
    """Disconnect: the token is forgotten; records and links stay."""
    connection = disconnect(key, by=request.actor)
    said = _("%(title)s is disconnected. Records and links stay; connect the same account again to go on.")
    toast(
        request,
        said % {"title": connection.title},
        link=reverse("connect:new", args=[connection.provider]),
        undo_label=_("Connect %(remote)s again") % {"remote": connector_for(connection.provider).title},
    )
    return redirect("connect:home")


def _answer(request: FirmRequest, connection: Connection) -> HttpResponse:
    if not request.htmx:
        return redirect(url_of(connection))
    response = HttpResponse(status=204)
    response["HX-Refresh"] = "true"
    return response


def _shown(request: FirmRequest, found: Card) -> dict[str, Any]:
    """A card as the templates print it."""
    connection = found.connection
    copy, state, tone = shown_state(connection)
    moving = under_way(found)
    return {
        "card": found,
        "connection": connection,
        "copy": copy,
        "state_word": state,
        "state_tone": tone,
        "standing": standing_of(found),
        "linked_words": [
            words.counted(found.linked[kind], kind, request.terms)
            for kind in connector_for(connection.provider).maps
            if found.linked.get(kind)
        ],
        "asked": asked(connection),
        "moving": moving,
        "every": "1s" if moving else "5s",
        "progress": run_progress(found.run, request.terms) if found.run and found.run.state == "running" else None,
        "run": run_row(found.run, found.remote) if found.run else None,
    }


def run_row(run: Any, remote: str) -> dict[str, Any]:
    """A run as a line of a list."""
    state, tone = words.RUN_STATES[run.state]
    return {
        "run": run,
        "name": words.run_name(run),
        "purpose": words.purpose_word(run.purpose),
        "state": state,
        "tone": tone,
        "did": run_sentence(run, remote),
        "took": took(run),
        "calls": sum(run.calls.values()),
    }


def worker_gone() -> bool:
    """Whether no worker has shown a sign of life for a while: nothing moves then, and only a person can mend that."""
    seen = worker_seen_at()
    return seen is None or timezone.now() - seen > QUIET
