"""Removals, as far as they are a person's: rules for records that have ended, and confirming many at once (b.6)."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from instep.base.audit.log import record
from instep.base.identity.actor import Actor
from instep.connect.errors import PlanNotOpen, RemovalsDiffer
from instep.connect.inbox.outbox import mark_dirty
from instep.connect.models import Connection, Link, LinkState, Pair, Plan, PlanState, Severity
from instep.connect.observations import look_again
from instep.connect.place import bench_of
from instep.connect.plan.guards import blocked_rows, rules_for
from instep.connect.plan.removals import ARCHIVED_HERE, ARCHIVED_THERE, GONE_HERE, GONE_THERE
from instep.connect.removing import ARCHIVE, ASK, IGNORE, UNLINK
from instep.kernel.errors import BadValue, NotFound

HERE = {GONE_THERE, ARCHIVED_THERE}
THERE = {GONE_HERE, ARCHIVED_HERE}


@transaction.atomic
def allow_removals(plan_id: int, *, by: Actor, count: int, now: datetime | None = None) -> Plan:
    """Say that the removals which a previewed plan asks about are meant: all of them, and in this plan alone.

    Raises NotAllowed, NotFound, PlanNotOpen, RemovalsDiffer.
    """
    by.must("run connections")
    plan = Plan.objects.of(by.firm_id).select_for_update().get_of(by.firm_id, plan_id, what="preview")
    if plan.state != PlanState.PROPOSED:
        raise PlanNotOpen(state=plan.state)
    rows = blocked_rows(plan)
    asked = rows.count()
    if asked != count or not asked:
        raise RemovalsDiffer(count=asked, said=count)
    rows.update(errors=[], severity=Severity.INFO)
    plan.removals_allowed_by = by.name or "system"
    plan.save(update_fields=["removals_allowed_by"])
    record("plan.removals_allowed", by=by, kind="plan", record_id=plan.pk, changes={"rows": [None, asked]}, now=now)
    return plan


def offered(pair: Pair) -> tuple[list[str], list[str]]:
    """The rules that can be set for a pair: about our records, and about theirs."""
    rules = rules_for(bench_of(pair.connection), pair)
    here = [ASK, *([ARCHIVE] if rules.can_here else []), UNLINK, IGNORE]
    return here, [ASK, *rules.can_there, UNLINK, IGNORE]


@transaction.atomic
def set_removal_rules(
    connection_id: int, *, by: Actor, kind: str, here: str, there: str, now: datetime | None = None
) -> Pair:
    """What becomes, from now on, of the record that is left when its counterpart is gone or archived: `here` of ours,
    `there` of theirs. Records that are held for it already are looked at again.

    Raises NotAllowed, NotFound, and BadValue for a rule that this remote, or our side, cannot keep.
    """
    by.must("manage connections")
    moment = now or timezone.now()
    connection = Connection.objects.of(by.firm_id).select_for_update()
    found = connection.get_of(by.firm_id, connection_id, what="connection")
    pair = Pair.objects.of(by.firm_id).filter(connection=found, kind=kind).select_related("connection").first()
    if pair is None:
        raise NotFound(what="kind of record")
    may_here, may_there = offered(pair)
    for rule, may in ((here, may_here), (there, may_there)):
        if rule not in may:
            raise BadValue(field="Rule", problem=f"choose one of {', '.join(may)}.")
    was = [pair.delete_here, pair.delete_there]
    if was == [here, there]:
        return pair
    codes = (HERE if was[0] != here else set()) | (THERE if was[1] != there else set())
    pair.delete_here, pair.delete_there = here, there
    pair.save(update_fields=["delete_here", "delete_there"])
    record(
        "connection.removal_rules", by=by, kind="connection", record_id=found.pk,
        changes={kind: [was, [here, there]]}, now=now,
    )  # fmt: skip
    held = Link.objects.of(by.firm_id).filter(pair=pair, state=LinkState.LIVE, held_code__in=codes, decision={})
    rows = list(held.values_list("local_id", "remote_id"))
    mark_dirty(by.firm_id, found.pk, kind, [i for i, _ in rows if i is not None], now=moment)
    look_again(by.firm_id, found.pk, pair.remote_type, [r for _, r in rows if r])
    return pair
