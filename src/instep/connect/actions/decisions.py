"""What a person decides: approving a preview, and records that wait for an answer."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from instep.base.audit.log import record
from instep.base.identity.actor import Actor
from instep.connect.apply.review import Review, begin_review, end_review
from instep.connect.apply.settle import part
from instep.connect.apply.tombstones import bury
from instep.connect.conflicts import settle_all_but
from instep.connect.errors import ConnectionNotReady, NotHeld, PlanNotOpen, RowsNeedYou, SyncBusy
from instep.connect.inbox.outbox import mark_dirty
from instep.connect.installation import must_be_real
from instep.connect.limits.lease import hold_still
from instep.connect.models import (
    Connection,
    ConnectionState,
    Intent,
    Link,
    LinkState,
    Observation,
    OpState,
    Plan,
    PlanOp,
    PlanState,
    Run,
    Severity,
)
from instep.connect.models.links import ENDED, MAYBE_MADE
from instep.connect.models.plans import OPEN_INTENTS
from instep.connect.observations import look_again
from instep.connect.place import bench_of
from instep.connect.plan.closure import named_by
from instep.connect.plan.decide import GATED
from instep.connect.plan.gather import read_ours, read_theirs, theirs_of
from instep.connect.plan.guards import rules_for
from instep.connect.plan.make import out_of_date
from instep.connect.plan.meet import ACCEPT, CHANGED_THERE, DIFFERS, TOLD
from instep.connect.plan.removals import (
    ARCHIVED_HERE,
    ARCHIVED_THERE,
    GONE_HERE,
    GONE_THERE,
    MERGED_THERE,
    RESTORED_HERE,
    RESTORED_THERE,
    TOO_MANY,
    Rules,
)
from instep.connect.queries.plans import stays_behind
from instep.connect.queries.undo import check_undoable
from instep.connect.registry import connector_for, side_for
from instep.connect.removing import ARCHIVE, DELETE, UNLINK
from instep.kernel.errors import BadValue, NotFound

CHOICES = ("create", "link", "ignore", "again", ARCHIVE, DELETE, UNLINK)
ENDING = (ARCHIVE, DELETE, UNLINK)
"""Answers that the next plan carries out; until then both records and their link stay as they are."""
LEFT_OUT = "Left out this time; it comes back with the next preview."
OF_LINKED = {
    CHANGED_THERE: (ACCEPT, "again"),
    DIFFERS: (ACCEPT, "again"),
    GONE_THERE: ("create", "link", "ignore", "again", ARCHIVE, UNLINK),
    RESTORED_HERE: ("create", "link", "ignore", "again", ARCHIVE, UNLINK),
    ARCHIVED_THERE: ("ignore", "again", ARCHIVE, UNLINK),
    GONE_HERE: ("create", "ignore", "again", ARCHIVE, DELETE, UNLINK),
    ARCHIVED_HERE: ("ignore", "again", ARCHIVE, DELETE, UNLINK),
    RESTORED_THERE: ("ignore", "again", ARCHIVE, DELETE, UNLINK),
    MERGED_THERE: ("ignore", "again", ARCHIVE, UNLINK),
    TOO_MANY: ("ignore", "again", UNLINK),
}
ABOUT_THEIRS = (GONE_HERE, ARCHIVED_HERE, RESTORED_THERE)
"""Held because ours has ended: what is chosen is done there, in so far as the connector can."""
"""What may be chosen for a record that is linked, by what holds it; for anything else, only to look again."""


@transaction.atomic
def approve_plan(plan_id: int, *, by: Actor, skipped: Collection[int] = (), now: datetime | None = None) -> Plan:
    """Let a previewed plan be carried out as it was shown, and the connection run on from there.

    `skipped` are numbers of rows to leave out this time, with what only they need; they come back with the next
    preview. Where every run is seen first, a row that needs a person must be mended or left out (D-07).
    Raises NotAllowed (also for a paused connection, without the right to start it), NotFound, PlanNotOpen,
    ReadOnlyCopy, ConnectionNotReady, RowsNeedYou.
    """
    by.must("run connections")
    moment = now or timezone.now()
    # The connection first, as whoever ends its plans does: two people at once wait for each other, and not for ever.
    known = Plan.objects.of(by.firm_id).get_of(by.firm_id, plan_id, what="preview")
    connection = Connection.objects.of(by.firm_id).select_for_update().get(pk=known.connection_id)
    plan = Plan.objects.of(by.firm_id).select_for_update().get(pk=known.pk)
    must_be_real(connection)
    if plan.state != PlanState.PROPOSED:
        raise PlanNotOpen(state=plan.state)
    bench = bench_of(connection)
    if out_of_date(bench, plan, now=moment):
        raise PlanNotOpen(state="out of date")
    if plan.undoes is not None:
        check_undoable(Run.objects.of(by.firm_id).get_of(by.firm_id, plan.undoes, what="run"))
    if connection.state in (ConnectionState.NEEDS_PERSON, ConnectionState.DISCONNECTED):
        raise ConnectionNotReady(state=connection.state.replace("_", " "), wanted="synced")
    paused = connection.state == ConnectionState.PAUSED
    if paused:
        by.must("manage connections")
    left_out = _leave_out(plan, skipped, now=moment)
    if connector_for(connection.provider).asks_first:
        rows = PlanOp.objects.of(by.firm_id).filter(plan=plan, severity=Severity.PERSON, state=OpState.PROPOSED)
        if waiting := rows.count():
            raise RowsNeedYou(count=waiting)
    plan.state, plan.approved_by = PlanState.APPROVED, by.name or "system"
    plan.save(update_fields=["state", "approved_by"])
    connection.state, connection.next_poll_at = ConnectionState.ACTIVE, None
    if plan.undoes is None:
        end_review(connection, bench, now=moment)
    elif paused:
        # An undo shows what it takes back, and nothing of what was collected meanwhile.
        begin_review(connection, Review.RESUMED, but=plan)
    connection.save(update_fields=["state", "next_poll_at", "review"])
    record(
        "plan.approved",
        by=by,
        kind="plan",
        record_id=plan.pk,
        changes={"rows": [None, plan.counts], **left_out},
        now=moment,
    )
    return plan


def _leave_out(plan: Plan, skipped: Collection[int], *, now: datetime) -> dict[str, Any]:
    """Skip these rows, what depends on them, and what would be made for nobody then; what the journal says of it."""
    if not skipped:
        return {}
    rows = PlanOp.objects.of(plan.firm_id).filter(plan=plan, state=OpState.PROPOSED)
    told = {**stays_behind(plan, skipped), **dict.fromkeys(skipped, LEFT_OUT)}
    for sentence in sorted(set(told.values())):
        numbers = [no for no, why in told.items() if why == sentence]
        rows.filter(no__in=numbers).update(state=OpState.SKIPPED, result=sentence, applied_at=now)
    return {"skipped": [None, sorted(told)]}


@transaction.atomic
def decide_held(
    link_id: int,
    *,
    by: Actor,
    choice: str,
    remote_id: str = "",
    local_id: int | None = None,
    now: datetime | None = None,
) -> Link:
    """Answer a record that waits: "link" it with a candidate, "create" a new one, "ignore" it, look "again", or
    "accept" what was changed there after it was sent.

    A linked record whose counterpart is gone may be made anew, linked with another one, or left at that; what else
    holds a linked record is mended on the record, then it is looked at again.
    Raises NotAllowed, NotFound, NotHeld, SyncBusy, BadValue.
    """
    by.must("run connections")
    moment = now or timezone.now()
    if choice not in (*CHOICES, ACCEPT):
        raise BadValue(field="Choice", problem=f"choose one of {', '.join(CHOICES)}.")
    hold_still(by.firm_id, Link.objects.get_of(by.firm_id, link_id, what="record").connection_id)
    link = Link.objects.of(by.firm_id).select_for_update().get_of(by.firm_id, link_id, what="record")
    if not link.held_code or link.state in ENDED:
        raise NotHeld
    _check_at_rest(link)
    if link.state == LinkState.LIVE and choice not in OF_LINKED.get(link.held_code, ("again",)):
        raise BadValue(field="Choice", problem="mend the record on one of the two sides; it is then looked at again.")
    if choice in ENDING and choice not in choices_of(link):
        raise BadValue(field="Choice", problem="that cannot be done with this record. Choose something else.")
    if choice == "ignore" and link.held_code == MAYBE_MADE:
        raise BadValue(field="Choice", problem="say which record it is, or that it was not made.")
    if choice == ACCEPT and link.held_code not in TOLD:
        raise BadValue(field="Choice", problem="there is nothing to accept about this record.")
    if choice not in ("again", ACCEPT, *ENDING):
        _let_loose(link, choice, now=moment)
    accepted: dict[str, list[str]] = {}
    answer: dict[str, str] = {} if choice == "again" else {"choice": choice}
    if choice == "link":
        answer |= _join(link, remote_id=remote_id, local_id=local_id, now=moment)
    if choice == ACCEPT:
        answer["seen"] = link.held_facts.get("seen", "")
        accepted = link.held_facts.get("values", {})
    link.decision = answer
    link.save()
    _look_again(link, now=moment)
    record(
        "link.decided", by=by, kind=link.kind, record_id=link.local_id,
        changes={"choice": [None, choice], **accepted}, note=link.label, now=moment,
    )  # fmt: skip
    return link


def choices_of(link: Link) -> frozenset[str]:
    """What may be chosen for a linked record that is held: of what its code allows, what both sides can do."""
    may = frozenset(OF_LINKED.get(link.held_code, ("again",))) if link.state == LinkState.LIVE else frozenset()
    if not may & {ARCHIVE, DELETE}:
        return may
    bench = bench_of(link.connection)
    pair = next((p for p in bench.pairs if p.pk == link.pair_id), None)
    rules = rules_for(bench, pair) if pair is not None else Rules()
    can = set(rules.can_there) if link.held_code in ABOUT_THEIRS else {ARCHIVE} if rules.can_here else set()
    return may - ({ARCHIVE, DELETE} - can)


def _check_at_rest(link: Link) -> None:
    """A write whose answer is not known yet may still make the very record that is being decided about."""
    waiting = Intent.objects.of(link.firm_id).filter(link=link, state__in=OPEN_INTENTS)
    if link.state in GATED or waiting.exists():
        raise SyncBusy


def _let_loose(link: Link, choice: str, *, now: datetime) -> None:
    """Take back what an earlier answer tied together, and part a linked record from a counterpart that is gone."""
    if link.state == LinkState.LIVE:
        if choice != "ignore" and link.held_code in (GONE_THERE, RESTORED_HERE):
            part(link, GONE_THERE, link.held_reason, now=now)
        elif choice != "ignore":
            part(link, GONE_HERE, link.held_reason, now=now, here=True)
    elif link.local_id is not None and link.remote_id is not None:
        _look_again(link, now=now)  # the one that is let loose is looked at by itself
        if link.decision.get("waits") == "there":
            link.local_id = None
        else:
            link.remote_id = None


def _join(link: Link, *, remote_id: str, local_id: int | None, now: datetime) -> dict[str, str]:
    """The two records of a chosen match, known from whichever side waits. The other side's own held row ends."""
    others = Link.objects.of(link.firm_id).filter(pair=link.pair_id).exclude(pk=link.pk).exclude(state__in=ENDED)
    if link.local_id is not None:
        if not remote_id:
            raise BadValue(field="Choice", problem="say which record of the remote it is.")
        seen = Observation.objects.of(link.firm_id).filter(
            connection=link.connection_id, remote_type=link.remote_type, remote_id=remote_id, gone=False
        )
        if not seen.exists():
            raise NotFound(what="record of the remote")
        twin, waits = others.filter(remote_id=remote_id).first(), "here"
    else:
        if local_id is None:
            raise BadValue(field="Choice", problem="say which record here it is.")
        if not side_for(link.kind).read(link.firm_id, [local_id]):
            raise NotFound(what="record")
        twin, waits = others.filter(local_id=local_id).first(), "there"
    if twin is not None:
        if twin.state == LinkState.LIVE and _alone(twin):
            bench = bench_of(twin.connection)
            bury(bench, next(p for p in bench.pairs if p.pk == twin.pair_id), twin, why="joined anew", now=now)
        elif twin.state == LinkState.LIVE:
            raise BadValue(field="Choice", problem="that record is linked with another one already.")
        _check_at_rest(twin)
        _look_again(twin, now=now)
        twin.state, twin.held_code = LinkState.DEAD, ""
        twin.save(update_fields=["state", "held_code"])
        settle_all_but(twin.firm_id, {twin.pk: ()}, now=now)
    if waits == "here":
        link.remote_id = remote_id
    else:
        link.local_id = local_id
    return {"remote_id": link.remote_id or "", "waits": waits}


def _alone(link: Link) -> bool:
    """Whether a linked record's counterpart is gone or put away, so that another one may take its place."""
    bench = bench_of(link.connection)
    pair = next((p for p in bench.pairs if p.pk == link.pair_id), None)
    if pair is None:
        return False
    here = read_ours(bench, pair, [link.local_id or 0]).get(link.local_id or 0)
    there = read_theirs(bench, pair, [link.remote_id or ""]).get(link.remote_id or "")
    ours = here is not None and not here.archived
    return not ours or there is None or theirs_of(bench.map_of(pair), there).over


def _look_again(link: Link, *, now: datetime) -> None:
    if link.local_id is not None:
        mark_dirty(link.firm_id, link.connection_id, link.kind, [link.local_id], now=now)
        _with_what_goes_along(link, now=now)
    theirs = [link.remote_id] if link.remote_id else []
    if link.held_code == MAYBE_MADE and link.decision:
        # Those that it is not are taken over like any other.
        theirs += [c["record"] for c in link.held_facts.get("candidates", ()) if c["record"] != link.remote_id]
    if theirs:
        look_again(link.firm_id, link.connection_id, link.remote_type, theirs)


def _with_what_goes_along(link: Link, *, now: datetime) -> None:
    """What is made for others alone was passed over while this one was left out: it is looked at with it."""
    maps = connector_for(link.connection.provider).maps
    if link.kind not in maps or not any(m.along for m in maps.values()):
        return
    for ours in side_for(link.kind).read(link.firm_id, [link.local_id or 0]):
        for named in named_by(maps[link.kind], ours.fields):
            kind, _, key = named.partition(":")
            if kind in maps and maps[kind].along:
                mark_dirty(link.firm_id, link.connection_id, kind, [int(key)], now=now)
