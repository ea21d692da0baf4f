"""A plan of a connection that asks first, as a bookkeeper reads it: groups with counts, errors and totals (D-02)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from instep.bridge.accounting.figures import Figures, figures_of, figures_of_payment
from instep.bridge.accounting.groups import BESIDE, GROUPS, Group
from instep.cli.terminal import say, show_table
from instep.connect.models import OpKind, OpState, Plan, PlanOp
from instep.kernel.money import Money


@dataclass(slots=True)
class Sum:
    """One grouping row."""

    group: Group
    count: int = 0
    errors: int = 0
    """Rows with an error, however many messages each has."""
    minor: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    """{currency: total}; what is there already adds nothing."""

    def add(self, op: PlanOp, figures: Figures | None) -> None:
        """Count a row."""
        self.count += 1
        self.errors += bool(op.errors)
        if figures is not None and figures.total is not None and op.op != OpKind.LINK:
            self.minor[figures.total.currency] += figures.total.minor

    def as_json(self) -> dict[str, Any]:
        """In plain values; totals in minor units by currency."""
        label = str(self.group.label)
        return {"key": self.group.key, "label": label, "count": self.count, "errors": self.errors, "totals": self.minor}

    @property
    def totals(self) -> str:
        """As a person reads them."""
        return ", ".join(str(Money.from_minor(minor, currency)) for currency, minor in sorted(self.minor.items()))


def sums_of(plan: Plan) -> list[Sum]:
    """The seven groups, empty ones too; what goes beside them last, when there is any."""
    rows = PlanOp.objects.of(plan.firm_id).filter(plan=plan).exclude(op=OpKind.REBASE).exclude(state=OpState.SKIPPED)
    ops = list(rows.order_by("no").defer("base", "preconditions"))
    known = _figures(plan.firm_id, ops)
    sums = [_sum(group, ops, known) for group in GROUPS]
    beside = _sum(BESIDE, ops, {})
    return [*sums, beside] if beside.count else sums


def _figures(firm_id: int, ops: Iterable[PlanOp]) -> Mapping[int, Figures]:
    """{number of the row: its figures}."""
    ids: dict[str, list[int]] = defaultdict(list)
    for op in ops:
        if op.local_id is not None:
            ids[op.kind].append(op.local_id)
    known = figures_of(firm_id, ids)
    found: dict[int, Figures] = {}
    for op in ops:
        figures = known.get((op.kind, op.local_id or 0))
        if figures is None and op.kind == "payment" and op.op == OpKind.CREATE_HERE:
            figures = figures_of_payment(firm_id, op.body)
        if figures is not None:
            found[op.no] = figures
    return found


def _sum(group: Group, ops: Sequence[PlanOp], known: Mapping[int, Figures]) -> Sum:
    total = Sum(group)
    for op in ops:
        # What goes along is no row of its own, unless it needs a person.
        if op.kind in group.kinds:
            total.add(op, known.get(op.no))
        elif op.kind in group.with_kinds and op.errors:
            total.add(op, None)
    return total


def show_sums(sums: Iterable[Sum]) -> None:
    """The table; groups with nothing in them are left out."""
    rows = [(each.group.label, each.count, each.errors, each.totals) for each in sums if each.count]
    if rows:
        show_table(("group", "rows", "need you", "total"), rows)
        say()
