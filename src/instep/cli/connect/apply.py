"""`instep connect apply PLAN_ID`: approve a preview and carry out exactly that."""

from __future__ import annotations

import argparse
import time
from collections import Counter
from typing import Any

from instep.cli.connect.choose import system
from instep.cli.connect.cycles import until_quiet, watched
from instep.cli.connect.plan import rows_of
from instep.cli.refusals import CannotStart, Exit
from instep.cli.terminal import say, show_json, show_table
from instep.connect.actions.decisions import LEFT_OUT, approve_plan
from instep.connect.actions.removals import allow_removals
from instep.connect.models import Connection, OpKind, OpState, Plan, PlanOp, PlanState

MOST_ROWS = 100_000
ENDED = (PlanState.APPLIED, PlanState.ABORTED, PlanState.EXPIRED)


def run(options: argparse.Namespace) -> int:
    """Approve the plan and carry it out; 1 when rows were held or failed, or skipped unless that was asked for."""
    plan = Plan.objects.filter(pk=options.plan).select_related("connection__firm").first()
    if plan is None:
        raise CannotStart(f"There is no plan {options.plan}. Make one with `instep connect plan`.")
    connection: Connection = plan.connection
    left_out = numbers_of(options.leave_out or "")
    unknown = left_out - set(PlanOp.objects.of(plan.firm_id).filter(plan=plan).values_list("no", flat=True))
    if unknown:
        raise CannotStart(f"Plan {plan.pk} has no row {min(unknown)}.")
    if options.allow_removals is not None:
        allow_removals(plan.pk, by=system(connection), count=options.allow_removals)
    approve_plan(plan.pk, by=system(connection), skipped=left_out)
    until = time.monotonic() + options.seconds

    def carried_out() -> bool:
        plan.refresh_from_db()
        return plan.state in ENDED

    with watched(connection):
        ran = until_quiet(connection, until=until, enough=carried_out)
    plan.refresh_from_db()
    rows = rows_of(plan)
    states = Counter(row["state"] for row in rows)
    odd = [row for row in rows if (row["state"] != OpState.APPLIED or row["op"] == OpKind.HOLD) and not _left_out(row)]
    well = plan.state == PlanState.APPLIED and not odd
    if options.json:
        show_json(
            {
                "ok": well,
                "plan": plan.pk,
                "connection": connection.pk,
                "state": plan.state,
                "rows": dict(states),
                "not_applied": odd,
                "calls": dict(ran.calls),
                "trouble": ran.trouble,
            }
        )
    else:
        said = ", ".join(f"{number} {state}" for state, number in sorted(states.items()))
        say(f"{connection.title}: plan {plan.pk} is {plan.state}: {said or 'no rows'}.")
        if ran.trouble:
            say(ran.trouble)
        if odd:
            told = [(r["no"], r["label"], r["state"], r["result"] or _first_error(r)) for r in odd[:40]]
            show_table(("row", "record", "state", "why"), told)
    return Exit.DONE if well else Exit.HELD


def numbers_of(text: str) -> set[int]:
    """The rows that "2,5-9" names. Raises CannotStart."""
    found: set[int] = set()
    for part in filter(None, (one.strip() for one in text.split(","))):
        first, _, last = part.partition("-")
        last = last or first
        if not (first.isdecimal() and last.isdecimal() and len(first + last) < 14 and int(first) <= int(last)):
            raise CannotStart(f"--leave-out takes numbers of rows such as 2,5-9; {part!r} is none.")
        found |= set(range(int(first), min(int(last), int(first) + MOST_ROWS) + 1))
    return found


def _left_out(row: dict[str, Any]) -> bool:
    """Skipped because somebody said so, or because only such rows need it; not because something was in the way."""
    return bool(row["state"] == OpState.SKIPPED and row["result"] == LEFT_OUT)


def _first_error(row: dict[str, list[dict[str, str]]]) -> str:
    return row["errors"][0]["sentence"] if row["errors"] else ""
