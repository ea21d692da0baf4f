"""What a cycle leaves on the connection itself: in step, waiting, or stopped until a person comes."""

from __future__ import annotations

from datetime import datetime, timedelta

from instep.base.identity.rows import FirmQuerySet
from instep.connect.models import Connection, ConnectionState, OpState, Plan, PlanOp, PlanState, TokenState
from instep.connect.place import Bench
from instep.connect.protocols import NeedsPerson, RemoteTrouble, TryLater


def in_step(bench: Bench, *, now: datetime, waiting: bool = False) -> None:
    """A cycle came to its end; with `waiting`, a person has to see first what is left to do."""
    connection = bench.connection
    connection.trouble, connection.failures, connection.resume_at = "", 0, None
    if not waiting:
        connection.in_step_at, connection.linked_at = now, connection.linked_at or now
    connection.save(update_fields=["in_step_at", "trouble", "failures", "resume_at", "linked_at"])


def next_poll(bench: Bench, *, now: datetime) -> None:
    """When the remote is looked at again; at once, if somebody asked for it while this cycle ran."""
    connection = bench.connection
    at = now + timedelta(seconds=connection.poll_seconds)
    rows = Connection.objects.of(bench.firm_id).filter(pk=connection.pk)
    begun = connection.next_poll_at
    unasked = rows.filter(next_poll_at__isnull=True) if begun is None else rows.filter(next_poll_at=begun)
    if unasked.update(next_poll_at=at):
        connection.next_poll_at = at


def keep_access(bench: Bench, sealed: str) -> None:
    """The access was renewed: this is the secret from now on.

    Raises TryLater when a person gave another one, or ended the connection, meanwhile: theirs stands.
    """
    connection = bench.connection
    rows = Connection.objects.of(bench.firm_id).filter(pk=connection.pk, sealed_secret=connection.sealed_secret)
    if not rows.update(sealed_secret=sealed):
        raise TryLater("Somebody signed in again meanwhile, or ended the connection.", untouched=True)
    connection.sealed_secret = sealed


def wait_until(bench: Bench, trouble: RemoteTrouble, moment: datetime) -> None:
    """Nothing is sent before `moment`; everything that waits goes on waiting."""
    connection = bench.connection
    connection.resume_at, connection.trouble = moment, trouble.sentence
    connection.failures += 1
    connection.save(update_fields=["resume_at", "trouble", "failures"])


def stop_for_person(bench: Bench, trouble: NeedsPerson, *, now: datetime) -> None:
    """Only a person can go on from here: a new token, a right, another account.

    Unless one did already: with another token, or another state, than this cycle began with, nothing is stopped.
    """
    connection = bench.connection
    rows = Connection.objects.of(bench.firm_id).filter(pk=connection.pk, sealed_secret=connection.sealed_secret)
    told = {"trouble": trouble.sentence, "token_state": TokenState.ENDED}
    if rows.filter(state=ConnectionState.ACTIVE).update(state=ConnectionState.NEEDS_PERSON, next_poll_at=now, **told):
        connection.state = ConnectionState.NEEDS_PERSON
    else:
        rows.exclude(state=ConnectionState.DISCONNECTED).update(**told)


def abandon_plans(bench: Bench, *, proposed: bool = False) -> None:
    """Plans that a dead worker left behind: what they had not begun is planned anew. With `proposed`, previews too."""
    states = [PlanState.DRAFTING, PlanState.APPLYING]
    if proposed:
        states.append(PlanState.PROPOSED)
    rows = Plan.objects.of(bench.firm_id).filter(connection=bench.connection, state__in=states)
    _abort(rows if proposed else rows.filter(approved_by=""))


def end_plans(connection: Connection) -> None:
    """Nothing that was planned for this connection is carried out any more."""
    states = [PlanState.DRAFTING, PlanState.PROPOSED, PlanState.APPROVED, PlanState.APPLYING]
    _abort(Plan.objects.of(connection.firm_id).filter(connection=connection, state__in=states))


def _abort(plans: FirmQuerySet[Plan]) -> None:
    for plan in plans:
        PlanOp.objects.of(plan.firm_id).filter(plan=plan, state=OpState.PROPOSED).update(state=OpState.SKIPPED)
        plan.state = PlanState.ABORTED
        plan.save(update_fields=["state"])


def expire_plan(plan: Plan) -> None:
    """The maps changed or it grew too old: its rows are not carried out."""
    plan.state = PlanState.EXPIRED
    plan.save(update_fields=["state"])
    PlanOp.objects.of(plan.firm_id).filter(plan=plan, state=OpState.PROPOSED).update(state=OpState.SKIPPED)
