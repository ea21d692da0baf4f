"""What the references of a chunk of records point at: links, and records that the plan at hand makes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from django.db.models import Q

from instep.connect.fieldmap import RecordMap, Reference, Rows
from instep.connect.models import Link, LinkState, Observation, Pair, Plan, PlanOp
from instep.connect.models.plans import OpKind
from instep.connect.place import Bench
from instep.connect.plan.older import is_older
from instep.connect.plan.subject import Subject
from instep.connect.translate import Lookups


def lookups_for(bench: Bench, record_map: RecordMap, plan: Plan | None, subjects: Sequence[Subject]) -> Lookups:
    """Links and planned creations that the references of these records point at: at most three queries a kind."""
    here: dict[str, set[int]] = {}
    there: dict[str, set[str]] = {}
    for f in record_map.fields:
        if isinstance(f.lens, Rows):
            for kind, ids in _in_rows(f.ours, f.lens, subjects):
                here.setdefault(kind, set()).update(ids)
        if not isinstance(f.lens, Reference):
            continue
        for s in subjects:
            ours = s.ours.raw.get(f.ours) if s.ours else None
            theirs = s.theirs.raw.get(f.theirs) if s.theirs else None
            if ours is not None:
                here.setdefault(f.lens.kind, set()).add(int(ours))
            if theirs not in (None, "", 0):
                there.setdefault(f.lens.kind, set()).add(str(theirs))
    for name in record_map.after:
        ids = {int(value) for s in subjects if s.ours and (value := s.ours.raw.get(name)) is not None}
        here.setdefault(record_map.kind.field(name).ref or "", set()).update(ids)
    found = _Found({}, {}, set(), set(), set())
    for kind in {*here, *there}:
        pair = bench.pair_of(kind)
        if pair is not None:
            found.look(bench, pair, plan, here.get(kind, set()), there.get(kind, set()))
    older_here, older_there = _older(bench, record_map, found, here, there)
    return Lookups(
        remote_of=found.remote_of,
        local_of=found.local_of,
        coming=frozenset(found.coming),
        joining=frozenset(found.joining),
        coming_here=frozenset(found.coming_here),
        older_here=older_here,
        older_there=older_there,
        choices_there=bench.choices_there,
        choices_here=bench.choices_here,
        defaults=bench.connection.defaults,
    )


def _older(
    bench: Bench, record_map: RecordMap, found: _Found, here: Mapping[str, set[int]], there: Mapping[str, set[str]]
) -> tuple[frozenset[tuple[str, int]], frozenset[tuple[str, str]]]:
    """Of the records that these belong to: those that are not linked and older than the connection carries."""
    begins_on = bench.connection.begins_on
    ours, theirs = set[tuple[str, int]](), set[tuple[str, str]]()
    for name in (*record_map.goes_with, *record_map.after) if begins_on is not None else ():
        kind = record_map.kind.field(name).ref or ""
        pair = bench.pair_of(kind)
        if pair is None or begins_on is None:
            continue
        dated = bench.map_of(pair).dated
        ids = [i for i in here.get(kind, ()) if (kind, i) not in found.remote_of and (kind, i) not in found.coming]
        for record in bench.side_of(pair).read(bench.firm_id, ids) if ids else ():
            if is_older(record.fields.get(dated), begins_on):
                ours.add((kind, record.id))
        away = [r for r in there.get(kind, ()) if (kind, r) not in found.local_of]
        rows = Observation.objects.of(bench.firm_id).filter(connection=bench.connection, remote_id__in=away)
        for remote_id, canonical in rows.filter(remote_type=pair.remote_type).values_list("remote_id", "canonical"):
            if is_older(canonical.get(dated), begins_on):
                theirs.add((kind, remote_id))
    return frozenset(ours), frozenset(theirs)


def _in_rows(name: str, rows: Rows, subjects: Sequence[Subject]) -> Iterator[tuple[str, set[int]]]:
    """(kind, our ids) that the rows of these records point at."""
    for f in rows.fields:
        if isinstance(f.lens, Reference):
            found = (row.get(f.ours) for s in subjects if s.ours for row in s.ours.raw.get(name) or ())
            yield f.lens.kind, {int(value) for value in found if value is not None}


class _Found:
    def __init__(
        self,
        remote_of: dict[tuple[str, int], str],
        local_of: dict[tuple[str, str], int],
        coming: set[tuple[str, int]],
        coming_here: set[tuple[str, str]],
        joining: set[tuple[str, int]],
    ) -> None:
        self.remote_of, self.local_of = remote_of, local_of
        self.coming, self.coming_here, self.joining = coming, coming_here, joining

    def look(self, bench: Bench, pair: Pair, plan: Plan | None, ids: set[int], remote_ids: set[str]) -> None:
        """References to one kind."""
        kind = pair.kind
        rows = Link.objects.of(bench.firm_id).filter(
            Q(pair=pair, local_id__in=ids) | Q(pair=pair, remote_id__in=remote_ids), state=LinkState.LIVE
        )
        for local_id, remote_id in rows.values_list("local_id", "remote_id"):
            self.remote_of[kind, local_id] = remote_id
            self.local_of[kind, remote_id] = local_id
        if plan is None:
            return
        ops = PlanOp.objects.of(bench.firm_id).filter(plan=plan)
        missing = [i for i in ids if (kind, i) not in self.remote_of]
        if missing:
            planned = ops.filter(kind=kind, local_id__in=missing, op__in=(OpKind.CREATE_THERE, OpKind.LINK))
            for local_id, remote_id in planned.values_list("local_id", "remote_id"):
                if remote_id:
                    self.remote_of[kind, local_id] = remote_id
                    self.joining.add((kind, local_id))
                else:
                    self.coming.add((kind, local_id))
        missing_there = [r for r in remote_ids if (kind, r) not in self.local_of]
        if missing_there:
            planned = ops.filter(
                remote_type=pair.remote_type, remote_id__in=missing_there, op__in=(OpKind.CREATE_HERE, OpKind.LINK)
            )
            for op, local_id, remote_id in planned.values_list("op", "local_id", "remote_id"):
                if op == OpKind.CREATE_HERE:
                    self.coming_here.add((kind, remote_id))
                else:
                    self.local_of[kind, remote_id] = local_id
                    self.joining.add((kind, local_id))
