"""Sending requests for a connection: signed, counted by operation, with the server's time read from each answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from time import monotonic

from instep.connect.place import Bench
from instep.connect.protocols import NeedsPerson, Reply, Request, Transport
from instep.connect.secrets import SecretsUnreadable, open_, redact


@dataclass(slots=True)
class Caller:
    """One cycle's door to the remote."""

    bench: Bench
    transport: Transport
    before_send: Callable[[], None]
    """Makes sure that we may still send (the lease)."""
    fence: Callable[[], None]
    """Inside a transaction that keeps what was seen: raises LeaseLost when another worker took over."""
    counts: Counter[str] = field(default_factory=Counter)
    server_time: datetime | None = None
    """UTC, from the last answer's Date; None when it had none. Our own clock never stands for it."""
    last_ms: int = 0
    _secret: Mapping[str, str] | None = None

    def send(self, request: Request) -> Reply:
        """Send one request. Raises TryLater when no answer came, NeedsPerson when the token cannot be opened, LeaseLost
        when we may not send any more."""
        self.before_send()
        signed = self.bench.connector.sign(request, self._opened())
        self.counts[request.operation] += 1
        begun = monotonic()
        try:
            reply = self.transport.send(signed)
        finally:
            self.last_ms = int((monotonic() - begun) * 1000)
        self.server_time = server_time(reply)
        return reply

    def clean(self, text: str) -> str:
        """The text without our secrets, for journals."""
        return redact(text, self._opened())

    def _opened(self) -> Mapping[str, str]:
        if self._secret is None:
            try:
                self._secret = open_(self.bench.connection.sealed_secret)
            except SecretsUnreadable as refusal:
                raise NeedsPerson(str(refusal)) from None
        return self._secret


def server_time(reply: Reply) -> datetime | None:
    """The answer's own Date in UTC; None when it has none that can be read."""
    try:
        stamp = parsedate_to_datetime(reply.headers.get("date", ""))
    except (TypeError, ValueError):
        return None
    return stamp.astimezone(UTC) if stamp.tzinfo else stamp.replace(tzinfo=UTC)
