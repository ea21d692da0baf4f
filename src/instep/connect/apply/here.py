"""Rows that touch our side only: links, re-bases, holds, and writes through the same actions that pages call.

No intent is needed: our write, the new base and the journal are one transaction (b.7 step 8).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from instep.connect.apply.checks import Standing, standing
from instep.connect.apply.endings import end_here
from instep.connect.apply.parting import PARTS, take_back, takes_back
from instep.connect.apply.runs import RunBook
from instep.connect.apply.settle import (
    LINK_FIELDS,
    acknowledge_ops,
    after_linking,
    agree,
    finish,
    hold,
    let_live,
    new_link,
    own_seeded,
)
from instep.connect.conflicts import close_by_policy, open_conflicts
from instep.connect.fieldmap import Reference
from instep.connect.inbox.outbox import mark_dirty
from instep.connect.limits.lease import Holding
from instep.connect.merge import Step, decided
from instep.connect.models import JournalEntry, Link, LinkState, Observation, OpKind, OpState, Pair, PlanOp
from instep.connect.models.plans import REMOVALS
from instep.connect.place import Bench
from instep.connect.plan.removals import MERGE_WAIT
from instep.connect.protocols import LocalOutcome, LocalRecord, LocalWrite
from instep.connect.translate import Lookups, canonical_ours, carried_equals

ENDS = (*REMOVALS, OpKind.MOVE)
LEFT = "left"
"""What came of an edit that the map leaves as it is, in the journal: nothing was written."""
WRITES = (OpKind.CREATE_HERE, OpKind.UPDATE_HERE)
OP_FIELDS = ["state", "result", "applied_at", "local_id", "link", "base"]


def apply_here(bench: Bench, pair: Pair, ops: Sequence[PlanOp], *, book: RunBook, holding: Holding) -> None:
    """Carry out a batch of rows of one pair in one transaction. Raises LeaseLost, and Halted when it was paused."""
    now = book.clock()
    with transaction.atomic():
        holding.fence(writing=True)
        there = standing(bench, pair, ops)
        batch = Batch(bench, pair, there, book)
        writing: list[tuple[PlanOp, LocalWrite]] = []
        for op in ops:
            sentence = there.stale(op)
            if sentence:
                batch.done.append(finish(op, OpState.STALE, now=now, result=sentence))
            elif op.op in WRITES:
                body = _resolved(bench, op.body)
                if body is None:
                    sentence = "The record that this one belongs to was not made, so this row was skipped too."
                    batch.done.append(finish(op, OpState.STALE, now=now, result=sentence))
                    continue
                version = there.ours[op.local_id].version if op.local_id in there.ours else None
                writing.append((op, LocalWrite(op.local_id, body, version, op.remote_id)))
            elif op.op in PARTS and takes_back(op):
                batch.flush(writing)
                take_back(batch, op)
            elif op.op == OpKind.HOLD:
                batch.flush(writing)
                batch.hold(op)
            elif op.op in ENDS:
                batch.flush(writing)
                end_here(batch, op)
            else:
                batch.join(op)
        batch.flush(writing)
        batch.store()
    book.beat(len(ops))


class Batch:
    """The rows of one transaction on their way."""

    def __init__(self, bench: Bench, pair: Pair, there: Standing, book: RunBook) -> None:
        self.bench, self.pair, self.there, self.book = bench, pair, there, book
        self.done: list[PlanOp] = []
        self.journal: list[JournalEntry] = []
        self.links: dict[int, Link] = {}
        self.joined: list[Link] = []
        self.going_back: set[int] = set()

    def join(self, op: PlanOp) -> None:
        """Link two records, or remember that both sides already agree."""
        now = self.book.clock()
        link = self.there.link_of(op) or new_link(self.bench, self.pair, op, LinkState.HELD)
        if op.op == OpKind.LINK:
            self._end_twin(op)
            link.local_id, link.remote_id = op.local_id, op.remote_id
        was_live = link.state == LinkState.LIVE
        agree(link, op.base, op.phase)
        self._live(link, op, now=now)
        link.label = op.label or link.label
        self.keep(link)
        if not was_live:
            self.joined.append(link)
        op.link = link
        if op.op == OpKind.LINK:
            self.journal.append(self.book.entry(op, "here", {}, link=link))
        for left in op.preconditions.get("drifted", ()):
            self._note_left(op, link, left)
        self.done.append(finish(op, OpState.APPLIED, now=now))

    def _note_left(self, op: PlanOp, link: Link, left: dict[str, Any]) -> None:
        """An edit of what the other side owns was neither taken nor put back: the journal says so, with both values."""
        there = left["step"] == Step.PUT_BACK_THERE
        where = self.bench.connector.title if there else "Instep"
        detail = f"It was changed in {where}, which does not own it, and left as it is there, as the field map says."
        values = [left["ours"], left["theirs"]] if there else [left["theirs"], left["ours"]]
        side, fields = "there" if there else "here", {left["field"]: values}
        self.journal.append(self.book.entry(op, side, fields, outcome=LEFT, link=link, detail=detail))

    def _end_twin(self, op: PlanOp) -> None:
        """Both records waited with a link of their own: one goes on, the other ends."""
        twin = self.there.twin_of(op)
        if twin is not None:
            twin.state, twin.held_code = LinkState.DEAD, ""
            twin.save(update_fields=["state", "held_code"])
            self.there.keep(twin)

    def _live(self, link: Link, op: PlanOp, *, now: datetime) -> None:
        seen = self.there.theirs.get(op.remote_id)
        let_live(link, op, seen, now=now, held_now=self.book.held_by(op, link))
        own_seeded(self.bench, self.pair, link, now=now)

    def hold(self, op: PlanOp) -> None:
        """Say why nothing can be done, and keep both values of what both sides changed."""
        now = self.book.clock()
        link = self.there.link_of(op) or new_link(self.bench, self.pair, op, LinkState.HELD)
        first = op.errors[0]
        hold(
            link,
            first["code"],
            " ".join(e["sentence"] for e in op.errors),
            now=now,
            waits_for=op.preconditions.get("waits_for", ""),
            facts=op.preconditions.get("facts"),
        )
        if first["code"] == MERGE_WAIT:
            link.state = LinkState.MERGE_WAIT
        self.keep(link)
        self.book.note_held(op, link)
        if op.preconditions.get("conflicts"):
            open_conflicts(self.bench, link, op.preconditions["conflicts"], now=now)
        op.link = link
        self.book.counts[f"hold.{first['code']}"] += 1
        self.done.append(finish(op, OpState.HELD, now=now, result=link.held_reason))

    def flush(self, writing: list[tuple[PlanOp, LocalWrite]]) -> None:
        """Write what was collected, in the order of the plan."""
        if not writing:
            return
        side = self.bench.side_of(self.pair)
        outcomes = side.write(self.bench.firm_id, [w for _, w in writing], by=self.bench.actor)
        self._link_many([op for (op, _), o in zip(writing, outcomes, strict=True) if o.record is not None])
        for (op, write), outcome in zip(writing, outcomes, strict=True):
            self._written(op, write, outcome)
        writing.clear()

    def _link_many(self, ops: Sequence[PlanOp]) -> None:
        """Links for those that have none yet, in one statement."""
        fresh = [new_link(self.bench, self.pair, op, LinkState.HELD) for op in ops if self.there.link_of(op) is None]
        for link in Link.objects.bulk_create(fresh, batch_size=500):
            self.there.keep(link)

    def _written(self, op: PlanOp, write: LocalWrite, outcome: LocalOutcome) -> None:
        now = self.book.clock()
        link = self.there.link_of(op) or new_link(self.bench, self.pair, op, LinkState.HELD)
        fields = {c["field"]: [c["from"], c["to"]] for c in op.changes}
        if outcome.record is None:
            if outcome.code == "stale_version":
                self.done.append(finish(op, OpState.STALE, now=now, result=outcome.sentence))
                return
            if not takes_back(op):
                hold(link, outcome.code, outcome.sentence, now=now, facts=dict(outcome.facts))
                self.keep(link)
                self.book.note_held(op, link)
            op.link = link
            self.journal.append(
                self.book.entry(op, "here", fields, outcome="refused", detail=outcome.sentence, link=link)
            )
            self.done.append(finish(op, OpState.FAILED, now=now, result=outcome.sentence))
            return
        record = outcome.record
        op.local_id = link.local_id = record.id
        stored = canonical_ours(self.there.record_map, record.fields, self.bench.place)
        asked = canonical_ours(self.there.record_map, write.fields, self.bench.place)
        seen = self.there.theirs.get(op.remote_id)
        base: dict[str, list[Any]] = {}
        for name, pair in op.base.items():
            kept = name not in write.fields or self._means(name, record, seen, stored=stored[name], asked=asked[name])
            # A value that our side did not take counts as changed here: what we keep goes back, in no silence. What was
            # put together of both sides goes there too.
            merged = name in op.preconditions.get("merged", ())
            base[name] = [decided(stored[name]) if merged else stored[name] if kept else asked[name], pair[1]]
            if merged or not kept:
                self.going_back.add(record.id)
        if op.op == OpKind.CREATE_HERE and seen is not None:
            for name, theirs in seen.canonical.items():
                if name not in base and theirs is None and name in stored and stored[name] is None:
                    base[name] = [None, None]
        op.base = base
        was_live = link.state == LinkState.LIVE
        agree(link, base, op.phase)
        self._live(link, op, now=now)
        link.label = record.label[:300]
        self.keep(link)
        close_by_policy(self.bench, link, op, now=now)
        if not was_live:
            self.joined.append(link)
        op.link = link
        self.journal.append(
            self.book.entry(
                op, "here", fields, link=link, local_id=record.id, version_after=str(record.version),
                version_before=str(write.expected_version or ""),
            )
        )  # fmt: skip
        self.done.append(finish(op, OpState.APPLIED, now=now))

    def _means(self, name: str, record: LocalRecord, seen: Observation | None, *, stored: Any, asked: Any) -> bool:
        """Whether what our side stored is what it was asked to, perhaps in a form of its own."""
        if stored == asked:
            return True
        f = self.there.record_map.field(name)
        if seen is None or isinstance(f.lens, Reference):
            return False
        return carried_equals(
            self.there.record_map,
            f,
            ours_raw=record.fields.get(name),
            theirs_raw=seen.raw.get(f.theirs),
            theirs=seen.canonical.get(name),
            lookups=Lookups(choices_there=self.bench.choices_there, choices_here=self.bench.choices_here),
            place=self.bench.place,
        )

    def keep(self, link: Link) -> None:
        """Take a link that this batch makes or changes along."""
        if link.pk is None:
            link.save()
        self.links[link.pk] = link
        self.there.keep(link)

    def store(self) -> None:
        """Everything that the batch changed, in few statements."""
        now = self.book.clock()
        Link.objects.rewrite(self.links.values(), LINK_FIELDS)
        PlanOp.objects.rewrite(self.done, OP_FIELDS)
        JournalEntry.objects.bulk_create(self.journal, batch_size=200)
        # Where a person sees every run first, what was refused comes back with the next preview.
        again = {OpState.STALE, OpState.FAILED} if self.bench.connector.asks_first else {OpState.STALE}
        finished = [op for op in self.done if op.state not in again]
        acknowledge_ops(self.bench, self.pair, finished, now=now)
        after_linking(self.bench, self.pair, self.joined, now=now)
        # Nothing changed here, so nobody announces it.
        mark_dirty(self.bench.firm_id, self.bench.connection.pk, self.pair.kind, self.going_back, now=now)


def _resolved(bench: Bench, body: dict[str, Any]) -> dict[str, Any] | None:
    """The body with our ids in the place of "the record that this plan makes here"; None when that one was not made."""
    resolved = dict(body)
    for name, value in body.items():
        if isinstance(value, dict) and "$here" in value:
            kind, remote_id = value["$here"]
            pair = bench.pair_of(kind)
            link = Link.objects.of(bench.firm_id).filter(pair=pair, remote_id=remote_id, state=LinkState.LIVE).first()
            if link is None:
                return None
            resolved[name] = link.local_id
    return resolved
