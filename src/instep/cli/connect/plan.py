"""`instep connect plan`: what would be done, from what to what, with writes to neither side (X-17)."""

from __future__ import annotations

import argparse
import json
import time
from typing import Any

from instep.cli.connect.choose import one, system
from instep.cli.connect.groups import Sum, show_sums, sums_of
from instep.cli.refusals import Exit
from instep.cli.terminal import say, show_json, show_table
from instep.connect.actions.previews import make_preview
from instep.connect.errors import PreviewStopped
from instep.connect.models import Connection, OpKind, Plan, PlanOp, Severity
from instep.connect.plan.guards import blocked_rows
from instep.connect.protocols import TryLater
from instep.connect.queries import said
from instep.connect.registry import connector_for

BUSY_TRIES = 5
DOCUMENTS = ("invoice", "credit_note", "credit_allocation")

WORDS = {
    OpKind.LINK: "link",
    OpKind.CREATE_THERE: "create there",
    OpKind.UPDATE_THERE: "change there",
    OpKind.CREATE_HERE: "create here",
    OpKind.UPDATE_HERE: "change here",
    OpKind.REBASE: "remember",
    OpKind.ARCHIVE_HERE: "archive here",
    OpKind.ARCHIVE_THERE: "archive there",
    OpKind.DELETE_THERE: "delete there",
    OpKind.RESTORE_HERE: "restore here",
    OpKind.UNLINK: "unlink",
    OpKind.MOVE: "move the link",
    OpKind.HOLD: "hold",
}


def run(options: argparse.Namespace) -> int:
    """Make a preview and show it; 1 when something in it would be held."""
    connection = one(options)
    plan = make(connection)
    ops = rows_of(plan) if plan is not None else []
    counts = {str(kind): number for kind, number in (plan.counts if plan is not None else {}).items()}
    asks = connector_for(connection.provider).asks_first
    # What waits by itself keeps nobody from sending the rest.
    held = sum(op["op"] == OpKind.HOLD and (not asks or op["severity"] == Severity.PERSON) for op in ops)
    sums = sums_of(plan) if plan is not None and asks else []
    if options.json:
        show_json(
            {
                "ok": not held,
                "connection": connection.pk,
                "plan": plan.pk if plan is not None else None,
                "digest": plan.digest if plan is not None else None,
                "counts": counts,
                **({"groups": [each.as_json() for each in sums]} if asks else {}),
                "rows": ops,
            }
        )
    elif plan is None:
        say(f"{connection.title}: nothing to do.")
    else:
        _show(connection, plan, ops, options.rows, sums)
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
            "severity": op.severity,
            "state": op.state,
            "result": op.result,
        }
        for op in PlanOp.objects.of(plan.firm_id).filter(plan=plan).order_by("no")
    ]


def _show(connection: Connection, plan: Plan, ops: list[dict[str, Any]], most: int, sums: list[Sum]) -> None:
    connector = connector_for(connection.provider)
    told = ", ".join(f"{number} {WORDS[OpKind(kind)]}" for kind, number in sorted(plan.counts.items()))
    say(f"{connection.title}: plan {plan.pk}, {told}. Nothing was written.")
    say()
    show_sums(sums)
    lines: list[tuple[Any, ...]] = []
    for op in ops[:most]:
        texts = [f"{c['field']}: {short(c['from'])} -> {short(c['to'])}" for c in op["changes"]]
        if connector.asks_first and op["kind"] in DOCUMENTS:
            texts = []  # a document is all of it new; its groups say what it comes to
        texts += [said(error["sentence"], connector.title) for error in op["errors"]]
        head = (op["no"], WORDS[OpKind(op["op"])], op["kind"].replace("_", " "), op["label"])
        lines.append((*head, texts[0] if texts else ""))
        lines += [("", "", "", "", text) for text in texts[1:]]
    show_table(("row", "does", "kind", "record", "what"), lines)
    if len(ops) > most:
        say(f"… and {len(ops) - most} more rows; --rows {len(ops)} shows all.")
    say()
    held = [op["no"] for op in ops if op["op"] == OpKind.HOLD and op["severity"] == Severity.PERSON]
    unconfirmed = blocked_rows(plan).count()
    if unconfirmed:
        say(f"{unconfirmed} removals are more than is usual. If they are meant, add --allow-removals {unconfirmed}.")
    if held and connector.asks_first:
        say(f"{len(held)} rows need you. Mend what they say and plan again, or leave them out:")
        say(f"  instep connect apply {plan.pk} --leave-out {spans(held)}")
        if any(error["code"] == "value_not_mapped" for op in ops for error in op["errors"]):
            say(f"Entries that stand for none of theirs yet: instep connect map {connection.pk}")
    else:
        say(f"Carry it out exactly as shown: instep connect apply {plan.pk}")


def spans(numbers: list[int]) -> str:
    """Numbers of rows as --leave-out takes them: 2,5-9."""
    found: list[list[int]] = []
    for number in sorted(numbers):
        if found and number == found[-1][1] + 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in found)


def short(value: Any) -> str:
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
