"""The words of an import: a row as read, what is planned for it, what became of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from instep.kernel.errors import Refusal


class Verdict(StrEnum):
    """What an import would do with a row."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a row is refused: a code for machines, a sentence for people."""

    code: str
    sentence: str

    @classmethod
    def of(cls, refusal: Refusal) -> Problem:
        """The problem that a refusal of an action is."""
        return cls(refusal.code, str(refusal))


@dataclass(frozen=True, slots=True)
class Row:
    """A row as read: the source's own key, the line of the file (from 1), its values (plain, see kernel.ids).

    With a `problem` it is refused whatever its values are; they may be empty then.
    """

    row_key: str
    line: int
    values: Mapping[str, Any]
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class PlannedRow:
    """A row and its verdict. `record_id` is what an earlier version of it became; `problem` says why it is refused."""

    row: Row
    verdict: Verdict
    digest: str
    record_id: int | None
    problem: Problem | None

    @property
    def values(self) -> Mapping[str, Any]:
        """The row's values."""
        return self.row.values


@dataclass(frozen=True, slots=True)
class Outcome:
    """What writing a planned row brought: the record's id, or a problem."""

    record_id: int | None = None
    problem: Problem | None = None


@dataclass(slots=True)
class Preview:
    """What an import would do: rows by verdict, the first refused rows, and how many stored rows the file lacks."""

    counts: Counter[Verdict] = field(default_factory=Counter)
    refused: list[PlannedRow] = field(default_factory=list)
    missing: int = 0


@dataclass(slots=True)
class Tally:
    """What an import did, in rows."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: int = 0

    @property
    def total(self) -> int:
        """All rows seen."""
        return self.created + self.updated + self.unchanged + self.refused
