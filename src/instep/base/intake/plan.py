"""Comparing rows with what the source brought before, in batches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

from instep.base.intake.models import RowState, Source, SourceRow
from instep.base.intake.rows import PlannedRow, Preview, Problem, Row, Verdict
from instep.kernel.ids import fingerprint

BATCH = 500
REFUSED_SHOWN = 200
_KEY_LENGTH = 200


class Planner:
    """Gives the rows of one file their verdicts, in its order. One query per batch, however many rows change."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self._first_lines: dict[str, int] = {}

    def batches(self, rows: Iterable[Row], size: int = BATCH) -> Iterator[list[PlannedRow]]:
        """The planned rows, `size` at a time."""
        incoming = iter(rows)
        while batch := list(islice(incoming, size)):
            yield self.judge(batch)

    def judge(self, batch: list[Row]) -> list[PlannedRow]:
        """The verdicts of these rows, which come after all rows judged before."""
        keys = {row.row_key for row in batch if _key_problem(row) is None}
        stored = {
            known.row_key: known
            for known in SourceRow.objects.of(self.source.firm_id).filter(source=self.source, row_key__in=keys)
        }
        return [self._judge(row, stored.get(row.row_key)) for row in batch]

    def _judge(self, row: Row, known: SourceRow | None) -> PlannedRow:
        problem, digest = self._problem(row), fingerprint(row.values)
        record_id = known.record_id if known else None
        if problem is not None:
            return PlannedRow(row, Verdict.REFUSED, digest, record_id, problem)
        if record_id is None:
            return PlannedRow(row, Verdict.NEW, digest, None, None)
        # Refused before: the cause may be gone, so it is tried again even when the row itself is the same.
        same = known is not None and known.state == RowState.IMPORTED and known.digest == digest
        return PlannedRow(row, Verdict.UNCHANGED if same else Verdict.CHANGED, digest, record_id, None)

    def _problem(self, row: Row) -> Problem | None:
        own = _key_problem(row)
        if own is not None:
            return own
        first = self._first_lines.setdefault(row.row_key, row.line)
        if first != row.line:
            return Problem("duplicate_key", f"{row.row_key} is on line {first} already. Keep one of the two rows.")
        return row.problem

    @property
    def keys(self) -> frozenset[str]:
        """Every usable key seen so far."""
        return frozenset(self._first_lines)


def preview(source: Source, rows: Iterable[Row], *, refused_shown: int = REFUSED_SHOWN) -> Preview:
    """What taking these rows in would do now, by writing nothing. Queries: one per 500 rows and one per 500 stored."""
    planner, found = Planner(source), Preview()
    for batch in planner.batches(rows):
        for planned in batch:
            found.counts[planned.verdict] += 1
            if planned.verdict is Verdict.REFUSED and len(found.refused) < refused_shown:
                found.refused.append(planned)
    keys = planner.keys
    stored = SourceRow.objects.of(source.firm_id).filter(source=source, record_id__isnull=False)
    found.missing = sum(key not in keys for key in stored.values_list("row_key", flat=True).iterator(2000))
    return found


def _key_problem(row: Row) -> Problem | None:
    if not row.row_key.strip():
        return Problem("no_key", "The row has no key. Give it the number or code by which it is known.")
    if len(row.row_key) > _KEY_LENGTH or "\x00" in row.row_key:
        return Problem("bad_key", f"The row's key is longer than {_KEY_LENGTH} characters or holds unprintable ones.")
    return None
