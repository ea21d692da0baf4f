"""Looking for what is gone: the whole list is read now and then, and what it does not show is asked for (b.6).

That a list does not show a record proves nothing: it may be late, cut short or narrowed. So the list only says what to
ask for; the record's own address says whether it is there.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from django.db import transaction

from instep.connect.calls import Caller
from instep.connect.capability import Capability
from instep.connect.models import Cursor, Hint, Observation, Pair
from instep.connect.observations import How, mark_gone, store
from instep.connect.place import Bench
from instep.connect.protocols import BadReply, Gone, PageOfRecords, RemoteRecord

ABSENT = "absent:"
"""Begins the key of a note that a whole list did not show a record."""
NEVER = datetime(9999, 1, 1, tzinfo=UTC)
"""Such a note is no hint that a list could settle."""
MOST_ASKED = 100
"""So many are asked for in one cycle; the others in the next ones."""
LIES = 10
"""So many that are there after all, and none that is gone: the list was not whole, and is not believed."""
LONGEST_CHAIN = 10
"""A record may have been merged into one that was merged itself; so far it is followed."""


def whole_list_due(cursor: Cursor, capability: Capability, *, now: datetime) -> bool:
    """Whether it is time to read the list from its beginning, since changes alone do not show what is gone."""
    if not capability.delta or capability.deletes_seen or cursor.since is None:
        return False
    last = cursor.full_scan_at
    return last is None or not timedelta() <= now - last < timedelta(seconds=capability.reconcile_seconds)


def count_shown(bench: Bench, page: PageOfRecords, cursor: Cursor) -> None:
    """Of a page of a list: how many records it shows; of a whole list, which. In the caller's transaction."""
    cursor.scan_seen += sum(record.type == cursor.remote_type for record in page.records)
    if cursor.scan_since is not None:
        return
    by_type: dict[str, list[str]] = {}
    for record in page.records:
        by_type.setdefault(record.type, []).append(record.id)
    for remote_type, ids in by_type.items():
        if bench.pair_there(remote_type) is not None:
            _seen(bench, remote_type, ids, cursor.scan_no)


def note_missing(bench: Bench, page: PageOfRecords, cursor: Cursor, *, now: datetime) -> None:
    """After the last page of a whole list: note what it did not show, in the caller's transaction.

    A list that has another number of records than it says is not whole.
    """
    if cursor.scan_since is not None:
        return
    cursor.full_scan_at = now
    if page.total is not None and page.total != cursor.scan_seen:
        return
    cursor.full_scan_no = cursor.scan_no
    pairs = [pair for pair in bench.pairs if bench.list_of(pair.remote_type) == cursor.remote_type]
    for pair in pairs:
        lag = timedelta(seconds=bench.capability_of(pair.remote_type).visibility_lag)
        rows = Observation.objects.of(bench.firm_id).filter(
            connection=bench.connection, remote_type=pair.remote_type, gone=False, merged_into="",
            seen_scan__lt=cursor.scan_no, seen_at__lt=now - lag,
        )  # fmt: skip
        Hint.objects.bulk_create(
            [
                Hint(
                    firm_id=bench.firm_id,
                    connection=bench.connection,
                    event_key=f"{ABSENT}{pair.remote_type}:{remote_id}"[:200],
                    remote_type=pair.remote_type,
                    remote_id=remote_id,
                    received_at=now,
                    due_at=NEVER,
                )
                for remote_id in rows.order_by("id").values_list("remote_id", flat=True)
            ],
            batch_size=500,
            ignore_conflicts=True,
        )


def still_missing(bench: Bench, pair: Pair) -> int:
    """How many records of a type a whole list did not show that nobody has asked for yet."""
    rows = Hint.objects.of(bench.firm_id).filter(connection=bench.connection, remote_type=pair.remote_type)
    return rows.filter(event_key__startswith=ABSENT).count()


def look_for_gone(bench: Bench, caller: Caller, *, now: datetime) -> None:
    """After the lists: ask for what whole lists did not show, and for what others were merged into. Raises LeaseLost
    and the connector's troubles."""
    ask_for_missing(bench, caller, now=now)
    follow_merges(bench, caller, now=now)


def ask_for_missing(bench: Bench, caller: Caller, *, now: datetime) -> None:
    """Ask for what whole lists did not show, one by one: a record is gone when the remote itself says so.

    In short transactions. Raises LeaseLost and the connector's troubles; what was not asked for by then waits.
    """
    rows = Hint.objects.of(bench.firm_id).filter(connection=bench.connection, event_key__startswith=ABSENT)
    there, gone = 0, 0
    for hint in rows.order_by("id")[:MOST_ASKED]:
        pair = bench.pair_there(hint.remote_type)
        found = _ask(bench, caller, pair, hint.remote_id) if pair is not None else None
        with transaction.atomic():
            caller.fence()
            rows.filter(pk=hint.pk).delete()
            if pair is None or found is None:
                continue  # nothing can be concluded; the next whole list says it again
            _keep(bench, pair, hint.remote_id, found, now=now)
            there, gone = there + bool(found), gone + (not found)
            if there > LIES and not gone:
                rows.delete()
                return


def follow_merges(bench: Bench, caller: Caller, *, now: datetime) -> None:
    """Ask for records that others were merged into, where they were never seen. Raises as `ask_for_missing`."""
    for _ in range(LONGEST_CHAIN):
        unknown = _unknown_survivors(bench)
        if not unknown:
            return
        for pair, remote_id in unknown:
            found = _ask(bench, caller, pair, remote_id)
            with transaction.atomic():
                caller.fence()
                if found:
                    _keep(bench, pair, remote_id, found, now=now)
                else:
                    # Merged into what is not there: the record is gone, and that is all.
                    Observation.objects.of(bench.firm_id).filter(
                        connection=bench.connection, remote_type=pair.remote_type, merged_into=remote_id
                    ).update(merged_into="", gone=True)


def _unknown_survivors(bench: Bench) -> list[tuple[Pair, str]]:
    merged = Observation.objects.of(bench.firm_id).filter(connection=bench.connection, pending=True)
    found: list[tuple[Pair, str]] = []
    for pair in bench.pairs:
        rows = merged.filter(remote_type=pair.remote_type, gone=False).exclude(merged_into="")
        wanted = set(rows.values_list("merged_into", flat=True))
        if not wanted:
            continue
        known = Observation.objects.of(bench.firm_id).filter(
            connection=bench.connection, remote_type=pair.remote_type, remote_id__in=wanted
        )
        found += [(pair, remote_id) for remote_id in sorted(wanted - set(known.values_list("remote_id", flat=True)))]
    return found


def _ask(bench: Bench, caller: Caller, pair: Pair, remote_id: str) -> list[RemoteRecord] | None:
    """The record itself, nothing when it is gone; None when the answer says neither."""
    try:
        request = bench.connector.ask_record(pair.remote_type, remote_id)
    except ValueError:
        return None  # no id of this remote
    reply = caller.send(request)
    try:
        return [bench.connector.read_record(pair.remote_type, request, reply)]
    except Gone:
        return []
    except BadReply:
        return None


def _keep(bench: Bench, pair: Pair, remote_id: str, found: Sequence[RemoteRecord], *, now: datetime) -> None:
    if not found:
        mark_gone(bench.firm_id, bench.connection.pk, pair.remote_type, remote_id)
        return
    store(bench, pair, found, scan_no=0, now=now, how=How.READ)
    last = Cursor.objects.of(bench.firm_id).filter(
        connection=bench.connection, remote_type=bench.list_of(pair.remote_type)
    )
    _seen(bench, pair.remote_type, [remote_id], last.values_list("full_scan_no", flat=True).first() or 0)


def _seen(bench: Bench, remote_type: str, remote_ids: Sequence[str], scan_no: int) -> None:
    Observation.objects.of(bench.firm_id).filter(
        connection=bench.connection, remote_type=remote_type, remote_id__in=remote_ids, seen_scan__lt=scan_no
    ).update(seen_scan=scan_no)
