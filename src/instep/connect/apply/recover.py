"""Settling writes whose answer never came: looked for at the remote before anything is sent again (b.9)."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction

from instep.connect import intents
from instep.connect.apply.lost import not_there, settle_lost
from instep.connect.apply.lost_update import settle_update
from instep.connect.apply.settle import LINK_FIELDS, finish
from instep.connect.apply.there import OP_FIELDS, Sender
from instep.connect.inbox.outbox import mark_dirty
from instep.connect.models import Intent, IntentState, Link, LinkState, Observation, OpKind, OpState, Pair, PlanOp
from instep.connect.models.plans import REMOVALS_THERE
from instep.connect.observations import How, look_again, mark_gone, seen_record, store
from instep.connect.observe import read_from
from instep.connect.place import Bench
from instep.connect.plan.match import keys_of_theirs
from instep.connect.plan.subject import Theirs
from instep.connect.protocols import BadReply, Gone, RemoteRecord

log = logging.getLogger(__name__)

LONGEST_DOUBT = timedelta(minutes=10)


def recover(sender: Sender) -> frozenset[int]:
    """Settle intents without an outcome.

    A creation is looked for by its mark among what was read, which costs no call of its own; an update is read back by
    one call. Returns the links whose intents are still open: nothing is planned for them.
    """
    bench = sender.bench
    still_open: set[int] = set()
    unsettled = intents.open_intents(bench)
    read = read_from(bench) if unsettled else {}
    for intent in unsettled:
        pair = next((p for p in bench.pairs if p.pk == intent.link.pair_id), None)
        settled = False
        if pair is not None and intent.op_kind == OpKind.CREATE_THERE:
            settled = _find_created(sender, intent, pair, read.get(bench.list_of(pair.remote_type)))
        elif pair is not None and _late(sender, intent, pair):
            settled = _read_back(sender, intent, pair)
        if not settled:
            still_open.add(intent.link_id)
    return frozenset(still_open)


def due_types(bench: Bench, unsettled: Sequence[Intent], *, now: datetime) -> dict[int, datetime]:
    """Pairs of those open intents that can be settled by now: a reading of their list that begins at the moment given,
    or later, settles them all."""
    found: dict[int, datetime] = {}
    for intent in unsettled:
        pair = next((p for p in bench.pairs if p.pk == intent.link.pair_id), None)
        if pair is not None and now >= (moment := _settled_after(bench, intent, pair)):
            found[pair.pk] = max(moment, found.get(pair.pk, moment))
    return found


def _settled_after(bench: Bench, intent: Intent, pair: Pair) -> datetime:
    return intents.settled_after(intent, bench.capability_of(pair.remote_type).visibility_lag)


def _late(sender: Sender, intent: Intent, pair: Pair) -> bool:
    """Whether what is read in this cycle must show the write, if it ever took effect."""
    return sender.book.begun >= _settled_after(sender.bench, intent, pair)


def _find_created(sender: Sender, intent: Intent, pair: Pair, read: datetime | None) -> bool:
    """`read`: when the last complete reading of its list began. One that was cut short and gone on with may have passed
    the place where the record shows."""
    bench, op = sender.bench, intent.plan_op
    if not intent.marker:
        return settle_lost(sender, intent, pair, read)
    found = (
        Observation.objects.of(bench.firm_id)
        .filter(connection=bench.connection, marker=intent.marker, remote_type=pair.remote_type, gone=False)
        .order_by("created", "id")
        .first()
    )
    if found is not None and op is not None and not _is_it(sender, intent, pair, found):
        found = None  # somebody used its number for another record: ours was refused for certain
    if found is not None and op is not None:
        sender.book.open(op.plan)
        sender.confirm(op, pair, intent, seen_record(found), recovered=True)
        return True
    if found is None and (read is None or read < _settled_after(bench, intent, pair)):
        return False
    if found is None:
        not_there(sender, intent, detail="Read back: it was never stored.")
        return True
    now = sender.book.clock()
    with transaction.atomic():
        sender.holding.fence()
        link = Link.objects.of(bench.firm_id).get(pk=intent.link_id)
        # Its plan is gone: the two meet as records that a person joined.
        link.state, link.decision = LinkState.HELD, {"choice": "link", "remote_id": found.remote_id}
        link.remote_id = found.remote_id
        link.save(update_fields=LINK_FIELDS)
        intents.close(intent, IntentState.CONFIRMED, result_id=found.remote_id)
        mark_dirty(bench.firm_id, bench.connection.pk, link.kind, [link.local_id or 0], now=now)
    return True


def _is_it(sender: Sender, intent: Intent, pair: Pair, found: Observation) -> bool:
    """Whether the record that was found by its number is the one that was sent. Our own mark leaves no doubt; a number
    alone could be anybody's, so what the map calls a strong likeness must hold too."""
    bench = sender.bench
    if not bench.capability_of(pair.remote_type).number:
        return True
    record_map = bench.map_of(pair)
    strong = {rule.key for rule in record_map.match if rule.strong}
    known = Theirs(found.remote_id, found.raw, found.canonical)
    sent = Theirs(found.remote_id, intent.body, {})
    one, other = (keys_of_theirs(record_map, each, bench.place) for each in (known, sent))
    return not strong or any(key in one and one[key] == other.get(key) for key in strong)


def _read_back(sender: Sender, intent: Intent, pair: Pair) -> bool:
    """An update without an answer: see what is there, then let the planner compare as always."""
    bench, now, remote_id = sender.bench, sender.book.clock(), intent.link.remote_id or ""
    request = bench.connector.ask_record(pair.remote_type, remote_id)
    reply = sender.caller.send(request)
    record: RemoteRecord | None = None
    gone = False
    try:
        record = bench.connector.read_record(pair.remote_type, request, reply)
    except Gone:
        gone = True
    except BadReply as trouble:
        # One record that cannot be read keeps no other waiting, and in the end the lists are believed.
        log.warning("connection %s: %s cannot be read back: %s", bench.connection.pk, remote_id, trouble)
        if now - intent.last_sent_at < LONGEST_DOUBT:
            return False
    if record is not None and settle_update(sender, intent, pair, record):
        return True
    with transaction.atomic():
        sender.holding.fence()
        if record is not None:
            store(bench, pair, [record], scan_no=0, now=now, how=How.READ)
        elif gone:
            mark_gone(bench.firm_id, bench.connection.pk, pair.remote_type, remote_id)
        look_again(bench.firm_id, bench.connection.pk, pair.remote_type, [remote_id])
        if intent.plan_op is not None and _took_effect(bench, intent, pair, record, gone=gone):
            _tell_of(sender, intent, intent.plan_op, record)
        intents.close(intent, IntentState.ABSENT, detail="Read back; compared again from what is there.")
        if intent.plan_op is not None:
            finish(intent.plan_op, OpState.STALE, now=now, result="Read back and planned again.")
            intent.plan_op.save(update_fields=OP_FIELDS)
    return True


def _took_effect(bench: Bench, intent: Intent, pair: Pair, record: RemoteRecord | None, *, gone: bool) -> bool:
    """Whether a write without an answer is worth telling: an update may have changed what is there, a removal was made
    where the record has ended."""
    if intent.op_kind not in REMOVALS_THERE:
        return record is not None
    return gone or (record is not None and bench.whole_map_of(pair).is_put_away(record.fields))


def _tell_of(sender: Sender, intent: Intent, op: PlanOp, record: RemoteRecord | None) -> None:
    """A worker that died before the answer left no word in the journal. Where its write did take effect, what was there
    before would be nowhere any more."""
    if intent.state != IntentState.INTENDED:
        return  # the journal has it as unknown, with both values
    update = record is not None and intent.op_kind not in REMOVALS_THERE
    differs = [n for n, value in intent.body.items() if record.fields.get(n) != value] if update and record else []
    outcome = "unknown" if differs else "recovered"
    fields = {c["field"]: [c["from"], c["to"]] for c in op.changes}
    sender.book.open(op.plan)
    sender.book.entry(op, "there", fields, link=intent.link, outcome=outcome, detail="Read back.").save()
