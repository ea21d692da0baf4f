"""Creations that travel together: one request for several rows, an intent for each, and an outcome for each (b.7).

Where the remote refuses the whole request for one of them, the batch is halved until the one is found (fault 14).
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from instep.connect import intents
from instep.connect.apply.checks import Standing
from instep.connect.apply.settle import new_link
from instep.connect.apply.there import Outgoing, Sender
from instep.connect.models import Intent, IntentState, Link, LinkState, OpState, Pair, PlanOp
from instep.connect.models.plans import OPEN_INTENTS
from instep.connect.observations import seen_of, seen_record
from instep.connect.observe import learn_zone
from instep.connect.place import Bench
from instep.connect.plan.subject import standing_of
from instep.connect.protocols import (
    BadReply,
    Creation,
    NeedsPerson,
    Rejected,
    RemoteTrouble,
    Reply,
    Request,
    TakesBatches,
)
from instep.kernel.errors import Refusal
from instep.kernel.ids import fingerprint

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Envelope:
    """One request for several rows; the intents of all are stored."""

    outs: list[Outgoing]
    request: Request


def send_together(sender: Sender, connector: TakesBatches, pair: Pair, ops: Sequence[PlanOp], there: Standing) -> int:
    """Create the records of these rows by one call, or by several halves; how many calls ended in doubt.

    Raises LeaseLost, Halted, and the troubles that stop a run.
    """
    envelope = _seal(sender, connector, pair, ops, there)
    if envelope is None:
        return 0
    try:
        reply = sender.caller.send(envelope.request)
        outcomes = _outcomes(sender, connector, envelope, reply)
    except Rejected as no:
        if len(envelope.outs) > 1:
            return _halve(sender, connector, pair, envelope)
        sender.take_trouble(envelope.outs[0], no)
        return 0
    except RemoteTrouble as trouble:
        if isinstance(trouble, NeedsPerson) or getattr(trouble, "untouched", False):
            # The remote did nothing, and the rows are as good as before: the plan goes on with them later.
            sender.caller.cleanse(trouble)
            _let_go(sender, envelope, trouble.sentence)
            raise
        return _for_all(sender, envelope, trouble)
    _take(sender, envelope, outcomes, status=reply.status)
    return 0


def _take(sender: Sender, envelope: Envelope, outcomes: Sequence[Any], *, status: int) -> None:
    """Note what became of each record of the request."""
    with transaction.atomic():
        for out, outcome in zip(envelope.outs, outcomes, strict=True):
            if isinstance(outcome, Rejected):
                sender.take_trouble(out, outcome, status=status)
                continue
            learn_zone(sender.bench, outcome, sender.caller.server_time)
            # A key is answered with what was stored at first; what was seen of it since is newer.
            since = seen_of(sender.bench, out.pair, outcome.id) if out.intent.attempts > 1 else None
            record = seen_record(since) if since is not None else outcome
            sender.confirm(out.op, out.pair, out.intent, record, recovered=since is not None)
    sender.book.beat(len(envelope.outs))


@transaction.atomic
def sealed_again(sender: Sender, connector: TakesBatches, pair: Pair, lost: Intent) -> Envelope | None:
    """The request of an intent that got no answer, byte for byte and under its key; None where the remote may have
    forgotten the key by the time that it comes. Judged now, as it is about to leave."""
    bench, key = sender.bench, lost.envelope
    sender.holding.fence(writing=True)
    rows = Intent.objects.of(bench.firm_id).filter(connection=bench.connection, envelope=key)
    noted = list(rows.select_related("link", "plan_op__plan").order_by("position"))
    now, window = sender.book.clock(), bench.capability_of(pair.remote_type).key_window
    if not key or not all(intents.still_keyed(each, window, now=now) for each in noted):
        return None
    if any(each.plan_op is None or each.state not in OPEN_INTENTS for each in noted):
        return None  # it cannot be said in the same words any more
    creations = [Creation(each.body, intents.mark_of(bench, each.link)) for each in noted]
    request = connector.ask_creates(pair.remote_type, creations, key=key)
    for each in noted:
        each.attempts, each.last_sent_at = each.attempts + 1, now
        each.save(update_fields=["attempts", "last_sent_at"])
    return Envelope([Outgoing(i.plan_op, pair, i.link, i, request) for i in noted if i.plan_op], request)


def send_again(sender: Sender, connector: TakesBatches, envelope: Envelope) -> bool:
    """Whether the answer came this time. Raises Rejected, and the troubles that stop a run."""
    try:
        reply = sender.caller.send(envelope.request)
        outcomes = _outcomes(sender, connector, envelope, reply)
    except BadReply as trouble:
        log.warning("connection %s: no answer under the same key: %s", sender.bench.connection.pk, trouble)
        return False
    sender.book.open(envelope.outs[0].op.plan)
    _take(sender, envelope, outcomes, status=reply.status)
    return True


def _outcomes(sender: Sender, connector: TakesBatches, envelope: Envelope, reply: Reply) -> list[Any]:
    remote_type = envelope.outs[0].op.remote_type
    outcomes = connector.read_creates(remote_type, envelope.request, reply)
    if len(outcomes) != len(envelope.outs):
        raise BadReply(
            "The remote answered for another number of records than it was sent; what it stored is looked up.",
            detail=f"{len(outcomes)} answers for {len(envelope.outs)} records",
        )
    return outcomes


def _for_all(sender: Sender, envelope: Envelope, trouble: RemoteTrouble) -> int:
    """One trouble for every row of the request; it is raised once all of them are noted, if it stops the run."""
    stops: RemoteTrouble | None = None
    with transaction.atomic():
        for out in envelope.outs:
            try:
                sender.take_trouble(out, trouble)
            except RemoteTrouble as raised:
                stops = raised
    sender.book.beat(len(envelope.outs))
    if stops is not None:
        raise stops
    return int(any(out.op.state == OpState.UNKNOWN for out in envelope.outs))


def _halve(sender: Sender, connector: TakesBatches, pair: Pair, envelope: Envelope) -> int:
    """The remote refused the whole of it: it goes in two halves."""
    _let_go(sender, envelope, "Refused together with others; sent again in halves.")
    ops = [out.op for out in envelope.outs]
    middle = len(ops) // 2
    unknown = 0
    for half in (ops[:middle], ops[middle:]):
        unknown += send_together(sender, connector, pair, half, sender.look(pair, half))
    return unknown


def _let_go(sender: Sender, envelope: Envelope, detail: str) -> None:
    """Nothing of it was stored: its rows are free again."""
    ops = [out.op for out in envelope.outs]
    with transaction.atomic():
        sender.holding.fence()
        for out in envelope.outs:
            intents.close(out.intent, IntentState.REJECTED, detail=detail)
        links = Link.objects.of(sender.bench.firm_id).in_bulk([out.link.pk for out in envelope.outs])
        for out in envelope.outs:
            link = links[out.link.pk]
            link.state, link.generation = LinkState.HELD, link.generation + 1
            link.save(update_fields=["state", "generation"])
            # The row goes on from the link as this run itself leaves it.
            out.op.preconditions = {**out.op.preconditions, "link": standing_of(link)}
            out.op.state, out.op.link = OpState.PROPOSED, link
        PlanOp.objects.rewrite(ops, ["state", "preconditions", "link"])


def _seal(
    sender: Sender, connector: TakesBatches, pair: Pair, ops: Sequence[PlanOp], there: Standing
) -> Envelope | None:
    """Store the intents of the rows that still hold, all in one transaction, and make their request."""
    try:
        return _sealed(sender, connector, pair, ops, there)
    except (ValueError, TypeError, KeyError, Refusal) as fault:
        if len(ops) > 1:
            # One of them cannot be said: each for itself, so that it alone is held.
            log.exception("connection %s: a batch cannot be put into a request", sender.bench.connection.pk)
            for op in ops:
                send_together(sender, connector, pair, [op], there)
            return None
        log.exception("connection %s: row %s cannot be put into a request", sender.bench.connection.pk, ops[0].pk)
        sender.hold_unsayable(ops[0], pair, there, fault)
        return None


@transaction.atomic
def _sealed(
    sender: Sender, connector: TakesBatches, pair: Pair, ops: Sequence[PlanOp], there: Standing
) -> Envelope | None:
    bench = sender.bench
    sender.holding.fence(writing=True)
    there.read_again(ops)
    bodies = _claimed(sender, ops, there)
    going = [op for op in ops if op.pk in bodies]
    if not going:
        return None
    links = [_begun(bench, pair, op, there) for op in going]
    now, server_time = sender.book.clock(), sender.caller.server_time
    noted = [
        intents.drawn_up(bench, op, link, bodies[op.pk], server_time=server_time, now=now)
        for op, link in zip(going, links, strict=True)
    ]
    envelope = fingerprint([intent.key for intent in noted])
    for position, intent in enumerate(noted):
        intent.envelope, intent.position = envelope, position
    creations = [Creation(i.body, intents.mark_of(bench, li)) for i, li in zip(noted, links, strict=True)]
    request = connector.ask_creates(going[0].remote_type, creations, key=envelope)
    Intent.objects.bulk_create(noted)
    outs = [Outgoing(op, pair, li, i, request) for op, li, i in zip(going, links, noted, strict=True)]
    return Envelope(outs, request)


def _claimed(sender: Sender, ops: Sequence[PlanOp], there: Standing) -> dict[int, dict[str, Any]]:
    """{row: its body with remote ids} of the rows that nobody sent yet and that still hold; the others are stale."""
    rows = PlanOp.objects.of(sender.bench.firm_id)
    free = set(rows.filter(pk__in=[op.pk for op in ops], state=OpState.PROPOSED).values_list("pk", flat=True))
    bodies: dict[int, dict[str, Any]] = {}
    for op, body in zip(ops, sender.resolved([op.body for op in ops]), strict=True):
        if op.pk not in free:
            continue
        sentence = there.stale(op)
        if not sentence and body is not None:
            bodies[op.pk] = body
            continue
        sentence = sentence or "The record that this one refers to is not linked, so this row was skipped too."
        rows.filter(pk=op.pk).update(state=OpState.STALE, result=sentence, applied_at=sender.book.clock())
    rows.filter(pk__in=list(bodies)).update(state=OpState.SENDING)
    return bodies


def _begun(bench: Bench, pair: Pair, op: PlanOp, there: Standing) -> Link:
    """The record's link: its creation is under way."""
    link = there.link_of(op) or new_link(bench, pair, op, LinkState.CREATING_THERE)
    link.state, link.remote_id = LinkState.CREATING_THERE, None
    link.save()
    op.link = link
    there.keep(link)
    return link
