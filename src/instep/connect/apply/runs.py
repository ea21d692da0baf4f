"""Runs and their journal: what was done, to which side, before and after (X-16)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from instep.connect.models import JournalEntry, Link, Plan, PlanOp, Run, RunState
from instep.connect.models.plans import UNDO
from instep.connect.place import Bench
from instep.connect.plan.lag import lag_ms

TAKEN_OVER = "The worker stopped in the middle. What it had begun was looked up and finished by the next run."
TOOK_EFFECT = ("done", "recovered")


@dataclass(slots=True)
class RunBook:
    """The run under way. The row is made with the first thing worth telling, so that quiet cycles leave none."""

    bench: Bench
    purpose: str
    fencing: int
    clock: Callable[[], datetime]
    calls: Counter[str]
    counts: Counter[str] = field(default_factory=Counter)
    row: Run | None = None
    begun: datetime = field(init=False)
    _held: set[tuple[int, int]] = field(default_factory=set)
    _called: Counter[str] = field(default_factory=Counter)
    """Before it was cut short and gone on with."""

    def __post_init__(self) -> None:
        self.begun = self.clock()

    def note_held(self, op: PlanOp, link: Link) -> None:
        """A row of this plan found something wrong with the record."""
        self._held.add((op.plan_id, link.pk))

    def held_by(self, op: PlanOp, link: Link) -> bool:
        """Whether an earlier row of the same plan did: then one that goes well does not take it back."""
        return (op.plan_id, link.pk) in self._held

    def open(self, plan: Plan | None, *, total: int = 0) -> Run:
        """The run's row."""
        now = self.clock()
        if self.row is None and plan is not None and plan.purpose == UNDO:
            self.purpose = UNDO
            self.row = self._again(plan)
        if self.row is None:
            self.row = Run.objects.create(
                firm_id=self.bench.firm_id,
                connection=self.bench.connection,
                plan=plan,
                purpose=self.purpose,
                fencing=self.fencing,
                started_at=now,
                beat_at=now,
                total=total,
            )
        elif total or (plan is not None and self.row.plan_id is None):
            self.row.plan = self.row.plan or plan
            self.row.total = max(self.row.total, total)
            self.row.save(update_fields=["plan", "total"])
        return self.row

    def _again(self, plan: Plan) -> Run | None:
        """An undo that was cut short goes on as one run."""
        rows = Run.objects.of(self.bench.firm_id).filter(plan=plan)
        row = rows.filter(connection=self.bench.connection, state=RunState.STOPPED).order_by("-id").first()
        if row is not None:
            self.counts.update(row.counts)
            self._called = Counter(row.calls)
            row.state, row.message, row.finished_at = RunState.RUNNING, "", None
            row.fencing, row.beat_at = self.fencing, self.clock()
            row.save(update_fields=["state", "message", "finished_at", "fencing", "beat_at"])
        return row

    def beat(self, done: int = 0) -> None:
        """Show progress."""
        if self.row is None:
            return
        self.row.done += done
        self.row.beat_at = self.clock()
        self.row.counts, self.row.calls = dict(self.counts), dict(self._called + self.calls)
        self.row.save(update_fields=["done", "beat_at", "counts", "calls"])

    def close(self, state: RunState, message: str = "") -> None:
        """The run is over."""
        if self.row is None:
            return
        self.row.state, self.row.message = state, message
        self.row.finished_at = self.row.beat_at = self.clock()
        self.row.counts, self.row.calls = dict(self.counts), dict(self._called + self.calls)
        self.row.save(update_fields=["state", "message", "finished_at", "beat_at", "counts", "calls"])

    def abandon(self) -> None:
        """Another worker took over: what we had open is over, if it did not say so itself."""
        if self.row is not None:
            rows = Run.objects.of(self.bench.firm_id).filter(pk=self.row.pk, state=RunState.RUNNING)
            rows.update(state=RunState.STOPPED, message=TAKEN_OVER, finished_at=self.clock())

    def entry(
        self, op: PlanOp, side: str, fields: dict[str, list[Any]], *, outcome: str = "done", **more: Any
    ) -> JournalEntry:
        """A journal row, not yet saved; what it takes back is marked so."""
        self.counts[f"{op.op}.{outcome}"] += 1
        run = self.row or self.open(op.plan)
        if outcome in TOOK_EFFECT:
            self._take_back(op, run)
        return JournalEntry(
            firm_id=self.bench.firm_id,
            run=run,
            plan_op=op,
            at=self.clock(),
            side=side,
            op=op.op,
            kind=op.kind,
            local_id=more.pop("local_id", op.local_id),
            remote_id=more.pop("remote_id", op.remote_id),
            label=op.label,
            fields=fields,
            lag_ms=lag_ms(op, self.clock()) if outcome in TOOK_EFFECT else None,
            outcome=outcome,
            **more,
        )

    def _take_back(self, op: PlanOp, run: Run) -> None:
        rows = JournalEntry.objects.of(self.bench.firm_id)
        if undoes := op.preconditions.get("undoes"):
            rows.filter(pk__in=undoes).update(undone_by=run.pk)
        if redoes := op.preconditions.get("redoes"):
            rows.filter(pk__in=redoes).update(undone_by=None)


def sweep_dead_runs(bench: Bench, *, fencing: int, now: datetime) -> None:
    """Runs that an earlier holder left open have ended: their worker died or lost its lease."""
    Run.objects.of(bench.firm_id).filter(
        connection=bench.connection, state=RunState.RUNNING, fencing__lt=fencing
    ).update(state=RunState.STOPPED, finished_at=now, message=TAKEN_OVER)
