"""The health of one connection on a page, and what the area hands to others: dot, palette, links to what is held."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from instep.base.identity.actor import Actor
from instep.base.tasks.queries import worker_seen_at
from instep.connect.actions.epochs import take_over
from instep.connect.actions.hints import hints_on
from instep.connect.models import Connection, ConnectionState
from instep.connect.queries import RecordSync, totals
from instep.connect.queries.findings import findings
from instep.connect.queries.health import Budget, Facts, health_about
from instep.web.components.formats import span
from instep.web.connect.frame import HEALTH, frame
from instep.web.shell.doors import action, page
from instep.web.shell.health import Health
from instep.web.shell.palette import Found
from instep.web.shell.request import FirmRequest
from instep.web.shell.toasts import toast
from instep.web.shell.tones import Tone


@page("see connections")
def health_page(request: FirmRequest, key: int) -> HttpResponse:
    """What is wrong and what to do, how late edits arrive, what is left to call, what waits, who works on it."""
    found, context = frame(request, key, HEALTH)
    moment = timezone.now()
    facts = health_about(found, now=moment)
    known = findings(facts, now=moment, worker_seen=worker_seen_at())
    running = found.connection.state == ConnectionState.ACTIVE and not facts.copy
    context |= {
        "facts": facts,
        # Of a copy the page speaks by itself, with what to do about it.
        "findings": [each for each in known if each.code != "read_only_copy"],
        "ended": found.connection.state == ConnectionState.DISCONNECTED,
        "arrivals": _arrivals(facts),
        "budgets": [_budget(each) for each in facts.budgets],
        "next_look": (found.connection.resume_at or found.connection.next_poll_at) if running else None,
        "running": running,
        "clock": _clock(facts),
        "hints": hints_on(found.connection),
        "now": moment,
    }
    return render(request, "connect/health.html", context)


@action("manage connections")
def take_over_here(request: FirmRequest, key: int) -> HttpResponse:
    """This installation is the real one from now on."""
    taken = take_over(key, by=request.actor)
    said = _("%(title)s belongs to this installation now. Everything is read anew, and shown before it is written.")
    toast(request, said % {"title": taken.title})
    return redirect("connect:health", key)


def _arrivals(facts: Facts) -> list[dict[str, Any]]:
    remote = facts.card.remote
    words = {"there": _("Our edits reach %(remote)s"), "here": _("Edits in %(remote)s reach us")}
    rows = []
    for side, word in words.items():
        lag = facts.lag.get(side)
        row: dict[str, Any] = {"word": word % {"remote": remote}, "count": lag.count if lag else 0}
        rows.append(row | ({"half": _exact(lag.half), "most": _exact(lag.most)} if lag else {}))
    return rows


def _exact(milliseconds: int) -> str:
    """Below ten seconds a tenth counts."""
    if milliseconds >= 9_950:
        return span(round(milliseconds / 1000))
    return _("%(seconds)s s") % {"seconds": f"{milliseconds / 1000:.1f}"}


def _budget(budget: Budget) -> dict[str, Any]:
    words = {"minute": _("This minute"), "day": _("These 24 hours")}
    by = _("as it says itself") if budget.told else _("as we counted")
    return {"word": words[budget.name], "left": budget.left, "whole": budget.whole, "by": by}


def _clock(facts: Facts) -> str:
    """How our clock stands to theirs; a few seconds are the time that a call takes."""
    if facts.clock_ahead is None:
        return ""
    seconds = round(facts.clock_ahead.total_seconds())
    if abs(seconds) <= 5:
        return _("the same as ours")
    word = _("%(span)s behind ours") if seconds > 0 else _("%(span)s ahead of ours")
    return word % {"span": span(abs(seconds))}


def dot(actor: Actor) -> Health | None:
    """How all connections stand together; no dot where there is none."""
    known = totals(actor.firm_id)
    if not known["connections"]:
        return None
    home, area = reverse("home:home"), reverse("connect:home")
    waits = known["waits_for_person"]
    if known["needs_person"] is not None:
        return Health(Tone.ASK, _("Needs you"), known["trouble"], home)
    if waits:
        word = ngettext("%(count)d waits", "%(count)d wait", waits) % {"count": waits}
        sentence = ngettext("One record waits for you.", "%(count)d records wait for you.", waits)
        return Health(Tone.ASK, word, sentence % {"count": waits}, home)
    if known["trouble"]:
        return Health(Tone.CHANGED, _("Waiting"), known["trouble"], area)
    if known["moving"]:
        moving = known["moving"]
        sentence = ngettext("One change is on its way.", "%(count)d changes are on their way.", moving)
        return Health(Tone.INFO, _("Moving"), sentence % {"count": moving}, area)
    if not known["running"]:
        return Health(Tone.NEUTRAL, _("Not running"), _("No connection is running."), area)
    return Health(Tone.OK, _("In step"), _("Everything that is linked says the same on both sides."), area)


def find(actor: Actor, text: str) -> Iterable[Found]:
    """Connections by a part of their title, for the palette."""
    for row in Connection.objects.of(actor.firm_id).filter(title__icontains=text).order_by("title")[:6]:
        yield Found(row.title, reverse("connect:overview", args=[row.pk]), _("Connection"), "link")


def settling_link(sync: RecordSync) -> tuple[str, str]:
    """Where what holds a record back is settled, for the record's own page."""
    name, label = ("conflicts", _("Choose")) if sync.state == "conflict" else ("held", _("Settle it"))
    url = reverse(f"connect:{name}", args=[sync.connection_id])
    return (f"{url}?record={sync.link_id}" if name == "held" else url), label
