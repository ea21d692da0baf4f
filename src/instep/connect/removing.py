"""Taking records away: what may become of one whose counterpart has ended, and what some remotes can do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol, runtime_checkable

from instep.connect.protocols import RemoteRecord, Reply, Request

ASK, ARCHIVE, DELETE, UNLINK, IGNORE = "ask", "archive", "delete", "unlink", "ignore"
"""What may become of the record that is left when its counterpart is gone or put away."""


@runtime_checkable
class Removes(Protocol):
    """A connector that can take a record of its remote away. What is issued (an invoice, a credit note) never is."""

    removes: Mapping[str, Sequence[str]]
    """By remote type: "archive" where the remote can put it away and still shows it, "delete" where it can end it."""

    def ask_remove(self, remote_type: str, remote_id: str, how: str, *, version: str | None) -> Request: ...

    def read_removed(self, remote_type: str, request: Request, reply: Reply) -> RemoteRecord | None:
        """The record as it is put away; None when it is no more. Raises as `Connector.read_record` does."""
        ...
