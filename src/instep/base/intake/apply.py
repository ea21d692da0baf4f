"""Taking rows in, in short transactions: a kill loses nothing, and a second run changes nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import Any

from django.db import transaction

from instep.base.audit.log import record
from instep.base.identity.actor import Actor
from instep.base.identity.rows import firm_id_of
from instep.base.intake.models import RowState, Source, SourceRow
from instep.base.intake.plan import Planner
from instep.base.intake.rows import Outcome, PlannedRow, Problem, Row, Tally, Verdict
from instep.kernel.errors import Refusal

BATCH = 100
# Writes planned rows that are new or changed, in the caller's transaction, and answers one outcome for each, in order.
Writer = Callable[[Sequence[PlannedRow]], Sequence[Outcome]]


def make_source(firm: Any, key: str, title: str) -> Source:
    """The firm's source with this key, made when it is not there yet."""
    source, _ = Source.objects.get_or_create(firm_id=firm_id_of(firm), key=key, defaults={"title": title})
    return source


def take_in(
    source: Source,
    rows: Iterable[Row],
    write: Writer,
    *,
    by: Actor,
    kind: str,
    batch: int = BATCH,
    progress: Callable[[int], None] | None = None,
    now: dt.datetime | None = None,
) -> Tally:
    """Take the rows in, `batch` of them a transaction, each row once whatever happens in between.

    Only new and changed rows reach `write`; what a row became is kept in the same transaction. Rows are judged again in
    it, under a lock on the source, so two imports of one source at once do not double anything. `progress` is called
    after each transaction with the rows done. One audit entry at the end, when something was written.
    Raises NotAllowed ("import records"), NotFound for another firm's source, and what `write` raises.
    """
    by.must("import records", of=source, what="source")
    planner, tally, incoming = Planner(source), Tally(), iter(rows)
    while read := list(islice(incoming, batch)):
        with transaction.atomic():
            Source.objects.select_for_update().get_of(source.firm_id, source.pk, what="source")
            _take_batch(source, planner.judge(read), write, kind, tally)
        if progress is not None:
            progress(tally.total)
    if tally.created or tally.updated:
        counts = {name: [None, getattr(tally, name)] for name in ("created", "updated", "unchanged", "refused")}
        record("source.taken_in", by=by, kind="source", record_id=source.pk, changes=counts, note=kind, now=now)
    return tally


def one_by_one(write_one: Callable[[PlannedRow], int]) -> Writer:
    """A writer from an action for one row that answers the record's id: a refusal undoes and refuses that row alone."""

    def write(rows: Sequence[PlannedRow]) -> list[Outcome]:
        outcomes = []
        for planned in rows:
            try:
                with transaction.atomic():
                    outcomes.append(Outcome(record_id=write_one(planned)))
            except Refusal as refusal:
                outcomes.append(Outcome(problem=Problem.of(refusal)))
        return outcomes

    return write


def _take_batch(source: Source, planned: list[PlannedRow], write: Writer, kind: str, tally: Tally) -> None:
    todo = [row for row in planned if row.verdict in (Verdict.NEW, Verdict.CHANGED)]
    outcomes = list(write(todo)) if todo else []
    if len(outcomes) != len(todo):
        raise ValueError(f"the writer was given {len(todo)} rows and answered {len(outcomes)}")
    became: dict[str, SourceRow] = {}
    for row, outcome in zip(todo, outcomes, strict=True):
        became[row.row.row_key] = _stored(source, row, kind, outcome)
        if outcome.problem is not None:
            tally.refused += 1
        elif row.verdict is Verdict.NEW:
            tally.created += 1
        else:
            tally.updated += 1
    for row in planned:
        if row.verdict is Verdict.UNCHANGED:
            tally.unchanged += 1
        elif row.verdict is Verdict.REFUSED:
            tally.refused += 1
            # A second row of the same key, or one without a key, has no place of its own: the first row's stays.
            if row.problem is not None and row.problem.code not in ("duplicate_key", "no_key", "bad_key"):
                became.setdefault(row.row.row_key, _stored(source, row, kind, Outcome(problem=row.problem)))
    _keep(source, became)


def _stored(source: Source, planned: PlannedRow, kind: str, outcome: Outcome) -> SourceRow:
    problem = outcome.problem
    return SourceRow(
        firm_id=source.firm_id,
        source=source,
        row_key=planned.row.row_key,
        line=planned.row.line,
        digest=planned.digest,
        kind=kind,
        record_id=outcome.record_id or planned.record_id,
        state=(RowState.REFUSED if problem else RowState.IMPORTED).value,
        reason_code=problem.code[:60] if problem else "",
        reason=problem.sentence if problem else "",
    )


_KEPT = ("line", "digest", "kind", "record_id", "state", "reason_code", "reason")


def _keep(source: Source, rows: dict[str, SourceRow]) -> None:
    """Write the rows that are new or say something else than what is stored."""
    stored = SourceRow.objects.of(source.firm_id).filter(source=source, row_key__in=list(rows))
    same = {row.row_key for row in stored if all(getattr(row, n) == getattr(rows[row.row_key], n) for n in _KEPT)}
    changed = [row for key, row in rows.items() if key not in same]
    if changed:
        SourceRow.objects.bulk_create(
            changed, update_conflicts=True, unique_fields=["firm", "source", "row_key"], update_fields=list(_KEPT)
        )
