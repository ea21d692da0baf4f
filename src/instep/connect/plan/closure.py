"""What goes only with what: rows that need others of their plan, and rows that nothing needs without them. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from instep.connect.fieldmap import Field, RecordMap, Reference, Rows
from instep.connect.translate import Lookups


@dataclass(frozen=True, slots=True)
class Piece:
    """A row of a plan: the record that it brings ("invoice:17"), and those that it needs of the same plan."""

    no: int
    makes: str = ""
    needs: Collection[str] = ()
    follows: Collection[int] = ()
    """Rows of the same record that come first."""
    along: bool = False
    """It is made only for others."""


def needs_of(
    record_map: RecordMap, ours: Mapping[str, Any] | None, theirs: Mapping[str, Any] | None, lookups: Lookups
) -> list[str]:
    """Records of ours that this one refers to and that its plan makes or links."""
    found = set()
    for kind, value in _targets(record_map, ours) if ours is not None else ():
        if value is not None:
            found.add((kind, int(value)))
    for f in record_map.fields if ours is None else ():
        if isinstance(f.lens, Reference):
            found.add((f.lens.kind, lookups.local_of.get((f.lens.kind, str((theirs or {}).get(f.theirs))), 0)))
    return sorted(f"{kind}:{key}" for kind, key in found if (kind, key) in lookups.coming | lookups.joining)


def named_by(record_map: RecordMap, ours: Mapping[str, Any]) -> set[str]:
    """Every record of ours that this one refers to."""
    return {f"{kind}:{value}" for kind, value in _targets(record_map, ours) if value is not None}


def _targets(record_map: RecordMap, ours: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for f in record_map.fields:
        yield from _in_field(f, ours.get(f.ours))
    for name in record_map.after:
        yield record_map.kind.field(name).ref or "", ours.get(name)


def _in_field(f: Field, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(f.lens, Reference):
        yield f.lens.kind, value
    elif isinstance(f.lens, Rows):
        for row in value or ():
            for each in f.lens.fields:
                yield from _in_field(each, row.get(each.ours))


def left_out_with(pieces: Sequence[Piece], out: Collection[int]) -> tuple[set[int], set[int]]:
    """(what depends on rows that are left out, what is then made for nobody): numbers of further rows."""
    makers: dict[str, set[int]] = {}
    needed_by: dict[str, set[int]] = {}
    for piece in pieces:
        if piece.makes:
            makers.setdefault(piece.makes, set()).add(piece.no)
        for need in piece.needs:
            needed_by.setdefault(need, set()).add(piece.no)
    gone, depend, idle = set(out), set[int](), set[int]()
    while True:
        more = {p.no for p in pieces if p.no not in gone and _lost(p, makers, gone)}
        empty = {p.no for p in pieces if p.along and p.no not in gone and _for_nobody(p, needed_by, gone)} - more
        if not more and not empty:
            return depend, idle
        depend, idle, gone = depend | more, idle | empty, gone | more | empty


def _lost(piece: Piece, makers: Mapping[str, set[int]], gone: set[int]) -> bool:
    return any(need in makers and makers[need] <= gone for need in piece.needs) or not gone.isdisjoint(piece.follows)


def _for_nobody(piece: Piece, needed_by: Mapping[str, set[int]], gone: set[int]) -> bool:
    return piece.makes in needed_by and needed_by[piece.makes] <= gone
