"""What a firm's values depend on, and the engine's view of a connection: its connector, maps and sides together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from instep.base.identity.actor import Actor
from instep.base.identity.models import Firm
from instep.connect.fieldmap import Place, RecordMap
from instep.connect.models import Connection, FieldRule, Pair, ValueMap
from instep.connect.protocols import KnowsReferences
from instep.connect.registry import connector_for, side_for
from instep.connect.rules import Rule, in_use, tells_times

if TYPE_CHECKING:
    from instep.connect.capability import Capability
    from instep.connect.protocols import Connector, LocalSide


def place_of(firm: Firm) -> Place:
    """Country, telephone region and currency by which this firm's values are compared."""
    return Place(country=firm.country, region=firm.phone_region, currency=firm.currency)


@dataclass(slots=True)
class Bench:
    """A connection with everything needed to work on it, loaded once for a cycle."""

    connection: Connection
    connector: Connector
    place: Place
    pairs: list[Pair]
    actor: Actor
    maps: Mapping[str, RecordMap]
    """The field maps in use, by kind."""
    choices_there: Mapping[tuple[str, str], str] = field(default_factory=dict)
    choices_here: Mapping[tuple[str, str], str] = field(default_factory=dict)
    unsettled: frozenset[int] = frozenset()
    """Links with a write whose outcome is not known yet."""

    @property
    def firm_id(self) -> int:
        return self.connection.firm_id

    def map_of(self, pair: Pair) -> RecordMap:
        """The map in use: fields that the firm switched off are not in it."""
        return self.maps[pair.kind]

    def whole_map_of(self, pair: Pair) -> RecordMap:
        """The connector's own map: what is read, so that a field that is switched on again is known already."""
        return self.connector.maps[pair.kind]

    def side_of(self, pair: Pair) -> LocalSide:
        return side_for(pair.kind)

    def capability_of(self, remote_type: str) -> Capability:
        """The numbers of a type; of one that comes inside another type's pages, its own."""
        known = self.connector.capabilities.get(remote_type)
        return known if known is not None else self.references[remote_type]

    @property
    def references(self) -> Mapping[str, Capability]:
        """Types that are read without a record of ours standing for them."""
        return self.connector.references if isinstance(self.connector, KnowsReferences) else {}

    def list_of(self, remote_type: str) -> str:
        """The type whose list brings records of this type."""
        return self.capability_of(remote_type).carried_by or remote_type

    def pair_of(self, kind: str) -> Pair | None:
        return next((p for p in self.pairs if p.kind == kind), None)

    def pair_there(self, remote_type: str) -> Pair | None:
        return next((p for p in self.pairs if p.remote_type == remote_type), None)


def bench_of(connection: Connection) -> Bench:
    """Load the bench of a connection: five queries."""
    firm = Firm.objects.get(pk=connection.firm_id)
    pairs = list(Pair.objects.of(firm).filter(connection=connection, enabled=True).order_by("rank", "id"))
    there, here = {}, {}
    for domain, ours, theirs in (
        ValueMap.objects.of(firm).filter(connection=connection).values_list("domain", "ours", "theirs")
    ):
        there[domain, ours] = theirs
        here[domain, theirs] = ours
    connector = connector_for(connection.provider)
    return Bench(
        connection=connection,
        connector=connector,
        maps=maps_of(connection, connector),
        place=place_of(firm),
        pairs=pairs,
        # On behalf of whoever activated it: where a record needs a person and the remote names none, it is them.
        actor=replace(Actor.connection(firm, connection.pk, connection.title), user_id=connection.activated_by_id),
        choices_there=there,
        choices_here=here,
    )


def maps_of(connection: Connection, connector: Connector) -> dict[str, RecordMap]:
    """The field maps that the connection uses, by kind; one query."""
    rules = rules_of([connection.pk], connection.firm_id).get(connection.pk, {})
    return {
        kind: in_use(m, rules.get(kind, {}), newest=tells_times(connector, m.remote_type))
        for kind, m in connector.maps.items()
    }


def rules_of(connections: Sequence[int], firm_id: int) -> dict[int, dict[str, dict[str, Rule]]]:
    """{connection: {kind: {field: rule}}} as stored; one query."""
    found: dict[int, dict[str, dict[str, Rule]]] = {}
    rows = FieldRule.objects.of(firm_id).filter(pair__connection__in=list(connections))
    for connection_id, kind, ours, way, policy in rows.values_list(
        "pair__connection_id", "pair__kind", "ours", "way", "conflict_policy"
    ):
        found.setdefault(connection_id, {}).setdefault(kind, {})[ours] = Rule(way, policy)
    return found
