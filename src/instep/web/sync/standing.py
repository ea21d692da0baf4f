"""How a connection stands, in a word and a sentence, and the progress of its runs."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from instep.base.settings.vocabulary import Terms
from instep.base.tasks.states import TaskState
from instep.connect.installation import is_copy
from instep.connect.models import Connection, ConnectionState, Run, RunState
from instep.connect.queries import Card
from instep.web.components.formats import span
from instep.web.components.progress import Progress
from instep.web.shell.tones import Tone
from instep.web.sync import words

QUIET = dt.timedelta(seconds=60)
"""A run that has not been heard of for so long has lost its worker, and a worker that has not is gone."""


@dataclass(frozen=True, slots=True)
class Standing:
    """`sentence` says what is so and what happens next; `url` and `label` lead to what a person can do."""

    tone: Tone
    word: str
    sentence: str
    url: str = ""
    label: str = ""


def asked(connection: Connection) -> bool:
    """Whether a sync was asked for and no worker has begun it."""
    return connection.state == ConnectionState.ACTIVE and connection.next_poll_at is None and not connection.resume_at


def under_way(card: Card) -> bool:
    """Whether it is worth looking again in a second."""
    return asked(card.connection) or bool(card.run and card.run.state == RunState.RUNNING)


def standing_of(card: Card, now: dt.datetime | None = None) -> Standing:
    """The one thing to know of a connection first."""
    connection, remote = card.connection, card.remote
    word = str(words.STATES[connection.state][0])
    pages = [connection.pk]
    if connection.state != ConnectionState.DISCONNECTED and is_copy(connection):
        sentence = _("This database is a copy of another installation's, so the connection only looks.")
        return Standing(Tone.ASK, _("Copy"), sentence, reverse("connect:health", args=pages), _("See what that means"))
    if connection.state == ConnectionState.SETUP:
        return Standing(
            Tone.INFO,
            word,
            _("Nothing is linked yet. A preview shows what would happen, without writing to either side."),
            reverse("connect:preview", args=pages),
            _("Look at the preview") if card.proposed else _("Make a preview"),
        )
    if connection.state == ConnectionState.NEEDS_PERSON:
        return Standing(
            Tone.ASK,
            word,
            connection.trouble,
            reverse("connect:settings", args=pages) + "#token",
            _("Replace the token"),
        )
    if connection.state == ConnectionState.PAUSED:
        sentence = _("Nothing travels. Changes on both sides are collected and go on when it is resumed.")
        return Standing(Tone.CHANGED, word, sentence)
    if connection.state == ConnectionState.DISCONNECTED:
        return Standing(Tone.NEUTRAL, word, _("The token is forgotten. Records and links stay as they are."))
    return _active(card, remote, now or timezone.now())


def _active(card: Card, remote: str, now: dt.datetime) -> Standing:
    connection = card.connection
    pages = [connection.pk]
    if connection.resume_at and connection.resume_at > now:
        left = span(int((connection.resume_at - now).total_seconds()))
        sentence = _("%(trouble)s The next try is in %(left)s.") % {"trouble": connection.trouble, "left": left}
        return Standing(Tone.CHANGED, _("Waiting"), sentence)
    if connection.review:
        return _in_review(card)
    if card.conflicts:
        sentence = ngettext(
            "One field was changed on both sides. Both values are kept until somebody chooses.",
            "%(count)d fields were changed on both sides. All values are kept until somebody chooses.",
            card.conflicts,
        ) % {"count": card.conflicts}
        return Standing(Tone.ASK, _("Needs you"), sentence, reverse("connect:conflicts", args=pages), _("Choose"))
    if card.held:
        sentence = ngettext(
            "One record is held; everything else goes on.",
            "%(count)d records are held; everything else goes on.",
            card.held,
        ) % {"count": card.held}
        return Standing(Tone.ASK, _("Held records"), sentence, reverse("connect:held", args=pages), _("Look at them"))
    if card.moving:
        sentence = ngettext("One change is on its way.", "%(count)d changes are on their way.", card.moving) % {
            "count": card.moving
        }
        return Standing(Tone.INFO, _("Moving"), sentence)
    if connection.trouble:
        return Standing(Tone.CHANGED, _("Waiting"), connection.trouble)
    if connection.in_step_at is None:
        return Standing(Tone.INFO, _("Starting"), _("The first run is about to begin."))
    return Standing(
        Tone.OK, _("In step"), _("Everything that is linked says the same here and in %(r)s.") % {"r": remote}
    )


def _in_review(card: Card) -> Standing:
    """Nothing is written before somebody has seen what waits."""
    why = {
        "resumed": _("It was switched off for a while."),
        "map": _("Its field map was changed."),
        "restored": _("The database was restored."),
    }.get(card.connection.review, "")
    url = reverse("connect:preview", args=[card.connection.pk])
    if not card.shown:
        sentence = _("%(why)s What waits is being looked at; nothing is written before you have seen it.")
        return Standing(Tone.INFO, _("Looking"), sentence % {"why": why}, url, _("See the preview"))
    sentence = _("%(why)s See what would be done now; nothing is written before you approve it.")
    return Standing(Tone.ASK, _("See it first"), sentence % {"why": why}, url, _("See what waits"))


_TASK_STATES = {
    RunState.RUNNING: TaskState.RUNNING,
    RunState.DONE: TaskState.DONE,
    RunState.STOPPED: TaskState.CANCELLED,
}


def run_progress(run: Run, terms: Terms, now: dt.datetime | None = None) -> Progress:
    """A run as a bar. A run that nobody hears of says so."""
    moment = now or timezone.now()
    message = run.message
    if run.state == RunState.RUNNING and moment - run.beat_at > QUIET:
        silent = span(int((moment - run.beat_at).total_seconds()))
        message = _("Its worker has not been heard of for %(silent)s. The next one goes on from here.") % {
            "silent": silent
        }
    return Progress(
        label=f"{words.run_name(run)} · {words.purpose_word(run.purpose)}",
        done=run.done,
        total=run.total or None,
        state=_TASK_STATES[RunState(run.state)],
        started_at=run.started_at,
        noun=_("rows"),
        message=message,
        now=moment,
    )


def run_sentence(run: Run, remote: str) -> str:
    """What a run did, in a line: "12 made in tiny+, 3 changed here, 2 held"."""
    said = {
        "create_there.done": _("%(n)s made in %(remote)s"),
        "create_there.recovered": _("%(n)s found again in %(remote)s"),
        "update_there.done": _("%(n)s changed in %(remote)s"),
        "create_here.done": _("%(n)s made in Instep"),
        "update_here.done": _("%(n)s changed in Instep"),
        "link.done": _("%(n)s linked"),
    }
    parts = [
        text % {"n": f"{run.counts[key]:,}", "remote": remote} for key, text in said.items() if run.counts.get(key)
    ]
    grouped = {"refused": _("%(n)s refused"), "unknown": _("%(n)s without an answer")}
    for outcome, text in grouped.items():
        number = sum(n for key, n in run.counts.items() if key.endswith(f".{outcome}") and not key.startswith("hold."))
        if number:
            parts.append(text % {"n": f"{number:,}"})
    held = sum(n for key, n in run.counts.items() if key.startswith("hold.") and key != "hold.ignored")
    if held:
        parts.append(_("%(n)s held") % {"n": f"{held:,}"})
    return ", ".join(parts) or (_("Nothing was left to write.") if run.state != RunState.RUNNING else "")


def took(run: Run) -> str:
    """How long a run lasted, "" while it runs."""
    return span(int((run.finished_at - run.started_at).total_seconds())) if run.finished_at else ""
