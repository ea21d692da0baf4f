"""The breaker: a field that goes to and fro between two values is left to a person, instead of costing calls for ever.

A remote that rewrites what it is given, or two systems that each put their own value back, would have the same write
made again with every cycle (b.13, fault 31).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from instep.connect.fieldmap import RecordMap
from instep.connect.models import JournalEntry, OpKind, Pair
from instep.connect.plan.subject import Draft, Subject, hold
from instep.kernel.ids import canonical_json

WITHIN = timedelta(hours=1)
MOST = 3
"""So often the same change is made to one record within that time; then it is held."""
SIDES = {OpKind.UPDATE_HERE: "here", OpKind.UPDATE_THERE: "there"}


def break_circles(
    pair: Pair, record_map: RecordMap, decided: Sequence[tuple[Subject, list[Draft]]], *, now: datetime
) -> None:
    """Take out of these drafts what was done MOST times within the hour, and hold it. At most one query."""
    updates = [draft for _, drafts in decided for draft in drafts if draft.op in SIDES]
    if not updates:
        return
    done = _done(pair, {draft.local_id for draft in updates if draft.local_id is not None}, now=now)
    if not done or max(done.values()) < MOST:
        return
    for subject, drafts in decided:
        circling: list[str] = []
        for draft in list(drafts):
            circling += _take_out(record_map, draft, done)
            if draft.op in SIDES and not draft.body:
                drafts.remove(draft)
        if circling:
            _hold(record_map, subject, drafts, circling)


def _done(pair: Pair, local_ids: set[int], *, now: datetime) -> Counter[tuple[Any, ...]]:
    rows = JournalEntry.objects.of(pair.firm_id).filter(
        kind=pair.kind,
        local_id__in=local_ids,
        at__gt=now - WITHIN,
        op__in=list(SIDES),
        outcome="done",
        link__pair=pair,
    )
    found: Counter[tuple[Any, ...]] = Counter()
    for local_id, side, fields in rows.values_list("local_id", "side", "fields"):
        for name, values in fields.items():
            found[local_id, side, name, canonical_json(values)] += 1
    return found


def _take_out(record_map: RecordMap, draft: Draft, done: Counter[tuple[Any, ...]]) -> list[str]:
    side = SIDES.get(draft.op)
    names = [
        change["field"]
        for change in draft.changes
        if side is not None
        and done[draft.local_id, side, change["field"], canonical_json([change["from"], change["to"]])] >= MOST
    ]
    for name in names:
        theirs = record_map.field(name).theirs
        draft.body.pop(theirs if side == "there" else name, None)
        draft.changes = [change for change in draft.changes if change["field"] != name]
        draft.base.pop(name, None)
        draft.phase.pop(name, None)
        draft.decided = [each for each in draft.decided if each["field"] != name]
        for values in draft.checks.values():
            values.pop(name, None)
    return names


def _hold(record_map: RecordMap, subject: Subject, drafts: list[Draft], circling: list[str]) -> None:
    labels = ", ".join(record_map.kind.field(name).label for name in circling)
    sentence = (
        f"{labels}: the same change was made {MOST} times within an hour, and each time something put the other value "
        "back. See what changes it, then let it be looked at again."
    )
    if drafts and drafts[-1].op is OpKind.HOLD:
        drafts[-1].errors.append({"code": "circling", "sentence": sentence})
    else:
        row = hold(subject, "circling", sentence)
        row.met = True
        drafts.append(row)
