"""What some remotes, and some of our sides, tell of who set a value."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, runtime_checkable


@dataclass(frozen=True, slots=True)
class Authored:
    """Who set a value at the remote, and when. `at` is in the remote's own clock where it has no zone; an email by
    which the person may be one of our users."""

    name: str = ""
    at: datetime | None = None
    email: str = ""


@runtime_checkable
class KnowsAuthors(Protocol):
    """A connector whose remote says for single fields who set them and when."""

    tells_times: Collection[str]
    """The remote types of which it says when each field was set."""

    def author(self, remote_type: str, fields: Mapping[str, Any], name: str) -> Authored | None:
        """Of the field `name` of a record as last read; None where it is not said."""
        ...


@runtime_checkable
class KeepsInParts(Protocol):
    """A side that keeps some fields in several of its own, by whose names its history tells of them."""

    parts: Mapping[str, Sequence[str]]
