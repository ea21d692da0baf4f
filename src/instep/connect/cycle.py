"""One cycle of a connection, by the worker that holds its lease: see, settle what is open, plan, carry out (b.7)."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import DatabaseError, transaction

from instep.connect.apply.carry_out import begin_plan, carry_out, finish_plan, in_doubt
from instep.connect.apply.connection_state import (
    abandon_plans,
    begin_preview,
    end_preview,
    expire_plan,
    in_step,
    keep_access,
    look_cut_short,
    preview_must_wait,
    served,
    stop_for_person,
    wait_until,
)
from instep.connect.apply.endings import bring_back_unconfirmed, wake_merges
from instep.connect.apply.epochs import adopt, adopted, begin_looking
from instep.connect.apply.questions import goes_on_by_itself, keep_questions
from instep.connect.apply.recover import due_types, recover
from instep.connect.apply.review import propose
from instep.connect.apply.runs import RunBook, sweep_dead_runs
from instep.connect.apply.there import Sender
from instep.connect.calls import Caller
from instep.connect.errors import ConnectionNotReady
from instep.connect.inbox.absent import look_for_gone
from instep.connect.inbox.hints import acknowledge_hints, look_at_hints
from instep.connect.installation import is_copy
from instep.connect.intents import open_intents
from instep.connect.limits.lease import Halted, Holding, LeaseLost, take
from instep.connect.limits.meters import KEEP_EVERY, Share, names_a_time
from instep.connect.limits.turn import Turn, TurnOver, nobody
from instep.connect.models import (
    Connection,
    ConnectionState,
    Dirty,
    Intent,
    Observation,
    OpState,
    Pair,
    Plan,
    PlanOp,
    PlanState,
    RunState,
)
from instep.connect.models.plans import UNDO
from instep.connect.observe import observe, read_lately, still_looking
from instep.connect.place import Bench, bench_of
from instep.connect.plan.make import PlanWriter, out_of_date
from instep.connect.protocols import NeedsPerson, RemoteTrouble, Transport, TryLater

log = logging.getLogger(__name__)

BACK_OFF_SECONDS = (2, 5, 15, 60, 300)
FAULT_OF_OURS = "Something went wrong inside Instep, not at the remote. It is tried again by itself; nothing is lost."


@dataclass(slots=True)
class Outcome:
    """What a cycle did."""

    ran: bool
    calls: dict[str, int]
    rows: int = 0
    trouble: str = ""


def run_cycle(
    connection: Connection,
    *,
    holder: str,
    transport: Transport,
    clock: Callable[[], datetime],
    rng: random.Random,
    poll: bool = True,
    others_wait: Callable[[], bool] = nobody,
) -> Outcome:
    """Bring one connection in step. With `poll` False only what hints name and our own changes concern is read.

    Never raises for what a remote does: troubles end the cycle, are kept on the connection, and everything that waits
    goes on waiting. Nothing happens while another worker holds the lease, or when the connection is not switched on.
    A fault of ours is kept on the connection too, which rests for a while, and raised. While `others_wait`, it makes
    way after a slice of time.
    """
    holding = take(connection, holder=holder, clock=clock)
    if holding is None:
        return Outcome(False, {})
    connection.refresh_from_db()
    if connection.state != ConnectionState.ACTIVE or is_copy(connection):  # another installation's
        holding.release()
        return Outcome(False, {})
    poll = poll or not adopted(connection)
    bench = bench_of(connection)
    caller = _caller(bench, transport, holding, clock)
    caller.turn = Turn(clock, others_wait)
    book = RunBook(bench, _purpose(bench), holding.fencing, clock, caller.counts)
    sender = Sender(bench, book, holding, caller)
    rows = 0
    try:
        if holding.after_death:
            sweep_dead_runs(bench, fencing=holding.fencing, now=clock())
            holding.after_death = False
        rows = _work(sender, poll=poll)
    except LeaseLost:
        log.info("connection %s: another worker took over", connection.pk)
        book.abandon()
        return Outcome(True, dict(caller.counts), rows, "lease lost")
    except Halted:
        book.close(RunState.STOPPED, "Somebody paused or ended the connection; nothing more was written.")
        _let_go(sender.holding, sender.caller)
        return Outcome(True, dict(caller.counts), rows, "halted")
    except TurnOver:
        served(bench, now=clock())
        book.close(RunState.STOPPED, "Others were waiting for their turn; it goes on with its next one.")
        _let_go(sender.holding, sender.caller)
        return Outcome(True, dict(caller.counts), rows, "turn over")
    except RemoteTrouble as trouble:
        if poll:
            look_cut_short(bench, begun=book.begun, now=clock())
        return _stopped(sender, trouble, rows, rng)
    except Exception as fault:
        _broke_off(sender, fault, rng)
        raise
    waiting = (bench.connector.asks_first or bench.connection.review != "") and any(
        _waiting(bench, pair) for pair in bench.pairs
    )
    in_step(bench, now=clock(), waiting=waiting, polled=poll and book.purpose != UNDO)
    book.close(RunState.DONE)
    _let_go(sender.holding, sender.caller)
    return Outcome(True, dict(caller.counts), rows)


def _caller(bench: Bench, transport: Transport, holding: Holding, clock: Callable[[], datetime]) -> Caller:
    """The door to the remote, for a cycle."""
    caller = Caller(bench, transport, holding.ensure, holding.fence, clock, keep_access)
    caller.meters.uncounted = KEEP_EVERY if holding.after_death else 0
    # Of the first link nobody waits for the end; later, an empty date means that somebody asked.
    caller.asked = bench.connection.next_poll_at is None and bench.connection.linked_at is not None
    return caller


def _let_go(holding: Holding, caller: Caller) -> None:
    """Give the lease up, with the calls that were made noted behind it."""
    with transaction.atomic():
        if holding.release():
            caller.settle()


def _broke_off(sender: Sender, fault: Exception, rng: random.Random) -> None:
    """A fault of ours: nothing stays open for it, the connection rests, and says so; the others go on.

    A database that does not answer cannot be told: then the lease runs out by itself.
    """
    log.error("connection %s broke off: %r", sender.bench.connection.pk, fault)
    try:
        trouble = RemoteTrouble(FAULT_OF_OURS)
        _wait(sender, trouble, rng)
        sender.book.close(RunState.STOPPED, FAULT_OF_OURS)
        _let_go(sender.holding, sender.caller)
    except DatabaseError as problem:
        log.warning("connection %s: the fault could not be noted: %s", sender.bench.connection.pk, problem)


def _purpose(bench: Bench) -> str:
    if bench.connector.asks_first:
        return "manual"
    return "sync" if bench.connection.linked_at else "first_link"


def _stopped(sender: Sender, trouble: RemoteTrouble, rows: int, rng: random.Random) -> Outcome:
    sender.caller.cleanse(trouble)
    if isinstance(trouble, NeedsPerson):
        stop_for_person(sender.bench, trouble, now=sender.book.clock())
    else:
        _wait(sender, trouble, rng)
    sender.book.close(RunState.STOPPED, trouble.sentence)
    _let_go(sender.holding, sender.caller)
    log.info("connection %s stopped: %s", sender.bench.connection.pk, trouble.sentence)
    return Outcome(True, dict(sender.caller.counts), rows, trouble.sentence)


def _wait(sender: Sender, trouble: RemoteTrouble, rng: random.Random) -> None:
    seconds = getattr(trouble, "after_seconds", None)
    connection, meters = sender.bench.connection, sender.caller.meters
    if sender.book.row is not None and sender.book.row.done:
        connection.failures = 0  # it came further: the pause does not grow
    if seconds is None:
        step = min(connection.failures, len(BACK_OFF_SECONDS) - 1)
        seconds = BACK_OFF_SECONDS[step] * (0.75 + rng.random() / 2)
    moment = sender.book.clock() + timedelta(seconds=seconds)
    if names_a_time(trouble):
        if getattr(trouble, "after_seconds", None) is None and getattr(trouble, "limit", "") == "day":
            moment = meters.next_window()
        meters.pause(moment)
    wait_until(sender.bench, trouble, moment, now=sender.book.clock())


def _work(sender: Sender, *, poll: bool) -> int:
    bench, book = sender.bench, sender.book
    now = book.clock()
    begin_looking(bench, sender.caller)
    unsettled = open_intents(bench)
    due = due_types(bench, unsettled, now=now)
    pairs = [p for p in bench.pairs if poll or p.pk in due or _concerned(bench, p, unsettled, now=now)]
    lists = look_at_hints(bench, sender.caller, now=now, reads=frozenset(p.remote_type for p in pairs))
    pairs += [p for p in bench.pairs if p.remote_type in lists.named and p not in pairs]
    since = still_looking(bench.connection.polling_since, now=now) if poll else None
    observe(bench, sender.caller, pairs, now=now, references=poll, since=since, doubts=due)
    adopt(bench, sender.caller)
    look_for_gone(bench, sender.caller, now=now)
    acknowledge_hints(bench, sender.caller, lists)
    sender.caller.works_for(Share.RECOVERY)
    bench.unsettled = recover(sender)
    rows = _approved(sender)
    if book.row is not None and book.purpose == UNDO:
        return rows  # a run of its own: what else waits goes with the next cycle
    if rows:
        # An approved plan may have left writes without an answer: nothing more is planned for those records.
        bench.unsettled = frozenset(i.link_id for i in open_intents(bench))
    with transaction.atomic():
        sender.holding.fence()
        abandon_plans(bench)
        wake_merges(bench, now=book.clock())
    if bench.connection.review:
        if poll:
            propose(bench, sender.holding, now=book.clock())
        return rows
    for pair in bench.pairs:
        if not _waiting(bench, pair):
            continue
        writer = PlanWriter(
            bench, purpose=book.purpose, by=bench.actor.name, now=book.clock(), acknowledge=True, holding=sender.holding
        )
        if bench.connector.asks_first:
            # A person sees a preview first: what moves anything goes on waiting until then.
            writer.tick_off(pair)
            continue
        made = writer.add_pair(pair)
        plan = writer.close()
        if plan is None:
            continue
        rows += made
        book.open(plan, total=rows)
        begin_plan(plan)
        _carry_out(sender, plan, [pair])
        finish_plan(plan)
    return rows


def _carry_out(sender: Sender, plan: Plan, pairs: Sequence[Pair]) -> None:
    """For a person who approved it, or for whoever changed something just now; its time runs from here."""
    caller, asked = sender.caller, sender.caller.asked
    if caller.turn is not None:
        caller.turn.begin()
    caller.asked = asked or bool(plan.approved_by)
    caller.works_for(Share.HINTS)
    try:
        carry_out(sender, plan, pairs)
    finally:
        caller.asked = asked


def _approved(sender: Sender) -> int:
    """A plan that a person approved is carried out first, row by row as shown; after a kill it is gone on with."""
    bench, book = sender.bench, sender.book
    rows = Plan.objects.of(bench.firm_id).filter(
        connection=bench.connection, state__in=(PlanState.APPROVED, PlanState.APPLYING)
    )
    if bench.connection.review:
        rows = rows.filter(purpose=UNDO)  # what any other would do is seen first
    plan = rows.exclude(approved_by="").order_by("id").first()
    if plan is None:
        return 0
    if out_of_date(bench, plan, now=book.clock()):
        with transaction.atomic():
            sender.holding.fence()
            expire_plan(plan)
        return _approved(sender)  # another one may have been approved since
    if plan.purpose == UNDO:
        return _undo(sender, plan)
    total = sum(plan.counts.values())
    book.open(plan, total=total)
    begin_plan(plan)
    _carry_out(sender, plan, bench.pairs)
    finish_plan(plan)
    return total


def _undo(sender: Sender, plan: Plan) -> int:
    """Take a run back: what refers to others comes before them. It is over once no row of it is in doubt."""
    book = sender.book
    if book.row is not None and book.purpose != UNDO:
        return 0  # this cycle has found something else to tell of
    left = PlanOp.objects.of(plan.firm_id).filter(plan=plan, state=OpState.PROPOSED).count()
    if left:
        book.open(plan, total=sum(plan.counts.values()) - plan.counts.get("left", 0))
        begin_plan(plan)
        sender.holding.undoing = plan.pk
        try:
            carry_out(sender, plan, sender.bench.pairs[::-1])
        finally:
            sender.holding.undoing = None
    if not in_doubt(plan):
        finish_plan(plan)
    return left


def _concerned(bench: Bench, pair: Pair, unsettled: Sequence[Intent], *, now: datetime) -> bool:
    """Whether this type is read before our own changes go out: its last reading is too old to overwrite anything by.

    What waits for the outcome of a write does not go out yet; what a person sees first is read with their preview.
    """
    if bench.connector.asks_first or bench.connection.review:
        return False
    if bench.capability_of(pair.remote_type).version_guard or read_lately(bench, pair.remote_type, now=now):
        return False
    rows = Dirty.objects.of(bench.firm_id).filter(connection=bench.connection, kind=pair.kind)
    return rows.exclude(record_id__in=[i.link.local_id for i in unsettled if i.link.pair_id == pair.pk]).exists()


def _waiting(bench: Bench, pair: Pair) -> bool:
    """Whether anything waits to be planned in a pair: two index look-ups."""
    dirty = Dirty.objects.of(bench.firm_id).filter(connection=bench.connection, kind=pair.kind)
    if dirty.exists():
        return True
    return (
        Observation.objects.of(bench.firm_id)
        .filter(connection=bench.connection, remote_type=pair.remote_type, pending=True)
        .exists()
    )


def preview(connection: Connection, *, holder: str, transport: Transport, clock: Callable[[], datetime]) -> Plan | None:
    """Read the remote and plan everything that waits, without writing to either side (X-17).

    None when nothing needs doing that a person could see: where every run is seen first, what both sides say already
    is remembered without a word. One that met a fault, or died, is gone on with by the next: lists that it has read are
    not read again for a while. Raises the connector's troubles, TryLater while another worker is at it, AskedToWait
    before the time that the remote named, and ConnectionNotReady once it is ended.
    """
    holding: Holding | None = take(connection, holder=holder, clock=clock)
    if holding is None:
        raise TryLater("The sync of this connection is running just now. Try again in a moment.", untouched=True)
    connection.refresh_from_db()
    if connection.state == ConnectionState.DISCONNECTED:
        holding.release()
        raise ConnectionNotReady(state="disconnected", wanted="previewed")
    bench = bench_of(connection)
    caller = Caller(bench, transport, holding.ensure, holding.fence, clock, keep_access)
    try:
        return _previewed(bench, caller, holding, clock)
    except RemoteTrouble as trouble:
        caller.cleanse(trouble)
        if isinstance(trouble, TryLater):
            preview_must_wait(bench, trouble, now=clock())
        if names_a_time(trouble):
            caller.meters.pause(clock() + timedelta(seconds=getattr(trouble, "after_seconds", None) or 0))
        raise
    finally:
        _let_go(holding, caller)


def _previewed(bench: Bench, caller: Caller, holding: Holding, clock: Callable[[], datetime]) -> Plan | None:
    now = clock()
    begin_looking(bench, caller)
    with transaction.atomic():
        holding.fence()
        since = begin_preview(bench, now=now, paused=caller.meters.paused)
    observe(bench, caller, bench.pairs, now=now, references=True, since=since)
    adopt(bench, caller)
    look_for_gone(bench, caller, now=now)
    bench.unsettled = frozenset(i.link_id for i in open_intents(bench))
    with transaction.atomic():
        holding.fence()
        abandon_plans(bench, proposed=True)
        bring_back_unconfirmed(bench, now=now)
    purpose = "manual" if bench.connection.linked_at else "first_link"
    asks_first = bench.connector.asks_first
    writer = PlanWriter(bench, purpose=purpose, by="", now=clock(), acknowledge=asks_first, holding=holding)
    for pair in bench.pairs:
        writer.add_pair(pair)
    plan = writer.close()
    by_itself = False
    if plan is not None and asks_first:
        keep_questions(bench, plan, holding, now=clock())
        by_itself = goes_on_by_itself(bench, plan, holding)
    with transaction.atomic():
        holding.fence()
        end_preview(bench)
    return None if by_itself else plan
