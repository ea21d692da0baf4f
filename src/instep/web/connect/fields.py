"""The field map of a connection in sentences, how sure each remote field is, and the lists of both sides joined."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from instep.connect.actions.adjust import join_values, part_values
from instep.connect.actions.maps import change_rule, go_back_to
from instep.connect.fieldmap import Mark
from instep.connect.models import MapVersion
from instep.connect.queries import Card, map_rows, value_lists, versions
from instep.connect.registry import connector_for
from instep.connect.rules import OFF
from instep.kernel.errors import BadValue, NotFound
from instep.web.connect.frame import FIELDS, frame
from instep.web.shell.doors import action, page
from instep.web.shell.refusals import problem_of
from instep.web.shell.request import FirmRequest
from instep.web.shell.toasts import toast
from instep.web.shell.tones import Tone
from instep.web.sync import words
from instep.web.sync.values import our_lists

ARROWS = {
    "both": "swap",
    "push": "arrow-right",
    "pull": "arrow-left",
    "seed": "arrow-right",
    "seed_there": "arrow-left",
    "once": "arrow-right",
    "off": "unlink",
}


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


@action("manage connections")
def rule(request: FirmRequest, key: int) -> HttpResponse:
    """Let a field travel another way, or something else decide its conflicts."""
    said = {name: request.POST.get(name, "") for name in ("kind", "field", "way", "policy")}
    changed = change_rule(
        key, by=request.actor, kind=said["kind"], field=said["field"], way=said["way"] or None,
        policy=said["policy"] or None,
    )  # fmt: skip
    _told(request, changed)
    return redirect("connect:fields", key)


@action("manage connections")
def version(request: FirmRequest, key: int) -> HttpResponse:
    """Use an earlier version of the map again."""
    no = request.POST.get("no", "")
    _told(request, go_back_to(key, by=request.actor, no=int(no) if no.isdecimal() else 0))
    return redirect("connect:fields", key)


def _told(request: FirmRequest, changed: MapVersion | None) -> None:
    if changed is None:
        toast(request, _("Nothing to change: the map is so already."))
    else:
        said = _(
            "Version %(no)d of the field map is kept. What it does with linked records is shown before it is used."
        )
        toast(request, said % {"no": changed.no})


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
                "name": row.name,
                "kind": row.kind,
                "off": row.way == OFF,
                "lens": row.lens,
                "policy": words.policy_word(row.policy, found.remote, owned=row.way != "both") if row.policies else "",
                "owned": row.way != "both",
                "ways": [(way, words.way_word(way, found.remote), way == row.way) for way in row.ways],
                "policies": [
                    (p, words.policy_word(p, found.remote, owned=row.way != "both"), p == row.policy)
                    for p in row.policies
                ],
                "changes": len(row.ways) > 1 or bool(row.policies),
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
        "versions": _versions(request, found, maps),
    }
    return render(request, "connect/fields.html", context, status=status)


def _versions(request: FirmRequest, found: Card, maps: Any) -> list[dict[str, Any]]:
    """Who changed what and when, the last first; nothing while the map is as it was connected."""
    return [
        {
            "no": each.no,
            "by": each.made_by,
            "at": each.made_at,
            "changes": [_change(request, change, maps, found.remote) for change in each.changes],
        }
        for each in versions(request.actor.firm_id, found.connection.pk)
    ]


def _change(request: FirmRequest, change: dict[str, str], maps: Any, remote: str) -> str:
    known = maps.get(change["kind"])
    word = words.way_word if change["what"] == "way" else words.policy_word
    return _("%(field)s of %(kind)s: %(was)s, now %(now)s") % {
        "field": words.field_label(known.kind, change["field"], request.terms) if known else change["field"],
        "kind": words.kind_word(change["kind"], request.terms, plural=True),
        "was": word(change["from"], remote),
        "now": word(change["to"], remote),
    }


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
