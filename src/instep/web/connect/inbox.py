"""Conflicts of the whole firm in one list: both values beside each other, one key or click for each choice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from instep.connect.actions.conflicts import resolve_field, restore_loser, take_back
from instep.connect.models import ConflictState
from instep.connect.queries import Alike, alike, conflict_of, decided_conflicts, open_conflicts
from instep.connect.registry import connector_for
from instep.web.components.lists import Tab
from instep.web.connect.frame import rights
from instep.web.shell.doors import action, page
from instep.web.shell.request import FirmRequest
from instep.web.shell.toasts import toast
from instep.web.sync import words
from instep.web.sync.conflicts import conflict_rows
from instep.web.sync.pages import choice, only_rows, paged

SIZE = 25
LATELY = 5
DECIDED = "decided"


@dataclass(frozen=True)
class Group:
    """Open conflicts of one field that one click decides."""

    title: str
    remote: str
    count: int
    connection: int
    kind: str
    field: str


@page("see connections")
def inbox(request: FirmRequest) -> HttpResponse:
    """Every open conflict of the firm, and below what was decided lately; with ?view=decided all of those."""
    firm_id = request.actor.firm_id
    closed = request.GET.get("view") == DECIDED
    groups = alike(firm_id, closed=closed)
    filters = _filters(request, groups)
    rows = _narrowed(decided_conflicts(firm_id) if closed else open_conflicts(firm_id), filters)
    shown = paged(request, rows, ["-closed_at", "-pk"] if closed else ["opened_at", "pk"], SIZE)
    here = reverse("connect:inbox")
    context = {
        "heading": _("Conflicts"),
        "paged": shown,
        "rows": conflict_rows(request, shown.rows),
        "closed": closed,
        "filter_row": filters,
        "filter_keeps": [("view", DECIDED)] if closed else [],
        "narrowed": any(each["chosen"] for each in filters),
        "views": [
            Tab(_("Open"), here, not closed, None if closed else sum(each.count for each in groups)),
            Tab(_("Decided"), f"{here}?view={DECIDED}", closed, None),
        ],
        "groups": [] if closed else _groups(request, groups, filters),
        "lately": [] if closed else conflict_rows(request, list(decided_conflicts(firm_id)[:LATELY])),
        **rights(request),
    }
    return render(request, "connect/conflict_rows.html" if only_rows(request) else "connect/inbox.html", context)


@action("run connections")
def decide_field(request: FirmRequest) -> HttpResponse:
    """Keep one side for every open conflict of one field."""
    said = {name: request.POST.get(name, "") for name in ("connection", "kind", "field", "keep")}
    done = resolve_field(
        int(said["connection"]) if said["connection"].isdecimal() else 0,
        by=request.actor, kind=said["kind"], field=said["field"], keep=said["keep"],
    )  # fmt: skip
    text = ngettext("One conflict is decided.", "%(count)d conflicts are decided.", len(done))
    toast(request, text % {"count": len(done)}, link=f"{reverse('connect:inbox')}?view={DECIDED}")
    return redirect("connect:inbox")


@action("run connections")
def undo(request: FirmRequest, key: int) -> HttpResponse:
    """Take the decision back: open again, or where it travelled already, the other value is put back."""
    take_back(key, by=request.actor)
    return _answer(request, key)


@action("run connections")
def put_back(request: FirmRequest, key: int) -> HttpResponse:
    """The value that lost becomes an edit by this person."""
    restore_loser(key, by=request.actor)
    return _answer(request, key)


def _answer(request: FirmRequest, key: int) -> HttpResponse:
    conflict = conflict_of(request.actor.firm_id, key)
    [row] = conflict_rows(request, [conflict])
    context = {"row": row, **rights(request)}
    if request.htmx:
        still = conflict.state == ConflictState.OPEN
        return render(request, "sync/conflict_row.html" if still else "sync/conflict_closed.html", context)
    toast(request, _("%(title)s, %(field)s: taken back.") % {"title": row.title, "field": row.field})
    return redirect("connect:inbox")


def _filters(request: FirmRequest, groups: Sequence[Alike]) -> list[dict[str, Any]]:
    connections = dict.fromkeys((str(each.connection_id), each.title) for each in groups)
    kinds = dict.fromkeys(each.kind for each in groups)
    fields = dict.fromkeys((each.field, _field_label(request, each)) for each in groups)
    return [
        choice(request, "connection", _("Connection"), list(connections)),
        choice(request, "kind", _("Kind"), [(k, words.kind_word(k, request.terms, plural=True)) for k in kinds]),
        choice(request, "field", _("Field"), list(fields)),
    ]


def _narrowed(rows: Any, filters: Sequence[dict[str, Any]]) -> Any:
    names = {"connection": "connection_id", "kind": "link__kind", "field": "field"}
    return rows.filter(**{names[each["key"]]: each["chosen"] for each in filters if each["chosen"]})


def _groups(request: FirmRequest, groups: Sequence[Alike], filters: Sequence[dict[str, Any]]) -> list[Group]:
    """Fields with more than one open conflict, in so far as they are shown."""
    said = {each["key"]: each["chosen"] for each in filters}
    return [
        Group(
            title=_("%(field)s of %(kind)s") % {
                "field": _field_label(request, each),
                "kind": words.kind_word(each.kind, request.terms, plural=True),
            },
            remote=connector_for(each.provider).title,
            count=each.count,
            connection=each.connection_id,
            kind=each.kind,
            field=each.field,
        )
        for each in groups
        if each.count > 1
        and said["connection"] in ("", str(each.connection_id))
        and said["kind"] in ("", each.kind)
        and said["field"] in ("", each.field)
    ]  # fmt: skip


def _field_label(request: FirmRequest, each: Alike) -> str:
    known = connector_for(each.provider).maps.get(each.kind)
    return words.field_label(known.kind, each.field, request.terms) if known else each.field
