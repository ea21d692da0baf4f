"""The driver: a plan's rows in order, ours in batches, theirs one by one over the transport."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from instep.connect.apply.here import apply_here
from instep.connect.apply.removals import take_removed
from instep.connect.apply.there import Sender
from instep.connect.apply.together import send_together
from instep.connect.models import OpKind, OpState, Pair, Plan, PlanOp, PlanState
from instep.connect.models.plans import REMOVALS_THERE
from instep.connect.observe import observe, read_lately
from instep.connect.plan.guards import blocked
from instep.connect.protocols import BadReply, RemoteTrouble, TakesBatches

HERE_BATCH = 100
THERE_BATCH = 25
THERE = (OpKind.CREATE_THERE, OpKind.UPDATE_THERE, *REMOVALS_THERE)
MAX_STRANGE_REPLIES = 3


def carry_out(sender: Sender, plan: Plan, pairs: Sequence[Pair]) -> None:
    """Carry out the rows of a plan for these pairs that are still proposed.

    Raises LeaseLost, Halted, and the troubles that stop a run (TryLater, NeedsPerson, and BadReply when it keeps
    coming).
    """
    for pair in pairs:
        for remote, ops in _groups(sender, plan, pair):
            if remote:
                _send(sender, pair, ops)
            else:
                sender.caller.make_way()
                apply_here(sender.bench, pair, ops, book=sender.book, holding=sender.holding)


def in_doubt(plan: Plan) -> bool:
    """Whether a row of it was sent and got no answer yet."""
    waiting = (OpState.SENDING, OpState.UNKNOWN)
    return PlanOp.objects.of(plan.firm_id).filter(plan=plan, state__in=waiting).exists()


def begin_plan(plan: Plan) -> None:
    """Its rows are being carried out."""
    plan.state = PlanState.APPLYING
    plan.save(update_fields=["state"])


def finish_plan(plan: Plan) -> None:
    """Every row has an outcome: the plan is applied, once and for all."""
    plan.state = PlanState.APPLIED
    plan.save(update_fields=["state"])


def _groups(sender: Sender, plan: Plan, pair: Pair) -> Iterator[tuple[bool, list[PlanOp]]]:
    """Runs of rows of one side, small enough to read their records at once."""
    last = 0
    while True:
        rows = list(
            PlanOp.objects.of(sender.bench.firm_id)
            .filter(plan=plan, pair=pair, state=OpState.PROPOSED, no__gt=last)
            .order_by("no")[:HERE_BATCH]
        )
        if not rows:
            return
        last = rows[-1].no
        for remote, group in groupby(rows, key=lambda op: op.op in THERE and not blocked(op)):
            ops = list(group)
            size = _together(sender, pair) if remote else HERE_BATCH
            for start in range(0, len(ops), size):
                yield remote, ops[start : start + size]


def _together(sender: Sender, pair: Pair) -> int:
    """So many rows for the remote are looked at, and where it takes batches sent, together."""
    return max(THERE_BATCH, sender.bench.capability_of(pair.remote_type).batch_max)


def _send(sender: Sender, pair: Pair, ops: Sequence[PlanOp]) -> None:
    _look_first(sender, pair, ops)
    there = sender.look(pair, ops)
    strange = 0
    connector = sender.bench.connector
    new = [op for op in ops if op.op == OpKind.CREATE_THERE] if isinstance(connector, TakesBatches) else []
    if isinstance(connector, TakesBatches) and new:
        size = sender.bench.capability_of(pair.remote_type).batch_max
        for start in range(0, len(new), size):
            sender.caller.ready()
            strange += send_together(sender, connector, pair, new[start : start + size], there)
            _stop_if(strange)
    for op in ops if not new else [op for op in ops if op.op != OpKind.CREATE_THERE]:
        sender.caller.ready()
        out = sender.next_send(op, pair, there)
        if out is None:
            continue
        try:
            reply = sender.caller.send(out.request)
        except RemoteTrouble as trouble:
            sender.take_trouble(out, trouble)
            continue
        if op.op in REMOVALS_THERE:
            take_removed(sender, out, reply)
        else:
            sender.take_reply(out, reply)
        if out.op.state == OpState.UNKNOWN:
            strange += 1
            _stop_if(strange)
        sender.book.beat(1)


def _stop_if(strange: int) -> None:
    if strange >= MAX_STRANGE_REPLIES:
        raise BadReply("The remote keeps answering in a way that makes no sense. It is tried again later.")


def _look_first(sender: Sender, pair: Pair, ops: Sequence[PlanOp]) -> None:
    """Before records are overwritten, see whether somebody changed them there while earlier rows were carried out.

    One list call serves a whole group; what moved makes its row stale.
    """
    if sender.bench.capability_of(pair.remote_type).version_guard:
        return
    now = sender.book.clock()
    updates = any(op.op != OpKind.CREATE_THERE for op in ops)
    if updates and not read_lately(sender.bench, pair.remote_type, now=now):
        observe(sender.bench, sender.caller, [pair], now=now)
