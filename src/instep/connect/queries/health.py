"""How healthy a connection is: what waits since when, how late edits arrive, what is left to call, who works on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Min

from instep.connect.abilities import HasLimits
from instep.connect.apply.epochs import adopted
from instep.connect.inbox.hints import HEARD
from instep.connect.installation import is_copy
from instep.connect.limits.gauge import Gauge
from instep.connect.models import Connection, Cursor, Intent, JournalEntry, Lease, Meter, Run, RunState
from instep.connect.models.plans import OPEN_INTENTS
from instep.connect.protocols import Connector, RenewsAccess
from instep.connect.queries.cards import Card, card
from instep.connect.registry import connector_for
from instep.connect.secrets import SecretsUnreadable, open_
from instep.kernel.errors import NotFound

DAY = timedelta(hours=24)
MOST_ENTRIES = 10_000
"""Of a day's journal so many are measured, the last ones: beyond that nothing changes in what is shown."""
NO_CLOCK = datetime.fromisoformat("2000-01-01T00:00:00+00:00")
LOOKS_AHEAD = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Lag:
    """How long edits of one direction were under way, in milliseconds."""

    count: int
    half: int
    """Half of them arrived within it (p50)."""
    most: int
    """All but one of twenty did (p95)."""


@dataclass(frozen=True, slots=True)
class Budget:
    """What is left of one limit of the account."""

    name: str
    """minute or day"""
    left: int
    whole: int
    told: bool
    """The remote said so itself; else it is our own count."""


@dataclass(frozen=True, slots=True)
class Stop:
    """The last time that a run ended early."""

    at: datetime
    sentence: str


@dataclass(slots=True)
class Facts:
    """Everything about one connection that tells whether it is well."""

    card: Card
    copy: bool
    adopted: bool
    unreadable: bool
    """Its sealed sign-in does not open with the keys of this installation."""
    access_until: datetime | None
    """When the access has to be renewed next; None where it does not end, or nobody knows."""
    lag: dict[str, Lag] = field(default_factory=dict)
    """By the side that was written: "there", "here"."""
    budgets: list[Budget] = field(default_factory=list)
    last_stop: Stop | None = None
    open_intents: int = 0
    intents_since: datetime | None = None
    holder: str = ""
    lease_until: datetime | None = None
    clock_ahead: timedelta | None = None
    """How far our clock runs ahead of the remote's; None while it is not known."""
    hints_heard: int = 0
    heard_at: datetime | None = None

    @property
    def connection(self) -> Connection:
        return self.card.connection


def in_hands(*, now: datetime) -> bool:
    """Whether any worker holds any connection at this moment."""
    return Lease.objects.filter(expires_at__gt=now).exclude(holder="").exists()


def health(firm_id: int, connection_id: int, *, now: datetime) -> Facts:
    """One connection, ended ones too, in seven queries. Raises NotFound."""
    return health_about(card(firm_id, connection_id, brief=True), now=now)


def health_about(found: Card, *, now: datetime) -> Facts:
    """The same of a connection whose card is known: six queries."""
    connection = found.connection
    unreadable, until = _access(connection, now=now)
    facts = Facts(found, is_copy(connection), adopted(connection), unreadable, until)
    facts.lag = _lags(connection, now=now)
    _meters(facts, now=now)
    stopped = Run.objects.of(connection.firm_id).filter(connection=connection, state=RunState.STOPPED)
    told = stopped.exclude(message="").order_by("-id").values_list("finished_at", "message").first()
    if told is not None and told[0] is not None:
        facts.last_stop = Stop(*told)
    intents = Intent.objects.of(connection.firm_id).filter(connection=connection, state__in=OPEN_INTENTS)
    facts.open_intents = found.unknown
    facts.intents_since = intents.aggregate(first=Min("first_sent_at"))["first"]
    lease = Lease.objects.of(connection.firm_id).filter(connection=connection).first()
    if lease is not None:
        facts.holder, facts.lease_until = lease.holder, lease.expires_at
    facts.clock_ahead = _clock(connection)
    return facts


def _lags(connection: Connection, *, now: datetime) -> dict[str, Lag]:
    rows = JournalEntry.objects.of(connection.firm_id).filter(
        run__connection=connection, at__gt=now - DAY, lag_ms__isnull=False
    )
    by_side: dict[str, list[int]] = {}
    for side, lag in rows.order_by("-id").values_list("side", "lag_ms")[:MOST_ENTRIES]:
        by_side.setdefault(side, []).append(lag or 0)
    return {side: Lag(len(lags), _share(lags, 50), _share(lags, 95)) for side, lags in by_side.items()}


def _share(values: Sequence[int], percent: int) -> int:
    """The least value that so many of a hundred do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]


def _meters(facts: Facts, *, now: datetime) -> None:
    connection = facts.connection
    rows = {row.dimension: row for row in Meter.objects.of(connection.firm_id).filter(connection=connection)}
    if HEARD in rows:
        facts.hints_heard, facts.heard_at = rows[HEARD].used, rows[HEARD].window_at
    connector = _connector(connection)
    if not isinstance(connector, HasLimits):
        return
    moment = now.timestamp()
    for name, most in (("minute", connector.limits.per_minute), ("day", connector.limits.per_day)):
        if most is None:
            continue
        gauge, row = Gauge(name, most), rows.get(name)
        if row is not None:
            gauge.restore(row.window_at, row.slots, row.told_left)
        left, whole = max(0, gauge.left(moment)), gauge.whole(moment)
        facts.budgets.append(Budget(name, left, whole, gauge.told is not None))


def _access(connection: Connection, *, now: datetime) -> tuple[bool, datetime | None]:
    """Whether the sealed sign-in cannot be opened, and when its access ends, by the connector's own judgement."""
    connector = _connector(connection)
    if not connection.sealed_secret or connector is None:
        return False, None
    try:
        secret = open_(connection.sealed_secret)
    except SecretsUnreadable:
        return True, None
    if not isinstance(connector, RenewsAccess) or not connector.renewal_due(secret, now=now + LOOKS_AHEAD):
        return False, None
    early, late = now - LOOKS_AHEAD, now + LOOKS_AHEAD
    while late - early > timedelta(seconds=30):
        middle = early + (late - early) / 2
        early, late = (early, middle) if connector.renewal_due(secret, now=middle) else (middle, late)
    return False, late


def _clock(connection: Connection) -> timedelta | None:
    """Of the last list: when it began by our clock, and by the date of the remote's answer."""
    rows = Cursor.objects.of(connection.firm_id).filter(connection=connection, read_here_at__isnull=False)
    told = rows.order_by("-read_here_at").values_list("read_here_at", "read_at").first()
    if told is None or told[0] is None or told[1] is None or told[1] < NO_CLOCK:
        return None
    return told[0] - told[1]


def _connector(connection: Connection) -> Connector | None:
    try:
        return connector_for(connection.provider)
    except NotFound:
        return None
