"""`instep connect plan`: what would be done, from what to what, with writes to neither side (X-17)."""

from __future__ import annotations

import argparse
import json
import time
from typing import Any

from instep.cli.connect.choose import one, system
from instep.cli.refusals import Exit
from instep.cli.terminal import say, show_json, show_table
from instep.connect.actions.previews import make_preview
from instep.connect.errors import PreviewStopped
from instep.connect.models import Connection, OpKind, Plan, PlanOp
from instep.connect.protocols import TryLater

BUSY_TRIES = 5

WORDS = {
    OpKind.LINK: "link",
    OpKind.CREATE_THERE: "create there",
    OpKind.UPDATE_THERE: "change there",
    OpKind.CREATE_HERE: "create here",
    OpKind.UPDATE_HERE: "change here",
    OpKind.REBASE: "remember",
    OpKind.HOLD: "hold",
}


def run(options: argparse.Namespace) -> int:
    """Make a preview and show it; 1 when something in it would be held."""
    connection = one(options)
    plan = make(connection)
    ops = rows_of(plan) if plan is not None else []
    counts = {str(kind): number for kind, number in (plan.counts if plan is not None else {}).items()}
    held = counts.get(OpKind.HOLD.value, 0)
    if options.json:
        show_json(
            {
                "ok": not held,
                "connection": connection.pk,
                "plan": plan.pk if plan is not None else None,
                "digest": plan.digest if plan is not None else None,
                "counts": counts,
                "rows": ops,
            }
        )
    elif plan is None:
        say(f"{connection.title}: nothing to do.")
    else:
        _show(connection, plan, counts, ops, options.rows)
    return Exit.HELD if held else Exit.DONE


def make(connection: Connection) -> Plan | None:
    """A preview of the connection; None when nothing needs doing. Raises PreviewStopped for what the remote did."""
    for attempt in range(BUSY_TRIES):
        try:
            return make_preview(connection.pk, by=system(connection))
        except PreviewStopped as stopped:
            # A worker that is at it needs a moment for a cycle.
            cause = stopped.__cause__
            if attempt == BUSY_TRIES - 1 or not (isinstance(cause, TryLater) and cause.untouched):
                raise
            time.sleep(0.3)
    raise AssertionError("unreachable")


def rows_of(plan: Plan) -> list[dict[str, Any]]:
    """The plan's rows in plain values."""
    return [
        {
            "no": op.no,
            "op": op.op,
            "kind": op.kind,
            "label": op.label,
            "local_id": op.local_id,
            "remote_id": op.remote_id or None,
            "changes": op.changes,
            "errors": op.errors,
            "state": op.state,
            "result": op.result,
        }
        for op in PlanOp.objects.of(plan.firm_id).filter(plan=plan).order_by("no")
    ]


def _show(connection: Connection, plan: Plan, counts: dict[str, int], ops: list[dict[str, Any]], most: int) -> None:
    said = ", ".join(f"{number} {WORDS[OpKind(kind)]}" for kind, number in sorted(counts.items()))
    say(f"{connection.title}: plan {plan.pk}, {said}. Nothing was written.")
    say()
    lines: list[tuple[Any, ...]] = []
    for op in ops[:most]:
        told = [f"{c['field']}: {_short(c['from'])} -> {_short(c['to'])}" for c in op["changes"]]
        told += [error["sentence"] for error in op["errors"]]
        head = (op["no"], WORDS[OpKind(op["op"])], op["kind"], op["label"])
        lines.append((*head, told[0] if told else ""))
        lines += [("", "", "", "", text) for text in told[1:]]
    show_table(("row", "does", "kind", "record", "what"), lines)
    if len(ops) > most:
        say(f"… and {len(ops) - most} more rows; --rows {len(ops)} shows all.")
    say()
    say(f"Carry it out exactly as shown: instep connect apply {plan.pk}")


def _short(value: Any) -> str:
    """A value as a person reads it in a table."""
    if value is None:
        return "(empty)"
    if isinstance(value, dict) and "minor" in value:
        return f"{value['minor'] / 100:,.2f} {value['currency']}"
    if isinstance(value, dict) and "first" in value:
        return f"{value['first']} {value['last']}".strip()
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    text = " / ".join(text.split("\n"))
    return text if len(text) <= 40 else text[:39] + "…"
