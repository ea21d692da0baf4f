"""Loading what is known of the records that something happened to, a chunk at a time, in a fixed number of queries.

The order of reading matters: what says that a record changed is read before the record itself, so that a change made
between the two is planned again and never ticked off unseen.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from instep.connect.fieldmap import RecordMap, Reference
from instep.connect.marks import read_marker
from instep.connect.models import Dirty, Link, LinkState, Observation, Pair, Plan
from instep.connect.models.links import ENDED
from instep.connect.place import Bench
from instep.connect.plan.again import buried, merges_of
from instep.connect.plan.doubts import doubts_of
from instep.connect.plan.lookups import lookups_for
from instep.connect.plan.match import (
    HERE,
    THERE,
    keep_keys,
    keys_of_ours,
    keys_of_theirs,
    near_enough,
    partners,
    sole_partner,
)
from instep.connect.plan.subject import Candidate, Doubt, Known, Ours, Subject, Theirs
from instep.connect.protocols import LocalRecord
from instep.connect.translate import Lookups, canonical_ours

CHUNK = 200


def ours_of(record: LocalRecord) -> Ours:
    return Ours(
        record.id,
        record.version,
        record.fields,
        record.label[:300],
        record.archived,
        tuple(record.problems),
        record.withheld,
    )


def theirs_of(record_map: RecordMap, row: Observation) -> Theirs:
    label = str(row.raw.get(record_map.called) or row.remote_id)[:300]
    away, merged = record_map.is_put_away(row.raw), row.merged_into
    return Theirs(
        row.remote_id, row.raw, row.canonical, row.version, row.marker, row.gone, label, away, merged, row.stamp
    )


def known_of(row: Link, unsettled: frozenset[int]) -> Known:
    return Known(
        id=row.pk,
        state=row.state,
        local_id=row.local_id,
        remote_id=row.remote_id,
        generation=row.generation,
        base_a=row.base_a,
        base_b=row.base_b,
        phase=row.phase,
        held_code=row.held_code,
        waits_for=row.waits_for,
        decision=row.decision,
        unsettled=row.pk in unsettled,
    )


def read_ours(bench: Bench, pair: Pair, ids: Iterable[int]) -> dict[int, Ours]:
    """Our records by id; one that is gone is missing."""
    wanted = list(ids)
    if not wanted:
        return {}
    return {r.id: ours_of(r) for r in bench.side_of(pair).read(bench.firm_id, wanted)}


def read_theirs(bench: Bench, pair: Pair, ids: Iterable[str]) -> dict[str, Observation]:
    """Their records as last seen, by id."""
    wanted = list(ids)
    if not wanted:
        return {}
    rows = Observation.objects.of(bench.firm_id).filter(
        connection=bench.connection, remote_type=pair.remote_type, remote_id__in=wanted
    )
    return {row.remote_id: row for row in rows}


@dataclass(slots=True)
class Gatherer:
    """Walks the pending observations and then the dirty rows of one pair."""

    bench: Bench
    pair: Pair
    plan: Plan | None
    met: set[int] = field(default_factory=set)
    """Records of ours that theirs with our mark stand for: they are decided on with those."""

    @property
    def record_map(self) -> RecordMap:
        return self.bench.map_of(self.pair)

    def index(self) -> Iterator[None]:
        """Bring the match keys up to date, a chunk at a time, before any record is decided on.

        Linked records keep their keys: a new record that matches one of them is no new record for certain.
        """
        if not self.record_map.match:
            return
        for seen in self._pending():
            known = self._pointed_at(seen)
            keys = {r.remote_id: {} if self._over(r) else self._keys_there(r, known) for r in seen}
            keep_keys(self.bench.connection, self.pair.kind, THERE, keys)
            yield
        for rows in self._dirty():
            ours = read_ours(self.bench, self.pair, [r.record_id for r in rows])
            keys_here: dict[str, Mapping[str, str]] = {str(r.record_id): {} for r in rows}
            keys_here |= {str(o.id): self._keys_here(o) for o in ours.values() if not o.archived}
            keep_keys(self.bench.connection, self.pair.kind, HERE, keys_here)
            self._index_left([r.record_id for r in rows if not keys_here[str(r.record_id)]])
            yield

    def _index_left(self, ended: Sequence[int]) -> None:
        """Where ours has ended, theirs is known by its keys to whatever is made anew here; what we made there ourselves
        had none so far."""
        left = [li.remote_id for li in self._links_here(ended).values() if li.remote_id] if ended else []
        seen = [row for row in read_theirs(self.bench, self.pair, left).values() if not row.gone]
        known = self._pointed_at(seen)
        keys = {row.remote_id: self._keys_there(row, known) for row in seen}
        keep_keys(self.bench.connection, self.pair.kind, THERE, keys)

    def subjects(self) -> Iterator[list[Subject]]:
        """Chunks of records to decide on, each record once."""
        for rows in self._pending():
            yield self._from_observations(rows)
        for dirty in self._dirty():
            yield self._from_dirty(dirty)

    def lookups(self, subjects: Sequence[Subject]) -> Lookups:
        """Links and planned creations that the references of these records point at."""
        return lookups_for(self.bench, self.record_map, self.plan, subjects)

    # --- what waits --------------------------------------------------------------------------------------------------

    def _pending(self) -> Iterator[list[Observation]]:
        last = 0
        while True:
            rows = list(
                Observation.objects.of(self.bench.firm_id)
                .filter(connection=self.bench.connection, remote_type=self.pair.remote_type, pending=True, id__gt=last)
                .order_by("id")[:CHUNK]
            )
            if not rows:
                return
            last = rows[-1].pk
            yield rows

    def _dirty(self) -> Iterator[list[Dirty]]:
        last = 0
        while True:
            rows = list(
                Dirty.objects.of(self.bench.firm_id)
                .filter(connection=self.bench.connection, kind=self.pair.kind, record_id__gt=last)
                .order_by("record_id")[:CHUNK]
            )
            if not rows:
                return
            last = rows[-1].record_id
            yield rows

    # --- subjects ----------------------------------------------------------------------------------------------------

    def _from_observations(self, rows: Sequence[Observation]) -> list[Subject]:
        merges = merges_of(self.bench, self.pair, rows)
        rows = [r for r in rows if r.remote_id not in merges.claimed]
        links = self._links_there(r.remote_id for r in rows)
        marked = self._marked(r for r in rows if r.remote_id not in links)
        found = self._partners_there(r for r in rows if _open(links.get(r.remote_id)))
        sole = {rid: int(c.record) for rid, cs in found.items() if (c := sole_partner(cs)) is not None}
        wanted = {li.local_id for li in links.values() if li.local_id is not None}
        wanted |= {*sole.values(), *marked.values()}
        versions = self._dirty_versions(wanted)
        ours_here = read_ours(self.bench, self.pair, wanted)
        marked = {rid: i for rid, i in marked.items() if i in ours_here}
        self.met.update(marked.values())
        # The other way round it must be the only one too, else a person decides.
        back = self._partners_here(ours_here[i] for i in set(sole.values()) if i in ours_here)
        links_here = self._links_here([*sole.values(), *marked.values()])
        found = self._named_here(found, rows)
        doubts = doubts_of(self.bench, self.pair, rows, links)
        subjects = []
        for row in rows:
            link, other, candidates = links.get(row.remote_id), None, list(found.get(row.remote_id, ()))
            local_id = link.local_id if link is not None else None
            if local_id is None and row.remote_id in marked:
                local_id, other = marked[row.remote_id], links_here.get(marked[row.remote_id])
                if other is not None and other.state == LinkState.LIVE:
                    # Ours has its counterpart: this is a copy that somebody made, mark and all.
                    label = ours_here[local_id].label if local_id in ours_here else row.remote_id
                    candidates = [Candidate(str(local_id), label, "mark", strong=True, linked=True)]
                    local_id, other = None, None
            elif local_id is None and row.remote_id in sole:
                mutual = sole_partner(back.get(str(sole[row.remote_id]), []))
                candidate = links_here.get(sole[row.remote_id])
                agreed = mutual is not None and mutual.record == row.remote_id
                if agreed and _joinable(link) and _joinable(candidate):
                    local_id, other = sole[row.remote_id], candidate
            ours = ours_here.get(local_id) if local_id is not None else None
            first, twin = (link, other) if link is not None else (other, None)
            subjects.append(
                Subject(
                    link=self._known(first),
                    ours=ours,
                    theirs=theirs_of(self.record_map, row),
                    candidates=candidates,
                    twin=self._known(twin),
                    dirty=versions.get(local_id) if local_id is not None else None,
                    seen=(row.remote_id, row.moved),
                    doubt=doubts.get(row.remote_id, Doubt.NONE),
                    survivor=merges.survivors.get(row.merged_into),
                )
            )
        return subjects

    def _from_dirty(self, rows: Sequence[Dirty]) -> list[Subject]:
        ids = [r.record_id for r in rows]
        links = self._links_here(ids)
        ours_here = read_ours(self.bench, self.pair, ids)
        found = self._partners_here(ours_here[i] for i in ids if i in ours_here and _open(links.get(i)))
        sole = {int(i): c.record for i, cs in found.items() if (c := sole_partner(cs)) is not None}
        wanted = {li.remote_id for li in links.values() if li.remote_id is not None} | {*sole.values()}
        theirs_there = read_theirs(self.bench, self.pair, wanted)
        back = self._partners_there(theirs_there[r] for r in set(sole.values()) if r in theirs_there)
        merges = merges_of(self.bench, self.pair, list(theirs_there.values()))
        links_there = self._links_there(sole.values())
        found = self._named_there(found, ours_here)
        subjects = []
        for row in rows:
            link, twin = links.get(row.record_id), None
            remote_id = link.remote_id if link is not None else None
            if remote_id is None and row.record_id in sole:
                mutual = sole_partner(back.get(sole[row.record_id], []))
                candidate = links_there.get(sole[row.record_id])
                agreed = mutual is not None and mutual.record == str(row.record_id)
                if agreed and _joinable(link) and _joinable(candidate):
                    remote_id, twin = sole[row.record_id], candidate
            seen = theirs_there.get(remote_id) if remote_id is not None else None
            met = row.record_id in self.met and (link is None or link.state != LinkState.LIVE)
            if met or (seen is not None and seen.pending):
                continue  # decided on with the observation, in this same pass
            first, twin = (link, twin) if link is not None else (twin, None)
            subjects.append(
                Subject(
                    link=self._known(first),
                    ours=ours_here.get(row.record_id),
                    theirs=theirs_of(self.record_map, seen) if seen is not None else None,
                    candidates=found.get(str(row.record_id), []),
                    twin=self._known(twin),
                    dirty=(row.pk, row.version),
                    since=row.since,
                    survivor=merges.survivors.get(seen.merged_into) if seen is not None else None,
                )
            )
        return subjects

    # --- parts -------------------------------------------------------------------------------------------------------

    def _links_there(self, remote_ids: Iterable[str]) -> dict[str, Link]:
        rows = Link.objects.of(self.bench.firm_id).exclude(state__in=ENDED)
        rows = rows.filter(
            connection=self.bench.connection, remote_type=self.pair.remote_type, remote_id__in=list(remote_ids)
        )
        return {li.remote_id: li for li in rows if li.remote_id is not None}

    def _links_here(self, local_ids: Iterable[int]) -> dict[int, Link]:
        rows = Link.objects.of(self.bench.firm_id).exclude(state__in=ENDED)
        rows = rows.filter(pair=self.pair, local_id__in=list(local_ids))
        return {li.local_id: li for li in rows if li.local_id is not None}

    def _known(self, link: Link | None) -> Known | None:
        return known_of(link, self.bench.unsettled) if link is not None else None

    def _dirty_versions(self, ids: Iterable[int]) -> dict[int, tuple[int, int]]:
        rows = Dirty.objects.of(self.bench.firm_id).filter(
            connection=self.bench.connection, kind=self.pair.kind, record_id__in=list(ids)
        )
        return {record_id: (pk, version) for record_id, pk, version in rows.values_list("record_id", "pk", "version")}

    def _marked(self, rows: Iterable[Observation]) -> dict[str, int]:
        """{their id: our id} of unlinked records with our own mark: we made them, whatever became of the reply."""
        found = {}
        for row in rows:
            ours = read_marker(row.marker)
            if ours is not None and ours[0] == self.bench.connection.key and ours[1] == self.pair.kind:
                found[row.remote_id] = ours[2]
        return found

    def _over(self, row: Observation) -> bool:
        """Whether nothing of ours can be this record any more."""
        return theirs_of(self.record_map, row).over or self.record_map.ended(row.canonical)

    def _pointed_at(self, rows: Iterable[Observation]) -> Mapping[tuple[str, str], int]:
        """Which of our records their references mean, where records are recognised by one."""
        parts = {ours for rule in self.record_map.match for ours, _ in rule.parts}
        if not any(isinstance(f.lens, Reference) and f.ours in parts for f in self.record_map.fields):
            return {}
        return self.lookups([Subject(None, None, theirs_of(self.record_map, row)) for row in rows]).local_of

    def _keys_there(self, row: Observation, known: Mapping[tuple[str, str], int]) -> dict[str, str]:
        return keys_of_theirs(self.record_map, theirs_of(self.record_map, row), self.bench.place, known)

    def _keys_here(self, ours: Ours) -> dict[str, str]:
        return keys_of_ours(self.record_map, ours, self.bench.place)

    def _partners_there(self, rows: Iterable[Observation]) -> dict[str, list[Candidate]]:
        """Our records that may be the same as each of these of theirs."""
        live = [r for r in rows if not self._over(r)]
        known = self._pointed_at(live)
        keys = {r.remote_id: self._keys_there(r, known) for r in live}
        return self._partners(THERE, keys)

    def _partners_here(self, records: Iterable[Ours]) -> dict[str, list[Candidate]]:
        """Their records that may be the same as each of these of ours."""
        keys = {str(o.id): self._keys_here(o) for o in records if not o.archived}
        return self._partners(HERE, keys)

    def _partners(self, side: str, keys: Mapping[str, Mapping[str, str]]) -> dict[str, list[Candidate]]:
        """Of the other side; those whose own counterpart is gone by what is known now, or by what was kept of it."""
        found = partners(self.bench.connection, self.pair, self.record_map, side, keys, lost=self._lost)
        for asking, candidates in buried(self.pair, side, keys, lost=self._lost).items():
            known = {c.record for c in found.get(asking, ()) if c.lost}
            others = [c for c in found.get(asking, ()) if c.record not in {b.record for b in candidates} or c.lost]
            found[asking] = [*(c for c in candidates if c.record not in known), *others]
        return found

    def _lost(self, side: str, records: set[str]) -> set[str]:
        """Those of these linked records whose counterpart is gone or put away."""
        links = Link.objects.of(self.bench.firm_id).filter(pair=self.pair, state=LinkState.LIVE)
        if side == HERE:
            tied = {
                li.remote_id: str(li.local_id)
                for li in links.filter(local_id__in=[int(r) for r in records])
                if li.remote_id
            }
            seen = read_theirs(self.bench, self.pair, tied)
            return {
                ours
                for remote_id, ours in tied.items()
                if remote_id not in seen or theirs_of(self.record_map, seen[remote_id]).over
            }
        there = {li.local_id: li.remote_id for li in links.filter(remote_id__in=records) if li.local_id is not None}
        here = read_ours(self.bench, self.pair, there)
        return {
            theirs for local_id, theirs in there.items() if theirs and (local_id not in here or here[local_id].archived)
        }

    def _named_here(self, found: dict[str, list[Candidate]], rows: Iterable[Observation]) -> dict[str, list[Candidate]]:
        known = read_ours(self.bench, self.pair, {int(c.record) for cs in found.values() for c in cs})
        named = _named(found, {str(i): ours.label for i, ours in known.items()})
        return near_enough(
            self.record_map,
            named,
            {row.remote_id: row.canonical for row in rows},
            {str(i): canonical_ours(self.record_map, ours.raw, self.bench.place) for i, ours in known.items()},
        )

    def _named_there(
        self, found: dict[str, list[Candidate]], ours_here: Mapping[int, Ours]
    ) -> dict[str, list[Candidate]]:
        known = read_theirs(self.bench, self.pair, {c.record for cs in found.values() for c in cs})
        named = _named(found, {rid: theirs_of(self.record_map, row).label for rid, row in known.items()})
        asking = {
            str(i): canonical_ours(self.record_map, ours_here[i].raw, self.bench.place)
            for i in (int(record) for record in named)
            if i in ours_here
        }
        return near_enough(self.record_map, named, asking, {rid: row.canonical for rid, row in known.items()})


def _named(found: dict[str, list[Candidate]], labels: Mapping[str, str]) -> dict[str, list[Candidate]]:
    return {
        asking: [replace(c, label=labels[c.record]) for c in candidates if c.record in labels]
        for asking, candidates in found.items()
    }


def _open(link: Link | None) -> bool:
    """Whether a counterpart may be looked for: not linked, and nobody decided what becomes of it."""
    return link is None or (link.state != LinkState.LIVE and not (link.local_id and link.remote_id))


def _joinable(link: Link | None) -> bool:
    """Whether a record that waits with this link may be joined without asking."""
    return link is None or (link.state != LinkState.LIVE and link.decision.get("choice") not in ("create", "ignore"))
