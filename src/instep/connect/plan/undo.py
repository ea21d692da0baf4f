"""Taking a run back: the inverse of what it wrote, record by record, newest first, as rows of an ordinary plan (b.12).

A row holds only while the side it writes to still says what the run wrote; what was edited since is shown with both
values and left as it is. Each row remembers the pair as it will then stand, so that the next sync has nothing to do.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from instep.connect.fieldmap import RecordMap, Reference, Rows
from instep.connect.models import JournalEntry, Link, Pair, Run
from instep.connect.place import Bench
from instep.connect.plan.gather import known_of, read_ours, read_theirs, theirs_of
from instep.connect.plan.inverse import PUTS_AWAY, Inverse
from instep.connect.plan.lookups import lookups_for
from instep.connect.plan.make import PlanWriter
from instep.connect.plan.subject import Draft, Ours, Subject, Theirs
from instep.connect.translate import Lookups

CHUNK = 200
TOOK_EFFECT = ("done", "recovered")


@dataclass(slots=True)
class Taken:
    """What a run did to the two records of one link."""

    link: Link
    pair: Pair
    map: RecordMap
    entries: list[JournalEntry] = field(default_factory=list)
    """Oldest first."""

    @property
    def newest(self) -> int:
        return self.entries[-1].pk

    def were(self) -> list[Theirs]:
        """Their record with the values that it had before the run, for the names of what those point at."""
        names = {f.ours: f.theirs for f in self.map.fields}
        return [
            Theirs(
                self.link.remote_id or "",
                {names[name]: pair[0] for name, pair in entry.fields.items() if name in names},
                {},
            )
            for entry in self.entries
            if entry.side == "there"
        ]


def add_inverse(bench: Bench, run: Run, writer: PlanWriter) -> int:
    """Plan what takes `run` back; how many rows that made. Raises LeaseLost."""
    made = 0
    needed: set[tuple[str, int]] = set()
    for some in _taken(bench, run):
        writer.holding.ensure()
        known: dict[int, tuple[Subject, Lookups]] = {}
        for pair in bench.pairs:
            known |= _subjects(bench, pair, [t for t in some if t.pair is pair])
        rows: list[tuple[Pair, list[Draft]]] = []
        for one in some:
            subject, lookups = known[one.link.pk]
            kept = (one.link.kind, one.link.local_id or 0) in needed
            drafts = Inverse(bench, one.pair, subject, run, one.entries, lookups, needed=kept).drafts()
            if any(draft.left and draft.op in PUTS_AWAY for draft in drafts):
                needed |= set(_refers_to(one.map, subject.ours))
            rows.append((one.pair, drafts))
        made += writer.add(rows)
    return made


def _refers_to(record_map: RecordMap, ours: Ours | None) -> Iterator[tuple[str, int]]:
    """(kind, our id) of the records that one of ours names, in its rows too."""
    for f in record_map.fields:
        value = ours.raw.get(f.ours) if ours is not None else None
        if isinstance(f.lens, Reference) and value is not None:
            yield f.lens.kind, int(value)
        elif isinstance(f.lens, Rows):
            for row in value or ():
                for each in f.lens.fields:
                    if isinstance(each.lens, Reference) and row.get(each.ours) is not None:
                        yield each.lens.kind, int(row[each.ours])


def _subjects(bench: Bench, pair: Pair, some: Sequence[Taken]) -> dict[int, tuple[Subject, Lookups]]:
    """The records of these links as they stand, and what is named in them and in what they were: a fixed number of
    queries."""
    if not some:
        return {}
    record_map = bench.map_of(pair)
    ours = read_ours(bench, pair, {t.link.local_id for t in some if t.link.local_id is not None})
    theirs = read_theirs(bench, pair, {t.link.remote_id for t in some if t.link.remote_id})
    found = {}
    for t in some:
        seen = theirs.get(t.link.remote_id or "")
        found[t.link.pk] = Subject(
            link=known_of(t.link, bench.unsettled),
            ours=ours.get(t.link.local_id or 0),
            theirs=theirs_of(record_map, seen) if seen is not None else None,
        )
    were = [replace(found[t.link.pk], theirs=was) for t in some for was in t.were()]
    lookups = lookups_for(bench, record_map, None, [*found.values(), *were])
    return {pk: (subject, lookups) for pk, subject in found.items()}


def _taken(bench: Bench, run: Run) -> Iterator[list[Taken]]:
    """What the run did, record by record, those it touched last first; a bounded number at a time."""
    rows = JournalEntry.objects.of(bench.firm_id).filter(run=run, outcome__in=TOOK_EFFECT, undone_by=None)
    rows = rows.exclude(link=None)
    pairs = {pair.pk: pair for pair in bench.pairs}
    before: int | None = None
    while True:
        some = rows if before is None else rows.filter(pk__lt=before)
        newest = list(some.order_by("-pk").values_list("pk", "link_id")[:CHUNK])
        if not newest:
            return
        before = newest[-1][0]
        links = Link.objects.of(bench.firm_id).in_bulk({link_id for _, link_id in newest})
        found = {
            pk: Taken(link, pairs[link.pair_id], bench.map_of(pairs[link.pair_id]))
            for pk, link in links.items()
            if link.pair_id in pairs
        }
        for entry in rows.filter(link_id__in=list(found)).select_related("plan_op").order_by("pk"):
            found[entry.link_id].entries.append(entry)
        # A record is dealt with where its newest entry is.
        yield sorted((t for t in found.values() if t.newest >= before), key=lambda t: -t.newest)
