"""A connection in review: what waits is shown to a person before anything is written (A-34, X-21).

So it is when it goes on after a pause, when its field map changed, or when the database was restored. Until somebody
approves the plan, cycles read and plan, and write to neither side.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from django.db import transaction

from instep.connect.apply.connection_state import abandon_plans, end_plans
from instep.connect.apply.settle import own_anew
from instep.connect.limits.lease import Holding
from instep.connect.models import Connection, OpKind, Plan, PlanOp, PlanState, Severity
from instep.connect.models.plans import UNDO
from instep.connect.place import Bench
from instep.connect.plan.make import PlanWriter, map_version
from instep.connect.registry import connector_for


class Review(StrEnum):
    """Why; stored with the connection."""

    RESUMED = "resumed"
    MAP = "map"
    RESTORED = "restored"


def begin_review(connection: Connection, why: Review, *, but: Plan | None = None) -> None:
    """From now on a person sees first what waits; the caller saves the connection, in its transaction.

    What was planned or approved before is not carried out any more, `but` one. Where every run is seen first anyway,
    and before the first link, there is nothing to begin. A review that is under way for another reason than a pause
    stays what it is when the connection goes on after one.
    """
    if connection.linked_at is None or connector_for(connection.provider).asks_first:
        return
    if why is not Review.RESUMED or not connection.review:
        connection.review = why
    end_plans(connection, but=but)


def end_review(connection: Connection, bench: Bench, *, now: datetime) -> None:
    """Somebody saw what waits; the caller saves the connection. With a map that may be new, its owners are set from
    here."""
    if connection.review in (Review.MAP, Review.RESTORED):
        own_anew(bench, now=now)
    connection.review = ""


def propose(bench: Bench, holding: Holding, *, now: datetime) -> None:
    """Plan what waits for a person to see; a plan that was made with these maps, and is not too old, stays.

    Where nothing would be written and nobody is asked, the review is over by itself. Raises LeaseLost.
    """
    rows = Plan.objects.of(bench.firm_id).filter(connection=bench.connection, state=PlanState.PROPOSED)
    known = rows.exclude(purpose=UNDO).order_by("-id").first()
    version = map_version(bench)
    if known is not None and known.map_version == version and (known.expires_at is None or known.expires_at > now):
        return
    with transaction.atomic():
        holding.fence()
        abandon_plans(bench, proposed=True)
    writer = PlanWriter(bench, purpose="manual", by="", now=now, acknowledge=True, holding=holding)
    for pair in bench.pairs:
        writer.add_pair(pair)
    plan = writer.close()
    if plan is None or _nothing_to_see(plan):
        with transaction.atomic():
            holding.fence()
            _over(bench, plan, now=now)


def _nothing_to_see(plan: Plan) -> bool:
    rows = PlanOp.objects.of(plan.firm_id).filter(plan=plan)
    return not rows.exclude(op=OpKind.REBASE).exclude(op=OpKind.HOLD, severity=Severity.INFO).exists()


def _over(bench: Bench, plan: Plan | None, *, now: datetime) -> None:
    found = Connection.objects.of(bench.firm_id).select_for_update().get(pk=bench.connection.pk)
    if found.review != bench.connection.review:
        return  # somebody changed something meanwhile: that is shown first
    if plan is not None:
        plan.state, plan.approved_by = PlanState.APPROVED, bench.actor.name
        plan.save(update_fields=["state", "approved_by"])
        found.next_poll_at = None
    end_review(found, bench, now=now)
    found.save(update_fields=["review", "next_poll_at"])
    bench.connection.review, bench.connection.next_poll_at = found.review, found.next_poll_at
