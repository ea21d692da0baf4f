"""What an undo does beside putting values back: our record off the lists or on them again, two linked ones parted."""

from __future__ import annotations

from datetime import datetime

from instep.base.ownership.owners import clear_owners
from instep.connect.apply.endings import Batch
from instep.connect.apply.settle import finish
from instep.connect.conflicts import settle_all_but
from instep.connect.models import Link, LinkState, OpKind, OpState, Pair, PlanOp
from instep.connect.place import Bench
from instep.connect.plan.inverse import PutsAwayAndBack
from instep.connect.protocols import LocalOutcome
from instep.kernel.ids import fingerprint

PARTS = (OpKind.ARCHIVE_HERE, OpKind.RESTORE_HERE, OpKind.UNLINK)
IGNORED = "ignored"
LEFT_OUT = "An undo parted the two records. Neither is brought to the other until somebody links them again."


def takes_back(op: PlanOp) -> bool:
    """Whether the row takes back what a run wrote: when it cannot, nothing is wrong with the record."""
    return bool(op.preconditions.get("undoes"))


def take_back(batch: Batch, op: PlanOp) -> None:
    """Carry out a row of an undo that touches our side, or what ties the two, and writes no value."""
    now, link = batch.book.clock(), batch.there.link_of(op)
    assert link is not None  # it was planned on one, and that did not move
    if not _went_well(batch, op):
        sentence = "The record could not be put away, so the two stay linked."
        batch.done.append(finish(op, OpState.STALE, now=now, result=sentence))
        return
    outcome = LocalOutcome(None)
    if op.op == OpKind.UNLINK:
        leave_out(batch.bench, link, op, now=now)
        batch.keep(link)
    else:
        outcome = _put_away(batch.bench, batch.pair, op)
    done = op.op == OpKind.UNLINK or outcome.record is not None
    told = outcome.sentence or op.preconditions.get("facts", {}).get("note", "")
    op.link = link
    entry = batch.book.entry(op, "here", {}, outcome="done" if done else "refused", detail=told, link=link)
    batch.journal.append(entry)
    batch.done.append(finish(op, OpState.APPLIED if done else OpState.FAILED, now=now, result=told))


def leave_out(bench: Bench, link: Link, op: PlanOp, *, now: datetime) -> None:
    """The two are linked no more, and known as parted, so that nothing joins or makes them anew by itself; what the
    remote kept here belongs to us again."""
    link.state, link.generation = LinkState.HELD, link.generation + 1
    link.base_a, link.base_b, link.phase = {}, {}, {}
    link.a_hash = link.b_hash = fingerprint({})
    link.decision = {"choice": "ignore", "undone": op.preconditions["facts"]["undone"]}
    link.held_code, link.held_reason, link.held_facts = IGNORED, LEFT_OUT, dict(op.preconditions["facts"])
    link.held_at, link.waits_for = now, ""
    settle_all_but(bench.firm_id, {link.pk: ()}, now=now)
    if link.local_id is not None:
        clear_owners(bench.firm_id, owner_key=bench.actor.key, kind=link.kind, ids=[link.local_id])


def _went_well(batch: Batch, op: PlanOp) -> bool:
    """Whether the rows before it that it needs were carried out."""
    states = {each.no: each.state for each in batch.done}
    asked = [no for no in op.depends_on if no not in states]
    if asked:
        rows = PlanOp.objects.of(batch.bench.firm_id).filter(plan=op.plan_id, no__in=asked)
        states |= dict(rows.values_list("no", "state"))
    return all(states.get(no) == OpState.APPLIED for no in op.depends_on)


def _put_away(bench: Bench, pair: Pair, op: PlanOp) -> LocalOutcome:
    """Ours off the lists or back on them, through the action that a page would call."""
    side = bench.side_of(pair)
    if not isinstance(side, PutsAwayAndBack) or op.local_id is None:
        return LocalOutcome(None, "stays", "Such a record cannot be put away here, nor brought back.")
    act = side.archive if op.op == OpKind.ARCHIVE_HERE else side.restore
    [outcome] = act(bench.firm_id, [op.local_id], by=bench.actor)
    return outcome
