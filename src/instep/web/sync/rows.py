"""Rows of plans and journals as pages print them: what happens to which record, field by field."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from instep.connect.models import Connection, JournalEntry, OpKind, OpState, PlanOp
from instep.connect.plan.meet import BY_POLICY
from instep.connect.queries import said
from instep.web.components.diffs import Change, Verdict
from instep.web.shell.request import FirmRequest
from instep.web.shell.tones import Tone
from instep.web.sync import words
from instep.web.sync.values import OURS, THEIRS, Asked, Reader, reader_for

_BRIEF = 3
"""Values shown on the closed line of a new record."""
_LONGEST = 60
_DEEP_LINK = "deep_link"
# What happens is said already; only what went otherwise needs a word more.
_WRITES_NO_VALUE = frozenset(
    {OpKind.HOLD, OpKind.LINK, OpKind.REBASE, OpKind.UNLINK, OpKind.MOVE, OpKind.ARCHIVE_HERE, OpKind.RESTORE_HERE}
)
_AS_PLANNED = frozenset({OpState.PROPOSED, OpState.APPLIED, OpState.HELD})


@dataclass(frozen=True)
class OpRow:
    """One planned or done row, closed to a line, open to its diff."""

    id: str
    verdict: Verdict
    tone: Tone
    mark: str
    title: str
    kind: str
    icon: str
    does: str
    url: str = ""
    changes: Sequence[Change] = ()
    sentences: Sequence[str] = ()
    brief: str = ""
    before: str = ""
    after: str = ""
    open: bool = False
    state: str = ""
    state_tone: Tone = Tone.NEUTRAL
    details_url: str = ""
    at: datetime | None = None
    at_words: str = ""
    took_ms: int = 0


@dataclass
class _Sides:
    """In whose words the values before and after are, by operation."""

    before: str = OURS
    after: str = OURS
    heads: tuple[str, str] = field(default=("", ""))


def plan_rows(request: FirmRequest, connection: Connection, ops: Sequence[PlanOp]) -> list[OpRow]:
    """Planned rows with their changes."""
    reader = reader_for(request, connection, [each for op in ops for each in _asked_of_plan(op)])
    return _joined(ops, [_plan_row(reader, op) for op in ops])


def journal_rows(request: FirmRequest, connection: Connection, entries: Sequence[JournalEntry]) -> list[OpRow]:
    """What was done, before and after."""
    asked = [
        each
        for entry in entries
        for name, (before, after) in _pairs(entry.fields)
        for each in _both(entry.kind, name, before, after, _sides(entry.op, ""))
    ]
    reader = reader_for(request, connection, asked)
    return [_journal_row(reader, entry) for entry in entries]


# --- plans --------------------------------------------------------------------------------------------------


def _asked_of_plan(op: PlanOp) -> list[Asked]:
    sides = _sides(op.op, "")
    found = [
        each for change in op.changes for each in _both(op.kind, change["field"], change["from"], change["to"], sides)
    ]
    for conflict in op.preconditions.get("conflicts") or ():
        found.append(Asked(op.kind, conflict["field"], conflict["ours"], OURS))
        found.append(Asked(op.kind, conflict["field"], conflict["theirs"], THEIRS))
    return found


def _plan_row(reader: Reader, op: PlanOp) -> OpRow:
    codes = [str(error.get("code", "")) for error in op.errors]
    verdict = words.verdict_of(op.op, codes, op.state)
    sides = _sides(op.op, reader.remote)
    changes = _changes(reader, op.kind, [(c["field"], c["from"], c["to"], c.get("why", "")) for c in op.changes], op.op)
    for conflict in op.preconditions.get("conflicts") or ():
        name = conflict["field"]
        ours = reader.show(Asked(op.kind, name, conflict["ours"], OURS))
        theirs = reader.show(Asked(op.kind, name, conflict["theirs"], THEIRS))
        changes.append(Change(reader.label(op.kind, name), ours, theirs, Verdict.ASK))
        sides.heads = ("Instep", reader.remote)
    sentences = [said(str(error["sentence"]), reader.remote) for error in op.errors]
    result = said(op.result, reader.remote)
    if result and result not in " ".join(sentences):
        sentences.append(result)
    state, tone = words.OP_STATES.get(op.state, ("", Tone.NEUTRAL))
    return OpRow(
        id=f"op-{op.plan_id}-{op.no}",
        verdict=verdict,
        tone=_tone(verdict),
        mark=_mark(verdict),
        title=op.label or _("No name"),
        kind=words.kind_word(op.kind, reader.terms, title=True),
        icon=words.ICONS.get(op.kind, "file"),
        does=words.op_word(op.op, reader.remote),
        url=words.record_url(op.kind, op.local_id),
        changes=changes,
        sentences=sentences,
        brief=_brief_of(op.op, [change["field"] for change in op.changes], changes),
        before=sides.heads[0],
        after=sides.heads[1],
        open=op.op == OpKind.HOLD
        or op.state == OpState.FAILED
        or (_is_update(op.op) and not _is_link_alone(op.changes)),
        state="" if op.state in _AS_PLANNED else str(state),
        state_tone=tone,
        details_url=reverse("connect:row", args=[op.plan_id, op.no])
        if op.op not in _WRITES_NO_VALUE and op.body
        else "",
    )


def _joined(ops: Sequence[PlanOp], rows: list[OpRow]) -> list[OpRow]:
    """Without the rows that only link what the row after them changes: that one says both."""
    shown: list[OpRow] = []
    for i, row in enumerate(rows):
        following = ops[i + 1] if i + 1 < len(ops) else None
        linked = ops[i].op == OpKind.LINK and ops[i].state in (OpState.PROPOSED, OpState.APPLIED)
        if linked and following is not None and _same_record(ops[i], following):
            continue
        follows = i and ops[i - 1].op == OpKind.LINK and _same_record(ops[i - 1], ops[i])
        said = _("Linked; %(then)s") % {"then": row.does[:1].lower() + row.does[1:]}
        shown.append(replace(row, does=said) if follows else row)
    return shown


def _same_record(one: PlanOp, other: PlanOp) -> bool:
    return (one.plan_id, one.kind, one.local_id, one.remote_id) == (
        other.plan_id,
        other.kind,
        other.local_id,
        other.remote_id,
    )


# --- journals -----------------------------------------------------------------------------------------------


def _journal_row(reader: Reader, entry: JournalEntry) -> OpRow:
    state, tone = words.OUTCOMES.get(entry.outcome, (entry.outcome, Tone.NEUTRAL))
    refused = entry.outcome == "refused"
    verdict = Verdict.FAILED if refused else words.verdict_of(entry.op, [])
    sides = _sides(entry.op, reader.remote)
    changes = _changes(reader, entry.kind, [(name, *pair, "") for name, pair in _pairs(entry.fields)], entry.op)
    return OpRow(
        id=f"entry-{entry.pk}",
        verdict=verdict,
        tone=_tone(verdict),
        mark=_mark(verdict),
        title=entry.label or _("No name"),
        kind=words.kind_word(entry.kind, reader.terms, title=True),
        icon=words.ICONS.get(entry.kind, "file"),
        does=str(state) if entry.outcome == "left" else words.op_word(entry.op, reader.remote),
        url=words.record_url(entry.kind, entry.local_id),
        changes=changes,
        sentences=[said(entry.detail, reader.remote)] if entry.detail else [],
        brief=_brief_of(entry.op, list(entry.fields), changes),
        before=sides.heads[0],
        after=sides.heads[1],
        open=refused or (_is_update(entry.op) and list(entry.fields) != [_DEEP_LINK]),
        state="" if entry.outcome in ("done", "left") else str(state),
        state_tone=tone,
        at=entry.at,
        at_words=reader.form.time(entry.at),
        took_ms=entry.duration_ms,
    )


# --- both ---------------------------------------------------------------------------------------------------


def _changes(reader: Reader, kind: str, rows: Sequence[tuple[str, Any, Any, str]], op: str) -> list[Change]:
    sides = _sides(op, reader.remote)
    new = op in (OpKind.CREATE_HERE, OpKind.CREATE_THERE)
    return [
        Change(
            reader.label(kind, name),
            reader.show(Asked(kind, name, before, sides.before)),
            reader.show(Asked(kind, name, after, sides.after)),
            Verdict.NEW if new else Verdict.CHANGED,
            _why(why, op, reader.remote),
        )
        for name, before, after, why in rows
    ]


def _is_update(op: str) -> bool:
    return op in (OpKind.UPDATE_HERE, OpKind.UPDATE_THERE)


def _is_link_alone(changes: Sequence[dict[str, Any]]) -> bool:
    """The remote only learns where the record's page is: nothing to read closely."""
    return [change["field"] for change in changes] == [_DEEP_LINK]


def _why(why: str, op: str, remote: str) -> str:
    if why == "default":
        return _("The record it refers to is not linked, so the connection's default stands in.")
    if why.startswith(BY_POLICY):
        rule = words.policy_word(why.removeprefix(BY_POLICY), remote)
        return _("Both sides changed it. The field's rule decides: %(rule)s. The other value is kept.") % {"rule": rule}
    if why == "not allowed by map":
        owner, other = ("Instep", remote) if op == OpKind.UPDATE_THERE else (remote, "Instep")
        return _("%(owner)s owns this field: the edit in %(other)s is put back.") % {"owner": owner, "other": other}
    return why


def _sides(op: str, remote: str) -> _Sides:
    if op in (OpKind.UPDATE_THERE, OpKind.CREATE_THERE):
        return _Sides(THEIRS, OURS, (_("In %(remote)s now") % {"remote": remote}, _("After")))
    return _Sides(OURS, OURS, (_("In Instep now"), _("After")))


def _both(kind: str, name: str, before: Any, after: Any, sides: _Sides) -> tuple[Asked, Asked]:
    return Asked(kind, name, before, sides.before), Asked(kind, name, after, sides.after)


def _pairs(fields: dict[str, Any]) -> list[tuple[str, tuple[Any, Any]]]:
    return [(name, (pair[0], pair[1])) for name, pair in fields.items() if isinstance(pair, list) and len(pair) == 2]


def _brief_of(op: str, names: Sequence[str], changes: Sequence[Change]) -> str:
    """On the closed line: the first values of a new record after its name, or that only a link is given."""
    if _is_update(op):
        return _("gets the link to its page here") if list(names) == [_DEEP_LINK] else ""
    if op not in (OpKind.CREATE_HERE, OpKind.CREATE_THERE):
        return ""
    told = [c for name, c in zip(names, changes, strict=False) if name not in ("name", _DEEP_LINK)]
    said = [" ".join(str(c.after).split()) for c in told if c.after and isinstance(c.after, str) and "<" not in c.after]
    short = [text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…" for text in said[:_BRIEF]]
    return " · ".join(short)


def _tone(verdict: Verdict) -> Tone:
    return Change("", None, None, verdict).tone


def _mark(verdict: Verdict) -> str:
    return Change("", None, None, verdict).mark
