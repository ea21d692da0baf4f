"""What one kind of record can do at a remote, in numbers, and the fewest calls a piece of work can cost."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import StrEnum


class CreateHandle(StrEnum):
    """How a created record is found again when the reply was lost, best first (sync rule: intent before send)."""

    UNIQUE_NUMBER = "unique_number"
    KEY = "key"
    """By nothing; but a request of several that is sent again under its key, inside `key_window`, is made once."""
    MARKER = "marker"
    CONTENT = "content"
    """Created since it was sent, with the same values: if exactly one is."""
    NONE = "none"
    """A person is asked."""

    @property
    def found_at_once(self) -> bool:
        """Whether the record itself says that it is the one."""
        return self in (CreateHandle.UNIQUE_NUMBER, CreateHandle.MARKER)


@dataclass(frozen=True, slots=True)
class AccountLimits:
    """How often one account of a remote may be called. None: no limit is known."""

    per_minute: int | None = None
    per_day: int | None = None
    concurrent: int | None = None
    """Kept by the lease: one cycle, preview or check of a connection runs at a time, one call after the other."""


@dataclass(frozen=True, slots=True)
class Capability:
    """The numbers of one remote type. Which verbs exist is said by the connector's maps; durations are seconds."""

    page_max: int
    total_given: bool = False
    """The reply says how many there are, or whether a page follows; else a full last page costs one more call."""
    delta: bool = True
    """Lists can be narrowed to what was modified since a stamp."""
    stamp_utc: bool = False
    """Stamps are UTC; otherwise their zone is learned from the first stamped reply."""
    visibility_lag: int = 2
    read_many: int = 1
    batch_max: int = 1
    returns_record: bool = True
    version_guard: bool = False
    handle: CreateHandle = CreateHandle.MARKER
    key_window: int | None = None
    """Seconds, tested, in which the remote remembers what it answered to a key, from the first request on."""
    deletes_seen: bool = False
    """What is deleted or put away there shows in the lists of changes. Where it does not, the whole list is read now
    and then, and what it does not show is asked for one by one."""
    reconcile_seconds: int = 86_400
    number: str = ""
    """With handle UNIQUE_NUMBER: their field that is unique among what lives there. The reader gives its value as the
    record's `marker`, and a creation without an answer is found by it."""
    carried_by: str = ""
    """Records of this type come inside the pages of that other type: no list is asked for."""
    poll_seconds: int = 60
    max_body: int = 1_000_000

    @property
    def overlap(self) -> int:
        """Seconds that a cursor looks back: at least two, and no less than writes may take to show."""
        return max(2, self.visibility_lag)


@dataclass(frozen=True, slots=True)
class Workload:
    """What has to be carried, counted per remote type."""

    remote_records: dict[str, int] = field(default_factory=dict)
    """Records that a full read finds; a type that is here is read from the start: at first, and when what is gone is
    looked for."""
    remote_changes: dict[str, int] = field(default_factory=dict)
    """Records that a poll since the cursor finds; a type that is here with 0 is a quiet poll."""
    writes: dict[str, int] = field(default_factory=dict)
    guarded_updates: dict[str, int] = field(default_factory=dict)
    """Updates among the writes that need a fresh read because the remote has no version guard."""
    unknown_outcomes: int = 0
    missing: dict[str, int] = field(default_factory=dict)
    """Records that a full read did not show: nothing counts as gone before it was asked for."""


def pages(count: int, capability: Capability) -> int:
    """Calls that a list of `count` records costs: at least one, and one more where the end is not told."""
    full, rest = divmod(count, capability.page_max)
    if capability.total_given:
        return max(1, full + (1 if rest else 0))
    return full + 1


def min_calls(capabilities: dict[str, Capability], work: Workload) -> int:
    """The fewest calls that `work` can cost by the formulas of the sync design, section (c)."""
    calls = work.unknown_outcomes
    for kind, count in work.remote_records.items():
        if not capabilities[kind].carried_by:
            calls += pages(count, capabilities[kind])
    for kind, count in work.remote_changes.items():
        capability = capabilities[kind]
        if capability.carried_by:
            continue
        calls += pages(count, capability) if capability.delta else 0
    for kind, count in work.writes.items():
        capability = capabilities[kind]
        calls += math.ceil(count / capability.batch_max)
        if not capability.returns_record:
            calls += math.ceil(count / capability.read_many)
    for kind, count in work.missing.items():
        calls += math.ceil(count / capabilities[kind].read_many)
    return calls
