"""What a plan would change, field by field and side by side, and which side wins: before somebody approves it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from instep.connect.models import OpKind, PlanOp

HERE, THERE = "here", "there"
_SIDES = {OpKind.UPDATE_HERE.value: HERE, OpKind.UPDATE_THERE.value: THERE}


@dataclass(frozen=True, slots=True)
class Effect:
    """One field of one kind: in how many records each side gets the other's value, and how many ask a person."""

    kind: str
    field: str
    here: int
    there: int
    asks: int


def effects_of(firm_id: int, plan_id: int) -> list[Effect]:
    """Of the records that are linked; the most first. One query."""
    counts: Counter[tuple[str, str, str]] = Counter()
    rows = PlanOp.objects.of(firm_id).filter(plan=plan_id, op__in=[*_SIDES, OpKind.HOLD.value])
    for op, kind, changes, checks in rows.values_list("op", "kind", "changes", "preconditions").iterator(2000):
        side = _SIDES.get(op, "asks")
        told = changes if op in _SIDES else checks.get("conflicts") or ()
        counts.update((kind, each["field"], side) for each in told)
    names = sorted({(kind, field) for kind, field, _side in counts})
    found = [Effect(k, f, counts[k, f, HERE], counts[k, f, THERE], counts[k, f, "asks"]) for k, f in names]
    return sorted(found, key=lambda each: -(each.here + each.there + each.asks))
