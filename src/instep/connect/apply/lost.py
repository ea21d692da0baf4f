"""Creations without an answer, at a remote where nothing on the record says that it is the one (b.9, handles 3, 5, 6).

A key is used again while the remote remembers it; content counts where exactly one record can be meant. In all other
cases a person is asked, and nothing is sent by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from instep.connect import intents
from instep.connect.apply.settle import LINK_FIELDS, finish, hold
from instep.connect.apply.there import OP_FIELDS, Sender
from instep.connect.apply.together import sealed_again, send_again
from instep.connect.capability import CreateHandle
from instep.connect.inbox.outbox import mark_dirty
from instep.connect.models import Intent, IntentState, Link, Observation, OpState, Pair
from instep.connect.models.links import MAYBE_MADE
from instep.connect.models.plans import OPEN_INTENTS
from instep.connect.observations import look_again, seen_record
from instep.connect.plan.doubts import When, could_be, same_content
from instep.connect.protocols import Rejected, TakesBatches

SOME = (
    "No answer came when this was sent, and the remote cannot say for certain whether it was made. Say which of these "
    "records it is, or that it was not made: then it is sent again."
)
NONE = (
    "No answer came when this was sent, and no record of the remote shows that could be it. Look there first: if it "
    "is not there, have it sent again."
)


def settle_lost(sender: Sender, intent: Intent, pair: Pair, read: datetime | None) -> bool:
    """Whether the matter is settled. `read`: when the last complete reading of its list began."""
    bench = sender.bench
    intent.refresh_from_db()
    if intent.state not in OPEN_INTENTS:
        return True  # with the others of its request
    capability = bench.capability_of(pair.remote_type)
    if capability.handle is CreateHandle.KEY and sender.book.clock() < intents.settled_after(intent, 0):
        return False
    if capability.handle is CreateHandle.KEY and (settled := _asked_again(sender, intent, pair)) is not None:
        return settled
    if read is None or read < intents.settled_after(intent, capability.visibility_lag):
        return False
    found = could_be(bench, pair, intent)
    alike = [(row, at) for row, at in found if same_content(bench, pair, intent, row)]
    if capability.handle is CreateHandle.CONTENT:
        if not found:
            not_there(sender, intent, detail="Read back: it was never stored.")
            return True
        if intent.plan_op is not None and [at for _row, at in alike] == [When.SURE]:
            sender.book.open(intent.plan_op.plan)
            sender.confirm(intent.plan_op, pair, intent, seen_record(alike[0][0]), recovered=True)
            return True
    likely = [row for row, at in found if at is When.SURE]
    _ask(sender, intent, pair, [row for row, _at in alike] or likely, alike=bool(alike))
    return True


def _asked_again(sender: Sender, intent: Intent, pair: Pair) -> bool | None:
    """Whether the answer came now; None when it cannot be sent again."""
    connector = sender.bench.connector
    again = sealed_again(sender, connector, pair, intent) if isinstance(connector, TakesBatches) else None
    if again is None or not isinstance(connector, TakesBatches):
        return None
    try:
        return send_again(sender, connector, again)
    except Rejected:
        # What was stored would have been answered with: so nothing was, and each is planned anew.
        for out in again.outs:
            not_there(sender, out.intent, detail="Sent again under its key, and refused.")
        return True


def not_there(sender: Sender, intent: Intent, *, detail: str) -> None:
    """Nothing was stored: it is planned again, under a new generation."""
    bench, now, op = sender.bench, sender.book.clock(), intent.plan_op
    with transaction.atomic():
        sender.holding.fence()
        link = Link.objects.of(bench.firm_id).get(pk=intent.link_id)
        intents.close(intent, IntentState.ABSENT, detail=detail)
        reason = "No answer came and nothing was stored; it is sent again."
        intents.release_link(link, code="retry", reason=reason, now=now)
        if op is not None:
            finish(op, OpState.STALE, now=now, result="Not stored at the remote; planned again.")
            op.save(update_fields=OP_FIELDS)
        mark_dirty(bench.firm_id, bench.connection.pk, link.kind, [link.local_id or 0], now=now)


def _ask(sender: Sender, intent: Intent, pair: Pair, rows: Sequence[Observation], *, alike: bool) -> None:
    """A person says whether it was made: the record waits, and what it may be is not taken over meanwhile."""
    bench, now, op = sender.bench, sender.book.clock(), intent.plan_op
    called = bench.map_of(pair).called
    shown = [
        {
            "record": row.remote_id,
            "label": str(row.raw.get(called) or row.remote_id)[:300],
            "rule": "content" if alike else "moment",
            "linked": False,
        }
        for row in rows
    ]
    sentence = SOME if shown else NONE
    with transaction.atomic():
        sender.holding.fence()
        link = Link.objects.of(bench.firm_id).get(pk=intent.link_id)
        intents.close(intent, IntentState.AMBIGUOUS, detail=sentence)
        intents.release_link(link, code=MAYBE_MADE, reason=sentence, now=now)
        hold(link, MAYBE_MADE, sentence, now=now, facts={"candidates": shown})
        link.decision = {}
        link.save(update_fields=LINK_FIELDS)
        if op is not None:
            sender.book.note_held(op, link)
            finish(op, OpState.HELD, now=now, result=sentence).save(update_fields=OP_FIELDS)
        look_again(bench.firm_id, bench.connection.pk, pair.remote_type, [row.remote_id for row in rows])
