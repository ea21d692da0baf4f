"""Timelines: what happened to a record, in sentences, from the audit log or from anything else with a date."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from instep.base.audit.models import AuditEntry
from instep.web.shell.tones import Tone

_LONGEST = 80
_ICONS = {
    "created": ("plus", Tone.OK),
    "archived": ("archive", Tone.NEUTRAL),
    "merged": ("merge", Tone.NEUTRAL),
    "linked": ("link", Tone.OK),
    "unlinked": ("unlink", Tone.NEUTRAL),
    "imported": ("upload", Tone.INFO),
}


@dataclass(frozen=True)
class Happening:
    """One line: what was done, by whom, when; `changes` are further lines such as "Name: Alpha → Beta"."""

    at: dt.datetime
    sentence: str
    who: str = ""
    icon: str = "edit"
    tone: Tone = Tone.NEUTRAL
    url: str = ""
    changes: list[str] = field(default_factory=list)


def happenings(
    entries: Iterable[AuditEntry],
    *,
    sentences: Mapping[str, str] | None = None,
    labels: Mapping[str, str] | None = None,
    show: Mapping[str, Mapping[Any, str]] | None = None,
) -> list[Happening]:
    """Audit entries as lines. `sentences` says an event in words ({"job.created": "Project made"}), `labels` a field's
    name, `show` its stored values ({"client": {12: "Acme"}}).
    """
    return [_line(entry, sentences or {}, labels or {}, show or {}) for entry in entries]


def _line(
    entry: AuditEntry,
    sentences: Mapping[str, str],
    labels: Mapping[str, str],
    show: Mapping[str, Mapping[Any, str]],
) -> Happening:
    verb = entry.event.rpartition(".")[2]
    icon, tone = _ICONS.get(verb, ("edit", Tone.NEUTRAL))
    sentence = sentences.get(entry.event) or entry.event.replace(".", " ").replace("_", " ").capitalize()
    changes = [
        _change(labels.get(name, name.replace("_", " ").capitalize()), change, show.get(name, {}))
        for name, change in entry.changes.items()
        if isinstance(change, list) and len(change) == 2
    ]
    if entry.note:
        changes.append(entry.note)
    return Happening(entry.at, sentence, entry.actor_name, icon, tone, changes=changes)


def _change(label: str, change: list[Any], show: Mapping[Any, str]) -> str:
    old, new = (_text(value, show) for value in change)
    return f"{label}: {new}" if change[0] in (None, "", {}) else f"{label}: {old} → {new}"


def _text(value: Any, show: Mapping[Any, str]) -> str:
    if value in (None, "", {}, []):
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        value = " ".join(str(part) for part in value.values() if part)
    text = show.get(value) or str(value) if not isinstance(value, list) else ", ".join(map(str, value))
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
