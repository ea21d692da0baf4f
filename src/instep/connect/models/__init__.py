"""The engine's tables, by theme."""

from __future__ import annotations

from instep.connect.models.connection import (
    Connection,
    ConnectionState,
    Cursor,
    FieldRule,
    Lease,
    Pair,
    TokenState,
    ValueMap,
)
from instep.connect.models.links import (
    Conflict,
    ConflictState,
    Dirty,
    Hint,
    Link,
    LinkState,
    MatchKey,
    Observation,
    Tombstone,
)
from instep.connect.models.plans import (
    Intent,
    IntentState,
    JournalEntry,
    OpKind,
    OpState,
    Plan,
    PlanOp,
    PlanState,
    Run,
    RunState,
    Severity,
)

__all__ = [
    "Conflict",
    "ConflictState",
    "Connection",
    "ConnectionState",
    "Cursor",
    "Dirty",
    "FieldRule",
    "Hint",
    "Intent",
    "IntentState",
    "JournalEntry",
    "Lease",
    "Link",
    "LinkState",
    "MatchKey",
    "Observation",
    "OpKind",
    "OpState",
    "Pair",
    "Plan",
    "PlanOp",
    "PlanState",
    "Run",
    "RunState",
    "Severity",
    "TokenState",
    "Tombstone",
    "ValueMap",
]
