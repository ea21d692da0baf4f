"""The rows of a plan as they hang together."""

from __future__ import annotations

from instep.connect.models import OpKind, OpState, Plan, PlanOp
from instep.connect.plan.closure import Piece
from instep.connect.registry import connector_for
from instep.connect.translate import references_in

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
