"""The inverse of what one run did to one record: what was changed is put back, what was made is put away, what was
joined is parted. What somebody edited since is left, and said. No database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from instep.connect.fieldmap import Field, RecordMap
from instep.connect.merge import base_shown
from instep.connect.models import JournalEntry, LinkState, OpKind, Pair, Run
from instep.connect.place import Bench
from instep.connect.plan.subject import Draft, Known, Ours, Subject, Theirs, label_of
from instep.connect.removing import ARCHIVE, Removes
from instep.connect.translate import Lookups, Value, canon_ours, canon_theirs, canonical_ours, to_ours

if TYPE_CHECKING:
    from instep.base.identity.actor import Actor
    from instep.connect.protocols import LocalOutcome

HERE, THERE = "here", "there"
CHANGES = {OpKind.UPDATE_HERE: HERE, OpKind.UPDATE_THERE: THERE}
MAKES = {OpKind.CREATE_HERE: HERE, OpKind.CREATE_THERE: THERE}
PUTS_AWAY = (OpKind.ARCHIVE_HERE, OpKind.ARCHIVE_THERE)
UNKNOWN = object()
ENDINGS = {
    OpKind.ARCHIVE_HERE: "Such a record cannot be brought back here by an undo. Restore it on its own page.",
    OpKind.ARCHIVE_THERE: "It was put away in the remote. Bring it back there.",
    OpKind.DELETE_THERE: "It was deleted in the remote. The run's journal has all that it said; make it anew there.",
    OpKind.MOVE: "The remote merged its record into another one and the link went with it, so that stays.",
    OpKind.RESTORE_HERE: "It was brought back here. Archive it on its own page.",
}
"""Rows of a run after which a record was off the lists, or on them again, and what is said where that stays."""
NEEDED = "A record that stays refers to it, so it stays too."


@runtime_checkable
class PutsAwayAndBack(Protocol):
    """A side whose records can be taken off the lists and brought back; nothing of them is lost."""

    def archive(self, firm_id: int, ids: Sequence[int], *, by: Actor) -> list[LocalOutcome]:
        """Through the action that a page would call, a savepoint each, inside the caller's transaction; outcomes in
        the order of `ids`. Never raises a Refusal: it becomes an outcome."""
        ...

    def restore(self, firm_id: int, ids: Sequence[int], *, by: Actor) -> list[LocalOutcome]:
        """The same, the other way round."""
        ...


@dataclass(frozen=True, slots=True)
class Written:
    """A field that the run wrote: as it stood before, as it was to be (in our words), as the side keeps it."""

    before: Any
    after: Any
    kept: Any = UNKNOWN


@dataclass(slots=True)
class Inverse:
    """What takes back the entries of one record; `entries` are of one run, oldest first."""

    bench: Bench
    pair: Pair
    subject: Subject
    run: Run
    entries: Sequence[JournalEntry]
    lookups: Lookups
    needed: bool = False
    """A record that stays refers to it."""

    # --- the rows ----------------------------------------------------------------------------------------------------

    def drafts(self) -> list[Draft]:
        """The rows, in the order they run; empty when nothing of it stands any more."""
        if self.link.unsettled:
            return [self._left(self._last_op(), "unsettled", "A write about it got no answer yet. Try again later.")]
        ops = {entry.op for entry in self.entries}
        if OpKind.UNLINK in ops:
            return self._joined_again()
        if self.link.state != LinkState.LIVE:
            sentence = "Its two records are not linked any more, so nothing of it is taken back."
            return [self._left(self._last_op(), "not_linked", sentence)]
        rows = [row for side in (HERE, THERE) if _made(side) not in ops for row in self._put_back(side)]
        if OpKind.CREATE_HERE in ops:
            return [*rows, *self._put_away_here()]
        if OpKind.CREATE_THERE in ops:
            return [*rows, *self._put_away_there()]
        if OpKind.LINK in ops:
            rows.append(self._parted())
        return [*rows, *(row for op in ENDINGS if op in ops for row in self._back_again(op))]

    # --- fields ------------------------------------------------------------------------------------------------------

    def _put_back(self, side: str) -> list[Draft]:
        """The fields that the run changed on one side, as they were before it; those that were edited since, left."""
        written = self.written(side, CHANGES)
        op = _change(side)
        if not written:
            return []
        if self.now(side) is None or (side == HERE and self.ours is not None and self.ours.archived):
            return [self._left(op, "gone", f"The record {_where(side)} is gone or put away, so it stays as it is.")]
        back, edited = self._draft(op), self._draft(op)
        for name, value in written.items():
            f = self._mapped(name)
            if f is None:
                continue
            now, was = self._canon(side, name), self._canon_of(side, f, value.before)
            if now == was:
                continue  # it is as it was already
            if now != (self._meant(side, f, value) if value.kept is UNKNOWN else value.kept):
                edited.changes.append(self._edited(side, f, value))
            else:
                self._restore(back, side, f, value, was=was, now=now)
        if edited.changes:
            labels = ", ".join(self.map.kind.field(c["field"]).label for c in edited.changes)
            edited.left = True
            edited.errors.append(
                {
                    "code": "edited_since",
                    "sentence": f"{labels}: changed {_where(side)} since the run wrote it, so it stays as it is.",
                }
            )
        return [*([back] if back.body else []), *([edited] if edited.left else [])]

    def _restore(self, row: Draft, side: str, f: Field, value: Written, *, was: Any, now: Any) -> None:
        """One field back to its value before the run. The other side stays, and both are remembered as they stand."""
        name = f.ours
        if side == HERE:
            row.body[name] = value.before
            row.remember(name, was, self.link.base_b.get(name, self._canon(THERE, name)))
            row.checks.setdefault("ours", {})[name] = now
            change = {"field": name, "from": self._raw(HERE, f), "to": value.before, "why": ""}
        else:
            row.body[f.theirs] = value.before
            row.remember(name, self.link.base_a.get(name, self._canon(HERE, name)), was)
            row.checks.setdefault("theirs", {})[name] = now
            change = {"field": name, "from": self._raw(THERE, f), "to": self._in_our_words(f, value.before), "why": ""}
        row.changes.append(change)

    def _edited(self, side: str, f: Field, value: Written) -> dict[str, Any]:
        """What the run wrote and what is there now, in the words that the page expects before and after."""
        now = self._raw(side, f)
        if side == HERE:
            return {"field": f.ours, "from": value.after, "to": now, "why": ""}
        wrote = value.after if value.kept is UNKNOWN else value.kept
        return {"field": f.ours, "from": wrote, "to": self._in_our_words(f, now), "why": ""}

    # --- records -----------------------------------------------------------------------------------------------------

    def _put_away_here(self) -> list[Draft]:
        """Ours was made by the run: off the lists with it, and the link with it."""
        op = OpKind.ARCHIVE_HERE
        if self.ours is None or self.ours.archived:
            return [self._parted()]
        if self.needed:
            return [self._left(op, "needed", NEEDED)]
        if not isinstance(self.bench.side_of(self.pair), PutsAwayAndBack):
            return [self._left(op, "stays", "Such a record cannot be put away here. Take it back on its own page.")]
        edited = self._edits(HERE)
        if edited is not None:
            return [edited]
        row = self._draft(op)
        row.checks["ours"] = self._kept(HERE)
        return [row, self._parted(after=row)]

    def _put_away_there(self) -> list[Draft]:
        """Theirs was made by the run. Where the remote cannot put it away it stays there, and is not brought here."""
        op = OpKind.ARCHIVE_THERE
        if self.map.stands:
            return [self._left(op, "stands", self.map.stands)]
        if self.needed:
            return [self._left(op, "needed", NEEDED)]
        if self.theirs is None or self.theirs.gone:
            return [self._parted()]
        connector = self.bench.connector
        if not isinstance(connector, Removes) or ARCHIVE not in connector.removes.get(self.pair.remote_type, ()):
            row = self._parted()
            row.facts["note"] = "The remote cannot put it away: it stays there, and is not brought here again."
            return [row]
        edited = self._edits(THERE)
        if edited is not None:
            return [edited]
        row = self._draft(op)
        row.body = {"how": ARCHIVE}
        row.checks["theirs"] = self._kept(THERE)
        return [row, self._parted(after=row)]

    def _edits(self, side: str) -> Draft | None:
        """A row that says what somebody made of a record since the run made it; None when it is as it was made."""
        kept = self._kept(side)
        written = self.written(side, {**CHANGES, **MAKES})
        names = [name for name, value in kept.items() if self._canon(side, name) != value]
        if not names:
            return None
        op = OpKind.ARCHIVE_HERE if side == HERE else OpKind.ARCHIVE_THERE
        labels = ", ".join(self.map.kind.field(name).label for name in names)
        row = self._left(
            op, "edited_since", f"{labels}: changed {_where(side)} since the run made it, so the record stays."
        )
        for name in names:
            value = written.get(name, Written(None, None, kept[name]))
            row.changes.append(self._edited(side, self.map.field(name), value))
        return row

    def _parted(self, after: Draft | None = None) -> Draft:
        """The two are not in sync any more, until a person says so; neither record is touched by that."""
        row = self._draft(OpKind.UNLINK)
        both = self.link.base_a.keys() & self.link.base_b.keys()
        row.base = {name: [self.link.base_a[name], self.link.base_b[name]] for name in both}
        row.phase = dict(self.link.phase)
        row.facts = {"undone": self.run.pk}
        row.link_first = after is not None
        return row

    def _back_again(self, op: OpKind) -> list[Draft]:
        """A record that the run took away because its counterpart had ended: ours comes back, and somebody is asked
        about it then; the rest is said."""
        if op is not OpKind.ARCHIVE_HERE:
            return [self._left(op, "stays", ENDINGS[op])]
        if self.ours is None or not self.ours.archived:
            return []  # it is back already, or gone for good
        if not isinstance(self.bench.side_of(self.pair), PutsAwayAndBack):
            return [self._left(OpKind.RESTORE_HERE, "stays", ENDINGS[op])]
        return [self._draft(OpKind.RESTORE_HERE)]

    def _joined_again(self) -> list[Draft]:
        """The run parted them, or put one away: as they were before it."""
        entry = next(entry for entry in reversed(self.entries) if entry.op == OpKind.UNLINK)
        if self.link.decision.get("undone") is None or self.link.state != LinkState.HELD:
            sentence = "Somebody decided about this record since, so it stays as it is."
            return [self._left(OpKind.LINK, "decided_since", sentence)]
        if self.ours is None or self.theirs is None or self.theirs.gone:
            return [self._left(OpKind.LINK, "gone", "One of the two records is gone, so they cannot be linked again.")]
        base = entry.plan_op.base if entry.plan_op is not None else {}
        row = self._draft(OpKind.LINK)
        row.base = base or self._as_they_stand()
        row.phase = dict(entry.plan_op.phase) if entry.plan_op is not None else {}
        rows = [row]
        if OpKind.ARCHIVE_THERE in {entry.op for entry in self.entries}:
            sentence = "It was put away there. Bring it back there, then link the two again."
            return [self._left(OpKind.LINK, "put_away_there", sentence)]
        if OpKind.ARCHIVE_HERE in {entry.op for entry in self.entries} and self.ours.archived:
            rows.insert(0, self._draft(OpKind.RESTORE_HERE))
        known = replace(self.link, base_a={n: v[0] for n, v in row.base.items()}, state=LinkState.LIVE)
        known = replace(known, base_b={n: v[1] for n, v in row.base.items()})
        joined = replace(self, subject=replace(self.subject, link=known))
        for back in (back for side in (HERE, THERE) for back in joined._put_back(side)):
            back.link_first = not back.left
            rows.append(back)
        return rows

    def _as_they_stand(self) -> dict[str, list[Any]]:
        return {f.ours: [self._canon(HERE, f.ours), self._canon(THERE, f.ours)] for f in self.map.fields}

    # --- what is known -----------------------------------------------------------------------------------------------

    @property
    def map(self) -> RecordMap:
        return self.bench.map_of(self.pair)

    @property
    def link(self) -> Known:
        assert self.subject.link is not None
        return self.subject.link

    @property
    def ours(self) -> Ours | None:
        return self.subject.ours

    @property
    def theirs(self) -> Theirs | None:
        return self.subject.theirs

    def now(self, side: str) -> Mapping[str, Any] | None:
        """The record of a side as it stands, canonical; None when it is gone."""
        if side == HERE:
            return canonical_ours(self.map, self.ours.raw, self.bench.place) if self.ours is not None else None
        return self.theirs.canonical if self.theirs is not None and not self.theirs.gone else None

    def written(self, side: str, ops: Mapping[OpKind, str]) -> dict[str, Written]:
        """What the run wrote to one side by these operations, all in all: several entries of a field are one."""
        found: dict[str, Written] = {}
        for entry in self.entries:
            if entry.side != side or entry.op not in ops:
                continue
            kept = _kept_by(entry, side)
            for name, (before, after) in entry.fields.items():
                first = found.get(name)
                found[name] = Written(first.before if first else before, after, kept.get(name, UNKNOWN))
        return found

    def _kept(self, side: str) -> dict[str, Any]:
        """A record that the run made, as that side kept it in the end, by field."""
        found: dict[str, Any] = {}
        for entry in self.entries:
            if entry.side == side and entry.op in {**CHANGES, **MAKES}:
                found |= _kept_by(entry, side)
        mapped = {f.ours for f in self.map.fields}
        return {name: value for name, value in found.items() if name in mapped and value is not UNKNOWN}

    def _mapped(self, name: str) -> Field | None:
        return next((f for f in self.map.fields if f.ours == name), None)

    def _canon(self, side: str, name: str) -> Any:
        return (self.now(side) or {}).get(name)

    def _canon_of(self, side: str, f: Field, value: Any) -> Any:
        canon = canon_ours if side == HERE else canon_theirs
        return canon(self.map, f, value, self.bench.place)

    def _meant(self, side: str, f: Field, value: Written) -> Any:
        """What the side should say by now, where it is not known what it made of it."""
        if side == HERE:
            return self._canon_of(HERE, f, value.after)
        return self.link.base_b.get(f.ours)

    def _raw(self, side: str, f: Field) -> Any:
        if side == HERE:
            return self.ours.raw.get(f.ours) if self.ours is not None else None
        return self.theirs.raw.get(f.theirs) if self.theirs is not None else None

    def _in_our_words(self, f: Field, theirs: Any) -> Any:
        """For a person to read: their value as ours would be."""
        known = self.ours.raw.get(f.ours) if self.ours is not None else None
        said = to_ours(self.map, f, theirs, known=known, lookups=self.lookups, place=self.bench.place)
        return said.value if isinstance(said, Value) else theirs

    def _last_op(self) -> OpKind:
        return OpKind(self.entries[-1].op)

    def _draft(self, op: OpKind) -> Draft:
        row = Draft(
            op,
            self.subject,
            label_of(self.subject) or self.entries[-1].label,
            local_id=self.link.local_id,
            remote_id=self.link.remote_id or "",
        )
        row.checks["undoes"] = [entry.pk for entry in self.entries if _is_of(entry, op)]
        redoes = [
            pk
            for entry in self.entries
            if _is_of(entry, op) and entry.plan_op is not None
            for pk in entry.plan_op.preconditions.get("undoes", ())
        ]
        if redoes:
            row.checks["redoes"] = redoes
        return row

    def _left(self, op: OpKind, code: str, sentence: str) -> Draft:
        row = self._draft(op)
        row.left = True
        row.errors.append({"code": code, "sentence": sentence})
        return row


TAKES_BACK = {
    OpKind.UPDATE_HERE: (OpKind.UPDATE_HERE,),
    OpKind.UPDATE_THERE: (OpKind.UPDATE_THERE,),
    OpKind.ARCHIVE_HERE: (OpKind.CREATE_HERE, OpKind.UPDATE_HERE),
    OpKind.ARCHIVE_THERE: (OpKind.CREATE_THERE, OpKind.UPDATE_THERE),
    OpKind.UNLINK: (OpKind.LINK, OpKind.CREATE_HERE, OpKind.CREATE_THERE),
    OpKind.LINK: (OpKind.UNLINK,),
    OpKind.RESTORE_HERE: (OpKind.ARCHIVE_HERE,),
}
"""Which entries of a run are taken back by a row of this operation."""


def _is_of(entry: JournalEntry, op: OpKind) -> bool:
    return entry.op in TAKES_BACK.get(op, ())


def _kept_by(entry: JournalEntry, side: str) -> dict[str, Any]:
    base = entry.plan_op.base if entry.plan_op is not None else {}
    return {name: base_shown(pair[0 if side == HERE else 1]) for name, pair in base.items()}


def _made(side: str) -> OpKind:
    return OpKind.CREATE_HERE if side == HERE else OpKind.CREATE_THERE


def _change(side: str) -> OpKind:
    return OpKind.UPDATE_HERE if side == HERE else OpKind.UPDATE_THERE


def _where(side: str) -> str:
    return "here" if side == HERE else "in the remote"
