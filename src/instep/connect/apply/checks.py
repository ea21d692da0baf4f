"""Whether a plan row still holds: what it was planned on is compared with what is there now (I5, b.10)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from instep.connect.fieldmap import RecordMap
from instep.connect.models import Link, LinkState, Observation, OpKind, Pair, PlanOp
from instep.connect.models.links import ENDED
from instep.connect.place import Bench
from instep.connect.plan.gather import read_ours, read_theirs, theirs_of
from instep.connect.plan.subject import Ours, standing_of
from instep.connect.translate import canonical_ours


@dataclass(slots=True)
class Standing:
    """What is there now for a batch of rows of one pair, read in four queries."""

    bench: Bench
    pair: Pair
    record_map: RecordMap
    ours: dict[int, Ours]
    theirs: dict[str, Observation]
    links: dict[int, Link]
    linked: frozenset[str]
    """Of the records that rows wait for or need: those that are linked by now."""

    def link_of(self, op: PlanOp) -> Link | None:
        """The link that the row is about: the one it was planned on, else that of its record."""
        known = self.links.get(op.link_id) if op.link_id is not None else None
        return known or self._link_here(op.local_id) or self._link_there(op.remote_id)

    def twin_of(self, op: PlanOp) -> Link | None:
        """Where a row joins two records: the link with which the other one waits."""
        link = self.link_of(op)
        found = [self._link_here(op.local_id), self._link_there(op.remote_id)]
        return next((other for other in found if other is not None and other is not link), None)

    def keep(self, link: Link) -> None:
        """Take a link that was made or changed in this batch into account."""
        if link.state in ENDED:
            self.links.pop(link.pk, None)
        else:
            self.links[link.pk] = link

    def read_again(self, ops: Sequence[PlanOp]) -> None:
        """What a person may have decided since the batch was read; call it behind the fence."""
        found = {link.pk: link for link in _links(self.bench, self.pair, ops)}
        stale = [pk for pk, li in self.links.items() if pk not in found and any(_about(li, op) for op in ops)]
        for pk in stale:
            del self.links[pk]
        self.links |= found

    def stale(self, op: PlanOp) -> str:
        """The sentence that says what moved since the row was planned; empty when it still holds."""
        checks: dict[str, Any] = op.preconditions
        moved = self._lacks(op) or self.link_moved(op) or self._ours_moved(op, checks) or self._theirs_moved(op, checks)
        return moved or self._came_back(op, checks.get("facts", {}).get("over", ()))

    def link_moved(self, op: PlanOp) -> str:
        """As `stale`, for what ties the two records alone."""
        checks: dict[str, Any] = op.preconditions
        link = self.link_of(op)
        if op.depends_on:
            joined = link is not None and link.state == LinkState.LIVE
            if link is None or not joined or (link.local_id, link.remote_id) != (op.local_id, op.remote_id):
                return "The two records were not linked, so this row was skipped too."
            return ""
        if standing_of(link) != checks.get("link"):
            return "The link of this record changed since the plan was made."
        if op.op == OpKind.LINK and standing_of(self.twin_of(op)) != checks.get("twin"):
            return "The link of one of the two records changed since the plan was made."
        if op.op == OpKind.HOLD and checks.get("waits_for") in self.linked:
            return "What this record waits for is linked by now."
        return ""

    def _lacks(self, op: PlanOp) -> str:
        needs = op.preconditions.get("needs", ()) if op.op != OpKind.HOLD else ()
        if all(need in self.linked for need in needs):
            return ""
        return "What this one depends on did not get linked, so this row was skipped too."

    def _ours_moved(self, op: PlanOp, checks: dict[str, Any]) -> str:
        if "ours" not in checks:
            return ""
        ours = self.ours.get(op.local_id or 0)
        if ours is None:
            return "The record here is gone."
        if ours.archived and op.op == OpKind.CREATE_THERE:
            return "The record here was archived since the plan was made."
        if ours.withheld and op.op in (OpKind.CREATE_THERE, OpKind.UPDATE_THERE):
            return ours.withheld
        now = canonical_ours(self.record_map, ours.raw, self.bench.place)
        if any(now.get(name) != value for name, value in checks["ours"].items()):
            return "The record here was changed since the plan was made."
        return ""

    def _theirs_moved(self, op: PlanOp, checks: dict[str, Any]) -> str:
        if "theirs" not in checks or not op.remote_id:
            return ""
        theirs = self.theirs.get(op.remote_id)
        if theirs is None or theirs.gone:
            return "The record in the remote is gone."
        if any(theirs.canonical.get(name) != value for name, value in checks["theirs"].items()):
            return "The record in the remote was changed since the plan was made."
        return ""

    def _came_back(self, op: PlanOp, over: Sequence[str]) -> str:
        """Of a row that was planned because a record had ended: whether it is there again."""
        ours, theirs = self.ours.get(op.local_id or 0), self.theirs.get(op.remote_id)
        if "here" in over and ours is not None and not ours.archived:
            return "The record here is there again."
        if "there" in over and theirs is not None and not theirs_of(self.record_map, theirs).over:
            return "The record in the remote is there again."
        return ""

    def _link_here(self, local_id: int | None) -> Link | None:
        if local_id is None:
            return None
        return next((li for li in self.links.values() if li.local_id == local_id and li.pair_id == self.pair.pk), None)

    def _link_there(self, remote_id: str) -> Link | None:
        return next((li for li in self.links.values() if li.remote_id == remote_id), None) if remote_id else None


def standing(bench: Bench, pair: Pair, ops: Sequence[PlanOp]) -> Standing:
    """Read what the rows are about."""
    return Standing(
        bench,
        pair,
        bench.map_of(pair),
        read_ours(bench, pair, {op.local_id for op in ops if op.local_id is not None}),
        read_theirs(bench, pair, {op.remote_id for op in ops if op.remote_id}),
        {link.pk: link for link in _links(bench, pair, ops)},
        _linked(
            bench,
            {w for op in ops if (w := op.preconditions.get("waits_for"))}
            | {need for op in ops for need in op.preconditions.get("needs", ())},
        ),
    )


def _links(bench: Bench, pair: Pair, ops: Sequence[PlanOp]) -> list[Link]:
    asked = Q(pk__in=[op.link_id for op in ops if op.link_id is not None])
    asked |= Q(pair=pair, local_id__in=[op.local_id for op in ops if op.local_id is not None])
    asked |= Q(
        connection=bench.connection,
        remote_type=pair.remote_type,
        remote_id__in=[op.remote_id for op in ops if op.remote_id],
    )
    return list(Link.objects.of(bench.firm_id).filter(asked).exclude(state__in=ENDED))


def _about(link: Link, op: PlanOp) -> bool:
    return (
        link.pk == op.link_id
        or (link.local_id is not None and link.local_id == op.local_id)
        or (bool(op.remote_id) and link.remote_id == op.remote_id)
    )


def _linked(bench: Bench, waits_for: set[str]) -> frozenset[str]:
    """Those of "organisation:17" and "there:organisation:9" that are linked."""
    asked = Q(pk__in=[])
    for text in waits_for:
        place, _, record = text.rpartition(":")
        there, kind = place.startswith("there:"), place.removeprefix("there:")
        asked |= Q(kind=kind, remote_id=record) if there else Q(kind=kind, local_id=int(record))
    rows = Link.objects.of(bench.firm_id).filter(asked, connection=bench.connection, state=LinkState.LIVE)
    found = rows.values_list("kind", "local_id", "remote_id") if waits_for else []
    return frozenset(text for k, here, there in found for text in (f"{k}:{here}", f"there:{k}:{there}"))
