"""A firm's own word about a connection's field map: which way a field travels, and what decides its conflicts (X-21).

Every change is a version that stays. Before the new map is used, what it would do with the records that are linked is
shown as a plan that somebody approves.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from instep.base.audit.log import record
from instep.base.identity.actor import Actor
from instep.connect.apply.review import Review, begin_review
from instep.connect.fieldmap import Field, RecordMap
from instep.connect.inbox.outbox import mark_dirty
from instep.connect.limits.lease import hold_still
from instep.connect.models import Connection, FieldRule, Link, LinkState, MapVersion, Pair
from instep.connect.place import bench_of, rules_of
from instep.connect.plan.make import map_version
from instep.connect.policies import default_policy, offered
from instep.connect.registry import connector_for
from instep.connect.rules import OFF, Rule, default_rule, in_use, tells_times, ways_allowed
from instep.kernel.errors import BadValue, NotFound

FIRST = 1
"""The number of the map as it was connected."""


@transaction.atomic
def change_rule(
    connection_id: int,
    *,
    by: Actor,
    kind: str,
    field: str,
    way: str | None = None,
    policy: str | None = None,
    now: datetime | None = None,
) -> MapVersion | None:
    """Let a field travel another way ("off": not at all), or let something else decide its conflicts.

    The change is a new version of the map; None where it changes nothing. Raises NotAllowed, NotFound, BadValue.
    """
    by.must("manage connections")
    moment = now or timezone.now()
    connection = _locked(by, connection_id)
    pair, record_map, f = _field(connection, kind, field)
    was = _rules(connection).get(kind, {}).get(field) or _default(connection, record_map, f)
    becomes = _becomes(connection, record_map, f, was, way=way, policy=policy)
    if becomes == was:
        return None
    first = not MapVersion.objects.of(by.firm_id).filter(connection=connection).exists()
    if first:
        _keep(connection, changes=[], by="", at=connection.created_at)
    _write(pair, f, becomes)
    changes = [
        {"kind": kind, "field": field, "what": what, "from": old, "to": new}
        for what, old, new in (("way", was.way, becomes.way), ("policy", was.policy, becomes.policy))
        if old != new
    ]
    return _new_version(connection, changes, by=by, now=moment)


@transaction.atomic
def go_back_to(connection_id: int, *, by: Actor, no: int, now: datetime | None = None) -> MapVersion | None:
    """Use the rules of an earlier version again, as a new one; None where nothing differs. Raises NotAllowed,
    NotFound."""
    by.must("manage connections")
    connection = _locked(by, connection_id)
    rows = MapVersion.objects.of(by.firm_id).filter(connection=connection, no=no)
    wanted = rows.first()
    if wanted is None:
        raise NotFound(what="version of the field map")
    changes: list[dict[str, Any]] = []
    known = _rules(connection)
    for kind, fields in wanted.rules.items():
        for name, (way, policy) in fields.items():
            was = known.get(kind, {}).get(name)
            if was is None or was == Rule(way, policy):
                continue
            pair, _map, f = _field(connection, kind, name)
            _write(pair, f, Rule(way, policy))
            told = (("way", was.way, way), ("policy", was.policy, policy))
            changes += [
                {"kind": kind, "field": name, "what": what, "from": old, "to": new}
                for what, old, new in told
                if old != new
            ]
    return _new_version(connection, changes, by=by, now=now or timezone.now()) if changes else None


def _new_version(connection: Connection, changes: list[dict[str, Any]], *, by: Actor, now: datetime) -> MapVersion:
    version = _keep(connection, changes=changes, by=by.name or "system", at=now)
    bench = bench_of(connection)
    connection.map_version = map_version(bench)
    FieldRule.objects.of(by.firm_id).filter(pair__connection=connection).update(map_version=connection.map_version)
    begin_review(connection, Review.MAP)
    connection.next_poll_at = None
    connection.save(update_fields=["map_version", "review", "next_poll_at"])
    # Shown on the records that are linked: whose way changed is looked at again.
    for kind in {change["kind"] for change in changes}:
        linked = Link.objects.of(by.firm_id).filter(connection=connection, kind=kind, state=LinkState.LIVE)
        ids = [pk for pk in linked.values_list("local_id", flat=True) if pk is not None]
        mark_dirty(by.firm_id, connection.pk, kind, ids, now=now)
    record(
        "connection.map_changed", by=by, kind="connection", record_id=connection.pk,
        changes={f"{c['kind']}.{c['field']} {c['what']}": [c["from"], c["to"]] for c in changes},
        note=f"Version {version.no}", now=now,
    )  # fmt: skip
    return version


def _keep(connection: Connection, *, changes: list[dict[str, Any]], by: str, at: datetime) -> MapVersion:
    rows = MapVersion.objects.of(connection.firm_id).filter(connection=connection).order_by("-no")
    last = rows.values_list("no", flat=True).first()
    rules = {
        kind: {name: [rule.way, rule.policy] for name, rule in fields.items()}
        for kind, fields in _rules(connection).items()
    }
    return MapVersion.objects.create(
        firm_id=connection.firm_id,
        connection=connection,
        no=FIRST if last is None else last + 1,
        made_at=at,
        made_by=by,
        changes=changes,
        rules=rules,
    )


def _rules(connection: Connection) -> dict[str, dict[str, Rule]]:
    return rules_of([connection.pk], connection.firm_id).get(connection.pk, {})


def _locked(by: Actor, connection_id: int) -> Connection:
    hold_still(by.firm_id, connection_id)
    return Connection.objects.of(by.firm_id).select_for_update().get_of(by.firm_id, connection_id, what="connection")


def _field(connection: Connection, kind: str, name: str) -> tuple[Pair, RecordMap, Field]:
    record_map = connector_for(connection.provider).maps.get(kind)
    pair = Pair.objects.of(connection.firm_id).filter(connection=connection, kind=kind).first()
    f = next((f for f in record_map.fields if f.ours == name), None) if record_map is not None else None
    if pair is None or record_map is None or f is None:
        raise NotFound(what="field of the map")
    return pair, record_map, f


def _newest(connection: Connection, record_map: RecordMap) -> bool:
    return tells_times(connector_for(connection.provider), record_map.remote_type)


def _default(connection: Connection, record_map: RecordMap, f: Field) -> Rule:
    return default_rule(record_map, f, newest=_newest(connection, record_map))


def _becomes(
    connection: Connection, record_map: RecordMap, f: Field, was: Rule, *, way: str | None, policy: str | None
) -> Rule:
    """The rule as asked for. A policy that says nothing on another way, and that nobody chose anew, gives way to the
    one that a field begins with. Raises BadValue."""
    way = was.way if way is None else way
    if way not in ways_allowed(record_map, f):
        label = record_map.kind.field(f.ours).label
        raise BadValue(field="Way", problem=f"{label} cannot travel so; choose one of the ways that are offered.")
    if way == OFF:
        return Rule(OFF, was.policy)
    newest = _newest(connection, record_map)
    travels = in_use(record_map, {f.ours: Rule(way, was.policy)}, newest=newest).field(f.ours)
    choices = offered(record_map, travels, newest=newest)
    wanted = was.policy if policy is None else policy
    if wanted in choices or (not choices and wanted == was.policy):
        return Rule(way, wanted)
    if wanted != was.policy:
        raise BadValue(field="Policy", problem="this rule cannot decide this field; choose one that is offered.")
    return Rule(way, default_policy(record_map, travels, newest=newest) if way != was.way else wanted)


def _write(pair: Pair, f: Field, rule: Rule) -> None:
    ways = {name: way for name, way in pair.scope.get("ways", {}).items() if name != f.ours}
    pair.scope = {**pair.scope, "ways": ways if rule.way == f.way else {**ways, f.ours: rule.way}}
    pair.save(update_fields=["scope"])
    rows = FieldRule.objects.of(pair.firm_id).filter(pair=pair, ours=f.ours)
    if not rows.update(way=rule.way, conflict_policy=rule.policy):
        FieldRule.objects.create(
            firm_id=pair.firm_id, pair=pair, ours=f.ours, theirs=f.theirs, way=rule.way,
            lens=type(f.lens).__name__ if f.lens is not None else "", conflict_policy=rule.policy, map_version="",
        )  # fmt: skip
