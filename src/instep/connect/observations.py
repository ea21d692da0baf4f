"""Remote records as last seen: what of an answer is news, what is only the same again, what is older than we know."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from django.db.models import F

from instep.connect.fieldmap import RecordMap
from instep.connect.marks import MARK
from instep.connect.models import Observation, Pair
from instep.connect.place import Bench
from instep.connect.protocols import RemoteRecord, Whole
from instep.connect.translate import canonical_theirs

LATE_LIST = timedelta(minutes=10)
"""A list may show a record as it was before a write of this age; later, an older stamp means that clocks were set
back, and what the remote shows is how it stands."""
WHOLE_ZONES = timedelta(minutes=15)
IN_DOUBT = timedelta(seconds=10)
"""Stamps are whole seconds: within this of what we know, an equal stamp may be that of the version before ours."""
_SEEN = [
    "raw", "canonical", "gone", "merged_into", "version", "stamp", "created", "marker", "url", "seen_scan", "seen_at",
]  # fmt: skip


def look_again(firm_id: int, connection_id: int, remote_type: str, remote_ids: Iterable[str]) -> None:
    """Say that these records of the remote have to be planned, whatever is known of them."""
    Observation.objects.of(firm_id).filter(
        connection_id=connection_id, remote_type=remote_type, remote_id__in=list(remote_ids)
    ).update(pending=True, moved=F("moved") + 1)


def mark_gone(firm_id: int, connection_id: int, remote_type: str, remote_id: str) -> None:
    """The remote itself said that it has no such record: the only proof that counts (b.6)."""
    Observation.objects.of(firm_id).filter(
        connection_id=connection_id, remote_type=remote_type, remote_id=remote_id
    ).update(gone=True, pending=True, moved=F("moved") + 1)


def seen_of(bench: Bench, pair: Pair, remote_id: str) -> Observation | None:
    """What is known of one record, if anything is."""
    rows = Observation.objects.of(bench.firm_id).filter(connection=bench.connection, remote_type=pair.remote_type)
    return rows.filter(remote_id=remote_id, gone=False).first()


def seen_record(row: Observation) -> RemoteRecord:
    """A record as it was last seen."""
    return RemoteRecord(
        row.remote_type, row.remote_id, row.raw, row.version or None, row.stamp, row.created, row.marker,
        row.url or None,
    )  # fmt: skip


def acknowledge_seen(bench: Bench, remote_type: str, dealt_with: Iterable[tuple[str, int]]) -> None:
    """(their id, how often it had moved): no longer pending, unless it moved once more since."""
    by_count: dict[int, list[str]] = {}
    for remote_id, moved in dealt_with:
        by_count.setdefault(moved, []).append(remote_id)
    for moved, ids in by_count.items():
        Observation.objects.of(bench.firm_id).filter(
            connection=bench.connection, remote_type=remote_type, remote_id__in=ids, moved=moved
        ).update(pending=False)


class How(StrEnum):
    """By which way a record was seen."""

    LIST = "list"
    """It may trail behind what was written lately."""
    READ = "read"
    """The record itself was asked for: so it stands at this moment."""
    OWN = "own"
    """The answer to our own write: so it stands, and it is no news by itself."""


def store(
    bench: Bench,
    pair: Pair | None,
    records: Sequence[RemoteRecord],
    *,
    scan_no: int,
    now: datetime,
    how: How = How.LIST,
    doubtful: list[str] | None = None,
) -> list[Observation]:
    """Keep what was seen, in the caller's transaction.

    A field that is absent keeps its last known value; a record whose mapped fields did not change is not news; an
    older version never replaces a newer one. Where a list does not tell which of two versions is the newer, nothing is
    kept and the record's id goes to `doubtful`. Records are of one type, that of `pair`; without a pair they are kept
    as they came, and nothing is planned for them.
    """
    if not records:
        return []
    own = how is How.OWN
    remote_type = pair.remote_type if pair is not None else records[0].type
    record_map = bench.whole_map_of(pair) if pair is not None else None
    unique = {r.id: r for r in records}
    stored = {
        row.remote_id: row
        for row in Observation.objects.of(bench.firm_id).filter(
            connection=bench.connection, remote_type=remote_type, remote_id__in=list(unique)
        )
    }
    made, news, changed, quiet = [], [], [], []
    for record in unique.values():
        row = stored.get(record.id)
        stamp = aware(record.stamp)
        anew = row is not None and _another(row, record)
        if row is not None and anew and not own and not (record.marker or "").startswith(MARK):
            # Its number was given to another record: what we knew is gone, and nothing flows into ours.
            (quiet if row.gone else news).append(row)
            row.gone = True
            continue
        if row is not None and how is How.LIST and not anew and _older(row, stamp, now):
            quiet.append(row)
            continue
        raw = {**(row.raw if row is not None and not anew else {}), **record.fields}
        # Nothing is planned for what is only read: whoever asks takes it as it came.
        canonical = canonical_theirs(record_map, raw, bench.place) if record_map is not None else {}
        differs = row is not None and (row.canonical != canonical or _ended_now(record_map, row, raw, record))
        if row is not None and how is How.LIST and not anew and differs and _equal(row, stamp, now):
            quiet.append(row)
            if doubtful is not None:
                doubtful.append(row.remote_id)
            continue
        if row is None:
            row = Observation(
                firm_id=bench.firm_id,
                connection=bench.connection,
                remote_type=remote_type,
                remote_id=record.id,
                pending=not own and record_map is not None,
            )
            made.append(row)
        elif not own and (differs or row.gone or anew):
            news.append(row)
        elif own or row.raw != raw or row.stamp != stamp or row.version != (record.version or ""):
            # A version alone counts too: a change that was taken back within one second leaves nothing else.
            changed.append(row)
        else:
            quiet.append(row)
            continue
        row.raw, row.canonical, row.gone, row.merged_into = raw, canonical, False, record.merged_into or ""
        row.version, row.stamp = record.version or "", stamp
        row.created = aware(record.created) or (None if anew else row.created)
        row.marker = ("" if anew else row.marker or "") if record.marker is None else record.marker
        row.url = record.url or row.url or ""
        row.seen_scan, row.seen_at = scan_no, now
    Observation.objects.bulk_create(made, batch_size=500)
    # Not `pending`: somebody may have asked meanwhile to look at the record again.
    Observation.objects.rewrite([*news, *changed], _SEEN)
    if news:
        look_again(bench.firm_id, bench.connection.pk, remote_type, [row.remote_id for row in news])
        for row in news:
            row.pending, row.moved = True, row.moved + 1
    return [*made, *news, *changed, *quiet]


def end_missing(
    bench: Bench, pair: Pair, whole: Whole, shown: Collection[str], *, scan_no: int, now: datetime
) -> list[str]:
    """Keep, in the caller's transaction, that records which a whole page should show and does not have ended there.

    Those that were written or seen lately come back instead: a list may trail behind, so they are asked for first.
    """
    rows = Observation.objects.of(bench.firm_id).filter(
        connection=bench.connection,
        remote_type=whole.type,
        gone=False,
        **{f"raw__{whole.field}__in": list(whole.values)},
    )
    missing = [row for row in rows if row.remote_id not in shown and not whole.ended.items() <= row.raw.items()]
    lately = [row.remote_id for row in missing if now - row.seen_at <= LATE_LIST]
    ended = [
        RemoteRecord(whole.type, row.remote_id, whole.ended, stamp=row.stamp, marker="")
        for row in missing
        if row.remote_id not in lately
    ]
    store(bench, pair, ended, scan_no=scan_no, now=now, how=How.READ)
    return lately


class KnownThere(Mapping[str, Sequence[RemoteRecord]]):
    """The records of a remote as last seen, by type; a type is loaded when it is first asked for, by one query."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._types = [*bench.references, *(pair.remote_type for pair in bench.pairs)]
        self._loaded: dict[str, list[RemoteRecord]] = {}

    def __getitem__(self, remote_type: str) -> Sequence[RemoteRecord]:
        if remote_type not in self._types:
            raise KeyError(remote_type)
        if remote_type not in self._loaded:
            rows = Observation.objects.of(self._bench.firm_id).filter(
                connection=self._bench.connection, remote_type=remote_type, gone=False
            )
            found = rows.order_by("id").values_list("remote_id", "raw")
            self._loaded[remote_type] = [RemoteRecord(remote_type, remote_id, raw) for remote_id, raw in found]
        return self._loaded[remote_type]

    def __iter__(self) -> Iterator[str]:
        return iter(self._types)

    def __len__(self) -> int:
        return len(self._types)


def _older(row: Observation, stamp: datetime | None, now: datetime) -> bool:
    return row.stamp is not None and stamp is not None and stamp < row.stamp and now - row.seen_at <= LATE_LIST


def _ended_now(record_map: RecordMap | None, row: Observation, raw: Mapping[str, Any], record: RemoteRecord) -> bool:
    """Whether it was put away there, brought back or merged since we saw it, in words that no field of ours stands
    for."""
    if row.merged_into != (record.merged_into or ""):
        return True
    return record_map is not None and record_map.is_put_away(row.raw) != record_map.is_put_away(raw)


def _equal(row: Observation, stamp: datetime | None, now: datetime) -> bool:
    return stamp is not None and stamp == row.stamp and abs(now - row.seen_at) <= IN_DOUBT


def _another(row: Observation, record: RemoteRecord) -> bool:
    """Whether this is another record under the same number. Times that differ by whole quarters of an hour are the same
    moment in another zone."""
    created = aware(record.created)
    if row.created is None or created is None:
        return False
    return bool((created - row.created) % WHOLE_ZONES)


def aware(stamp: datetime | None) -> datetime | None:
    """The stamp as it is kept: as if UTC where it has no zone."""
    if stamp is None:
        return None
    return stamp.replace(tzinfo=UTC) if stamp.tzinfo is None else stamp.astimezone(UTC)
