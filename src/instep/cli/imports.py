"""`instep import contracts FILE`: take in a public register of contracts, here and now."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from instep.cli.opening import choose_data, firm_by_key, open_house
from instep.cli.refusals import CannotStart, Exit
from instep.cli.terminal import Progress, complain, say, show_json, show_table

if TYPE_CHECKING:
    from instep.base.identity.actor import Actor
    from instep.jobs.intake.contracts import ContractPlan

NAME = "import"
ABOUT = "Take in records from a file."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    what = parser.add_subparsers(metavar="WHAT", required=True)
    one = what.add_parser("contracts", help="a register of contracts, as CSV")
    one.add_argument("file", metavar="FILE", help="the register")
    one.add_argument("--firm", metavar="KEY", required=True, help="key of the firm that gets the records")
    one.add_argument("--preview", action="store_true", help="show what would happen, write nothing")
    one.add_argument(
        "--handler", metavar="EMAIL", help="staff resource who handles imported jobs; kept as the firm's setting"
    )
    one.add_argument("--data", metavar="DIR", help="data folder (default INSTEP_DATA, else var)")
    one.add_argument("--json", action="store_true", help="answer in JSON")


def run(options: argparse.Namespace) -> int:
    """Import or preview; 1 when rows were refused. Run again, it goes on where it was cut and changes nothing twice."""
    choose_data(options.data)
    open_house()
    from instep.base.identity.actor import Actor
    from instep.jobs.intake.contracts import import_contracts, plan_contracts, rows_refused

    by = Actor.system(firm_by_key(options.firm), "command line")
    if options.handler and not options.preview:
        _choose_handler(options.handler, by)
    plan = plan_contracts(options.file, by=by)
    refused = [{"line": line, "reason": reason} for line, reason in rows_refused(plan)]
    if options.preview:
        answer = _planned(plan)
    else:
        with Progress("Organisations", unit="rows") as bar:
            answer = import_contracts(options.file, by=by, progress=bar.at).as_json()
    stopped = bool(plan.obstacle) and options.preview
    many_refused = any(counts["refused"] for counts in answer.values())
    if options.json:
        show_json(
            {
                "ok": not (many_refused or stopped),
                "preview": options.preview,
                **answer,
                "refused": refused,
                "shortened_lines": plan.shortened,
                "obstacle": plan.obstacle,
            }
        )
    else:
        _show(answer, refused, plan, preview=options.preview)
    return Exit.HELD if many_refused or stopped else Exit.DONE


def _choose_handler(email: str, by: Actor) -> None:
    from instep.base.settings.declared import set_setting
    from instep.jobs.settings import DEFAULT_HANDLER
    from instep.staff.queries import possible_handlers

    found = possible_handlers(by.firm_id).filter(email__iexact=email).first()
    if found is None:
        raise CannotStart(f"No active staff resource of this firm has the email {email}.")
    set_setting(DEFAULT_HANDLER, found.pk, by=by)


def _planned(plan: ContractPlan) -> dict[str, dict[str, int]]:
    """The counts of a preview under the names of those of an import."""
    named = {"new": "created", "changed": "updated", "unchanged": "unchanged", "refused": "refused"}
    return {
        kind: {name: preview.counts.get(verdict, 0) for verdict, name in named.items()}
        for kind, preview in (("organisations", plan.organisations), ("jobs", plan.jobs))
    }


def _show(answer: dict[str, Any], refused: list[dict[str, Any]], plan: ContractPlan, *, preview: bool) -> None:
    if preview:
        say("Preview: nothing was written.")
    show_table(
        ("", "created", "updated", "unchanged", "refused"),
        [
            (kind, *(counts[n] for n in ("created", "updated", "unchanged", "refused")))
            for kind, counts in answer.items()
        ],
    )
    if plan.shortened:
        lines = ", ".join(map(str, plan.shortened[:10]))
        say(f"Titles too long for a name, kept whole in the scope: line {lines}.")
    for row in refused[:20]:
        complain(f"Line {row['line']}: {row['reason']}")
    if len(refused) > 20:
        complain(f"… and {len(refused) - 20} more; --json lists them.")
    if preview and plan.obstacle:
        complain(f"Before it can run: {plan.obstacle}")
