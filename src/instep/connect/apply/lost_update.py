"""An update whose answer never came, judged by what the remote says now (b.9).

Comparing afresh would not do where it was made: what was sent would look like an edit of theirs, and stand against one
that was made here meanwhile. Nor for an undo: the value of before the run would be brought here.
"""

from __future__ import annotations

from django.db import transaction

from instep.connect import intents
from instep.connect.apply.there import OP_FIELDS, Sender
from instep.connect.models import Intent, IntentState, OpKind, OpState, Pair, PlanState
from instep.connect.observations import How, store
from instep.connect.protocols import RemoteRecord
from instep.connect.translate import canon_theirs, canonical_theirs


def settle_update(sender: Sender, intent: Intent, pair: Pair, record: RemoteRecord) -> bool:
    """Whether the matter is settled: it was made, or it was not and goes once more. Else somebody changed it since, or
    the row's plan is over: it is compared afresh."""
    op = intent.plan_op
    if op is None or op.op != OpKind.UPDATE_THERE or record.merged_into:
        return False
    bench = sender.bench
    record_map = bench.map_of(pair)
    now = canonical_theirs(record_map, record.fields, bench.place)
    wanted = {
        f.ours: canon_theirs(record_map, f, intent.body[f.theirs], bench.place)
        for f in record_map.fields
        if f.theirs in intent.body
    }
    if wanted and all(now.get(name) == value for name, value in wanted.items()):
        sender.book.open(op.plan)
        sender.confirm(op, pair, intent, record, recovered=True)
        return True
    as_before = all(now.get(name) == value for name, value in op.preconditions.get("theirs", {}).items())
    if not as_before or not op.plan.approved_by or op.plan.state != PlanState.APPLYING:
        return False
    with transaction.atomic():
        sender.holding.fence()
        store(bench, pair, [record], scan_no=0, now=sender.book.clock(), how=How.READ)
        intents.close(intent, IntentState.REJECTED, detail="Read back: it was not made.")
        op.state, op.result = OpState.PROPOSED, "No answer came and nothing was changed; it is sent again."
        op.save(update_fields=OP_FIELDS)
    return True
