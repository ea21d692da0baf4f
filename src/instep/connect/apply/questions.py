"""Questions of a preview: where every run is seen first, they can be answered before anything is carried out."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from instep.connect.apply.settle import LINK_FIELDS, hold, new_link
from instep.connect.limits.lease import Holding, switched_on
from instep.connect.models import Connection, Link, LinkState, OpKind, OpState, Plan, PlanOp, PlanState, Severity
from instep.connect.place import Bench
from instep.connect.plan.subject import standing_of

BATCH = 100


def keep_questions(bench: Bench, plan: Plan, holding: Holding, *, now: datetime) -> None:
    """Note on their links what rows of the plan ask a person, so that it is found where decisions are made.

    Neither side is written. In short transactions; raises LeaseLost.
    """
    asking = PlanOp.objects.of(bench.firm_id).filter(plan=plan, op=OpKind.HOLD).order_by("no")
    last = 0
    while rows := list(asking.filter(no__gt=last).select_related("link")[:BATCH]):
        last = rows[-1].no
        with transaction.atomic():
            holding.fence()
            for op in rows:
                _keep(bench, op, now=now)


def goes_on_by_itself(bench: Bench, plan: Plan, holding: Holding) -> bool:
    """Whether a plan was let go on as it is: nothing moves on either side and nobody is asked, so a person would see
    an empty page. It waits for a person where the connection is not switched on. Raises LeaseLost."""
    rows = PlanOp.objects.of(bench.firm_id).filter(plan=plan, state=OpState.PROPOSED)
    if rows.exclude(op=OpKind.REBASE).exclude(op=OpKind.HOLD, severity=Severity.INFO).exists():
        return False
    if not switched_on(bench.firm_id, bench.connection.pk):
        return False
    with transaction.atomic():
        holding.fence()
        plan.state, plan.approved_by = PlanState.APPROVED, bench.actor.name
        plan.save(update_fields=["state", "approved_by"])
        Connection.objects.of(bench.firm_id).filter(pk=bench.connection.pk).update(next_poll_at=None)
    return True


def _keep(bench: Bench, op: PlanOp, *, now: datetime) -> None:
    pair = next(p for p in bench.pairs if p.pk == op.pair_id)
    link: Link = op.link or new_link(bench, pair, op, LinkState.HELD)
    first = op.errors[0]
    sentence = " ".join(error["sentence"] for error in op.errors)
    waits_for = op.preconditions.get("waits_for", "")
    hold(link, first["code"], sentence, now=now, waits_for=waits_for, facts=op.preconditions.get("facts"))
    link.label = op.label
    if link.pk is None:
        link.save()
    else:
        link.save(update_fields=LINK_FIELDS)
    op.link, op.preconditions = link, {**op.preconditions, "link": standing_of(link)}
    op.save(update_fields=["link", "preconditions"])
