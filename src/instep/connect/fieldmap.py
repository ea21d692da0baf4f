"""Field maps as data: which field is which, which way it travels, and the lens that turns one side into the other.

A map is checked when it is made: unknown fields, a field mapped twice, and lenses that do not keep their laws are
errors at import, not at a client's month end. The laws hold up to the canonical form of each side:

    canon_theirs(to_theirs(to_ours(theirs))) == canon_theirs(theirs)
    canon_ours(to_ours(to_theirs(ours)))     == canon_ours(ours)

A lens may look at the value it replaces (`known`), so that a name that was merged is split again into the same parts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from instep.kernel.ids import fingerprint
from instep.kernel.records.kinds import FieldType, Kind, RecordField, canon, samples


class Way(StrEnum):
    """Which way a field travels, seen from Instep."""

    BOTH = "both"
    PUSH = "push"
    """Ours to theirs: Instep owns it."""
    PULL = "pull"
    """Theirs to ours: the remote owns it."""
    SEED = "seed"
    """The first value may come from the remote; from then on Instep owns it."""
    SEED_THERE = "seed_there"
    """The first value may come from Instep; from then on the remote owns it."""
    ONCE = "once"
    """Ours to theirs when the record is made there, and never again: what was given stays as it was. What is changed
    there afterwards is shown to a person, not overwritten."""


SEEDED = (Way.SEED, Way.SEED_THERE)
TWO_WAY = (Way.BOTH, Way.SEED, Way.SEED_THERE)
"""Ways on which a value may come back: only for a lens that keeps its laws."""


class Mark(StrEnum):
    """How sure it is that the remote has a field so. Each remote's fact sheet gives the marks."""

    DOCUMENTED = "documented"
    """Its own public pages say so."""
    RECORDED = "recorded"
    """Seen in a real answer of it."""
    ASSUMED = "assumed"
    """Our reading; a real account may differ."""


@dataclass(frozen=True, slots=True)
class Place:
    """What the canonical form of a value depends on: the firm's country and telephone region."""

    country: str = "AU"
    region: str = "AU"
    currency: str = "AUD"


class Lens(Protocol):
    """Turns values between the sides. `canon_theirs` is idempotent; neither function sees the database."""

    def to_theirs(self, ours: Any, *, known: Any, place: Place) -> Any: ...

    def to_ours(self, theirs: Any, *, known: Any, place: Place) -> Any: ...

    def canon_theirs(self, theirs: Any, *, place: Place) -> Any: ...


@dataclass(frozen=True, slots=True)
class Same:
    """The value as it is; their canonical form is that of our field type."""

    type: FieldType

    def to_theirs(self, ours: Any, *, known: Any, place: Place) -> Any:
        return ours

    def to_ours(self, theirs: Any, *, known: Any, place: Place) -> Any:
        return theirs

    def canon_theirs(self, theirs: Any, *, place: Place) -> Any:
        return canon(self.type, theirs, region=place.region, country=place.country)


@dataclass(frozen=True, slots=True)
class Reference:
    """A record of another kind: our id and their id, joined by its link. The engine resolves it.

    `unlinked` says what happens when that record has no link: "wait" holds ours until it has one, "default" sends the
    connection's default (marked as such, never brought back), "leave" leaves the field alone.
    """

    kind: str
    unlinked: str = "wait"


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a list that each side keeps, joined by the connection's value map. The engine resolves it."""

    domain: str


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of fields inside one field, each with a lens of its own. The engine resolves them; they travel from us
    alone. A value that is empty is left out of its row."""

    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Field:
    """One row of a map. `lens` None means the plain one of our field's type."""

    ours: str
    theirs: str
    way: Way = Way.BOTH
    lens: Lens | Reference | Choice | Rows | None = None
    max_length: int | None = None
    """Longest text the remote takes: a longer one holds the record, it is never cut."""
    note: str = ""
    """Shown beside the field, in a sentence."""
    mark: Mark = Mark.ASSUMED
    """Of `theirs`."""
    policy: str = ""
    """What decides where both sides changed it (policies.py), as the connection says; empty: a person."""


@dataclass(frozen=True, slots=True)
class MatchRule:
    """How two unlinked records are known to be the same: a strong rule links, a weak one only suggests.

    `also` are further (ours, theirs) fields that must be equal too.
    """

    ours: str
    theirs: str
    strong: bool
    also: tuple[tuple[str, str], ...] = ()
    near: tuple[str, int] = ("", 0)
    """(our field, days): their dates may be so many days apart, and no more. Of a weak rule."""
    recurs: bool = False
    """Two things may well be alike by it: a record that is linked already says nothing about another one."""

    @property
    def key(self) -> str:
        """What the rule's keys are kept under: "number", "number+total"."""
        return "+".join((self.ours, *(ours for ours, _ in self.also)))

    @property
    def parts(self) -> tuple[tuple[str, str], ...]:
        """Every (ours, theirs) field that the rule compares."""
        return ((self.ours, self.theirs), *self.also)


@dataclass(frozen=True, slots=True)
class RecordMap:
    """One kind of record at one remote. Raises ValueError when made with an unknown field or a lens without laws."""

    kind: Kind
    remote_type: str
    rank: int
    """Order of work: what others refer to comes first."""
    fields: tuple[Field, ...]
    match: tuple[MatchRule, ...] = ()
    creates_there: bool = True
    creates_here: bool = True
    needs_here: tuple[str, ...] = ()
    """Fields of ours without which a record of theirs is not taken over (it waits, and says why)."""
    needs_there: tuple[str, ...] = ()
    """Fields of ours without which our record is not sent (it waits, and says why)."""
    leaves: tuple[tuple[str, Any], ...] = ()
    """(our field, canonical value): a record of theirs that says so has ended there. It is not taken over when it was
    not before; of one that was, this alone is: what else it says counts no longer."""
    put_away: tuple[tuple[str, Any], ...] = ()
    """(their field, value): a record of theirs that says so is archived there, or void. It needs no field of ours."""
    endings: tuple[tuple[str, str, str], ...] = ()
    """(our field, end of their text, word): what became of a record of theirs that reads so, as "voided"."""
    after: tuple[str, ...] = ()
    """Our references that no field carries: the records they name must be there first."""
    along: bool = False
    """It is made there only for records that need it: where those stay behind, so does it."""
    sums: tuple[str, ...] = ()
    """Fields of ours that the remote works out by itself: where it makes something else of one, a person is told both,
    and it is not taken for agreed."""
    dated: str = ""
    """Our field with the date by which a record is older than the day from which a connection carries; empty: it never
    is."""
    goes_with: tuple[str, ...] = ()
    """Our references whose records say it first: with one that is left alone it is left alone, with linked ones it
    goes whatever its own date is."""
    stands: str = ""
    """Why a record that was made there is never taken back by an undo, and what to do instead; empty: it may be."""
    scope: str = ""
    """Of our records only those are carried that our side knows by this word; empty: all."""

    def __post_init__(self) -> None:
        names = set(self.kind.names)
        unknown = {f.ours for f in self.fields} - names
        if unknown:
            raise ValueError(f"{self.kind.key} has no field {sorted(unknown)}")
        for side in ("ours", "theirs"):
            seen = [getattr(f, side) for f in self.fields]
            twice = {s for s in seen if seen.count(s) > 1}
            if twice:
                raise ValueError(f"{self.kind.key}: mapped twice: {sorted(twice)}")
        for rule in self.match:
            for ours, _ in rule.parts:
                if ours not in names:
                    raise ValueError(f"{self.kind.key} has no field {ours!r} to match by")
        if unknown := {*self.sums, *self.goes_with, *filter(None, [self.dated])} - {f.ours for f in self.fields}:
            raise ValueError(f"{self.kind.key}: not mapped: {sorted(unknown)}")
        if unknown := {name for name in self.after if name not in names or not self.kind.field(name).ref}:
            raise ValueError(f"{self.kind.key}: no reference comes before it: {sorted(unknown)}")
        missing = {*self.needs_here, *self.needs_there} - {f.ours for f in self.fields}
        if missing:
            raise ValueError(f"{self.kind.key}: needs a field that is not mapped: {sorted(missing)}")
        for f in self.fields:
            self._check_laws(f)

    def field(self, ours: str) -> Field:
        """The row for our field; KeyError if it is not mapped."""
        for f in self.fields:
            if f.ours == ours:
                return f
        raise KeyError(ours)

    def rule(self, key: str) -> MatchRule:
        """The match rule with this key. Raises KeyError."""
        for found in self.match:
            if found.key == key:
                return found
        raise KeyError(key)

    @property
    def called(self) -> str:
        """Their field that says what a record is called: its name, else what it is recognised by; empty without."""
        names = [f.theirs for f in self.fields if f.ours == "name"]
        return next(iter([*names, *(rule.theirs for rule in self.match)]), "")

    def ending(self, theirs: Mapping[str, Any]) -> str:
        """The word for what became of a record with these canonical values there; empty while it stands."""
        return next((word for name, end, word in self.endings if str(theirs.get(name) or "").endswith(end)), "")

    def ended(self, theirs: Mapping[str, Any]) -> bool:
        """Whether a record with these canonical values has ended there."""
        return any(theirs.get(name) == value for name, value in self.leaves)

    def is_put_away(self, raw: Mapping[str, Any]) -> bool:
        """Whether a record that reads so there is archived, or void."""
        return any(raw.get(name) == value for name, value in self.put_away)

    def lens(self, f: Field) -> Lens:
        """The value lens of a row that is neither a reference nor a choice nor rows."""
        return lens_of(f, self.kind.field(f.ours))

    def choices(self) -> list[Field]:
        """Rows of the map that are one of a list, those inside rows included."""
        inside = [each for f in self.fields if isinstance(f.lens, Rows) for each in f.lens.fields]
        return [f for f in (*self.fields, *inside) if isinstance(f.lens, Choice)]

    def _check_laws(self, f: Field) -> None:
        ours_field = self.kind.field(f.ours)
        if isinstance(f.lens, Rows) or ours_field.type is FieldType.ROWS:
            self._check_rows(f, ours_field)
            return
        self._check_lens(f, ours_field)

    def _check_rows(self, f: Field, ours_field: RecordField) -> None:
        if not isinstance(f.lens, Rows) or ours_field.type is not FieldType.ROWS:
            raise ValueError(f"{self.kind.key}.{f.ours}: rows travel by a lens of rows, and nothing else does")
        if f.way is not Way.ONCE:
            raise ValueError(f"{self.kind.key}.{f.ours}: rows travel once")
        known = {each.name: each for each in ours_field.row}
        unknown = {each.ours for each in f.lens.fields} - set(known)
        if unknown:
            raise ValueError(f"{self.kind.key}.{f.ours} has no field {sorted(unknown)}")
        for each in f.lens.fields:
            self._check_lens(each, known[each.ours])

    def _check_lens(self, f: Field, ours_field: RecordField) -> None:
        if isinstance(f.lens, Reference):
            if ours_field.type is not FieldType.REF or ours_field.ref != f.lens.kind:
                raise ValueError(f"{self.kind.key}.{f.ours} does not refer to {f.lens.kind}")
            return
        if isinstance(f.lens, Choice):
            if ours_field.type is not FieldType.CHOICE:
                raise ValueError(f"{self.kind.key}.{f.ours} is not a choice")
            return
        place, lens = Place(), lens_of(f, ours_field)
        for value in samples(ours_field.type):
            broken = lens_law_broken(lens, ours_field.type, value, place)
            if broken and f.way in TWO_WAY:
                raise ValueError(f"{self.kind.key}.{f.ours}: {broken}; such a field may only travel one way")


def lens_of(f: Field, ours: RecordField) -> Lens:
    """The value lens of a field of ours. Raises TypeError where the engine resolves it."""
    if f.lens is None:
        return Same(ours.type)
    if isinstance(f.lens, Reference | Choice | Rows):
        raise TypeError(f"{f.ours} is resolved by the engine")
    return f.lens


def lens_law_broken(lens: Lens, type_: FieldType, ours: Any, place: Place) -> str:
    """The sentence that says which law `ours` breaks, or empty text."""

    def canon_ours(value: Any) -> Any:
        return canon(type_, value, region=place.region, country=place.country)

    theirs = lens.to_theirs(ours, known=None, place=place)
    back = lens.to_ours(theirs, known=ours, place=place)
    if canon_ours(back) != canon_ours(ours):
        return f"{ours!r} comes back as {back!r}"
    again = lens.to_theirs(lens.to_ours(theirs, known=None, place=place), known=theirs, place=place)
    if lens.canon_theirs(again, place=place) != lens.canon_theirs(theirs, place=place):
        return f"{theirs!r} returns as {again!r}"
    return ""


def fingerprint_source(maps: Mapping[str, RecordMap]) -> list[tuple[str, str, str, str]]:
    """What a map's version is made of: any change to a row changes it."""
    return [(kind, f.ours, f.theirs, f.way.value) for kind, m in sorted(maps.items()) for f in m.fields]


def fields_version(maps: Mapping[str, RecordMap]) -> str:
    """Changes with any row of any map: what was read before may lack fields that are looked at now."""
    return fingerprint([list(row) for row in fingerprint_source(maps)])
