"""A run's journal as a file, line by line: one row for each entry, with what was before and after and what was
answered (X-16). However long the run, only some rows are in memory."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from typing import Any

from instep.connect.models import JournalEntry, Run

CHUNK = 500
COLUMNS = (
    *("at", "side", "operation", "kind", "record", "our_id", "their_id", "before", "after"),
    *("outcome", "answer", "version_before", "version_after", "milliseconds", "undone_by", "entry"),
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_lines(run: Run) -> Iterator[str]:
    """The lines of a CSV file; before and after are JSON by field. No spreadsheet takes a text for a formula."""
    writer = csv.writer(_Line())
    yield "\ufeff" + writer.writerow(COLUMNS)
    for facts in entry_facts(run):
        yield writer.writerow([_cell(facts[name]) for name in COLUMNS])


def json_lines(run: Run) -> Iterator[str]:
    """The parts of one JSON document: the run, then its entries, each on a line of its own."""
    head = {
        "run": run.pk,
        "purpose": run.purpose,
        "state": run.state,
        "started_at": run.started_at.isoformat(),
        "finished_at": run.finished_at.isoformat() if run.finished_at else None,
        "counts": run.counts,
        "calls": run.calls,
    }
    yield json.dumps(head, ensure_ascii=False)[:-1] + ', "entries": ['
    between = "\n"
    for facts in entry_facts(run):
        yield between + json.dumps(facts, ensure_ascii=False)
        between = ",\n"
    yield "\n]}\n"


def entry_facts(run: Run) -> Iterator[dict[str, Any]]:
    """Each entry in plain values, in order; CHUNK of them at a time."""
    last = 0
    rows = JournalEntry.objects.of(run.firm_id).filter(run=run).order_by("pk")
    while entries := list(rows.filter(pk__gt=last)[:CHUNK]):
        last = entries[-1].pk
        for entry in entries:
            yield _facts(entry)


def _facts(entry: JournalEntry) -> dict[str, Any]:
    return {
        "entry": entry.pk,
        "at": entry.at.isoformat(),
        "side": entry.side,
        "operation": entry.op,
        "kind": entry.kind,
        "record": entry.label,
        "our_id": entry.local_id,
        "their_id": entry.remote_id or None,
        "before": {name: pair[0] for name, pair in entry.fields.items()},
        "after": {name: pair[1] for name, pair in entry.fields.items()},
        "outcome": entry.outcome,
        "answer": entry.detail,
        "version_before": entry.version_before,
        "version_after": entry.version_after,
        "milliseconds": entry.duration_ms,
        "undone_by": entry.undone_by,
    }


class _Line:
    """A file to write to that hands the line back."""

    def write(self, text: str) -> str:
        """The line itself."""
        return text


def _cell(value: Any) -> str:
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False) if value else ""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text
