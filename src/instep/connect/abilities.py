"""What some remotes do about calls: limits of an account, several records by one call, hints that something changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable

from instep.connect.capability import AccountLimits
from instep.connect.protocols import RemoteTrouble, Reply, Request, TryLater


@runtime_checkable
class HasLimits(Protocol):
    """A connector whose remote limits how often one account is called."""

    limits: AccountLimits

    def calls_left(self, reply: Reply) -> Mapping[str, int]:
        """What the answer says is left, by the limit's name ("minute", "day"); empty where it says nothing."""
        ...


class OutOfBudget(TryLater):
    """We have used up what the remote allows, or what of it is meant for this kind of work: nothing left."""

    def __init__(self, sentence: str, *, after_seconds: int, limit: str) -> None:
        super().__init__(sentence, after_seconds=after_seconds, untouched=True, limit=limit)


@runtime_checkable
class ReadsMany(Protocol):
    """A connector whose remote shows several records by one call, by their ids."""

    reads_many: Sequence[str]
    """The types that can be read so; the type's `read_many` says how many at once."""

    def ask_many(self, remote_type: str, remote_ids: Sequence[str]) -> Request:
        """`Connector.read_page` reads the answer. A record that is not in it need not be gone."""
        ...


class Forged(RemoteTrouble):
    """A hint whose signature does not fit: nothing of it is believed."""


@dataclass(frozen=True, slots=True)
class RemoteHint:
    """The remote said: look at this record, or with an empty id: at what changed of this type."""

    event_key: str
    """The same for a repetition of the same event."""
    tenant: str
    remote_type: str
    remote_id: str = ""
    changed_at: datetime | None = None
    """By the remote's clock, in UTC."""


@runtime_checkable
class SendsHints(Protocol):
    """A connector whose remote calls us when something changed (webhooks)."""

    hint_key: str
    """The name, within a connection's secret, of the key that the remote signs with."""

    def read_hints(self, headers: Mapping[str, str], body: bytes, *, key: str) -> list[RemoteHint]:
        """What a call says, of every account that it speaks of; `headers` by lower-case name, `body` as it came.

        Raises Forged when the signature does not fit the key, BadReply when it fits something that makes no sense.
        """
        ...
