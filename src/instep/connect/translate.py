"""Values from one side's words to the other's: lenses, references through links, choices through value maps. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from instep.connect.fieldmap import Choice, Field, Place, RecordMap, Reference, Rows, lens_of
from instep.connect.protocols import Connector, SendsAlong
from instep.kernel.errors import Refusal
from instep.kernel.records.kinds import FieldType, RecordField, canon


@dataclass(frozen=True, slots=True)
class Lookups:
    """What references and choices are looked up in, loaded for the records at hand."""

    remote_of: Mapping[tuple[str, int], str] = field(default_factory=dict)
    """(kind, our id) -> their id, for linked records."""
    local_of: Mapping[tuple[str, str], int] = field(default_factory=dict)
    """(kind, their id) -> our id."""
    coming: frozenset[tuple[str, int]] = frozenset()
    """Our records that the plan at hand creates there: their id is not known yet, a placeholder stands for it."""
    joining: frozenset[tuple[str, int]] = frozenset()
    """Our records that the plan at hand links with one of theirs."""
    coming_here: frozenset[tuple[str, str]] = frozenset()
    """Their records that the plan at hand creates here."""
    older_here: frozenset[tuple[str, int]] = frozenset()
    """Our records that are not linked and older than the connection carries."""
    older_there: frozenset[tuple[str, str]] = frozenset()
    choices_there: Mapping[tuple[str, str], str] = field(default_factory=dict)
    choices_here: Mapping[tuple[str, str], str] = field(default_factory=dict)
    defaults: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Value:
    """A translated value."""

    value: Any
    defaulted: bool = False
    waits_on: str = ""
    """Of a default: the record whose link would say it properly."""


@dataclass(frozen=True, slots=True)
class Waits:
    """It cannot be said yet: this record must be linked first ("organisation:17", "there:companies:9")."""

    on: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Missing:
    """A value that the value map does not know: an error of the operation, never an empty value."""

    code: str
    sentence: str
    more: tuple[Missing, ...] = ()
    """Of rows: what else is missing in them."""


@dataclass(frozen=True, slots=True)
class Leave:
    """This field is left as it is on the side that would be written, until the record it names is linked."""

    sentence: str
    waits_on: str = ""


Translated = Value | Waits | Missing | Leave


def placeholder(kind: str, local_id: int) -> dict[str, list[Any]]:
    """Stands in a stored body for the remote id of a record that the same plan creates."""
    return {"$ref": [kind, local_id]}


def references_in(value: Any) -> Iterator[tuple[str, int]]:
    """(kind, our id) of every placeholder in a stored body, rows included."""
    if isinstance(value, Mapping):
        if "$ref" in value:
            kind, local_id = value["$ref"]
            yield kind, local_id
            return
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from references_in(each)


def put_in(value: Any, ids: Mapping[tuple[str, int], str]) -> Any:
    """The stored body with remote ids in the place of placeholders. Raises KeyError when one is not known."""
    if isinstance(value, Mapping):
        if "$ref" in value:
            kind, local_id = value["$ref"]
            return ids[kind, local_id]
        return {name: put_in(each, ids) for name, each in value.items()}
    if isinstance(value, list):
        return [put_in(each, ids) for each in value]
    return value


def said_along(connector: Connector, remote_type: str, seen: Mapping[str, Any]) -> dict[str, Any]:
    """What an update had better repeat of their record as last read, where the remote empties what is not named."""
    names = connector.sends_along.get(remote_type, ()) if isinstance(connector, SendsAlong) else ()
    return {name: seen[name] for name in names if name in seen}


def canon_ours(record_map: RecordMap, f: Field, value: Any, place: Place) -> Any:
    """Our value as it is compared."""
    return canon(record_map.kind.field(f.ours).type, value, region=place.region, country=place.country)


def canon_theirs(record_map: RecordMap, f: Field, value: Any, place: Place) -> Any:
    """Their value as it is compared."""
    if isinstance(f.lens, Reference):
        return None if value in (None, "", 0) else str(value)
    if isinstance(f.lens, Choice | Rows):
        type_ = FieldType.ROWS if isinstance(f.lens, Rows) else FieldType.TEXT
        return canon(type_, value, region=place.region, country=place.country)
    return record_map.lens(f).canon_theirs(value, place=place)


def canonical_ours(record_map: RecordMap, values: Mapping[str, Any], place: Place) -> dict[str, Any]:
    """Our mapped fields, canonical, by our field name."""
    return {f.ours: canon_ours(record_map, f, values.get(f.ours), place) for f in record_map.fields}


def canonical_theirs(record_map: RecordMap, raw: Mapping[str, Any], place: Place) -> dict[str, Any]:
    """Their mapped fields, canonical, by our field name; what is absent from `raw` is absent here."""
    return {f.ours: canon_theirs(record_map, f, raw[f.theirs], place) for f in record_map.fields if f.theirs in raw}


def to_theirs(record_map: RecordMap, f: Field, ours: Any, *, known: Any, lookups: Lookups, place: Place) -> Translated:
    """Our value in their words. `known` is theirs as it stands."""
    named = record_map.kind.field(f.ours)
    if isinstance(f.lens, Rows):
        return _rows_to_theirs(named, f.lens, ours or [], lookups=lookups, place=place)
    return _to_theirs(named, f, ours, known=known, lookups=lookups, place=place)


def _rows_to_theirs(named: RecordField, rows: Rows, ours: Any, *, lookups: Lookups, place: Place) -> Translated:
    """Every row in their words. What cannot be said is told once, with the number of the first row that has it."""
    fields = {each.name: each for each in named.row}
    said: list[dict[str, Any]] = []
    waits_on = ""
    missing: dict[str, Missing] = {}
    for number, row in enumerate(ours, start=1):
        theirs: dict[str, Any] = {}
        for f in rows.fields:
            value = _to_theirs(fields[f.ours], f, row.get(f.ours), known=None, lookups=lookups, place=place)
            where = f"{named.label}, row {number}"
            if isinstance(value, Waits):
                return replace(value, sentence=f"{where}: {value.sentence}")
            if isinstance(value, Missing):
                missing.setdefault(value.sentence, replace(value, sentence=f"{where}: {value.sentence}"))
            elif isinstance(value, Leave):
                waits_on = value.waits_on
            elif value.value not in (None, ""):
                theirs[f.theirs] = value.value
        said.append(theirs)
    if missing:
        first, *rest = missing.values()
        return replace(first, more=tuple(rest))
    return Value(said, waits_on=waits_on)


def _to_theirs(named: RecordField, f: Field, ours: Any, *, known: Any, lookups: Lookups, place: Place) -> Translated:
    if isinstance(f.lens, Reference):
        if ours is None:
            default = lookups.defaults.get(f.lens.kind) if f.lens.unlinked == "default" else None
            return Value(default, defaulted=default is not None)
        target = (f.lens.kind, int(ours))
        if target in lookups.remote_of:
            return Value(lookups.remote_of[target])
        if target in lookups.coming:
            return Value(placeholder(*target))
        if f.lens.unlinked == "default" and f.lens.kind in lookups.defaults:
            return Value(lookups.defaults[f.lens.kind], defaulted=True, waits_on=f"{f.lens.kind}:{ours}")
        label = named.label
        if f.lens.unlinked in ("leave", "default"):
            return Leave(
                f"{label}: that record is not linked yet, so the remote's value is left as it is.",
                f"{f.lens.kind}:{ours}",
            )
        return Waits(
            f"{f.lens.kind}:{ours}",
            f"{label} has no counterpart in the remote yet. It goes as soon as that one is linked.",
        )
    if isinstance(f.lens, Choice):
        if ours is None:
            return Value(None)
        theirs = lookups.choices_there.get((f.lens.domain, str(ours)))
        if theirs is None:
            label = named.label
            return Missing(
                "value_not_mapped", f"{label} “{ours}” has no counterpart in the remote. Add it to the value map."
            )
        return Value(theirs)
    try:
        value = lens_of(f, named).to_theirs(ours, known=known, place=place)
    except Refusal as refusal:
        return Missing("cannot_be_said", f"{named.label}: {refusal}")
    if f.max_length is not None and isinstance(value, str) and len(value) > f.max_length:
        label = named.label
        return Missing(
            "too_long",
            f"{label} has {len(value)} characters and the remote takes {f.max_length}. Shorten it; it is never cut.",
        )
    return Value(value)


def to_ours(record_map: RecordMap, f: Field, theirs: Any, *, known: Any, lookups: Lookups, place: Place) -> Translated:
    """Their value in our words. `known` is ours as it stands."""
    label = record_map.kind.field(f.ours).label
    if isinstance(f.lens, Rows):
        return Leave(f"{label} travel from here alone.")
    if isinstance(f.lens, Reference):
        if theirs in (None, "", 0):
            return Value(None)
        local = lookups.local_of.get((f.lens.kind, str(theirs)))
        if local is not None:
            return Value(local)
        if (f.lens.kind, str(theirs)) in lookups.coming_here:
            return Value({"$here": [f.lens.kind, str(theirs)]})
        if f.lens.unlinked == "wait":
            return Waits(f"there:{f.lens.kind}:{theirs}", f"{label} is not linked yet. It comes as soon as it is.")
        return Leave(
            f"{label}: the remote's record has no counterpart here, so ours is left as it is.",
            f"there:{f.lens.kind}:{theirs}",
        )
    if isinstance(f.lens, Choice):
        if theirs in (None, ""):
            return Value(None)
        ours = lookups.choices_here.get((f.lens.domain, str(theirs)))
        if ours is None:
            return Missing("value_not_mapped", f"{label} “{theirs}” is not in the value map. Add it there.")
        return Value(ours)
    try:
        return Value(record_map.lens(f).to_ours(theirs, known=known, place=place))
    except Refusal as refusal:
        return Missing("cannot_be_said", f"{label}: {refusal}")


def carried_equals(
    record_map: RecordMap, f: Field, *, ours_raw: Any, theirs_raw: Any, theirs: Any, lookups: Lookups, place: Place
) -> bool:
    """Whether ours, carried over, is what they already have (up to canonical form)."""
    carried = to_theirs(record_map, f, ours_raw, known=theirs_raw, lookups=lookups, place=place)
    return isinstance(carried, Value) and canon_theirs(record_map, f, carried.value, place) == theirs
