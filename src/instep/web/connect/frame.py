"""What every page of one connection has: its title, its state, its tabs."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from instep.connect.installation import is_copy
from instep.connect.models import Connection, ConnectionState
from instep.connect.queries import Card, card
from instep.web.components.lists import Tab
from instep.web.shell.request import FirmRequest
from instep.web.sync import words
from instep.web.sync.standing import standing_of

OVERVIEW, PREVIEW, RUNS, HELD, CONFLICTS, FIELDS, HEALTH, SETTINGS = (
    *("overview", "preview", "runs", "held"),
    *("conflicts", "fields", "health", "settings"),
)


def frame(request: FirmRequest, key: int, here: str, *, brief: bool = True) -> tuple[Card, dict[str, Any]]:
    """The connection and the context of its pages: one query, four when it is not brief. Raises NotFound."""
    found = card(request.actor.firm_id, key, brief=brief)
    connection = found.connection
    copy, state, tone = shown_state(connection)
    return found, {
        "heading": connection.title,
        "card": found,
        "connection": connection,
        "remote": found.remote,
        "state_word": state,
        "state_tone": tone,
        "standing": standing_of(found),
        "tabs": _tabs(found, here),
        "here": here,
        "copy": copy,
        **rights(request),
    }


def shown_state(connection: Connection) -> tuple[bool, Any, Any]:
    """Whether it only looks, because this database is a copy; and its state in a word, with its tone."""
    copy = connection.state != ConnectionState.DISCONNECTED and is_copy(connection)
    return (copy, *(words.COPY if copy else words.STATES[connection.state]))


def rights(request: FirmRequest) -> dict[str, bool]:
    """What this person may do about connections."""
    return {
        "may_run": request.actor.can("run connections"),
        "may_manage": request.actor.can("manage connections"),
    }


def _tabs(found: Card, here: str) -> list[Tab]:
    rows: list[tuple[str, Any, int | None]] = [
        (OVERVIEW, _("Overview"), None),
        (PREVIEW, _("Preview"), None),
        (RUNS, _("Runs"), None),
        (HELD, _("Held"), found.held or None),
        (CONFLICTS, _("Conflicts"), found.conflicts or None),
        (FIELDS, _("Field map"), None),
        (HEALTH, _("Health"), None),
        (SETTINGS, _("Settings"), None),
    ]
    return [
        Tab(label, reverse(f"connect:{name}", args=[found.connection.pk]), name == here, count)
        for name, label, count in rows
    ]


def url_of(connection: Connection, name: str = OVERVIEW) -> str:
    """A page of a connection."""
    return reverse(f"connect:{name}", args=[connection.pk])
