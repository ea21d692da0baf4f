"""What our own side of some kinds can do besides (see `protocols.LocalSide`)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from instep.connect.protocols import LocalOutcome

if TYPE_CHECKING:
    from instep.base.identity.actor import Actor


@runtime_checkable
class FollowsOthers(Protocol):
    """A side whose records are concerned by changes to records of other kinds, or of which a connection may carry only
    some: those that its map's `scope` names."""

    follows: Sequence[str]
    """Those other kinds."""

    def concerned(self, firm_id: int, kind: str, ids: Sequence[int], scope: str) -> list[int]:
        """Ids of this side's own records, within the scope, that a change to these records of `kind` concerns; `kind`
        may be its own. A fixed number of queries."""
        ...


@runtime_checkable
class Dated(Protocol):
    """A side whose records have a date by which a connection may begin."""

    def dated_before(self, firm_id: int, day: date) -> list[int]:
        """Ids of the records that would be carried and are dated before that day. One query."""
        ...


@runtime_checkable
class PutsAway(Protocol):
    """A side whose records can be taken off the lists and brought back; nothing of them is lost."""

    def archive(self, firm_id: int, ids: Sequence[int], *, by: Actor) -> list[LocalOutcome]:
        """Through the action that a page would call, a savepoint each, inside the caller's transaction; outcomes in
        the order of `ids`. Never raises a Refusal: it becomes an outcome."""
        ...
