"""Rows that end something and write nothing there: ours is put away, two are parted, a link goes with a merged record.

What is done here, link, tombstone and journal are one transaction (b.6).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Protocol

from instep.base.ownership.owners import clear_owners
from instep.connect.apply.checks import Standing
from instep.connect.apply.runs import RunBook
from instep.connect.apply.settle import LINK_FIELDS, finish, hold, new_link, wake
from instep.connect.apply.tombstones import bury
from instep.connect.conflicts import settle_all_but
from instep.connect.inbox.outbox import mark_dirty
from instep.connect.models import Intent, JournalEntry, Link, LinkState, Observation, OpKind, OpState, Pair, PlanOp
from instep.connect.models.plans import OPEN_INTENTS
from instep.connect.observations import look_again
from instep.connect.place import Bench
from instep.connect.plan.removals import LEFT_OUT, PUT_AWAY, TOO_MANY
from instep.connect.removing import IGNORE
from instep.connect.sides import PutsAway

SLEEPS = "It is off the lists on both sides. Restore it on one of them to go on."
PARTED = "It was unlinked: it is left out of the sync until somebody brings it back."


class Batch(Protocol):
    """Rows of one transaction on their way (`here.py`)."""

    bench: Bench
    pair: Pair
    there: Standing
    book: RunBook
    done: list[PlanOp]
    journal: list[JournalEntry]

    def keep(self, link: Link) -> None: ...


def end_here(batch: Batch, op: PlanOp) -> None:
    """Carry out a row that ends something and writes nothing there, or hold one that nobody confirmed."""
    link = batch.there.link_of(op)
    assert link is not None
    op.link = link
    if op.errors:
        _not_confirmed(batch, op, link)
    elif op.op == OpKind.ARCHIVE_HERE:
        _archive(batch, op, link)
    elif op.op == OpKind.MOVE:
        _move(batch, op, link)
    else:
        _unlink(batch, op, link)


def _not_confirmed(batch: Batch, op: PlanOp, link: Link) -> None:
    now = batch.book.clock()
    sentence = " ".join(error["sentence"] for error in op.errors)
    hold(link, TOO_MANY, sentence, now=now)
    batch.keep(link)
    batch.book.note_held(op, link)
    batch.book.counts[f"hold.{TOO_MANY}"] += 1
    batch.done.append(finish(op, OpState.HELD, now=now, result=sentence))


def _archive(batch: Batch, op: PlanOp, link: Link) -> None:
    now, side = batch.book.clock(), batch.bench.side_of(batch.pair)
    assert isinstance(side, PutsAway)
    assert op.local_id is not None
    [outcome] = side.archive(batch.bench.firm_id, [op.local_id], by=batch.bench.actor)
    if outcome.record is None:
        hold(link, outcome.code, outcome.sentence, now=now, facts=dict(outcome.facts))
        link.decision = {}
        batch.keep(link)
        batch.book.note_held(op, link)
        batch.journal.append(batch.book.entry(op, "here", {}, link=link, outcome="refused", detail=outcome.sentence))
        batch.done.append(finish(op, OpState.FAILED, now=now, result=outcome.sentence))
        return
    bury(batch.bench, batch.pair, link, why="put away here: theirs is gone", now=now)
    put_to_sleep(link, now=now)
    batch.keep(link)
    version = str(outcome.record.version)
    batch.journal.append(batch.book.entry(op, "here", {}, link=link, version_after=version))
    batch.done.append(finish(op, OpState.APPLIED, now=now))


def _unlink(batch: Batch, op: PlanOp, link: Link) -> None:
    """The link ends; each record that is left waits by itself, left out, so that it is neither doubled nor joined."""
    bench, pair, now = batch.bench, batch.pair, batch.book.clock()
    bury(bench, pair, link, why="unlinked", now=now)
    here, there = link.local_id in batch.there.ours, link.remote_id in batch.there.theirs
    link.state, link.held_code, link.held_reason, link.waits_for, link.decision = LinkState.DETACHED, "", "", "", {}
    link.save(update_fields=LINK_FIELDS)
    batch.there.keep(link)
    settle_all_but(bench.firm_id, {link.pk: ()}, now=now)
    if here and link.local_id is not None:
        clear_owners(bench.firm_id, owner_key=bench.actor.key, kind=pair.kind, ids=[link.local_id])
        _leave_out(batch, op, link, now=now, remote_id=None)
    if there:
        _leave_out(batch, op, link, now=now, local_id=None)
    batch.journal.append(batch.book.entry(op, "here", {}, link=link))
    batch.done.append(finish(op, OpState.APPLIED, now=now))


def _leave_out(batch: Batch, op: PlanOp, link: Link, *, now: datetime, **without: None) -> None:
    alone = new_link(batch.bench, batch.pair, op, LinkState.HELD)
    alone.local_id, alone.remote_id, alone.label = link.local_id, link.remote_id, link.label
    for name in without:
        setattr(alone, name, None)
    alone.decision, alone.app_url = {"choice": IGNORE}, link.app_url
    hold(alone, LEFT_OUT, PARTED, now=now)
    batch.keep(alone)


def _move(batch: Batch, op: PlanOp, link: Link) -> None:
    """The link goes with the record that theirs was merged into. What was agreed stays: what reads otherwise there now
    was changed there."""
    bench, pair, now = batch.bench, batch.pair, batch.book.clock()
    facts: dict[str, Any] = op.preconditions["facts"]
    others = Link.objects.of(bench.firm_id).filter(pair=pair, remote_id=facts["survivor"]).exclude(pk=link.pk)
    others.filter(state=LinkState.HELD, local_id=None).update(state=LinkState.DEAD, held_code="")
    if others.filter(state=LinkState.LIVE).exists():
        batch.done.append(finish(op, OpState.STALE, now=now, result="That record was linked meanwhile."))
        return
    seen = Observation.objects.of(bench.firm_id).filter(
        connection=bench.connection, remote_type=pair.remote_type, remote_id=facts["survivor"]
    )
    link.remote_id, link.base_version = facts["survivor"], ""
    link.app_url = seen.values_list("url", flat=True).first() or ""
    link.held_code = link.held_reason = link.waits_for = ""
    link.held_facts, link.held_at, link.decision = {}, None, {}
    batch.keep(link)
    look_again(bench.firm_id, bench.connection.pk, pair.remote_type, [facts["survivor"]])
    wake(bench, pair, [link], now=now)
    detail = f"The remote merged it into “{facts['label']}”; the link went with it."
    batch.journal.append(batch.book.entry(op, "here", {}, link=link, remote_id=facts["survivor"], detail=detail))
    batch.done.append(finish(op, OpState.APPLIED, now=now))


def put_to_sleep(link: Link, *, now: datetime) -> None:
    """Both records have ended: nobody is asked until one of them comes back."""
    link.decision = {}
    hold(link, PUT_AWAY, SLEEPS, now=now)


def wake_merges(bench: Bench, *, now: datetime) -> None:
    """Links that waited for a creation to be settled before they go with a merged record, in the caller's
    transaction."""
    waiting = Link.objects.of(bench.firm_id).filter(connection=bench.connection, state=LinkState.MERGE_WAIT)
    for link in waiting.select_related(None):
        making = Intent.objects.of(bench.firm_id).filter(
            connection=bench.connection, op_kind=OpKind.CREATE_THERE, state__in=OPEN_INTENTS, link__pair=link.pair_id
        )
        if making.exists():
            continue
        link.state, link.held_code, link.held_reason = LinkState.LIVE, "", ""
        link.save(update_fields=["state", "held_code", "held_reason"])
        look_again(bench.firm_id, bench.connection.pk, link.remote_type, [link.remote_id or ""])


def bring_back_unconfirmed(bench: Bench, *, now: datetime) -> None:
    """Removals that nobody confirmed are shown in the preview that is about to be made, in the caller's transaction."""
    held = Link.objects.of(bench.firm_id).filter(connection=bench.connection, held_code=TOO_MANY)
    for pair in bench.pairs:
        rows = list(held.filter(pair=pair).values_list("local_id", "remote_id"))
        local_ids = [local_id for local_id, _ in rows if local_id is not None]
        mark_dirty(bench.firm_id, bench.connection.pk, pair.kind, local_ids, now=now)
        look_again(bench.firm_id, bench.connection.pk, pair.remote_type, [r for _, r in rows if r])
