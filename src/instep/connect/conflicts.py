"""Conflicts: both sides changed one field. Both values are kept; nothing is decided in silence (b.11)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.dateparse import parse_datetime

from instep.base.notices.telling import tell
from instep.connect.models import Conflict, ConflictState, Link, PlanOp
from instep.connect.models.links import ENDED
from instep.connect.place import Bench
from instep.connect.policies import BOTH, OURS
from instep.connect.registry import side_for

DECIDED = "conflict.decided"
"""Kind of the notice that authors get."""
_KEPT = ("base_ours", "base_theirs", "ours", "theirs", "ours_by", "theirs_by", "policy")


def open_conflicts(bench: Bench, link: Link, drafts: Sequence[Mapping[str, Any]], *, now: datetime) -> None:
    """Record a link's conflicts, in the caller's transaction; an open one for the same field is brought up to date."""
    stored = _open(bench.firm_id, link)
    for draft in drafts:
        row = stored.get(draft["field"])
        if row is None:
            _take(_new(bench, link, draft["field"], now), draft).save()
        elif (row.ours, row.theirs) != (draft["ours"], draft["theirs"]):
            # What both sides last agreed on stays as it was when the conflict began.
            agreed = {"base_ours": row.base_ours, "base_theirs": row.base_theirs}
            _take(row, {**draft, **agreed}).save()


def close_by_policy(bench: Bench, link: Link, op: PlanOp, *, now: datetime) -> None:
    """The row of a plan that a policy decided was carried out, in the caller's transaction: both values, their authors
    and the decision are kept, and the authors are told."""
    drafts: Sequence[Mapping[str, Any]] = op.preconditions.get("decided") or ()
    if not drafts:
        return
    stored = _open(bench.firm_id, link)
    for draft in drafts:
        row = _take(stored.get(draft["field"]) or _new(bench, link, draft["field"], now), draft)
        row.decision, row.decided_by = draft["decision"], ""
        row.state, row.closed_at = ConflictState.DECIDED, now
        row.save()
        tell_authors(bench, link, row, draft.get("tell") or (), now=now)


def tell_authors(bench: Bench, link: Link, conflict: Conflict, users: Iterable[int], *, now: datetime) -> None:
    """Nothing is decided in silence: who set one of the two values learns which one stays."""
    record_map = bench.connector.maps[link.kind]
    field, remote = record_map.kind.field(conflict.field).label, bench.connector.title
    what = f"{link.label or record_map.kind.label}, {field}"
    who = f"{conflict.decided_by} decided" if conflict.decided_by else "The field's rule decided"
    if conflict.decision == BOTH:
        stays = "What both sides said was put together."
    else:
        side, other = ("Instep", remote) if conflict.decision == OURS else (remote, "Instep")
        stays = f"The value of {side} stays; that of {other} is kept with the conflict and can be put back."
    sentence = f"{what}: it was changed here and in {remote}. {who}. {stays}"
    path = side_for(link.kind).page_path(link.local_id) if link.local_id else ""
    tell(bench.firm_id, users, kind=DECIDED, sentence=sentence, path=path, now=now)


def settle_all_but(firm_id: int, still_open: Mapping[int, Iterable[str]], *, now: datetime) -> None:
    """Close the open conflicts of these links, but for the fields named: both sides were just compared."""
    rows = Conflict.objects.of(firm_id).filter(link_id__in=list(still_open), state=ConflictState.OPEN)
    over = [pk for pk, link_id, field in rows.values_list("pk", "link_id", "field") if field not in still_open[link_id]]
    if over:
        rows.filter(pk__in=over).update(state=ConflictState.SETTLED, closed_at=now)


def let_go(bench: Bench, in_step: Sequence[int], held: Sequence[int]) -> None:
    """Links whose two records are in step, and those of them (or not linked) that nothing holds any more."""
    if held:
        rows = Link.objects.of(bench.firm_id).filter(pk__in=held).exclude(state__in=ENDED)
        rows.update(held_code="", held_reason="", held_facts={}, held_at=None, waits_for="")
        # What was chosen while a counterpart was gone is no answer to what may happen later.
        rows.filter(pk__in=in_step).update(decision={})
    if in_step:
        settle_all_but(bench.firm_id, dict.fromkeys(in_step, ()), now=timezone.now())


def _open(firm_id: int, link: Link) -> dict[str, Conflict]:
    return {c.field: c for c in Conflict.objects.of(firm_id).filter(link=link, state=ConflictState.OPEN)}


def _new(bench: Bench, link: Link, field: str, now: datetime) -> Conflict:
    return Conflict(firm_id=bench.firm_id, connection=bench.connection, link=link, field=field, opened_at=now)


def _take(row: Conflict, draft: Mapping[str, Any]) -> Conflict:
    """What a plan's row knows of the conflict."""
    for name in _KEPT:
        if name in draft:
            setattr(row, name, draft[name])
    for name in ("ours_at", "theirs_at"):
        if name in draft:
            setattr(row, name, parse_datetime(draft[name]) if draft[name] else None)
    return row
