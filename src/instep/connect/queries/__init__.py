"""Questions about connections: how they stand, what they did, what waits for a person."""

from __future__ import annotations

from instep.connect.queries.cards import Card, card, cards, ended, running, totals
from instep.connect.queries.effects import Effect, effects_of
from instep.connect.queries.maps import MapRow, ValueList, choices_here, field_ways, map_rows, value_lists, versions
from instep.connect.queries.names import Names, labels_of, names_of, said, seen_there
from instep.connect.queries.records import RecordMark, RecordSync, marks_of, sync_of
from instep.connect.queries.runs import (
    journal,
    journal_counts,
    operation_counts,
    operation_of,
    operations,
    operations_of_run,
    plan_of,
    run_of,
    run_of_plan,
    runs,
    shown_plan,
)
from instep.connect.queries.waiting import (
    Alike,
    alike,
    conflict_of,
    decided_conflicts,
    held,
    left_out,
    link_of,
    open_conflicts,
    twin_of,
)

__all__ = [
    "Alike",
    "Card",
    "Effect",
    "MapRow",
    "Names",
    "RecordMark",
    "RecordSync",
    "ValueList",
    "alike",
    "card",
    "cards",
    "choices_here",
    "conflict_of",
    "decided_conflicts",
    "effects_of",
    "ended",
    "field_ways",
    "held",
    "journal",
    "journal_counts",
    "labels_of",
    "left_out",
    "link_of",
    "map_rows",
    "marks_of",
    "names_of",
    "open_conflicts",
    "operation_counts",
    "operation_of",
    "operations",
    "operations_of_run",
    "plan_of",
    "run_of",
    "run_of_plan",
    "running",
    "runs",
    "said",
    "seen_there",
    "shown_plan",
    "sync_of",
    "totals",
    "twin_of",
    "value_lists",
    "versions",
]
