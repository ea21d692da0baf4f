"""How a record stands with the systems it is connected to: mark of a row, card on its page, hint of a field."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext

from instep.base.identity.actor import Actor
from instep.connect.queries import RecordMark, RecordSync, sync_of
from instep.kernel.records.kinds import FieldType
from instep.web.components import marks, values
from instep.web.components.columns import Place
from instep.web.shell.tones import Tone

TONES = {"in_step": Tone.OK, "waiting": Tone.INFO, "held": Tone.ASK, "conflict": Tone.ASK}
# What a row shows when its connections differ: the one that needs a person most.
_FIRST = ("conflict", "held", "waiting", "in_step")

Solver = Callable[[RecordSync], tuple[str, str]]
_solvers: list[Solver] = []


def set_solver(solver: Solver) -> Solver:
    """Use this function for the link that settles what holds a record back: (address, words on the button).

    The area of connections hands it in where its URLs are imported; ("", "") shows no link.
    """
    _solvers[:] = [solver]
    return solver


@dataclass(frozen=True, slots=True)
class Standing:
    """How the record stands with one connection, as the card prints it."""

    tone: Tone
    sentence: str
    since: datetime | None = None
    reason: str = ""
    remote: str = ""
    remote_url: str = ""
    solve_url: str = ""
    solve_label: str = ""


def standings(actor: Actor, syncs: Sequence[RecordSync]) -> list[Standing]:
    """For the card on a record's page; a link that solves goes to those alone who may see connections."""
    return [_standing(sync, may_solve=actor.can("see connections")) for sync in syncs]


def _standing(sync: RecordSync, *, may_solve: bool) -> Standing:
    tone = TONES.get(sync.state, Tone.NEUTRAL)
    words = {"remote": sync.remote}
    held = tone is Tone.ASK
    sentence = sync.sentence
    if sync.state == "in_step":
        sentence = gettext("In step with %(remote)s") % words
    elif held:
        sentence = gettext("Waits for you before it goes on with %(remote)s") % words
    url, label = _solvers[0](sync) if held and may_solve and _solvers else ("", "")
    return Standing(
        tone=tone,
        sentence=sentence,
        since=sync.since,
        reason=sync.sentence if held else "",
        remote=sync.remote,
        remote_url=values.href(FieldType.URL, sync.app_url),
        solve_url=url,
        solve_label=label or (gettext("Settle it") if url else ""),
    )


def marks_in(row: Any, place: Place) -> Sequence[RecordMark]:
    """How the row stands with each connection, as `RecordList.prepare` loaded it."""
    return place.loaded.get(row.pk, ())


def mark_of(row: Any, place: Place) -> SafeString | None:
    """The cell of a row: its worst standing in a word, all of them as the tool-tip. None where nothing is linked."""
    known = marks_in(row, place)
    worst = next((state for state in _FIRST if any(mark.state == state for mark in known)), None)
    if worst is None:
        return None
    words = {
        "conflict": gettext("Conflict"),
        "held": gettext("Held"),
        "waiting": gettext("Waiting"),
        "in_step": gettext("In step"),
    }
    return marks.in_step(TONES[worst], words[worst], " ".join(mark.sentence for mark in known))


def travels(syncs: Sequence[RecordSync]) -> Mapping[str, str]:
    """{field: how it travels, in a sentence}, of the connections that the record is linked with."""
    found: dict[str, list[str]] = {}
    for sync in syncs:
        if sync.link_id is not None:
            for field, sentence in sync.fields.items():
                found.setdefault(field, []).append(_named(sync, sentence))
    return {field: " ".join(sentences) for field, sentences in found.items()}


def _named(sync: RecordSync, sentence: str) -> str:
    # Only some of the sentences name the remote; with two connections each must.
    return sentence if sync.remote in sentence else f"{sync.remote}: {sentence}"


def travels_of(firm_id: int, kind: str, record_id: int) -> Mapping[str, str]:
    """The same for one record that is shown alone."""
    return travels(sync_of(firm_id, kind, [record_id]).get(record_id, ()))
