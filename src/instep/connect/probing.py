"""Looking at a real account without writing: whether it is as the connector's maps and numbers say.

For each type one page and one record, and once more with a date. Nothing of the records themselves is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from instep.connect.abilities import HasLimits
from instep.connect.apply.connection_state import keep_access
from instep.connect.calls import Caller
from instep.connect.errors import SyncBusy
from instep.connect.fieldmap import Choice, Field, Mark, RecordMap
from instep.connect.limits.lease import take
from instep.connect.models import Connection
from instep.connect.observations import aware
from instep.connect.place import Bench, bench_of
from instep.connect.protocols import RemoteRecord, RemoteTrouble, RenewsAccess, Reply, Request, Transport
from instep.connect.secrets import SecretsUnreadable, open_
from instep.connect.translate import canon_theirs

READS = ("GET", "HEAD")
MOST_WORDS = 20
TELLING = ("rate", "limit", "retry", "remaining", "quota")
"""Parts of the names of headers that speak of limits."""


class WouldWrite(AssertionError):
    """A probe was about to send something that is no reading: a fault of ours, and nothing was sent."""


@dataclass(slots=True)
class OnlyReads:
    """Lets readings through, and the renewal of an access, which changes no record; refuses anything else."""

    inner: Transport
    besides: frozenset[str] = frozenset()
    """Operations that may be sent although they are no readings."""
    headers: dict[str, str] = field(default_factory=dict)
    """What the answers said of limits, by header, as last seen."""

    def send(self, request: Request) -> Reply:
        if request.method not in READS and request.operation not in self.besides:
            raise WouldWrite(f"{request.operation}: {request.method} is no reading")
        reply = self.inner.send(request)
        self.headers |= {n: v for n, v in reply.headers.items() if any(word in n for word in TELLING)}
        return reply


@dataclass(frozen=True, slots=True)
class Seen:
    """One mapped field as the account shows it."""

    ours: str
    theirs: str
    mark: str
    shown: int
    """In so many of the records that were looked at."""
    filled: int
    unreadable: int
    """Values that are not what the map takes them for."""
    unknown: Sequence[str]
    """Words of a list that no entry of the value map stands for."""


@dataclass(slots=True)
class TypeReport:
    """One remote type."""

    remote_type: str
    records: int = 0
    page_max: int = 0
    page: str = ""
    """honoured, exceeded, or not told where there are too few records."""
    since: str = ""
    """honoured, ignored, not told, or none where the connector says that there is no such filter."""
    record: str = ""
    """read, or why not."""
    trouble: str = ""
    fields: list[Seen] = field(default_factory=list)

    @property
    def wrong(self) -> list[str]:
        """What is not as the connector says, in sentences."""
        found = [self.trouble] if self.trouble else []
        if self.page == "exceeded":
            found.append(f"A page has more than the {self.page_max} records that were asked for.")
        if self.since == "ignored":
            found.append("The list does not keep to the date that it is asked for.")
        if self.record not in ("", "read"):
            found.append(f"One record by itself: {self.record}")
        if not self.records:
            return found
        for each in self.fields:
            if not each.shown and each.mark != Mark.ASSUMED:
                found.append(f"{each.theirs} is {each.mark}, and no record shows it.")
            if each.unreadable:
                found.append(f"{each.theirs}: {each.unreadable} values are not what the map takes them for.")
            if each.unknown:
                found.append(f"{each.theirs} has words that nothing here stands for: {', '.join(each.unknown)}.")
        return found

    def assumed(self, *, shown: bool) -> list[str]:
        """Their fields that are only assumed, and that records show, or do not."""
        return [each.theirs for each in self.fields if each.mark == Mark.ASSUMED and bool(each.shown) == shown]


@dataclass(slots=True)
class Report:
    """What a probe found."""

    types: list[TypeReport]
    calls: Mapping[str, int]
    limits_told: Mapping[str, int]
    headers: Mapping[str, str]
    zone: str
    clock_ahead: float | None
    """Seconds that our clock runs ahead of the remote's; None where it does not say its own."""


def probe(connection: Connection, *, holder: str, transport: Transport, clock: Callable[[], datetime]) -> Report:
    """Look at the account; neither side is written to.

    Raises SyncBusy while a sync runs, and NeedsPerson when the account does not let us in at all; what goes wrong with
    one type is told with that type.
    """
    holding = take(connection, holder=holder, clock=clock)
    if holding is None:
        raise SyncBusy
    connection.refresh_from_db()
    bench = bench_of(connection)
    wire = OnlyReads(transport, _renewals(bench))
    caller = Caller(bench, wire, holding.ensure, holding.fence, clock, keep_access)
    told: dict[str, int] = {}
    try:
        caller.send(bench.connector.ask_identity())
        ahead = (clock() - caller.server_time).total_seconds() if caller.server_time is not None else None
        types = [_look(bench, caller, told, name) for name in _lists(bench)]
        types += [_inside(bench, name) for name in _carried(bench)]
    except RemoteTrouble as trouble:
        caller.cleanse(trouble)
        raise
    finally:
        with transaction.atomic():
            if holding.release():
                caller.settle()
    headers = {name: caller.clean(value) for name, value in wire.headers.items()}
    return Report(types, dict(caller.counts), told, headers, _zone(bench), ahead)


def _renewals(bench: Bench) -> frozenset[str]:
    connector = bench.connector
    if not isinstance(connector, RenewsAccess):
        return frozenset()
    try:
        return frozenset({connector.ask_renewal(open_(bench.connection.sealed_secret)).operation})
    except SecretsUnreadable:
        return frozenset()


def _lists(bench: Bench) -> list[str]:
    mapped = [pair.remote_type for pair in bench.pairs if not bench.capability_of(pair.remote_type).carried_by]
    return [*bench.references, *mapped]


def _carried(bench: Bench) -> list[str]:
    return [pair.remote_type for pair in bench.pairs if bench.capability_of(pair.remote_type).carried_by]


def _inside(bench: Bench, remote_type: str) -> TypeReport:
    return TypeReport(remote_type, since="none", page=f"inside {bench.capability_of(remote_type).carried_by}")


def _look(bench: Bench, caller: Caller, told: dict[str, int], remote_type: str) -> TypeReport:
    capability = bench.capability_of(remote_type)
    report = TypeReport(remote_type, page_max=capability.page_max)
    try:
        records, more = _page(bench, caller, told, remote_type, since=None)
        mine = [record for record in records if record.type == remote_type]
        report.records = len(mine)
        report.page = _page_word(len(mine), capability.page_max, more=more)
        report.since = _since_word(bench, caller, told, remote_type, mine) if capability.delta else "none"
        pair = bench.pair_there(remote_type)
        if pair is not None:
            if mine:
                one, report.record = _record(bench, caller, remote_type, mine[0].id)
                mine += one
            report.fields = _fields(bench, bench.whole_map_of(pair), mine)
    except RemoteTrouble as trouble:
        caller.cleanse(trouble)
        report.trouble = trouble.sentence
    return report


def _page(
    bench: Bench, caller: Caller, told: dict[str, int], remote_type: str, *, since: datetime | None
) -> tuple[list[RemoteRecord], bool]:
    connector = bench.connector
    request = connector.ask_page(remote_type, since=since, after=None)
    reply = caller.send(request)
    if isinstance(connector, HasLimits):
        told |= connector.calls_left(reply)
    page = connector.read_page(remote_type, request, reply)
    return list(page.records), page.next_after is not None


def _record(bench: Bench, caller: Caller, remote_type: str, remote_id: str) -> tuple[list[RemoteRecord], str]:
    request = bench.connector.ask_record(remote_type, remote_id)
    try:
        return [bench.connector.read_record(remote_type, request, caller.send(request))], "read"
    except RemoteTrouble as trouble:
        caller.cleanse(trouble)
        return [], trouble.sentence


def _page_word(count: int, most: int, *, more: bool) -> str:
    if count > most:
        return "exceeded"
    return "honoured" if more and count == most else "not told"


def _since_word(
    bench: Bench, caller: Caller, told: dict[str, int], remote_type: str, seen: Sequence[RemoteRecord]
) -> str:
    """Asked for what changed after a stamp in the middle: nothing older may come, and less than before."""
    stamps = sorted(stamp for record in seen if (stamp := aware(record.stamp)) is not None)
    if not stamps:
        return "not told"
    middle = stamps[len(stamps) // 2]
    if middle == stamps[0]:
        middle = stamps[-1] + timedelta(days=1)
    records, _ = _page(bench, caller, told, remote_type, since=middle.replace(tzinfo=None))
    older = [r for r in records if r.type == remote_type and (at := aware(r.stamp)) is not None and at < middle]
    return "ignored" if older else "honoured"


def _fields(bench: Bench, record_map: RecordMap, records: Sequence[RemoteRecord]) -> list[Seen]:
    return [_seen(bench, record_map, f, [r.fields for r in records]) for f in record_map.fields]


def _seen(bench: Bench, record_map: RecordMap, f: Field, records: Iterable[Mapping[str, Any]]) -> Seen:
    shown = [fields[f.theirs] for fields in records if f.theirs in fields]
    filled = [value for value in shown if value not in (None, "", [], {})]
    unknown: list[str] = []
    if isinstance(f.lens, Choice):
        known = {theirs for domain, theirs in bench.choices_here if domain == f.lens.domain}
        unknown = sorted({str(value) for value in filled} - known)[:MOST_WORDS]
    unreadable = sum(not _readable(bench, record_map, f, value) for value in filled)
    return Seen(f.ours, f.theirs, f.mark.value, len(shown), len(filled), unreadable, unknown)


def _readable(bench: Bench, record_map: RecordMap, f: Field, value: Any) -> bool:
    try:
        return canon_theirs(record_map, f, value, bench.place) is not None
    except (ValueError, TypeError, KeyError, AttributeError, ArithmeticError):
        return False


def _zone(bench: Bench) -> str:
    if all(bench.capability_of(pair.remote_type).stamp_utc for pair in bench.pairs):
        return "UTC, as the connector says"
    offset = bench.connection.stamp_offset_minutes
    if offset is None:
        return "not learned yet: it is, with the first record that is written"
    hours, minutes = divmod(abs(offset), 60)
    return f"UTC{'-' if offset < 0 else '+'}{hours:02}:{minutes:02}, learned from a record that was written"
