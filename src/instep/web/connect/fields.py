"""The field map of a connection in sentences, how sure each remote field is, and the lists of both sides joined."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from instep.connect.actions.adjust import join_values, part_values
from instep.connect.fieldmap import Mark
from instep.connect.queries import map_rows, value_lists
from instep.connect.registry import connector_for
from instep.kernel.errors import BadValue, NotFound
from instep.web.connect.frame import FIELDS, frame
from instep.web.shell.doors import action, page
from instep.web.shell.refusals import problem_of
from instep.web.shell.request import FirmRequest
from instep.web.shell.toasts import toast
from instep.web.shell.tones import Tone
from instep.web.sync import words
from instep.web.sync.values import our_lists

ARROWS = {"both": "swap", "push": "arrow-right", "pull": "arrow-left", "seed": "arrow-right", "once": "arrow-right"}


@page("see connections")
def fields(request: FirmRequest, key: int) -> HttpResponse:
    """What is synced, which way, who owns it."""
    return _page(request, key)


@action("manage connections")
def join(request: FirmRequest, key: int) -> HttpResponse:
    """Let an entry of ours and one of theirs stand for each other."""
    said = {name: request.POST.get(name, "") for name in ("domain", "ours", "theirs")}
    try:
        join_values(key, by=request.actor, domain=said["domain"], ours=said["ours"], theirs=said["theirs"])
    except BadValue as refusal:
        return _page(request, key, refused=said | {"problem": problem_of(refusal)}, status=refusal.status)
    toast(request, _("“%(theirs)s” is joined. Records that waited for it are looked at again.") % said)
    return redirect(f"{request.path.removesuffix('join/')}#lists")


@action("manage connections")
def join_all(request: FirmRequest, key: int) -> HttpResponse:
    """Join every entry that stands for none yet with the one of the same name."""
    found, _context = frame(request, key, FIELDS)
    domain = request.POST.get("domain", "")
    wanted = next((each for each in value_lists(found.connection) if each.domain == domain), None)
    if wanted is None:
        raise NotFound(what="list")
    taken_ours, taken_theirs = {ours for ours, _t in wanted.entries}, {theirs for _o, theirs in wanted.entries}
    names = our_lists(request.actor.firm_id).get((wanted.kind, wanted.field), {})
    free = [(ours, name) for ours, name in names.items() if ours not in taken_ours and name not in taken_theirs]
    with transaction.atomic():
        for ours, name in free:
            join_values(key, by=request.actor, domain=domain, ours=ours, theirs=name)
    toast(request, _("%(count)d entries are joined by name.") % {"count": len(free)})
    return redirect(f"{request.path.removesuffix('join-all/')}#lists")


@action("manage connections")
def part(request: FirmRequest, key: int) -> HttpResponse:
    """Take the two entries apart."""
    part_values(key, by=request.actor, domain=request.POST.get("domain", ""), ours=request.POST.get("ours", ""))
    toast(request, _("Taken apart. Records with this entry are held until it is joined again."))
    return redirect(f"{request.path.removesuffix('part/')}#lists")


def _page(request: FirmRequest, key: int, *, refused: dict[str, str] | None = None, status: int = 200) -> HttpResponse:
    found, context = frame(request, key, FIELDS)
    connection = found.connection
    maps = connector_for(connection.provider).maps
    groups = []
    for kind, rows in groupby(map_rows(connection), key=lambda row: row.kind):
        shown = [
            {
                "label": words.field_label(maps[kind].kind, row.name, request.terms),
                "theirs": row.theirs,
                "sentence": row.sentence,
                "icon": ARROWS.get(row.way, "swap"),
                "note": row.note,
                "mark": MARKS[row.mark][0],
                "mark_tone": MARKS[row.mark][1],
            }
            for row in rows
        ]
        groups.append(
            {
                "title": words.kind_word(kind, request.terms, plural=True, title=True),
                "icon": words.ICONS.get(kind, "file"),
                "theirs": maps[kind].remote_type,
                "rows": shown,
                "creates": _creates(maps[kind], found.remote),
            }
        )
    context |= {
        "groups": groups,
        "marks": [(word, tone, sentence) for word, tone, sentence in _legend(found.remote)],
        "lists": _lists(request, connection, maps, refused),
    }
    return render(request, "connect/fields.html", context, status=status)


MARKS: dict[str, tuple[str, Tone]] = {
    Mark.DOCUMENTED: ("documented", Tone.OK),
    Mark.RECORDED: ("recorded", Tone.INFO),
    Mark.ASSUMED: ("assumed", Tone.CHANGED),
}


def _legend(remote: str) -> list[tuple[str, Tone, str]]:
    said = {"remote": remote}
    return [
        ("documented", Tone.OK, _("the public pages of %(remote)s say so") % said),
        ("recorded", Tone.INFO, _("seen in a real answer of %(remote)s") % said),
        ("assumed", Tone.CHANGED, _("our reading, which no page settles: a real account may differ") % said),
    ]


def _creates(record_map: Any, remote: str) -> str:
    said = {"remote": remote}
    if record_map.creates_here and record_map.creates_there:
        return _("A new one on either side is made on the other.")
    if record_map.creates_there:
        return _("A new one in Instep is made in %(remote)s; what is only in %(remote)s is left alone.") % said
    return _("A new one in %(remote)s is made in Instep; what is only in Instep is left alone.") % said


def _lists(request: FirmRequest, connection: Any, maps: Any, refused: dict[str, str] | None) -> list[dict[str, Any]]:
    ours = our_lists(request.actor.firm_id)
    found = []
    for each in value_lists(connection):
        names = ours.get((each.kind, each.field), {})
        joined, labels = dict(each.entries), dict(each.options)
        mine = refused if refused and refused["domain"] == each.domain else None
        found.append(
            {
                "domain": each.domain,
                "title": words.field_label(maps[each.kind].kind, each.field, request.terms),
                "kind": words.kind_word(each.kind, request.terms, plural=True),
                "entries": [(key, names.get(key, key), labels.get(theirs, theirs)) for key, theirs in each.entries],
                "free": [(key, name) for key, name in names.items() if key not in joined],
                "all": list(names.items()),
                "loose": each.loose,
                "options": each.options,
                "refused": mine,
            }
        )
    return found
