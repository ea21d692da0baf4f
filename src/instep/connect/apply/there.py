"""Rows that write to the remote, in two halves: `next_send` hands out a request, `take_reply` takes the answer (b.7).

Before anything leaves, its intent is stored. When no answer comes the outcome is unknown, and the record is read back
before anything else happens to it (b.9).
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from instep.connect import intents
from instep.connect.apply.checks import Standing, standing
from instep.connect.apply.parting import takes_back
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
    part,
)
from instep.connect.calls import Caller
from instep.connect.conflicts import close_by_policy
from instep.connect.limits.lease import Holding
from instep.connect.models import Intent, IntentState, Link, LinkState, Observation, OpKind, OpState, Pair, PlanOp
from instep.connect.models.links import ENDED
from instep.connect.models.plans import REMOVALS_THERE
from instep.connect.observations import How, look_again, mark_gone, store
from instep.connect.observe import learn_zone
from instep.connect.place import Bench
from instep.connect.plan.meet import DIFFERS, seen_of, told_apart
from instep.connect.plan.removals import GONE_THERE
from instep.connect.plan.subject import standing_of
from instep.connect.protocols import (
    BadReply,
    Gone,
    NeedsPerson,
    Rejected,
    RemoteRecord,
    RemoteTrouble,
    Reply,
    Request,
    TryLater,
)
from instep.connect.removing import Removes
from instep.connect.translate import canon_theirs, put_in, references_in, said_along
from instep.kernel.errors import Refusal

log = logging.getLogger(__name__)

OP_FIELDS = ["state", "result", "applied_at", "local_id", "link"]


@dataclass(slots=True)
class Outgoing:
    """A request that may leave now; its intent is stored."""

    op: PlanOp
    pair: Pair
    link: Link
    intent: Intent
    request: Request


@dataclass(slots=True)
class Sender:
    """Both halves for one connection. The HTTP driver is one caller; a remote that visits us will be another."""

    bench: Bench
    book: RunBook
    holding: Holding
    caller: Caller

    def look(self, pair: Pair, ops: Sequence[PlanOp]) -> Standing:
        """What is there now for a batch of rows."""
        return standing(self.bench, pair, ops)

    def next_send(self, op: PlanOp, pair: Pair, there: Standing) -> Outgoing | None:
        """Store the intent of a row and hand out its request; None when the row is stale or was sent already.

        Raises LeaseLost, and Halted when the connection was paused.
        """
        now = self.book.clock()
        sentence = there.stale(op)
        body = {} if sentence else self.resolved([op.body])[0]
        if body is None:
            sentence = "The record that this one refers to is not linked, so this row was skipped too."
        with transaction.atomic():
            self.holding.fence(writing=True)
            # A person may have decided about the record since the batch was read; nobody can now.
            there.read_again([op])
            sentence = sentence or there.link_moved(op)
            claimed = PlanOp.objects.of(self.bench.firm_id).filter(pk=op.pk, state=OpState.PROPOSED)
            if sentence or body is None:
                claimed.update(state=OpState.STALE, result=sentence, applied_at=now)
                return None
            if not claimed.update(state=OpState.SENDING):
                return None
            link = there.link_of(op)
            if link is None:
                link = new_link(self.bench, pair, op, LinkState.CREATING_THERE)
                link.save()
            op.link = link
            try:
                request = self._request(op, link, body, there)
            except (ValueError, TypeError, KeyError, Refusal) as fault:
                log.exception("connection %s: row %s cannot be put into a request", self.bench.connection.pk, op.pk)
                self._unsayable(op, pair, link, fault)
                return None
            if op.op == OpKind.CREATE_THERE:
                link.state, link.remote_id = LinkState.CREATING_THERE, None
                link.save(update_fields=["state", "remote_id"])
            there.keep(link)
            intent = intents.note(self.bench, op, link, body, server_time=self.caller.server_time, now=now)
        return Outgoing(op, pair, link, intent, request)

    def take_reply(self, out: Outgoing, reply: Reply) -> None:
        """Take the answer. Raises the troubles that stop the run; the others end with the row."""
        try:
            record = self.bench.connector.read_record(out.op.remote_type, out.request, reply)
        except RemoteTrouble as trouble:
            self.take_trouble(out, trouble, status=reply.status)
            return
        learn_zone(self.bench, record, self.caller.server_time)
        self.confirm(out.op, out.pair, out.intent, record, recovered=False)

    def confirm(self, op: PlanOp, pair: Pair, intent: Intent, record: RemoteRecord, *, recovered: bool) -> None:
        """Id, link, base, observation, journal and acknowledgement, together (b.7 step 7, b.8)."""
        now = self.book.clock()
        with transaction.atomic():
            self.holding.fence()
            # As it stands behind the fence: a person may have decided a conflict while the request was under way.
            link = Link.objects.of(self.bench.firm_id).get(pk=intent.link_id)
            before = self._observed(pair, record.id)
            if op.op == OpKind.CREATE_THERE:
                self._free_number(pair, link, record.id)
            [seen] = store(self.bench, pair, [_complete(record, intent.body)], scan_no=0, now=now, how=How.OWN)
            base = self._base(op, pair, intent, seen, recovered=recovered, record=record)
            link.remote_id, link.local_id = record.id, op.local_id or link.local_id
            was_live = link.state == LinkState.LIVE
            op.base = base
            agree(link, base, op.phase)
            let_live(link, op, seen, now=now, held_now=self.book.held_by(op, link))
            self._tell_apart(op, pair, link, base, seen)
            own_seeded(self.bench, pair, link, now=now)
            link.app_url = record.url or link.app_url
            link.label = op.label
            link.save(update_fields=LINK_FIELDS)
            op.link = link
            fields = {c["field"]: [c["from"], c["to"]] for c in op.changes}
            self.book.entry(
                op, "there", fields, link=link, outcome="recovered" if recovered else "done", remote_id=record.id,
                version_after=record.version or "",
                detail=self._kept_otherwise(pair, intent, seen),
                duration_ms=self.caller.last_ms,
            ).save()  # fmt: skip
            close_by_policy(self.bench, link, op, now=now)
            intents.close(intent, IntentState.CONFIRMED, result_id=record.id)
            finish(op, OpState.APPLIED, now=now).save(update_fields=[*OP_FIELDS, "base"])
            acknowledge_ops(self.bench, pair, [op], now=now)
            # What else the answer shows that the plan did not know of was changed there meanwhile: look again.
            known = {**before, **{name: values[1] for name, values in base.items()}}
            if any(name not in known or known[name] != value for name, value in seen.canonical.items()):
                look_again(self.bench.firm_id, self.bench.connection.pk, pair.remote_type, [record.id])
            if not was_live:
                after_linking(self.bench, pair, [link], now=now)

    def take_trouble(self, out: Outgoing, trouble: RemoteTrouble, *, status: int = 0) -> None:
        """Note what went wrong; raise it again when nothing more should be sent now."""
        now = self.book.clock()
        op = out.op
        self.caller.cleanse(trouble)
        told = trouble.detail or trouble.sentence
        with transaction.atomic():
            self.holding.fence()
            link = Link.objects.of(self.bench.firm_id).get(pk=out.link.pk)
            if isinstance(trouble, TryLater | BadReply) and not getattr(trouble, "untouched", False):
                intents.close(out.intent, IntentState.UNKNOWN, detail=told)
                finish(op, OpState.UNKNOWN, now=now, result=trouble.sentence).save(update_fields=OP_FIELDS)
                outcome = "unknown"
            else:
                # A definite no: nothing was stored there.
                intents.close(out.intent, IntentState.REJECTED, detail=told)
                outcome = "refused"
                self._not_stored(out, link, trouble)
            fields = {c["field"]: [c["from"], c["to"]] for c in op.changes}
            detail = f"{status or ''} {trouble.sentence} {told}".strip()
            self.book.entry(
                op, "there", fields, link=link, outcome=outcome, detail=detail[:2000], duration_ms=self.caller.last_ms
            ).save()
        if isinstance(trouble, TryLater | NeedsPerson):
            raise trouble

    def _not_stored(self, out: Outgoing, link: Link, trouble: RemoteTrouble) -> None:
        now = self.book.clock()
        op = out.op
        if op.op == OpKind.CREATE_THERE:
            code = "rejected" if isinstance(trouble, Rejected | Gone) else "retry"
            intents.release_link(link, code=code, reason=trouble.sentence, now=now)
        if isinstance(trouble, TryLater | NeedsPerson):
            # The row is as good as before: an approved plan goes on with it once we are let in again.
            op.state, op.result, op.link = OpState.PROPOSED, trouble.sentence, link
            op.preconditions = {**op.preconditions, "link": standing_of(link)}
            op.save(update_fields=[*OP_FIELDS, "preconditions"])
            return
        if not isinstance(trouble, Rejected | Gone):
            finish(op, OpState.STALE, now=now, result=trouble.sentence).save(update_fields=OP_FIELDS)
            return
        finish(op, OpState.FAILED, now=now, result=trouble.sentence).save(update_fields=OP_FIELDS)
        if op.op != OpKind.CREATE_THERE and (isinstance(trouble, Gone) or not takes_back(op)):
            code = GONE_THERE if isinstance(trouble, Gone) else "rejected"
            if isinstance(trouble, Gone):
                mark_gone(self.bench.firm_id, self.bench.connection.pk, op.remote_type, op.remote_id)
            hold(link, code, trouble.sentence, now=now)
        self.book.note_held(op, link)
        link.save(update_fields=LINK_FIELDS)
        if not self.bench.connector.asks_first:
            # Where a person sees every run first, the record comes back with the next preview and what was said of it.
            acknowledge_ops(self.bench, out.pair, [op], now=now)

    def _unsayable(self, op: PlanOp, pair: Pair, link: Link, fault: Exception) -> None:
        """A fault of one record must not stop the others, nor come back with every cycle."""
        now = self.book.clock()
        sentence = "This record could not be put into the remote's form. Change it, and it is sent again."
        hold(link, "cannot_be_sent", sentence, now=now)
        link.save(update_fields=LINK_FIELDS)
        self.book.note_held(op, link)
        finish(op, OpState.FAILED, now=now, result=f"{sentence} ({type(fault).__name__})").save(update_fields=OP_FIELDS)
        self.book.entry(op, "there", {}, link=link, outcome="refused", detail=sentence).save()
        acknowledge_ops(self.bench, pair, [op], now=now)

    def hold_unsayable(self, op: PlanOp, pair: Pair, there: Standing, fault: Exception) -> None:
        """The same, where nothing was begun for the row yet."""
        with transaction.atomic():
            self.holding.fence(writing=True)
            link = there.link_of(op) or new_link(self.bench, pair, op, LinkState.HELD)
            link.save()
            op.link = link
            self._unsayable(op, pair, link, fault)

    def _request(self, op: PlanOp, link: Link, body: dict[str, Any], there: Standing) -> Request:
        connector = self.bench.connector
        if op.op == OpKind.CREATE_THERE:
            return connector.ask_create(op.remote_type, body, marker=intents.mark_of(self.bench, link))
        seen = there.theirs.get(op.remote_id)
        version = (seen.version or None) if seen is not None else None
        if op.op in REMOVALS_THERE:
            if not isinstance(connector, Removes):
                raise ValueError(f"{op.remote_type} cannot be taken away there")
            return connector.ask_remove(op.remote_type, op.remote_id, body["how"], version=version)
        body = {**said_along(connector, op.remote_type, seen.raw if seen is not None else {}), **body}
        return connector.ask_update(op.remote_type, op.remote_id, body, version=version)

    def _observed(self, pair: Pair, remote_id: str) -> dict[str, Any]:
        rows = Observation.objects.of(self.bench.firm_id).filter(
            connection=self.bench.connection, remote_type=pair.remote_type, remote_id=remote_id
        )
        return rows.values_list("canonical", flat=True).first() or {}

    def _free_number(self, pair: Pair, link: Link, remote_id: str) -> None:
        """The remote gave our new record a number that another link knows: that link's record is no more."""
        rows = Link.objects.of(self.bench.firm_id).exclude(state__in=ENDED).exclude(pk=link.pk)
        other = rows.filter(connection=self.bench.connection, remote_type=pair.remote_type, remote_id=remote_id).first()
        if other is None:
            return
        if other.local_id is None:
            other.state, other.held_code = LinkState.DEAD, ""
        else:
            reason = "The remote no longer has this record: another one has its number now. Nothing was removed here."
            part(other, GONE_THERE, reason, now=self.book.clock())
        other.save(update_fields=LINK_FIELDS)

    def _base(
        self, op: PlanOp, pair: Pair, intent: Intent, seen: Observation, *, recovered: bool, record: RemoteRecord
    ) -> dict[str, list[Any]]:
        """What both sides agree on after this write: what the answer says is stored, or what we sent where the record
        was found later and somebody may have changed it since (b.8)."""
        record_map = self.bench.map_of(pair)
        untouched = not recovered or (record.stamp is not None and record.stamp == record.created)
        base: dict[str, list[Any]] = {}
        for f in record_map.fields:
            if f.ours not in op.base:
                continue
            written = f.theirs in intent.body
            sent = canon_theirs(record_map, f, intent.body[f.theirs], self.bench.place) if written else None
            # A sum is worked out there: what was sent is what was agreed, so that another one is told until settled.
            summed = written and f.ours in record_map.sums
            theirs = seen.canonical.get(f.ours) if untouched and not summed else sent
            ours = op.base[f.ours][0]
            if op.op == OpKind.CREATE_THERE and ours is None and not written and theirs is not None:
                continue  # the remote filled in something of its own: that is news, not agreement
            base[f.ours] = [ours, theirs]
        return base

    def _tell_apart(
        self, op: PlanOp, pair: Pair, link: Link, base: Mapping[str, Sequence[Any]], seen: Observation
    ) -> None:
        """A sum that the remote worked out otherwise is told at once, with both."""
        record_map = self.bench.map_of(pair)
        other = [name for name in record_map.sums if name in base and seen.canonical.get(name) != base[name][1]]
        if op.op != OpKind.CREATE_THERE or not other:
            return
        said = {name: (base[name][0], seen.raw) for name in other}
        sentence, values = told_apart(record_map, said, self.bench.place)
        facts = {"fields": other, "seen": seen_of(seen.canonical, other), "values": values}
        hold(link, DIFFERS, sentence, now=self.book.clock(), facts=facts)
        self.book.note_held(op, link)

    def _kept_otherwise(self, pair: Pair, intent: Intent, seen: Observation) -> str:
        """A sentence for the journal where the remote keeps another value than it was sent, else empty text."""
        record_map = self.bench.map_of(pair)
        other = [
            record_map.kind.field(f.ours).label
            for f in record_map.fields
            if f.theirs in intent.body
            and seen.canonical.get(f.ours) != canon_theirs(record_map, f, intent.body[f.theirs], self.bench.place)
        ]
        return f"The remote keeps it in another form than it was sent: {', '.join(other)}." if other else ""

    def resolved(self, bodies: Sequence[dict[str, Any]]) -> list[dict[str, Any] | None]:
        """Each body with remote ids in the place of records that the same plan created; None when one is missing. One
        query for each kind that is referred to."""
        wanted: dict[str, set[int]] = {}
        for body in bodies:
            for kind, local_id in references_in(body):
                wanted.setdefault(kind, set()).add(local_id)
        ids: dict[tuple[str, int], str] = {}
        for kind, local_ids in wanted.items():
            rows = Link.objects.of(self.bench.firm_id).filter(
                pair=self.bench.pair_of(kind), local_id__in=local_ids, state=LinkState.LIVE
            )
            for local_id, remote_id in rows.values_list("local_id", "remote_id"):
                ids[kind, local_id] = remote_id
        return [put_in(body, ids) if all(each in ids for each in references_in(body)) else None for body in bodies]


def _complete(record: RemoteRecord, sent: dict[str, Any]) -> RemoteRecord:
    """Where the answer does not show a field that was sent, what was sent stands for it until it is seen."""
    missing = {name: value for name, value in sent.items() if name not in record.fields}
    if not missing:
        return record
    return RemoteRecord(
        record.type, record.id, {**record.fields, **missing}, record.version, record.stamp, record.created,
        record.marker, record.url,
    )  # fmt: skip
