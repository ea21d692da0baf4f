"""Guards of a plan: rules never take many records away at once before a person has confirmed that very plan (b.6)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from instep.base.identity.rows import FirmQuerySet
from instep.connect.inbox.absent import still_missing
from instep.connect.models import Link, LinkState, OpState, Pair, Plan, PlanOp, Severity
from instep.connect.models.plans import REMOVALS, OpKind
from instep.connect.place import Bench
from instep.connect.plan.removals import TOO_MANY, Rules
from instep.connect.removing import Removes
from instep.connect.sides import PutsAway

MOST = 10
MOST_PERCENT = 5
"""More removals than both, of the pair's live links, are confirmed by a person first."""


def rules_for(bench: Bench, pair: Pair) -> Rules:
    """What somebody set for records whose counterpart has ended, and what can be done about them at all."""
    connector = bench.connector
    return Rules(
        pair.delete_here,
        pair.delete_there,
        isinstance(bench.side_of(pair), PutsAway),
        tuple(connector.removes.get(pair.remote_type, ())) if isinstance(connector, Removes) else (),
    )


def blocked_rows(plan: Plan) -> FirmQuerySet[PlanOp]:
    """Removals of a plan that a person has to confirm first."""
    rows = PlanOp.objects.of(plan.firm_id).filter(plan=plan, op__in=REMOVALS, state=OpState.PROPOSED)
    return rows.filter(errors__0__code=TOO_MANY)


def blocked(op: PlanOp) -> bool:
    """Whether a row is a removal that nobody confirmed."""
    return op.op in REMOVALS and bool(op.errors)


def guard(bench: Bench, plan: Plan, counts: Mapping[str, int]) -> None:
    """Put a blocking error on every removal by a rule, where there are too many of a pair, or where nothing seems to be
    left there. What a person chose for a single record is not counted."""
    if not any(counts.get(op, 0) for op in REMOVALS):
        return
    by_rule = PlanOp.objects.of(bench.firm_id).filter(plan=plan, op__in=REMOVALS, preconditions__facts__has_key="rule")
    for pair in bench.pairs:
        rows = by_rule.filter(pair=pair)
        numbers = Counter(rows.values_list("op", flat=True))
        count = numbers.total()
        if not count:
            continue
        live = Link.objects.of(bench.firm_id).filter(pair=pair, state=LinkState.LIVE).count()
        # What a whole list did not show and nobody has asked for yet will most likely follow.
        coming = count + still_missing(bench, pair)
        nothing_left = numbers[OpKind.ARCHIVE_HERE] > 0 and coming >= live
        if (coming > MOST and coming * 100 > MOST_PERCENT * live) or nothing_left:
            error = {"code": TOO_MANY, "sentence": _sentence(count, live, nothing_left=nothing_left)}
            rows.update(severity=Severity.PERSON, errors=[error])


def _sentence(count: int, live: int, *, nothing_left: bool) -> str:
    if nothing_left:
        why = "nothing that is linked seems to be left in the remote"
    else:
        why = f"{count} of {live} linked records would be taken off the lists at once"
    return f"Not done yet: {why}. Look at a preview, and confirm there that this is meant."
