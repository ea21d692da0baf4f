"""What a person does about conflicts: decide one or many, take a decision back, put the value that lost back."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from instep.base.audit.log import record
from instep.base.identity.actor import Actor
from instep.connect.apply.settle import hold
from instep.connect.authors import authors_here
from instep.connect.conflicts import tell_authors
from instep.connect.errors import NotPutBack
from instep.connect.fieldmap import Field, RecordMap
from instep.connect.inbox.outbox import mark_dirty
from instep.connect.limits.lease import hold_still
from instep.connect.merge import DECIDED, decided
from instep.connect.models import Conflict, ConflictState, Link, LinkState, Pair
from instep.connect.place import Bench, bench_of
from instep.connect.plan.lookups import lookups_for
from instep.connect.plan.subject import Ours, Subject, Theirs
from instep.connect.policies import OURS, THEIRS
from instep.connect.protocols import LocalWrite
from instep.connect.translate import Value, canon_ours, canon_theirs, to_ours
from instep.kernel.errors import BadValue, NotFound

MOST = 500
"""So many conflicts are decided by one click."""


@transaction.atomic
def resolve_conflict(conflict_id: int, *, by: Actor, keep: str, now: datetime | None = None) -> Conflict:
    """Decide a conflict: keep "ours" or "theirs". The other value stays in the record.

    Raises NotAllowed, NotFound, BadValue. The base moves so that the next cycle carries the chosen value over. What is
    given up is the value that was shown: if that side has another one by now, the two meet as a conflict again.
    """
    _may_decide(by, keep)
    rows = Conflict.objects.of(by.firm_id).filter(pk=conflict_id, state=ConflictState.OPEN)
    [conflict] = _held_still(by, rows) or [None]
    if conflict is None:
        raise NotFound(what="open conflict")
    moment = now or timezone.now()
    link = Link.objects.of(by.firm_id).select_for_update().get(pk=conflict.link_id)
    bench = bench_of(conflict.connection)
    changes = _decide(bench, link, conflict, by=by, keep=keep, now=moment)
    record(
        "conflict.resolved",
        by=by,
        kind=link.kind,
        record_id=link.local_id,
        changes=changes,
        note=f"Kept {keep} ({conflict.connection.title})",
        now=moment,
    )
    return conflict


@transaction.atomic
def resolve_field(
    connection_id: int, *, by: Actor, kind: str, field: str, keep: str, now: datetime | None = None
) -> list[Conflict]:
    """Decide every open conflict of one field of one connection alike, MOST at once; one entry in the journal.

    Raises NotAllowed, BadValue.
    """
    _may_decide(by, keep)
    rows = Conflict.objects.of(by.firm_id).filter(connection=connection_id, link__kind=kind, field=field)
    found = _held_still(by, rows.filter(state=ConflictState.OPEN).order_by("id"))[:MOST]
    if not found:
        return []
    moment = now or timezone.now()
    links = {
        link.pk: link
        for link in Link.objects.of(by.firm_id).filter(pk__in=[c.link_id for c in found]).select_for_update()
    }
    bench = bench_of(found[0].connection)
    changes: dict[str, Any] = {}
    for conflict in found:
        link = links[conflict.link_id]
        changes[str(link.local_id)] = _decide(bench, link, conflict, by=by, keep=keep, now=moment)
    record(
        "conflict.resolved",
        by=by,
        kind=kind,
        record_id=None,
        changes=changes,
        subjects=[int(pk) for pk in changes],
        note=f"Kept {keep} ({bench.connection.title})",
        now=moment,
    )
    return found


@transaction.atomic
def take_back(conflict_id: int, *, by: Actor, now: datetime | None = None) -> Conflict:
    """Undo a decision: the conflict is open again where nothing was carried over yet, else the value that lost is put
    back. Raises NotAllowed, NotFound, NotPutBack."""
    by.must("run connections")
    moment = now or timezone.now()
    conflict, link = _closed(by, conflict_id)
    name = conflict.field
    side = link.base_a if conflict.decision == OURS else link.base_b
    marked = side.get(name)
    waits = isinstance(marked, dict) and set(marked) == {DECIDED} and conflict.decided_by != ""
    again = Conflict.objects.of(by.firm_id).filter(link=link, field=name, state=ConflictState.OPEN).exists()
    if not waits or again:
        return restore_loser(conflict_id, by=by, now=moment)
    agreed = (conflict.base_ours, conflict.base_theirs)
    for base, was in zip((link.base_a, link.base_b), agreed, strict=True):
        base.pop(name, None)
        if agreed != (None, None):
            base[name] = was
    label = bench_of(conflict.connection).connector.maps[link.kind].kind.field(name).label
    hold(link, "conflict", f"Both sides changed {label}. Both values are kept until somebody chooses.", now=moment)
    link.save(update_fields=["base_a", "base_b", "held_code", "held_reason", "held_facts", "held_at", "waits_for"])
    was_kept, conflict.decision, conflict.decided_by = conflict.decision, "", ""
    conflict.state, conflict.closed_at = ConflictState.OPEN, None
    conflict.save(update_fields=["decision", "decided_by", "state", "closed_at"])
    record(
        "conflict.reopened", by=by, kind=link.kind, record_id=link.local_id, changes={name: [was_kept, None]},
        note=conflict.connection.title, now=moment,
    )  # fmt: skip
    mark_dirty(by.firm_id, link.connection_id, link.kind, [link.local_id or 0], now=moment)
    return conflict


@transaction.atomic
def restore_loser(conflict_id: int, *, by: Actor, now: datetime | None = None) -> Conflict:
    """Put the value that lost back, as a new edit by this person on our side: it travels like any other.

    Raises NotAllowed, NotFound, NotPutBack with the reason.
    """
    by.must("run connections")
    moment = now or timezone.now()
    conflict, link = _closed(by, conflict_id)
    bench = bench_of(conflict.connection)
    pair, _map, f = _row_of(bench, link, conflict.field)
    side = bench.side_of(pair)
    ours = next(iter(side.read(by.firm_id, [link.local_id or 0])), None)
    if link.state != LinkState.LIVE or ours is None or ours.archived:
        raise NotPutBack(reason="The record is not linked any more, or it was put away.")
    if conflict.decision not in (OURS, THEIRS):
        raise NotPutBack(reason="Both values are in the record already.")
    value = conflict.ours
    if conflict.decision == OURS:
        value = _in_our_words(bench, pair, conflict, ours.fields.get(f.ours))
    [outcome] = side.write(by.firm_id, [LocalWrite(ours.id, {f.ours: value}, ours.version)], by=by)
    if outcome.record is None:
        raise NotPutBack(reason=outcome.sentence)
    conflict.restored_by, conflict.restored_at = by.name or "system", moment
    conflict.save(update_fields=["restored_by", "restored_at"])
    record(
        "conflict.put_back", by=by, kind=link.kind, record_id=link.local_id,
        changes={f.ours: [ours.fields.get(f.ours), value]}, note=conflict.connection.title, now=moment,
    )  # fmt: skip
    return conflict


def _may_decide(by: Actor, keep: str) -> None:
    by.must("run connections")
    if keep not in (OURS, THEIRS):
        raise BadValue(field="Choice", problem="say whether to keep ours or theirs.")


def _held_still(by: Actor, rows: Any) -> list[Conflict]:
    """These conflicts of one connection, locked, with no worker between."""
    connection_id = rows.values_list("connection_id", flat=True).first()
    if connection_id is None:
        return []
    hold_still(by.firm_id, connection_id)
    return list(rows.select_related("connection").select_for_update(of=("self",)))


def _closed(by: Actor, conflict_id: int) -> tuple[Conflict, Link]:
    rows = Conflict.objects.of(by.firm_id).filter(pk=conflict_id, state=ConflictState.DECIDED)
    [conflict] = _held_still(by, rows) or [None]
    if conflict is None:
        raise NotFound(what="decided conflict")
    return conflict, Link.objects.of(by.firm_id).select_for_update().get(pk=conflict.link_id)


def _row_of(bench: Bench, link: Link, name: str) -> tuple[Pair, RecordMap, Field]:
    pair = next((p for p in bench.pairs if p.pk == link.pair_id), None)
    record_map = bench.map_of(pair) if pair is not None else None
    f = next((f for f in record_map.fields if f.ours == name), None) if record_map is not None else None
    if pair is None or record_map is None or f is None:
        raise BadValue(field="Choice", problem="this field is not in sync any more.")
    return pair, record_map, f


def _decide(bench: Bench, link: Link, conflict: Conflict, *, by: Actor, keep: str, now: datetime) -> dict[str, Any]:
    """Let one value stand; what the journal says of it."""
    _pair, record_map, f = _row_of(bench, link, conflict.field)
    name = f.ours
    ours = canon_ours(record_map, f, conflict.ours, bench.place)
    theirs = canon_theirs(record_map, f, conflict.theirs, bench.place)
    # The side that is kept counts as moved, the other as unmoved since it was shown.
    link.base_a = {**link.base_a, name: decided(ours) if keep == OURS else ours}
    link.base_b = {**link.base_b, name: theirs if keep == OURS else decided(theirs)}
    link.save(update_fields=["base_a", "base_b"])
    conflict.state, conflict.decision, conflict.decided_by = ConflictState.DECIDED, keep, by.name or "system"
    conflict.closed_at = now
    conflict.save(update_fields=["state", "decision", "decided_by", "closed_at"])
    if not Conflict.objects.of(link.firm_id).filter(link=link, state=ConflictState.OPEN).exists():
        Link.objects.of(link.firm_id).filter(pk=link.pk, held_code="conflict").update(held_code="", held_reason="")
    mark_dirty(link.firm_id, link.connection_id, link.kind, [link.local_id or 0], now=now)
    if link.local_id is not None:
        author = authors_here(link.firm_id, link.kind, {link.local_id: [name]}).get((link.local_id, name))
        if author is not None and author.user is not None and author.user != by.user_id:
            tell_authors(bench, link, conflict, [author.user], now=now)
    values = [conflict.theirs, conflict.ours] if keep == OURS else [conflict.ours, conflict.theirs]
    return {name: values}


def _in_our_words(bench: Bench, pair: Pair, conflict: Conflict, current: Any) -> Any:
    """Their value of the conflict as our side would take it. Raises NotPutBack."""
    record_map = bench.map_of(pair)
    f = record_map.field(conflict.field)
    ours, theirs = Ours(0, 0, {f.ours: current}, ""), Theirs("", {f.theirs: conflict.theirs}, {})
    lookups = lookups_for(bench, record_map, None, [Subject(link=None, ours=ours, theirs=theirs)])
    said = to_ours(record_map, f, conflict.theirs, known=current, lookups=lookups, place=bench.place)
    if not isinstance(said, Value):
        raise NotPutBack(reason=said.sentence)
    return said.value
