"""The rows of a plan as they hang together, and which of them stay behind with others."""

from __future__ import annotations

from collections.abc import Collection

from instep.connect.models import OpKind, OpState, Plan, PlanOp
from instep.connect.plan.closure import Piece, left_out_with
from instep.connect.plan.make import FOR_NOBODY
from instep.connect.registry import connector_for
from instep.connect.translate import references_in

DEPENDS = "Left out with what it depends on; both come back with the next preview."
_MAKES = (OpKind.CREATE_THERE, OpKind.LINK)


def pieces_of(plan: Plan) -> list[Piece]:
    """Rows that are still proposed, with what each brings and needs: one query."""
    maps = connector_for(plan.connection.provider).maps
    rows = PlanOp.objects.of(plan.firm_id).filter(plan=plan, state=OpState.PROPOSED)
    names = ("no", "op", "kind", "local_id", "body", "depends_on", "preconditions__needs")
    found = []
    for no, op, kind, local_id, body, follows, needs in rows.values_list(*names).iterator(2000):
        along = op == OpKind.CREATE_THERE and kind in maps and maps[kind].along
        makes = f"{kind}:{local_id}" if op in _MAKES and local_id is not None else ""
        said = {f"{k}:{i}" for k, i in references_in(body)} | set(needs or ())
        found.append(Piece(no, makes, said, tuple(follows or ()), along))
    return found


def stays_behind(plan: Plan, out: Collection[int]) -> dict[int, str]:
    """{number: why} of further rows that stay behind where these are left out: what a page shows and what an approval
    does."""
    depend, idle = left_out_with(pieces_of(plan), out) if out else (set(), set())
    return {**dict.fromkeys(depend, DEPENDS), **dict.fromkeys(idle, FOR_NOBODY)}
