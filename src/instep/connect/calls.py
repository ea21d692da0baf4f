"""Sending requests for a connection: signed, counted by operation, with the server's time read from each answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from time import monotonic

from django.db import transaction

from instep.connect.errors import ReadOnlyCopy
from instep.connect.installation import is_copy
from instep.connect.limits.meters import Meters, Share
from instep.connect.limits.turn import Turn
from instep.connect.place import Bench
from instep.connect.protocols import (
    BadReply,
    NeedsPerson,
    RemoteTrouble,
    RenewsAccess,
    Reply,
    Request,
    Transport,
    TryLater,
)
from instep.connect.secrets import SecretsUnreadable, open_, redact, seal

UNAUTHORISED = 401


@dataclass(slots=True)
class Caller:
    """One cycle's door to the remote."""

    bench: Bench
    transport: Transport
    before_send: Callable[[], None]
    """Makes sure that we may still send (the lease)."""
    fence: Callable[[], None]
    """Inside a transaction that keeps what was seen: raises LeaseLost when another worker took over."""
    clock: Callable[[], datetime]
    keep: Callable[[Bench, str], None]
    """Stores the sealed secret, in the caller's transaction."""
    counts: Counter[str] = field(default_factory=Counter)
    server_time: datetime | None = None
    """UTC, from the last answer's Date; None when it had none. Our own clock never stands for it."""
    last_ms: int = 0
    meters: Meters = field(init=False)
    turn: Turn | None = None
    """Set where others may be waiting."""
    asked: bool = True
    """Somebody waits for what is done: it may take what is kept for people."""
    share: Share = Share.INTERACTIVE
    _secret: Mapping[str, str] | None = None
    _told: set[str] = field(default_factory=set)
    """Every value of a secret that may have left with a request."""

    def __post_init__(self) -> None:
        self.meters = Meters(self.bench, self.clock)

    def works_for(self, share: Share) -> None:
        """What the calls from now on are for."""
        self.share = Share.INTERACTIVE if self.asked else share

    def ready(self) -> None:
        """Before a write is noted: raise OutOfBudget or TurnOver if it could not leave now."""
        self.make_way()
        self.meters.allow(self.share)

    def make_way(self) -> None:
        """Between two pieces of work: raise TurnOver when somebody else has waited long enough."""
        if self.turn is not None:
            self.turn.check()

    def settle(self) -> None:
        """Keep what was counted, in the caller's transaction, behind the fence."""
        self.meters.keep()

    def send(self, request: Request) -> Reply:
        """Send one request, with the access renewed first where it is about to end, or where the remote says it did.

        Raises TryLater when no answer came, OutOfBudget when the account allows no more, NeedsPerson when the token
        cannot be opened or renewed, LeaseLost when we may not send any more, TurnOver before a list.
        """
        self.before_send()
        if self.share in (Share.POLL, Share.BACKFILL):
            self.make_way()
        self.meters.allow(self.share)
        connector = self.bench.connector
        renews = isinstance(connector, RenewsAccess)
        if renews and connector.renewal_due(self._opened(), now=self.clock()):
            self._renew(connector)
        reply = self._metered(connector.sign(request, self._opened()))
        if renews and reply.status == UNAUTHORISED:
            # Nothing was done for this request, so it may go once more.
            self._renew(connector)
            self.meters.allow(self.share)
            reply = self._metered(connector.sign(request, self._opened()))
        return reply

    def _metered(self, signed: Request) -> Reply:
        """Counted against the account's limits before it leaves, so that none is missing whatever comes of it."""
        self.meters.count()
        if self.meters.worth_keeping:
            with transaction.atomic():
                self.fence()
                self.meters.keep()
        reply = self._send(signed)
        self.meters.learn(reply)
        return reply

    def _renew(self, connector: RenewsAccess) -> None:
        """The new access is stored before it is used: a refresh token that was used once is worth nothing more.

        Raises NeedsPerson, and TryLater, `untouched`: the request that it is for has not left. A copy of another
        installation's database renews nothing (RemoteTrouble): the access of the real one would end.
        """
        if is_copy(self.bench.connection):
            raise RemoteTrouble(str(ReadOnlyCopy()))
        try:
            reply = self._send(connector.ask_renewal(self._opened()))
            fresh = connector.read_renewal(self._opened(), reply, now=self.clock())
        except (TryLater, BadReply) as trouble:
            after = trouble.after_seconds if isinstance(trouble, TryLater) else None
            raise TryLater(trouble.sentence, detail=trouble.detail, after_seconds=after, untouched=True) from trouble
        with transaction.atomic():
            self.fence()
            self.keep(self.bench, seal(fresh))
        self._secret = None  # as it is stored
        self._told.update(fresh.values())

    def _send(self, signed: Request) -> Reply:
        self.counts[signed.operation] += 1
        begun = monotonic()
        try:
            reply = self.transport.send(signed)
        finally:
            self.last_ms = int((monotonic() - begun) * 1000)
        self.server_time = server_time(reply)
        return reply

    def clean(self, text: str) -> str:
        """The text without our secrets, those before a renewal too: for journals and pages."""
        return redact(text, self._told)

    def cleanse(self, trouble: RemoteTrouble) -> None:
        """Let the trouble no longer repeat our secrets, should the remote have done so."""
        trouble.sentence, trouble.detail = self.clean(trouble.sentence), self.clean(trouble.detail)
        trouble.args = (trouble.sentence,)

    def _opened(self) -> Mapping[str, str]:
        if self._secret is None:
            try:
                self._secret = open_(self.bench.connection.sealed_secret)
            except SecretsUnreadable as refusal:
                raise NeedsPerson(str(refusal)) from None
            self._told.update(self._secret.values())
        return self._secret


def server_time(reply: Reply) -> datetime | None:
    """The answer's own Date in UTC; None when it has none that can be read."""
    try:
        stamp = parsedate_to_datetime(reply.headers.get("date", ""))
    except (TypeError, ValueError):
        return None
    return stamp.astimezone(UTC) if stamp.tzinfo else stamp.replace(tzinfo=UTC)
