"""What a cycle leaves on the connection itself: in step, waiting, or stopped until a person comes."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from instep.base.identity.models import Membership
from instep.base.identity.permissions import ROLE_RIGHTS
from instep.base.identity.queries import firm_of
from instep.base.identity.rows import FirmQuerySet
from instep.base.notices.telling import tell
from instep.connect.abilities import OutOfBudget, SendsHints
from instep.connect.errors import AskedToWait
from instep.connect.models import Connection, ConnectionState, OpState, Plan, PlanOp, PlanState, TokenState
from instep.connect.models.plans import UNDO
from instep.connect.observe import still_looking
from instep.connect.place import Bench
from instep.connect.protocols import NeedsPerson, RemoteTrouble, TryLater
from instep.connect.secrets import SecretsUnreadable, open_, seal

MANAGE = "manage connections"
NEEDS_PERSON = "connection.needs_person"
"""The kind of a notice."""


def in_step(bench: Bench, *, now: datetime, waiting: bool = False, polled: bool = False) -> None:
    """A cycle came to its end; with `waiting`, a person has to see first what is left to do.

    With `polled` it says when the remote is looked at again: at once, if somebody asked for it while this cycle ran.
    One statement, two where somebody did.
    """
    connection = bench.connection
    ends: dict[str, Any] = {"trouble": "", "failures": 0, "resume_at": None, "served_at": now}
    if not waiting:
        ends |= {"in_step_at": now, "linked_at": connection.linked_at or now}
    rows, begun = Connection.objects.of(bench.firm_id).filter(pk=connection.pk), connection.next_poll_at
    if polled:
        ends["polling_since"] = None
        unasked = rows.filter(next_poll_at__isnull=True) if begun is None else rows.filter(next_poll_at=begun)
        at = now + timedelta(seconds=connection.poll_seconds)
        if unasked.update(next_poll_at=at, **ends):
            _set(connection, next_poll_at=at, **ends)
            return
    rows.update(**ends)
    _set(connection, **ends)


def _set(connection: Connection, **values: Any) -> None:
    for name, value in values.items():
        setattr(connection, name, value)


def served(bench: Bench, *, now: datetime) -> None:
    """It had a turn: those who wait longer are next."""
    bench.connection.served_at = now
    bench.connection.save(update_fields=["served_at"])


def look_cut_short(bench: Bench, *, begun: datetime, now: datetime) -> None:
    """The remote cut a cycle short that looks at everything: the next one goes on with what it has not read."""
    connection = bench.connection
    if still_looking(connection.polling_since, now=now) is None:
        connection.polling_since = begun
        connection.save(update_fields=["polling_since"])


def begin_preview(bench: Bench, *, now: datetime, paused: bool) -> datetime:
    """When the look of this preview began: now, or with one before it that met a fault or a death.

    In the caller's transaction. Raises AskedToWait, with nothing sent, before the time that the remote named
    (`paused`); what only the work by itself waits for does not keep a person waiting.
    """
    connection = bench.connection
    if paused and connection.resume_at is not None and now < connection.resume_at:
        raise asked_to_wait(bench)
    since = still_looking(connection.looking_since, now=now)
    if since is None:
        since = connection.looking_since = now
        connection.save(update_fields=["looking_since"])
    return since


def end_preview(bench: Bench) -> None:
    """It is made: the next one looks at everything anew, and nothing keeps the connection waiting any more."""
    connection = bench.connection
    connection.looking_since = None
    if connection.resume_at is not None:
        connection.resume_at, connection.trouble = None, ""
    connection.save(update_fields=["looking_since", "resume_at", "trouble"])


def preview_must_wait(bench: Bench, trouble: TryLater, *, now: datetime) -> None:
    """While it was looked at, the remote named a time before which nothing more is sent, by nobody."""
    if trouble.after_seconds:
        connection = bench.connection
        connection.resume_at, connection.trouble = now + timedelta(seconds=trouble.after_seconds), trouble.sentence
        connection.save(update_fields=["resume_at", "trouble"])


def asked_to_wait(bench: Bench) -> AskedToWait:
    """The refusal that names the time, as the firm's clocks show it."""
    connection = bench.connection
    assert connection.resume_at is not None
    local = connection.resume_at.astimezone(ZoneInfo(firm_of(bench.firm_id).zone))
    reason = connection.trouble or f"{bench.connector.title} asked us to wait."
    return AskedToWait(until=f"{local:%H:%M:%S} on {local.day} {local:%B %Y}", reason=reason)


def keep_access(bench: Bench, sealed: str) -> None:
    """The access was renewed: this is the secret from now on, in the caller's transaction.

    Raises TryLater when a person gave another one, or ended the connection, meanwhile: theirs stands.
    """
    connection = bench.connection
    rows = Connection.objects.of(bench.firm_id).filter(pk=connection.pk)
    stored = rows.select_for_update().values_list("sealed_secret", flat=True).get()
    if stored != connection.sealed_secret:
        sealed = _with_its_hint_key(bench, stored, sealed)
    rows.update(sealed_secret=sealed)
    connection.sealed_secret = sealed


def _with_its_hint_key(bench: Bench, stored: str, sealed: str) -> str:
    """The renewed access with the key of webhooks that somebody set meanwhile: that is no sign-in, and the access that
    was stored before opens nothing any more. Raises TryLater where it is another sign-in."""
    name = bench.connector.hint_key if isinstance(bench.connector, SendsHints) else ""
    try:
        was, now = open_(bench.connection.sealed_secret), open_(stored)
    except SecretsUnreadable:
        was, now = {}, {"other": stored}
    key = now.pop(name, None)
    if {**was, name: ""} != {**now, name: ""}:
        raise TryLater("Somebody signed in again meanwhile, or ended the connection.", untouched=True)
    fresh = {each: value for each, value in open_(sealed).items() if each != name}
    return seal({**fresh, name: key} if key else fresh)


def wait_until(bench: Bench, trouble: RemoteTrouble, moment: datetime, *, now: datetime) -> None:
    """Nothing is sent by itself before `moment`; everything that waits goes on waiting."""
    connection = bench.connection
    connection.resume_at, connection.trouble, connection.served_at = moment, trouble.sentence, now
    if not isinstance(trouble, OutOfBudget):
        connection.failures += 1
    connection.save(update_fields=["resume_at", "trouble", "failures", "served_at"])


def stop_for_person(bench: Bench, trouble: NeedsPerson, *, now: datetime) -> None:
    """Only a person can go on from here: a new token, a right, another account.

    Unless one did already: with another token, or another state, than this cycle began with, nothing is stopped. Those
    who can do something about it are told once.
    """
    connection = bench.connection
    rows = Connection.objects.of(bench.firm_id).filter(pk=connection.pk, sealed_secret=connection.sealed_secret)
    told = {"trouble": trouble.sentence, "token_state": TokenState.ENDED}
    if rows.filter(state=ConnectionState.ACTIVE).update(state=ConnectionState.NEEDS_PERSON, next_poll_at=now, **told):
        connection.state = ConnectionState.NEEDS_PERSON
        _tell_who_can(connection, trouble, now=now)
    else:
        rows.exclude(state=ConnectionState.DISCONNECTED).update(**told)


def _tell_who_can(connection: Connection, trouble: NeedsPerson, *, now: datetime) -> None:
    roles = [role for role, rights in ROLE_RIGHTS.items() if MANAGE in rights]
    people = Membership.objects.of(connection.firm_id).filter(role__in=roles, until=None)
    tell(
        connection.firm_id,
        people.values_list("user_id", flat=True),
        kind=NEEDS_PERSON,
        sentence=f"{connection.title}: {trouble.sentence}",
        path=f"/connections/{connection.pk}/settings/",
        now=now,
    )


def abandon_plans(bench: Bench, *, proposed: bool = False) -> None:
    """Plans that a dead worker left behind: what they had not begun is planned anew. With `proposed`, previews too.

    An undo that has begun goes on: no other plan has its rows.
    """
    states = [PlanState.DRAFTING, PlanState.APPLYING]
    if proposed:
        states.append(PlanState.PROPOSED)
    rows = Plan.objects.of(bench.firm_id).filter(connection=bench.connection, state__in=states)
    _abort(rows.exclude(purpose=UNDO, state=PlanState.APPLYING) if proposed else rows.filter(approved_by=""))


def end_plans(connection: Connection, *, but: Plan | None = None) -> None:
    """Nothing that was planned for this connection is carried out any more, `but` one."""
    states = [PlanState.DRAFTING, PlanState.PROPOSED, PlanState.APPROVED, PlanState.APPLYING]
    rows = Plan.objects.of(connection.firm_id).filter(connection=connection, state__in=states)
    _abort(rows.exclude(pk=but.pk) if but is not None else rows)


def _abort(plans: FirmQuerySet[Plan]) -> None:
    # Locked, so that an approval that is just being given is not written over unseen.
    for plan in plans.order_by("id").select_for_update():
        PlanOp.objects.of(plan.firm_id).filter(plan=plan, state=OpState.PROPOSED).update(state=OpState.SKIPPED)
        plan.state = PlanState.ABORTED
        plan.save(update_fields=["state"])


def expire_plan(plan: Plan) -> None:
    """The maps changed or it grew too old: its rows are not carried out."""
    plan.state = PlanState.EXPIRED
    plan.save(update_fields=["state"])
    PlanOp.objects.of(plan.firm_id).filter(plan=plan, state=OpState.PROPOSED).update(state=OpState.SKIPPED)
