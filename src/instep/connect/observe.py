"""Seeing the other side: lists are read page by page from the cursor; what changed is marked as pending (b.7)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

from django.db import transaction

from instep.connect.calls import Caller
from instep.connect.capability import Capability
from instep.connect.fieldmap import fields_version
from instep.connect.inbox.absent import count_shown, note_missing, whole_list_due
from instep.connect.limits.meters import Share
from instep.connect.models import Cursor, Pair
from instep.connect.observations import How, aware, end_missing, mark_gone, store
from instep.connect.place import Bench
from instep.connect.protocols import BadReply, Gone, PageOfRecords, RemoteRecord

FRESH_SECONDS = 5
"""An observation older than this is read again before an update, where the remote has no version guard."""
STAMP_STEP_MINUTES = 15
"""Zones differ from UTC by whole quarters of an hour."""
EASTERNMOST, WESTERNMOST = 14 * 60, -12 * 60
"""No clock on earth is further from UTC, in minutes."""
CLOCK_CHANGE = timedelta(minutes=61)
"""When a remote's own clock goes back, what is changed in the next hour is stamped earlier than what was read."""
WIDE_EVERY = timedelta(minutes=30)
NEVER = datetime(1970, 1, 2, tzinfo=UTC)
LOOK_LASTS = timedelta(minutes=10)
"""A look that was cut short longer ago is begun anew: what it saw first is too old to show beside the rest."""


def observe(
    bench: Bench,
    caller: Caller,
    pairs: Iterable[Pair],
    *,
    now: datetime,
    references: bool = False,
    since: datetime | None = None,
    doubts: Mapping[int, datetime] | None = None,
) -> int:
    """Read what changed in each pair's remote type since its cursor; how many records came.

    With `references`, what is only read is read too. With `since`, a look that was cut short is gone on with: lists
    whose last reading began since then are not read again; those of a pair in `doubts` not if it began since the
    moment named there, too.

    Each page is stored in one short transaction. The cursor moves only after the last page, to the server's time of
    the first request less the overlap: an interrupted list is gone on with, a change made meanwhile is seen next time.
    Raises LeaseLost and the connector's troubles.
    """
    lists = list(dict.fromkeys(bench.list_of(pair.remote_type) for pair in pairs))
    if references:
        lists = [*bench.references, *lists]
    if since is not None:
        wanted = dict.fromkeys(lists, since)
        for pair in bench.pairs:
            name = bench.list_of(pair.remote_type)
            wanted[name] = max(wanted.get(name, since), (doubts or {}).get(pair.pk, since))
        begun = read_from(bench)
        lists = [name for name in lists if (at := begun.get(name)) is None or not wanted[name] <= at <= now]
    return sum(_read_list(bench, caller, remote_type, now=now, whole=references) for remote_type in lists)


def read_anew(bench: Bench, caller: Caller) -> None:
    """After a new version with other fields: everything is read once more, or the new fields would only be seen of
    records that happen to change (X-21). Raises LeaseLost."""
    connection, version = bench.connection, fields_version(bench.connector.maps)
    if connection.capability_version == version:
        return
    with transaction.atomic():
        caller.fence()
        if connection.capability_version:
            Cursor.objects.of(bench.firm_id).filter(connection=connection).update(
                since=None, wide_since=None, scan_started=None, scan_after="", read_here_at=None
            )
        connection.capability_version = version
        connection.save(update_fields=["capability_version"])


def still_looking(since: datetime | None, *, now: datetime) -> datetime | None:
    """When the look began that was cut short and is gone on with; None where a new one begins."""
    return since if since is not None and timedelta() <= now - since <= LOOK_LASTS else None


def read_from(bench: Bench) -> dict[str, datetime]:
    """When the last complete reading of each list began, by our own clock; one query."""
    rows = Cursor.objects.of(bench.firm_id).filter(connection=bench.connection, read_here_at__isnull=False)
    return dict(rows.values_list("remote_type", "read_here_at"))


def read_lately(bench: Bench, remote_type: str, *, now: datetime) -> bool:
    """Whether the picture of this type is fresh enough to overwrite something by."""
    rows = Cursor.objects.of(bench.firm_id).filter(connection=bench.connection, remote_type=bench.list_of(remote_type))
    at = rows.values_list("read_here_at", flat=True).first()
    return at is not None and timedelta() <= now - at < timedelta(seconds=FRESH_SECONDS)


def _cursor(bench: Bench, remote_type: str) -> Cursor:
    cursor, _ = Cursor.objects.get_or_create(
        firm_id=bench.firm_id, connection=bench.connection, remote_type=remote_type
    )
    return cursor


def _read_list(bench: Bench, caller: Caller, remote_type: str, *, now: datetime, whole: bool) -> int:
    """With `whole`, from its beginning where it is time to look for what is gone."""
    cursor = _cursor(bench, remote_type)
    capability = bench.capability_of(remote_type)
    if cursor.scan_started is None:
        due = whole and whole_list_due(cursor, capability, now=now)
        cursor.scan_since, cursor.scan_seen = None if due else _since(cursor, capability), 0
        cursor.scan_after, cursor.scan_no, cursor.scan_here_at = "", cursor.scan_no + 1, now
    after = cursor.scan_after or None
    caller.works_for(Share.BACKFILL if capability.delta and cursor.scan_since is None else Share.POLL)
    came = 0
    while True:
        request = bench.connector.ask_page(remote_type, since=_naive(cursor.scan_since), after=after)
        reply = caller.send(request)
        page = bench.connector.read_page(remote_type, request, reply)
        if page.next_after is not None and page.next_after == after:
            raise BadReply("The remote sent the same page again; reading it would never end.")
        came += len(page.records)
        doubtful: list[tuple[Pair, str]] = []
        with transaction.atomic():
            caller.fence()
            _keep(bench, page, cursor, now=now, doubtful=doubtful)
            count_shown(bench, page, cursor)
            cursor.scan_started = cursor.scan_started or _begun(bench, caller, page)
            cursor.scan_after = after = page.next_after or ""
            if not after:
                note_missing(bench, page, cursor, now=now)
                _finish(bench, cursor, capability)
                cursor.read_here_at = cursor.scan_here_at or now
            # Looked at closely before the cursor passes them: a death in between shows them in this list once more.
            if not doubtful:
                cursor.save()
        if doubtful:
            _look_closely(bench, caller, doubtful, now=now)
            with transaction.atomic():
                caller.fence()
                cursor.save()
        if not after:
            return came


def _keep(
    bench: Bench, page: PageOfRecords, cursor: Cursor, *, now: datetime, doubtful: list[tuple[Pair, str]]
) -> None:
    """Store a page, each type by itself: records that come inside others are of a type of their own."""
    by_type: dict[str, list[RemoteRecord]] = {}
    for record in page.records:
        by_type.setdefault(record.type, []).append(record)
    for remote_type, found in by_type.items():
        pair = bench.pair_there(remote_type)
        if pair is None and remote_type not in bench.references:
            continue  # the firm does not keep this type in step
        unsure: list[str] = []
        store(bench, pair, found, scan_no=cursor.scan_no, now=now, doubtful=unsure if pair is not None else None)
        if pair is not None:
            doubtful += [(pair, remote_id) for remote_id in unsure]
    for whole in page.whole:
        pair, shown = bench.pair_there(whole.type), {record.id for record in by_type.get(whole.type, ())}
        if pair is not None:
            lately = end_missing(bench, pair, whole, shown, scan_no=cursor.scan_no, now=now)
            doubtful += [(pair, remote_id) for remote_id in lately]


def _look_closely(bench: Bench, caller: Caller, doubtful: Iterable[tuple[Pair, str]], *, now: datetime) -> None:
    """Two versions of one second: ask for the record itself, which shows the newer one. Rare; a call each."""
    for pair, remote_id in doubtful:
        request = bench.connector.ask_record(pair.remote_type, remote_id)
        reply = caller.send(request)
        found: list[RemoteRecord] = []
        try:
            found = [bench.connector.read_record(pair.remote_type, request, reply)]
        except Gone:
            pass
        with transaction.atomic():
            caller.fence()
            if not store(bench, pair, found, scan_no=0, now=now, how=How.READ):
                mark_gone(bench.firm_id, bench.connection.pk, pair.remote_type, remote_id)


def _since(cursor: Cursor, capability: Capability) -> datetime | None:
    """Where a new list begins. A remote that stamps in its own clock is looked at further back now and then: after
    that clock went back an hour, an hour's changes carry stamps that lie before the cursor."""
    if not capability.delta or cursor.since is None:
        return None
    if capability.stamp_utc:
        return cursor.since
    if cursor.wide_since is None:
        return cursor.since - CLOCK_CHANGE
    if cursor.since - cursor.wide_since >= WIDE_EVERY:
        return cursor.wide_since - CLOCK_CHANGE
    return cursor.since


def _begun(bench: Bench, caller: Caller, page: PageOfRecords) -> datetime:
    """Server time (UTC) before which everything is surely on this first page, or on a page after it.

    The answer's Date less what the answer took: the remote looked before it dated. A remote that gives no Date is
    taken at the newest stamp it shows; one that shows none is read from where we stood, at the price of reading rows
    again.
    """
    if caller.server_time is not None:
        return caller.server_time - timedelta(milliseconds=caller.last_ms)
    stamps = [stamp for r in page.records if (stamp := aware(r.stamp)) is not None]
    if not stamps:
        return NEVER
    if bench.capability_of(page.records[0].type).stamp_utc:
        return max(stamps)
    offset = bench.connection.stamp_offset_minutes
    return NEVER if offset is None else max(stamps) - timedelta(minutes=offset)


def _finish(bench: Bench, cursor: Cursor, capability: Capability) -> None:
    """Move the cursor: the server's time in the remote's own clock, never backwards."""
    assert cursor.scan_started is not None
    cursor.read_at, cursor.scan_started, cursor.scan_after = cursor.scan_started, None, ""
    reached = stamp_clock(bench, cursor.remote_type, cursor.read_at)
    if reached is None:
        return  # the zone is not learned yet: read from where we stood, at the price of reading some rows again
    reached -= timedelta(seconds=capability.overlap)
    wide = cursor.scan_since is None or (cursor.since is not None and cursor.since - cursor.scan_since >= CLOCK_CHANGE)
    if cursor.since is None or reached > cursor.since:
        cursor.since = reached
    if wide:
        cursor.wide_since = cursor.since


def stamp_clock(bench: Bench, remote_type: str, moment: datetime) -> datetime | None:
    """A UTC moment in the clock of the remote's stamps (kept as if UTC); None while its zone is unknown."""
    if bench.capability_of(remote_type).stamp_utc:
        return moment
    offset = bench.connection.stamp_offset_minutes
    return None if offset is None else moment + timedelta(minutes=offset)


def learn_zone(bench: Bench, record: RemoteRecord, answered: datetime | None) -> None:
    """From a record that was written just now: how far the remote's own clock is from UTC.

    A stamp of another day (an answer that shows the record as it was) is no zone. One that is too old by hours reads
    as a zone too far west, which only makes lists look back further.
    """
    stamp = aware(record.stamp)
    if stamp is None or answered is None or bench.capability_of(record.type).stamp_utc:
        return
    minutes = (stamp - answered).total_seconds() / 60
    offset = round(minutes / STAMP_STEP_MINUTES) * STAMP_STEP_MINUTES
    known = bench.connection.stamp_offset_minutes
    if abs(minutes - offset) <= 2 and WESTERNMOST <= offset <= EASTERNMOST and known != offset:
        bench.connection.stamp_offset_minutes = offset
        bench.connection.save(update_fields=["stamp_offset_minutes"])


def _naive(stamp: datetime | None) -> datetime | None:
    return None if stamp is None else stamp.astimezone(UTC).replace(tzinfo=None)
