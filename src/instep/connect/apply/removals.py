"""Records that are taken away there: sent with an intent as every write, and confirmed in one transaction (b.6)."""

from __future__ import annotations

from django.db import transaction

from instep.connect import intents
from instep.connect.apply.endings import put_to_sleep
from instep.connect.apply.settle import LINK_FIELDS, acknowledge_ops, finish
from instep.connect.apply.there import OP_FIELDS, Outgoing, Sender
from instep.connect.apply.tombstones import bury
from instep.connect.conflicts import settle_all_but
from instep.connect.models import Intent, IntentState, Link, LinkState, Observation, OpState, Pair, PlanOp
from instep.connect.observations import How, store
from instep.connect.protocols import Gone, RemoteRecord, RemoteTrouble, Reply
from instep.connect.removing import Removes


def take_removed(sender: Sender, out: Outgoing, reply: Reply) -> None:
    """Take the answer to a removal. That it was gone already is as good. Raises the troubles that stop the run."""
    connector = sender.bench.connector
    assert isinstance(connector, Removes)
    record: RemoteRecord | None = None
    try:
        record = connector.read_removed(out.op.remote_type, out.request, reply)
    except Gone:
        pass
    except RemoteTrouble as trouble:
        sender.take_trouble(out, trouble, status=reply.status)
        return
    with transaction.atomic():
        sender.holding.fence()
        _removed(sender, out.op, out.pair, out.intent, record)


def _removed(sender: Sender, op: PlanOp, pair: Pair, intent: Intent, record: RemoteRecord | None) -> None:
    bench, now = sender.bench, sender.book.clock()
    link = Link.objects.of(bench.firm_id).get(pk=intent.link_id)
    bury(bench, pair, link, why="put away there: ours is gone or archived", now=now)
    if record is not None:
        store(bench, pair, [record], scan_no=0, now=now, how=How.OWN)
    else:
        Observation.objects.of(bench.firm_id).filter(
            connection=bench.connection, remote_type=pair.remote_type, remote_id=op.remote_id
        ).update(gone=True)
    erased = not sender.bench.side_of(pair).read(bench.firm_id, [link.local_id or 0])
    if erased and record is None:
        link.state, link.held_code, link.decision = LinkState.DEAD, "", {}
    else:
        put_to_sleep(link, now=now)
    settle_all_but(bench.firm_id, {link.pk: ()}, now=now)
    link.save(update_fields=LINK_FIELDS)
    op.link = link
    fields = {change["field"]: [change["from"], None] for change in op.changes}
    sender.book.entry(op, "there", fields, link=link, duration_ms=sender.caller.last_ms).save()
    intents.close(intent, IntentState.CONFIRMED, result_id=op.remote_id)
    finish(op, OpState.APPLIED, now=now).save(update_fields=OP_FIELDS)
    acknowledge_ops(bench, pair, [op], now=now)
