"""What waits for a person: held records and conflicts of a connection, and the one click that decides each."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from instep.connect.actions.conflicts import resolve_conflict
from instep.connect.actions.connections import sync_now
from instep.connect.actions.decisions import ABOUT_THEIRS, ENDING, decide_held
from instep.connect.models import ConnectionState, Link, Observation
from instep.connect.queries import conflict_of, decided_conflicts, held, left_out, link_of, open_conflicts, twin_of
from instep.connect.registry import connector_for, side_for
from instep.kernel.errors import NotFound
from instep.web.components.diffs import Change, Verdict
from instep.web.components.lists import Tab
from instep.web.connect.frame import CONFLICTS, HELD, frame
from instep.web.shell.doors import action, page
from instep.web.shell.request import FirmRequest
from instep.web.shell.toasts import toast
from instep.web.sync import words
from instep.web.sync.conflicts import conflict_rows
from instep.web.sync.held import held_rows
from instep.web.sync.pages import choice, only_rows, paged
from instep.web.sync.values import OURS, THEIRS, Asked, reader_for

OPEN, CLOSED, OUT, ITSELF = "", "decided", "left_out", "by_itself"
SIZE = 25


@page("see connections")
def list_held(request: FirmRequest, key: int) -> HttpResponse:
    """Held records with their reasons and what can be done about each."""
    found, context = frame(request, key, HELD)
    firm_id = request.actor.firm_id
    view = request.GET.get("view", "")
    out = view == OUT
    kind = choice(request, "kind", _("Kind"), _kinds(request, found.connection.provider))
    record = request.GET.get("record", "")
    # A link to one record shows that one, from whichever side it asks.
    asked = held(firm_id, key, by_itself=view == ITSELF, both_sides=bool(record))
    rows: Any = left_out(firm_id, key) if out else asked
    if kind["chosen"]:
        rows = rows.filter(kind=kind["chosen"])
    if record.isdecimal():
        rows = rows.filter(pk=int(record))
    shown = paged(request, rows, ["-held_at", "-pk"] if out else ["held_at", "pk"], SIZE)
    context |= {
        "paged": shown,
        "rows": held_rows(request, shown.rows),
        "filter_row": [kind],
        "views": _views(
            request,
            HELD,
            key,
            (OPEN, _("Need you"), found.held),
            (ITSELF, _("Wait by themselves"), found.waiting),
            (OUT, _("Left out"), None),
        ),
        "out": out,
        "by_itself": view == ITSELF,
        "keeps": [("view", view)] if view else [],
        "narrowed": bool(kind["chosen"] or record),
    }
    return render(request, "connect/held_rows.html" if only_rows(request) else "connect/held.html", context)


@page("see connections")
def list_conflicts(request: FirmRequest, key: int) -> HttpResponse:
    """Open conflicts, or those that were decided: the value that lost stays to be seen."""
    _found, context = frame(request, key, CONFLICTS)
    firm_id = request.actor.firm_id
    closed = request.GET.get("view") == CLOSED
    rows: Any = decided_conflicts(firm_id, key) if closed else open_conflicts(firm_id, key)
    shown = paged(request, rows, ["-closed_at", "-pk"] if closed else ["opened_at", "pk"], SIZE)
    context |= {
        "paged": shown,
        "rows": conflict_rows(request, shown.rows),
        "views": _views(request, CONFLICTS, key, (OPEN, _("Open"), None), (CLOSED, _("Decided"), None)),
        "closed": closed,
    }
    return render(request, "connect/conflict_rows.html" if only_rows(request) else "connect/conflicts.html", context)


@action("run connections")
def decide_record(request: FirmRequest, key: int) -> HttpResponse:
    """Answer a held record: link it, make a new one, leave it out, look again."""
    choice_made = request.POST.get("choice", "")
    record = request.POST.get("record", "")
    before = link_of(request.actor.firm_id, key)
    ours_waits = before.local_id is not None
    twin = twin_of(before, record) if choice_made == "link" else None
    link = decide_held(
        key,
        by=request.actor,
        choice=choice_made,
        remote_id=record if ours_waits else "",
        local_id=int(record) if record.isdecimal() and not ours_waits else None,
    )
    connection = before.connection
    if connection.state == ConnectionState.ACTIVE:
        # A record that is at the remote alone would wait for the next poll; the person is waiting now.
        sync_now(connection.pk, by=request.actor)
    remote = connector_for(connection.provider).title
    said = _decided(choice_made, link, remote, here=ours_waits, active=connection.state == ConnectionState.ACTIVE)
    undo = choice_made in ("create", "ignore", *ENDING)
    context = {"id": f"held-{key}", "title": link.label, "said": said, "undo": undo, "key": key, "twin": twin}
    if request.htmx:
        return render(request, "sync/held_decided.html", context)
    toast(request, f"{link.label}: {said}")
    return redirect(_back(request, reverse("connect:held", args=[connection.pk])))


@action("run connections")
def decide_conflict(request: FirmRequest, key: int) -> HttpResponse:
    """Keep ours or theirs; the other value stays in the conflict's record."""
    conflict = resolve_conflict(key, by=request.actor, keep=request.POST.get("keep", ""))
    row = conflict_rows(request, [conflict_of(request.actor.firm_id, key)])[0]
    kept, lost = (row.ours, row.theirs) if conflict.decision == "ours" else (row.theirs, row.ours)
    context = {"row": row, "kept": kept, "lost": lost, "ours": conflict.decision == "ours"}
    if request.htmx:
        return render(request, "sync/conflict_decided.html", context)
    toast(request, _("%(title)s, %(field)s: decided.") % {"title": row.title, "field": row.field})
    return redirect(_back(request, reverse("connect:conflicts", args=[conflict.connection_id])))


@page("see connections")
def compare(request: FirmRequest, key: int, record: str) -> HttpResponse:
    """The held record and one that may be the same, field beside field."""
    link = link_of(request.actor.firm_id, key)
    here = link.local_id is not None
    local_id = link.local_id if here else int(record) if record.isdecimal() else 0
    remote_id = record if here else (link.remote_id or "")
    ours = next(iter(side_for(link.kind).read(request.actor.firm_id, [local_id or 0])), None)
    seen = _seen(link, remote_id)
    if ours is None or seen is None:
        raise NotFound(what="record to compare with")
    maps = connector_for(link.connection.provider).maps[link.kind]
    pairs = [
        (Asked(link.kind, f.ours, ours.fields.get(f.ours), OURS), Asked(link.kind, f.ours, seen.get(f.theirs), THEIRS))
        for f in maps.fields
        if f.ours != "deep_link"
    ]
    reader = reader_for(request, link.connection, [each for pair in pairs for each in pair])
    changes = []
    for left, right in pairs:
        a, b = reader.show(left), reader.show(right)
        if a is not None or b is not None:
            changes.append(Change(reader.label(link.kind, left.field), a, b, _likeness(a, b)))
    return render(request, "connect/compare.html", {"changes": changes, "remote": reader.remote})


def _likeness(a: Any, b: Any) -> Verdict:
    same = " ".join(str(a).split()).casefold() == " ".join(str(b).split()).casefold()
    return Verdict.SAME if same else (Verdict.CHANGED if a is not None and b is not None else Verdict.SKIPPED)


def _seen(link: Link, remote_id: str) -> dict[str, Any] | None:
    row = (
        Observation.objects.of(link.firm_id)
        .filter(connection=link.connection_id, remote_type=link.remote_type, remote_id=remote_id)
        .first()
    )
    return None if row is None else row.raw


def _decided(choice_made: str, link: Link, remote: str, *, here: bool, active: bool) -> str:
    here_stays = link.held_code not in ABOUT_THEIRS
    what = {
        "link": _("Linked with the record you chose."),
        "create": _("A new one is made in %(remote)s.") if here else _("A new one is made in Instep."),
        "ignore": _("Left out of the sync."),
        "again": _("It is looked at again."),
        "accept": _("It may stay so. Both values are kept."),
        "archive": _("It is archived here.") if here_stays else _("It is archived in %(remote)s."),
        "delete": _("It is deleted in %(remote)s."),
        "unlink": _("The two are parted. What is left of them stays, out of the sync."),
    }[choice_made] % {"remote": remote}
    when = _("It happens now.") if active else _("It happens when the connection runs.")
    return what if choice_made in ("ignore", "accept") else f"{what} {when}"


def _kinds(request: FirmRequest, provider: str) -> list[tuple[str, str]]:
    return [(kind, words.kind_word(kind, request.terms, plural=True)) for kind in connector_for(provider).maps]


def _views(request: FirmRequest, name: str, key: int, *views: tuple[str, Any, int | None]) -> list[Tab]:
    here = reverse(f"connect:{name}", args=[key])
    said = request.GET.get("view", "")
    known = said if said in {view for view, *_rest in views} else ""
    return [Tab(label, f"{here}?view={view}" if view else here, view == known, n) for view, label, n in views]


def _back(request: FirmRequest, otherwise: str) -> str:
    said = request.headers.get("Referer", "")
    safe = url_has_allowed_host_and_scheme(said, allowed_hosts={request.get_host()}, require_https=request.is_secure())
    return said if safe else otherwise
