"""`instep connect apply PLAN_ID`: approve a preview and carry out exactly that."""

from __future__ import annotations

import argparse
import time
from collections import Counter

from instep.cli.connect.choose import system
from instep.cli.connect.cycles import until_quiet, watched
from instep.cli.connect.plan import rows_of
from instep.cli.refusals import CannotStart, Exit
from instep.cli.terminal import say, show_json, show_table
from instep.connect.actions.decisions import approve_plan
from instep.connect.models import Connection, OpKind, OpState, Plan, PlanState

ENDED = (PlanState.APPLIED, PlanState.ABORTED, PlanState.EXPIRED)


def run(options: argparse.Namespace) -> int:
    """Approve the plan and carry it out; 1 when rows were held, skipped or failed."""
    plan = Plan.objects.filter(pk=options.plan).select_related("connection__firm").first()
    if plan is None:
        raise CannotStart(f"There is no plan {options.plan}. Make one with `instep connect plan`.")
    connection: Connection = plan.connection
    approve_plan(plan.pk, by=system(connection))
    until = time.monotonic() + options.seconds

    def carried_out() -> bool:
        plan.refresh_from_db()
        return plan.state in ENDED

    with watched(connection):
        ran = until_quiet(connection, until=until, enough=carried_out)
    plan.refresh_from_db()
    rows = rows_of(plan)
    states = Counter(row["state"] for row in rows)
    odd = [row for row in rows if row["state"] != OpState.APPLIED or row["op"] == OpKind.HOLD]
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


def _first_error(row: dict[str, list[dict[str, str]]]) -> str:
    return row["errors"][0]["sentence"] if row["errors"] else ""
