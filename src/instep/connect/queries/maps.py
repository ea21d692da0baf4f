"""Field maps as people read them: which field is which, which way it travels, how sure we are of the remote's side."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.db.models.fields.json import KeyTextTransform

from instep.connect.fieldmap import Choice, Mark, RecordMap, Way
from instep.connect.models import Connection, Observation, ValueMap
from instep.connect.observations import KnownThere
from instep.connect.place import bench_of
from instep.connect.protocols import Connector, KnowsReferences
from instep.connect.registry import connector_for

WAY_WORDS = {
    Way.BOTH: "Kept in step both ways",
    Way.PUSH: "Instep owns it; an edit in {remote} is put back",
    Way.PULL: "{remote} owns it",
    Way.SEED: "The first value may come from {remote}; then Instep owns it",
    Way.ONCE: "Sent once; what is changed in {remote} afterwards is shown, never overwritten",
}


def field_ways(connection: Connection, kind: str) -> dict[str, str]:
    """{field of ours: which way it travels, in a sentence}."""
    connector = connector_for(connection.provider)
    record_map = connector.maps.get(kind)
    if record_map is None:
        return {}
    return {f.ours: WAY_WORDS[f.way].format(remote=connector.title) + "." for f in record_map.fields}


@dataclass(frozen=True, slots=True)
class MapRow:
    """One row of a field map as a person reads it."""

    kind: str
    ours: str
    theirs: str
    way: str
    sentence: str
    note: str
    name: str = ""
    """The key of our field, whose label is `ours`."""
    mark: str = Mark.ASSUMED.value
    """How sure it is that the remote has this field so: documented, recorded or assumed."""


def map_rows(connection: Connection) -> list[MapRow]:
    """What is synced and which way, in the order of the connector's maps."""
    connector = connector_for(connection.provider)
    return [
        MapRow(
            m.kind.key,
            m.kind.field(f.ours).label,
            f.theirs,
            f.way.value,
            WAY_WORDS[f.way].format(remote=connector.title),
            f.note,
            f.ours,
            f.mark.value,
        )
        for m in sorted(connector.maps.values(), key=lambda m: m.rank)
        for f in m.fields
    ]


@dataclass(frozen=True, slots=True)
class ValueList:
    """A list that both sides keep, with the entries that are joined, and what the remote uses that is not."""

    domain: str
    kind: str
    field: str
    entries: list[tuple[str, str]]
    """(our key, their key)"""
    loose: list[str]
    """Values seen at the remote that nothing of ours stands for: such records are held."""
    options: list[tuple[str, str]] = field(default_factory=list)
    """(their key, label) of what the remote offers, where it says so."""


def value_lists(connection: Connection) -> list[ValueList]:
    """The lists of a connection in the order of its maps: one query, and one more for each list."""
    stored: dict[str, list[tuple[str, str]]] = {}
    rows = ValueMap.objects.of(connection.firm_id).filter(connection=connection).order_by("id")
    for domain, ours, theirs in rows.values_list("domain", "ours", "theirs"):
        stored.setdefault(domain, []).append((ours, theirs))
    found: dict[str, ValueList] = {}
    connector = connector_for(connection.provider)
    for record_map in sorted(connector.maps.values(), key=lambda m: m.rank):
        for f in record_map.choices():
            assert isinstance(f.lens, Choice)
            if f.lens.domain in found:
                continue  # several kinds say it by one list
            entries = stored.get(f.lens.domain, [])
            known = {theirs for _, theirs in entries}
            options = _offered(connection, connector, f.lens.domain)
            seen = [] if options else _seen(connection, record_map, f.theirs)
            loose = [value for value in seen if value not in known]
            found[f.lens.domain] = ValueList(f.lens.domain, record_map.kind.key, f.ours, entries, loose, options)
    return list(found.values())


def _offered(connection: Connection, connector: Connector, domain: str) -> list[tuple[str, str]]:
    if not isinstance(connector, KnowsReferences):
        return []
    return connector.choices(domain, KnownThere(bench_of(connection)))


def _seen(connection: Connection, record_map: RecordMap, theirs: str) -> list[str]:
    rows = Observation.objects.of(connection.firm_id).filter(
        connection=connection, remote_type=record_map.remote_type, gone=False, raw__has_key=theirs
    )
    rows = rows.exclude(**{f"raw__{theirs}": None})
    values = rows.order_by().annotate(said=KeyTextTransform(theirs, "raw")).values_list("said", flat=True).distinct()
    return sorted(value for value in values[:200] if value)


def choices_here(connection: Connection) -> dict[tuple[str, str], str]:
    """{(domain, their key): our key}; one query."""
    rows = ValueMap.objects.of(connection.firm_id).filter(connection=connection)
    return {(domain, theirs): ours for domain, ours, theirs in rows.values_list("domain", "ours", "theirs")}
