"""Home: the answer first, then what waits with the button that settles it, then what moves and what happened."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from instep.base.audit.queries import entries_of
from instep.base.tasks.queries import worker_seen_at
from instep.connect.models import ConnectionState, RunState
from instep.connect.queries import Card, cards, held, open_conflicts, runs
from instep.connect.registry import connector_for, connectors
from instep.web.shell.areas import places
from instep.web.shell.doors import page
from instep.web.shell.request import FirmRequest
from instep.web.sync import words
from instep.web.sync.conflicts import conflict_rows
from instep.web.sync.held import held_rows
from instep.web.sync.standing import QUIET, asked, run_progress, run_sentence, standing_of
from instep.web.trail.lines import as_happenings, lines

SHOWN, LOOKED_AT = 5, 40
"""Of each list; the rest is behind a link."""
LAST_RUNS = 5
LATELY = 12
# Told by the run that followed.
_NOT_NEWS = ("connection.sync_asked",)


@page()
def home(request: FirmRequest) -> HttpResponse:
    """At most twelve queries, three of which say who is asking."""
    actor = request.actor
    if not actor.can("see jobs"):
        return _elsewhere(request)
    if not actor.can("see connections"):
        return render(request, "home/records.html", {"heading": _("Home"), "places": _records(request)})
    known = cards(actor.firm_id, brief=True)
    if not known:
        context = {
            "heading": _("Nothing is connected yet"),
            "connectors": connectors(),
            "may_manage": actor.can("manage connections"),
            "lately": _lately(request),
        }
        return render(request, "home/begin.html", context)
    waits = sum(card.waits_for_person for card in known)
    context = {
        "heading": _answer(known, waits),
        "cards": [_card(card) for card in known],
        "troubles": [_card(card) for card in known if card.connection.trouble],
        "worker_gone": _worker_gone(known),
        "runs": _runs(request),
        "waits": waits,
        "may_run": actor.can("run connections"),
        **_waiting(request, known),
    }
    if not waits:
        context["lately"] = _lately(request)
    return render(request, "home/home.html", context)


def _elsewhere(request: FirmRequest) -> HttpResponse:
    """Who has no part in the firm's work (the first account, E-05) begins where they have one."""
    here = reverse("home:home")
    for place in places(request.actor, request.terms):
        if place.url != here:
            return redirect(place.url)
    return render(request, "shell/nothing_yet.html")


def _records(request: FirmRequest) -> list[Any]:
    here = reverse("home:home")
    return [place for place in places(request.actor, request.terms) if place.url != here]


def _answer(known: list[Card], waits: int) -> str:
    """The page's title: what is out of step, in a sentence."""
    if waits:
        return ngettext("One thing waits for you", "%(count)d things wait for you", waits) % {"count": waits}
    if any(card.connection.trouble for card in known):
        return _("A connection waits for its remote")
    moving = sum(card.moving for card in known)
    if moving:
        return ngettext("One change is on its way", "%(count)d changes are on their way", moving) % {"count": moving}
    if all(card.in_step for card in known):
        return _("Everything is in step")
    if any(card.connection.state == ConnectionState.SETUP for card in known):
        return _("One step to go: link and start")
    return _("Nothing waits for you")


def _card(card: Card) -> dict[str, Any]:
    standing = standing_of(card)
    return {"card": card, "connection": card.connection, "standing": standing, "asked": asked(card.connection)}


def _waiting(request: FirmRequest, known: list[Card]) -> dict[str, Any]:
    firm_id = request.actor.firm_id
    conflicts, records = sum(card.conflicts for card in known), sum(card.held for card in known)
    return {
        "conflicts": conflict_rows(request, list(open_conflicts(firm_id)[:SHOWN])) if conflicts else [],
        "held": held_rows(request, list(held(firm_id)[:LOOKED_AT]))[:SHOWN] if records else [],
        "all_conflicts": _all_of(known, "conflicts"),
        "all_held": _all_of(known, "held"),
    }


def _all_of(known: list[Card], name: str) -> list[tuple[str, str]]:
    """(words, address) of the full lists, where more wait than the page shows."""
    numbers = [(card, getattr(card, name)) for card in known if getattr(card, name)]
    if sum(number for _card, number in numbers) <= SHOWN:
        return []
    said = {
        "conflicts": _("All %(count)d conflicts of %(title)s"),
        "held": _("All %(count)d held records of %(title)s"),
    }
    return [
        (
            said[name] % {"count": number, "title": card.connection.title},
            reverse(f"connect:{name}", args=[card.connection.pk]),
        )
        for card, number in numbers
    ]


def _runs(request: FirmRequest) -> dict[str, Any]:
    last = list(runs(request.actor.firm_id)[:LAST_RUNS])
    return {
        "running": [
            (run, run_progress(run, request.terms), reverse("connect:run_bar", args=[run.pk]))
            for run in last
            if run.state == RunState.RUNNING
        ],
        "last": [_run(run) for run in last if run.state != RunState.RUNNING],
    }


def _run(run: Any) -> dict[str, Any]:
    state, tone = words.RUN_STATES[run.state]
    remote = connector_for(run.connection.provider).title
    return {
        "run": run,
        "name": words.run_name(run),
        "title": run.connection.title,
        "did": run_sentence(run, remote),
        "state": state,
        "tone": tone,
    }


def _lately(request: FirmRequest) -> list[Any]:
    if not request.actor.can("see history"):
        return []
    entries = entries_of(request.actor.firm_id).exclude(event__in=_NOT_NEWS)[:LATELY]
    return as_happenings(lines(request, list(entries)))


def _worker_gone(known: list[Card]) -> bool:
    if not any(card.connection.state == ConnectionState.ACTIVE for card in known):
        return False
    seen = worker_seen_at()
    return seen is None or timezone.now() - seen > QUIET
