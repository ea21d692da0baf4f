"""The audit log's events in sentences."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from instep.base.settings.vocabulary import Terms
from instep.kernel.records.contact import CONTACT
from instep.kernel.records.organisation import ORGANISATION
from instep.kernel.records.project import JOB
from instep.kernel.records.staff import STAFF
from instep.web.shell.tones import Tone
from instep.web.sync.words import field_label
from instep.web.trail.money import rate_label

_PHASE_FIELD = re.compile(r"phase[ _](\d+)[ _](.+)")
KINDS = {kind.key: kind for kind in (ORGANISATION, CONTACT, STAFF, JOB)}
# Nouns that the vocabulary does not give; the others are its terms.
_NOUNS: dict[str, Any] = {
    "user": gettext_lazy("User"),
    "membership": gettext_lazy("Role"),
    "firm": gettext_lazy("Firm"),
    "setting": gettext_lazy("Setting"),
    "series": gettext_lazy("Number format"),
    "connection": gettext_lazy("Connection"),
    "plan": gettext_lazy("Preview"),
    "source": gettext_lazy("Import"),
    "payment": gettext_lazy("Payment"),
}
# A whole sentence where noun and verb alone would say too little.
_SAID: dict[str, Any] = {
    "user.password_reset": gettext_lazy("One-time password given"),
    "user.password_chosen": gettext_lazy("Own password chosen"),
    "membership.granted": gettext_lazy("Role given"),
    "membership.ended": gettext_lazy("Role ended"),
    "connection.connected": gettext_lazy("Connected"),
    "connection.started": gettext_lazy("Sync started"),
    "connection.paused": gettext_lazy("Sync paused"),
    "connection.disconnected": gettext_lazy("Disconnected"),
    "connection.token_replaced": gettext_lazy("Token replaced"),
    "connection.sync_asked": gettext_lazy("Sync asked for"),
    "connection.values_joined": gettext_lazy("Entries of two lists joined"),
    "connection.values_parted": gettext_lazy("Entries of two lists taken apart"),
    "plan.approved": gettext_lazy("Preview approved"),
    "link.decided": gettext_lazy("Held record decided"),
    "conflict.resolved": gettext_lazy("Conflict decided"),
    "source.taken_in": gettext_lazy("Records imported"),
    "job_status.set_up": gettext_lazy("First statuses made"),
}
_VERBS: dict[str, Any] = {
    "created": gettext_lazy("%(what)s made"),
    "updated": gettext_lazy("%(what)s changed"),
    "changed": gettext_lazy("%(what)s changed"),
    "renamed": gettext_lazy("%(what)s renamed"),
    "archived": gettext_lazy("%(what)s archived"),
    "restored": gettext_lazy("%(what)s brought back"),
    "retired": gettext_lazy("%(what)s retired"),
    "removed": gettext_lazy("%(what)s removed"),
    "promoted": gettext_lazy("%(what)s moved up a stage"),
    "demoted": gettext_lazy("%(what)s moved down a stage"),
    "activated": gettext_lazy("%(what)s active again"),
    "deactivated": gettext_lazy("%(what)s no longer active"),
    "made_default": gettext_lazy("%(what)s made the default"),
    "handler_reassigned": gettext_lazy("%(what)s given to somebody else"),
    "status_changed": gettext_lazy("%(what)s has another status"),
    "phases_added": gettext_lazy("%(phases)s added"),
    "phase_changed": gettext_lazy("%(phase)s changed"),
    "phase_moved": gettext_lazy("%(phase)s has another state"),
    "rate_set": gettext_lazy("%(what)s has another rate"),
    "recorded": gettext_lazy("%(what)s recorded"),
    "submitted": gettext_lazy("%(what)s submitted"),
    "allocated": gettext_lazy("%(what)s allocated anew"),
    "drafted": gettext_lazy("%(what)s drafted"),
    "draft_deleted": gettext_lazy("%(what)s draft deleted"),
    "line_added": gettext_lazy("%(what)s has one more line"),
    "line_changed": gettext_lazy("%(what)s has a changed line"),
    "line_removed": gettext_lazy("%(what)s has a line less"),
    "phases_billed": gettext_lazy("%(phases)s put on a draft"),
    "ticked": gettext_lazy("%(what)s has more time on it"),
    "unticked": gettext_lazy("%(what)s has less time on it"),
    "made_real": gettext_lazy("%(what)s made real"),
    "texts_changed": gettext_lazy("%(what)s has other texts"),
    "cancelled": gettext_lazy("%(what)s cancelled"),
    "credited": gettext_lazy("%(what)s credited"),
}
_LOOKS = {
    "created": ("plus", Tone.OK),
    "connected": ("link", Tone.OK),
    "started": ("play", Tone.OK),
    "paused": ("pause", Tone.CHANGED),
    "disconnected": ("unlink", Tone.NEUTRAL),
    "archived": ("archive", Tone.NEUTRAL),
    "retired": ("archive", Tone.NEUTRAL),
    "resolved": ("check", Tone.OK),
    "decided": ("check", Tone.OK),
    "approved": ("check", Tone.OK),
    "granted": ("key", Tone.NEUTRAL),
    "password_reset": ("key", Tone.NEUTRAL),
    "taken_in": ("upload", Tone.INFO),
}


def noun(kind: str, terms: Terms) -> str:
    """ "Project", "User", "Status"."""
    if kind in terms.terms:
        return terms.title(kind)
    lists = {"job_status": _("%(job)s status"), "job_type": _("%(job)s type")}
    if kind in lists:
        return lists[kind] % {"job": terms.title("job")}
    return str(_NOUNS.get(kind, kind.replace("_", " ").capitalize()))


def sentence(event: str, terms: Terms) -> str:
    """An event without its record: "Project changed"."""
    if event in _SAID:
        return str(_SAID[event])
    kind, _dot, verb = event.partition(".")
    return _said(verb, noun(kind, terms), terms)


def many(event: str, count: int, terms: Terms) -> str:
    """An event of many records at once: "12 projects changed"."""
    kind, _dot, verb = event.partition(".")
    what = terms.counted(count, kind) if kind in terms.terms else f"{count} × {noun(kind, terms)}"
    return _said(verb, what, terms)


def _said(verb: str, what: str, terms: Terms) -> str:
    said = _VERBS.get(verb)
    if not said:
        return f"{what}: {verb.replace('_', ' ')}"
    return str(said) % {"what": what, "phase": terms.title("phase"), "phases": terms.title_plural("phase")}


def look(event: str) -> tuple[str, Tone]:
    """Icon and tone of an event."""
    return _LOOKS.get(event.rpartition(".")[2], ("edit", Tone.NEUTRAL))


def label(kind: str, name: str, terms: Terms) -> str:
    """What a changed field is called."""
    if rate := rate_label(name):
        return rate
    known = KINDS.get(kind)
    part = _PHASE_FIELD.fullmatch(name) if kind == "job" else None
    if part:
        return f"{terms.title('phase')} {part[1]}, {part[2].replace('_', ' ')}"
    return field_label(known, name, terms) if known else name.replace("_", " ").capitalize()


def approved(counts: Mapping[str, int], left_out: int = 0) -> str:
    """What was approved, in a sentence: "As it was shown: 12 records linked, 3 made on the other side." """
    said = {
        "link": ngettext("%(n)s record linked", "%(n)s records linked", counts.get("link", 0)),
        "create_there": _("%(n)s made on the other side"),
        "update_there": _("%(n)s changed on the other side"),
        "create_here": _("%(n)s made here"),
        "update_here": _("%(n)s changed here"),
        "rebase": _("%(n)s the same on both sides"),
        "hold": _("%(n)s held"),
    }
    parts = [text % {"n": f"{counts[op]:,}"} for op, text in said.items() if counts.get(op)]
    shown = _("As it was shown: %(steps)s.") % {"steps": ", ".join(parts)} if parts else _("As it was shown.")
    if not left_out:
        return shown
    without = ngettext("%(n)s row was left out.", "%(n)s rows were left out.", left_out) % {"n": f"{left_out:,}"}
    return f"{shown} {without}"
