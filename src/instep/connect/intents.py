"""Intents: the durable note of a remote write, made before it is sent, and what becomes of it when no answer came."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from instep.connect.marks import marker_for
from instep.connect.models import Intent, IntentState, Link, LinkState, PlanOp
from instep.connect.models.plans import OPEN_INTENTS, OpKind
from instep.connect.place import Bench
from instep.kernel.ids import fingerprint

REQUEST_SECONDS = 10
MARGIN_SECONDS = 1


def note(
    bench: Bench, op: PlanOp, link: Link, body: dict[str, Any], *, server_time: datetime | None, now: datetime
) -> Intent:
    """Write the intent of one operation, in the caller's transaction, before anything leaves.

    One operation kind, link and generation exist once, so the same plan row can never be sent twice. A change that was
    certainly not made (the remote asked us to wait) goes once more under the note that it had.
    """
    intent = drawn_up(bench, op, link, body, server_time=server_time, now=now)
    earlier = _certainly_not_made(intent, op)
    if earlier is not None:
        intent.pk, intent.attempts, intent.first_sent_at = earlier.pk, earlier.attempts + 1, earlier.first_sent_at
    intent.save()
    return intent


def _certainly_not_made(intent: Intent, op: PlanOp) -> Intent | None:
    """The note of the same row from an earlier send. A creation has none: it goes under a new generation."""
    if op.op == OpKind.CREATE_THERE or not op.result:
        return None
    rows = Intent.objects.of(intent.firm_id).filter(connection=intent.connection, key=intent.key)
    return rows.filter(state=IntentState.REJECTED).first()


def drawn_up(
    bench: Bench, op: PlanOp, link: Link, body: dict[str, Any], *, server_time: datetime | None, now: datetime
) -> Intent:
    """The same, not yet saved: those of one batch are stored together."""
    generation = link.generation if op.op == OpKind.CREATE_THERE else op.pk
    key = fingerprint([bench.connection.key, bench.connection.epoch, op.op, link.pk, generation])
    return Intent(
        firm_id=bench.firm_id,
        connection=bench.connection,
        op_kind=op.op,
        link=link,
        generation=generation,
        plan_op=op,
        key=key,
        marker=_found_by(bench, op, link, body),
        body=body,
        body_digest=fingerprint(body),
        watermark=server_time,
        first_sent_at=now,
        last_sent_at=now,
    )


def mark_of(bench: Bench, link: Link) -> str:
    """The mark that the link's record gets when it is created there."""
    return marker_for(bench.connection.key, link.kind, link.local_id or 0, link.generation)


def _found_by(bench: Bench, op: PlanOp, link: Link, body: dict[str, Any]) -> str:
    """By what a created record is found again: its own unique number where the type has one, our mark, or nothing."""
    capability = bench.capability_of(op.remote_type)
    if op.op != OpKind.CREATE_THERE or not capability.handle.found_at_once:
        return ""
    number = capability.number
    return str(body.get(number, "")) if number else mark_of(bench, link)


def open_intents(bench: Bench) -> list[Intent]:
    """Intents without a known outcome, oldest first."""
    rows = Intent.objects.of(bench.firm_id).filter(connection=bench.connection, state__in=OPEN_INTENTS)
    return list(rows.select_related("link", "plan_op").order_by("id"))


def settled_after(intent: Intent, visibility_lag: int) -> datetime:
    """Before this moment a request that got no answer may still take effect, or not yet show."""
    return intent.last_sent_at + timedelta(seconds=REQUEST_SECONDS + visibility_lag + MARGIN_SECONDS)


def still_keyed(intent: Intent, window: int | None, *, now: datetime) -> bool:
    """Whether a request that leaves at this moment reaches the remote while it surely remembers the key, even if our
    access must be renewed first; and the one before it is no longer under way."""
    if window is None or now < settled_after(intent, 0):
        return False
    return now + timedelta(seconds=2 * REQUEST_SECONDS + MARGIN_SECONDS) <= intent.first_sent_at + timedelta(
        seconds=window
    )


def close(intent: Intent, state: IntentState, *, result_id: str = "", detail: str = "") -> None:
    """Note the outcome of an intent."""
    intent.state, intent.result_id, intent.detail = state, result_id, detail[:2000]
    intent.save(update_fields=["state", "result_id", "detail"])


def release_link(link: Link, *, code: str, reason: str, now: datetime) -> None:
    """A creation that is proven not to have happened: the record may be planned again, under a new generation."""
    link.state, link.generation = LinkState.HELD, link.generation + 1
    link.held_code, link.held_reason, link.held_at = code, reason, now
    link.save(update_fields=["state", "generation", "held_code", "held_reason", "held_at"])
