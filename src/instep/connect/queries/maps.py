"""Field maps as people read them: which field is which, which way it travels, how sure we are of the remote's side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.db.models.fields.json import KeyTextTransform

from instep.base.identity.rows import FirmQuerySet
from instep.connect.fieldmap import Choice, Field, Mark, RecordMap, Reference, Rows, Way
from instep.connect.models import Connection, MapVersion, Observation, ValueMap
from instep.connect.observations import KnownThere
from instep.connect.place import bench_of, rules_of
from instep.connect.policies import offered
from instep.connect.protocols import Connector, KnowsReferences
from instep.connect.registry import connector_for
from instep.connect.rules import OFF, Rules, default_rule, in_use, tells_times, ways_allowed

WAY_WORDS = {
    Way.BOTH: "Kept in step both ways",
    Way.PUSH: "Instep owns it; an edit in {remote} is put back",
    Way.PULL: "{remote} owns it",
    Way.SEED: "The first value may come from {remote}; then Instep owns it",
    Way.SEED_THERE: "The first value may come from Instep; then {remote} owns it",
    Way.ONCE: "Sent once; what is changed in {remote} afterwards is shown, never overwritten",
    OFF: "Not synced: each side keeps its own",
}
LENS_WORDS = {
    Reference: "the record that it is linked with there",
    Choice: "the entry that stands for it there, by the lists below",
    Rows: "row by row, each field by its own rule",
}


def field_ways(connection: Connection, kind: str, chosen: Mapping[str, str] | None = None) -> dict[str, str]:
    """{field of ours: which way it travels, in a sentence}. `chosen` are the ways that the firm chose itself."""
    connector = connector_for(connection.provider)
    record_map = connector.maps.get(kind)
    if record_map is None:
        return {}
    ways = {f.ours: (chosen or {}).get(f.ours, f.way.value) for f in record_map.fields}
    return {name: way_words(way).format(remote=connector.title) + "." for name, way in ways.items()}


def way_words(way: str) -> str:
    """The way in a sentence, with {remote} in it."""
    return WAY_WORDS[OFF] if way == OFF else WAY_WORDS[Way(way)]


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
    lens: str = ""
    """How the value is turned, in a sentence."""
    policy: str = ""
    ways: tuple[str, ...] = ()
    """Those that may be chosen for it."""
    policies: tuple[str, ...] = ()
    """Those that could decide its conflicts; none where it cannot have one."""


def map_rows(connection: Connection) -> list[MapRow]:
    """What is synced and which way, in the order of the connector's maps; one query."""
    connector = connector_for(connection.provider)
    rules = rules_of([connection.pk], connection.firm_id).get(connection.pk, {})
    return [
        _row(connector, m, f, rules.get(m.kind.key, {}))
        for m in sorted(connector.maps.values(), key=lambda m: m.rank)
        for f in m.fields
    ]


def _row(connector: Connector, m: RecordMap, f: Field, rules: Rules) -> MapRow:
    newest = tells_times(connector, m.remote_type)
    rule = rules.get(f.ours) or default_rule(m, f, newest=newest)
    travels = next((each for each in in_use(m, rules, newest=newest).fields if each.ours == f.ours), None)
    return MapRow(
        kind=m.kind.key,
        ours=m.kind.field(f.ours).label,
        theirs=f.theirs,
        way=rule.way,
        sentence=way_words(rule.way).format(remote=connector.title),
        note=f.note,
        name=f.ours,
        mark=f.mark.value,
        lens=lens_words(m, f),
        policy=rule.policy,
        ways=tuple(ways_allowed(m, f)),
        policies=tuple(offered(m, travels, newest=newest)) if travels is not None else (),
    )


def lens_words(record_map: RecordMap, f: Field) -> str:
    """How a value is turned on its way, in a sentence."""
    said = next((words for kind, words in LENS_WORDS.items() if isinstance(f.lens, kind)), None)
    if said is not None:
        return f"Becomes {said}."
    if f.lens is None:
        text = "Travels as it is; what means the same counts as equal."
    else:
        text = getattr(f.lens, "said", "") or "Turned into the form it has there, and back."
    return f"{text} At most {f.max_length} characters there." if f.max_length else text


def versions(firm_id: int, connection_id: int) -> FirmQuerySet[MapVersion]:
    """Every version of a connection's field map, the last first; none while nobody changed it."""
    return MapVersion.objects.of(firm_id).filter(connection=connection_id).order_by("-no")


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
