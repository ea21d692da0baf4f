"""What records are called, on either side, so that plans, journals and conflicts show names instead of ids."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q

from instep.connect.models import Connection, Link, Observation, PlanOp
from instep.connect.registry import connector_for, side_for
from instep.kernel.errors import NotFound

Ours = tuple[str, int]
"""(kind, our id)"""
Theirs = tuple[str, str]
"""(kind, their id)"""


@dataclass(frozen=True, slots=True)
class Names:
    """Names of records of both sides."""

    ours: Mapping[Ours, str] = field(default_factory=dict)
    theirs: Mapping[Theirs, str] = field(default_factory=dict)


def said(sentence: str, remote: str) -> str:
    """A sentence of the engine, which knows no remote's name, with the name in it."""
    return sentence.replace("The remote", remote).replace("the remote", remote)


def labels_of(connection: Connection, kind: str, ids: Iterable[int]) -> dict[int, str]:
    """What our linked records are called."""
    rows = Link.objects.of(connection.firm_id).filter(connection=connection, kind=kind, local_id__in=list(ids))
    return dict(rows.values_list("local_id", "label"))


def seen_there(connection: Connection, op: PlanOp) -> Mapping[str, Any]:
    """The record of the remote that a planned row is about, as last read."""
    rows = Observation.objects.of(connection.firm_id).filter(connection=connection, remote_type=op.remote_type)
    return rows.filter(remote_id=op.remote_id).values_list("raw", flat=True).first() or {}


def names_of(connection: Connection, ours: Iterable[Ours], theirs: Iterable[Theirs]) -> Names:
    """The names of these records. One query knows the linked ones; the rest take one a kind here and one in all there.

    A record that nobody knows any more is missing.
    """
    wanted_ours, wanted_theirs = set(ours), set(theirs)
    if not wanted_ours and not wanted_theirs:
        return Names()
    here: dict[Ours, str] = {}
    there: dict[Theirs, str] = {}
    asked = Q(pk__in=[])
    for kind in {key[0] for key in (*wanted_ours, *wanted_theirs)}:
        ids = [record_id for known, record_id in wanted_ours if known == kind]
        remote_ids = [remote_id for known, remote_id in wanted_theirs if known == kind]
        asked |= Q(kind=kind) & (Q(local_id__in=ids) | Q(remote_id__in=remote_ids))
    rows = Link.objects.of(connection.firm_id).filter(asked, connection=connection).exclude(label="").order_by("id")
    for kind, local_id, remote_id, label in rows.values_list("kind", "local_id", "remote_id", "label"):
        if local_id is not None:
            here[kind, local_id] = label
        if remote_id is not None:
            there[kind, remote_id] = label
    _read_here(connection, wanted_ours - here.keys(), here)
    _read_there(connection, wanted_theirs - there.keys(), there)
    return Names(here, there)


def _read_here(connection: Connection, missing: set[Ours], found: dict[Ours, str]) -> None:
    for kind in {kind for kind, _ in missing}:
        try:
            side = side_for(kind)
        except NotFound:
            continue
        for record in side.read(connection.firm_id, [record_id for known, record_id in missing if known == kind]):
            found[kind, record.id] = record.label


def _read_there(connection: Connection, missing: set[Theirs], found: dict[Theirs, str]) -> None:
    maps = connector_for(connection.provider).maps
    types = {maps[kind].remote_type: maps[kind] for kind, _ in missing if kind in maps}
    if not types:
        return
    asked = Q(pk__in=[])
    for remote_type, record_map in types.items():
        ids = [remote_id for kind, remote_id in missing if kind == record_map.kind.key]
        asked |= Q(remote_type=remote_type, remote_id__in=ids)
    for row in Observation.objects.of(connection.firm_id).filter(asked, connection=connection):
        record_map = types[row.remote_type]
        name = record_map.called
        said = row.raw.get(name)
        if said:
            found[record_map.kind.key, row.remote_id] = str(said)
