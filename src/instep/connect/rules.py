"""The field map that a connection really uses: the connector's, with the ways and policies that the firm chose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from instep.connect.fieldmap import TWO_WAY, Choice, Field, Place, RecordMap, Reference, Rows, Way, lens_law_broken
from instep.connect.policies import default_policy
from instep.connect.protocols import Connector
from instep.connect.telling import KnowsAuthors
from instep.kernel.records.kinds import samples

OFF = "off"
"""In the place of a way: the field is not synced."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What a connection says of one field: which way it travels, and what decides a conflict."""

    way: str
    policy: str


Rules = Mapping[str, Rule]
"""By our field."""
_made: dict[tuple[int, tuple[tuple[str, Rule], ...], bool], tuple[RecordMap, RecordMap]] = {}
_KEPT = 500


def tells_times(connector: Connector, remote_type: str) -> bool:
    """Whether the remote says for single fields when each was set: our side's audit trail always does."""
    return isinstance(connector, KnowsAuthors) and remote_type in connector.tells_times


def default_rule(record_map: RecordMap, f: Field, *, newest: bool) -> Rule:
    """What a field begins with."""
    return Rule(f.way.value, default_policy(record_map, f, newest=newest).value)


def in_use(record_map: RecordMap, rules: Rules, *, newest: bool) -> RecordMap:
    """The map with these rules; a field without one is as the connector says. One that is off is not in it."""
    key = (id(record_map), tuple(sorted(rules.items(), key=lambda each: each[0])), newest)
    known = _made.get(key)
    if known is not None:
        return known[1]
    fields = []
    for f in record_map.fields:
        rule = rules.get(f.ours) or default_rule(record_map, f, newest=newest)
        if rule.way == OFF:
            continue
        way = Way(rule.way) if rule.way in ways_allowed(record_map, f) else f.way
        fields.append(replace(f, way=way, policy=rule.policy))
    made = replace(record_map, fields=tuple(fields))
    if len(_made) >= _KEPT:
        _made.clear()
    _made[key] = (record_map, made)  # with its source, so that the id stays its own
    return made


def ways_allowed(record_map: RecordMap, f: Field) -> list[str]:
    """The ways that a person may choose for a field of the connector's map, OFF among them.

    A field that the connector lets travel one way stays so: whether the other side would take it nobody knows. Of one
    that travels both ways, each way will do that its lens' laws allow and that leaves no new record without what it
    needs.
    """
    if f.way not in TWO_WAY:
        found = [f.way.value]
    elif broken(record_map, f):
        found = [Way.PUSH.value, Way.PULL.value]
    else:
        found = [each.value for each in (Way.BOTH, Way.PUSH, Way.PULL, Way.SEED, Way.SEED_THERE)]
    required = record_map.kind.field(f.ours).required
    if record_map.creates_here and f.ours in record_map.needs_here:
        found = [way for way in found if way != Way.PUSH or way == f.way]
    if record_map.creates_there and (required or f.ours in record_map.needs_there):
        found = [way for way in found if way != Way.PULL or way == f.way]
    needed = {*record_map.needs_here, *record_map.needs_there, *(name for name, _ in record_map.leaves)}
    if required or f.ours in needed or f.way is Way.ONCE:
        return found
    return [*found, OFF]


def broken(record_map: RecordMap, f: Field) -> bool:
    """Whether what comes back by the field's lens is not what left."""
    if isinstance(f.lens, Reference | Choice | Rows):
        return False
    lens, type_ = record_map.lens(f), record_map.kind.field(f.ours).type
    return any(lens_law_broken(lens, type_, value, Place()) for value in samples(type_))


def rules_version(maps: Mapping[str, RecordMap]) -> list[list[str]]:
    """What changes with any rule in use."""
    return [[kind, f.ours, f.theirs, f.way.value, f.policy] for kind, m in sorted(maps.items()) for f in m.fields]
