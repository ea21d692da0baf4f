"""`instep connect undo RUN`: what would take a run back; with --yes it is carried out. `instep connect journal RUN`."""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from typing import Any

from instep.cli.connect.choose import system
from instep.cli.connect.cycles import until_quiet, watched
from instep.cli.connect.plan import rows_of, short
from instep.cli.refusals import CannotStart, Exit
from instep.cli.terminal import say, show_json, show_table
from instep.connect.actions.decisions import approve_plan
from instep.connect.actions.undo import plan_undo
from instep.connect.models import Connection, OpState, Plan, PlanState, Run
from instep.connect.queries import run_of_plan, said
from instep.connect.queries.exports import csv_lines, json_lines
from instep.connect.registry import connector_for

MOST_SHOWN = 40
ENDED = (PlanState.APPLIED, PlanState.ABORTED, PlanState.EXPIRED)
DOES = {
    "update_here": "put back here",
    "update_there": "put back there",
    "archive_here": "archive here",
    "archive_there": "archive there",
    "restore_here": "restore here",
    "unlink": "unlink",
    "link": "link again",
}


def run(options: argparse.Namespace) -> int:
    """Show what would take the run back; 1 when something of it is left as it is. With --yes carry it out."""
    found = _run(options.number)
    connection: Connection = found.connection
    by = system(connection)
    plan = plan_undo(found.pk, by=by)
    if options.yes:
        approve_plan(plan.pk, by=by)
        until = time.monotonic() + options.seconds
        with watched(connection):
            ran = until_quiet(connection, until=until, enough=lambda: _ended(plan))
        trouble = ran.trouble
    else:
        trouble = ""
    plan.refresh_from_db()
    rows = rows_of(plan)
    undoing = run_of_plan(plan.firm_id, plan.pk)
    states = Counter(row["state"] for row in rows)
    settled = plan.state == PlanState.APPLIED if options.yes else plan.state == PlanState.PROPOSED
    well = settled and all(row["state"] in (OpState.APPLIED, OpState.PROPOSED) for row in rows)
    if options.json:
        show_json(
            {
                "ok": well,
                "run": found.pk,
                "plan": plan.pk,
                "state": plan.state,
                "undone_by": undoing.pk if undoing is not None else None,
                "counts": {str(state): number for state, number in states.items()},
                "rows": rows,
                "trouble": trouble,
            }
        )
    else:
        _head(found, plan, states, undoing)
        if trouble:
            say(trouble)
        _table(rows, connector_for(connection.provider).title)
        if undoing is None:
            say()
            say(f"Carry it out: instep connect undo {found.pk} --yes")
    return Exit.DONE if well else Exit.HELD


def export(options: argparse.Namespace) -> int:
    """Write a run's whole journal to standard output, as CSV or JSON."""
    for part in (json_lines if options.json else csv_lines)(_run(options.number)):
        sys.stdout.write(part)
    return Exit.DONE


def _run(number: int) -> Run:
    found = Run.objects.filter(pk=number).select_related("connection__firm").first()
    if found is None:
        raise CannotStart(f"There is no run {number}.")
    return found


def _ended(plan: Plan) -> bool:
    plan.refresh_from_db()
    return plan.state in ENDED


def _head(found: Run, plan: Plan, states: Counter[str], undoing: Run | None) -> None:
    if undoing is None:
        say(f"Undo of run {found.pk} ({found.connection.title}), plan {plan.pk}. Nothing was written.")
        return
    told = ", ".join(f"{number} {state}" for state, number in sorted(states.items()))
    say(f"Run {found.pk} was undone by run {undoing.pk}: {told}.")


def _table(rows: list[dict[str, Any]], remote: str) -> None:
    say()
    lines: list[tuple[Any, ...]] = []
    for row in rows[:MOST_SHOWN]:
        left = row["state"] == OpState.SKIPPED
        texts = [f"{c['field']}: {short(c['from'])} -> {short(c['to'])}" for c in row["changes"]]
        texts += [said(error["sentence"], remote) for error in row["errors"]]
        texts += [said(row["result"], remote)] if row["result"] else []
        head = (row["no"], "leave" if left else DOES.get(row["op"], row["op"]), row["kind"].replace("_", " "))
        lines.append((*head, row["label"], texts[0] if texts else ""))
        lines += [("", "", "", "", text) for text in texts[1:]]
    show_table(("row", "does", "kind", "record", "what"), lines)
    if len(rows) > MOST_SHOWN:
        say(f"… and {len(rows) - MOST_SHOWN} more rows; --json shows all.")
