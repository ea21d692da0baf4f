"""`instep connect status | doctor | probe | plan | apply | run | conflicts | map | undo | journal`."""

from __future__ import annotations

import argparse
from pathlib import Path

from instep.cli.opening import choose_data, open_house

NAME = "connect"
ABOUT = "Look at connections to other systems, preview, and bring them in step."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    jobs = parser.add_subparsers(metavar="JOB", required=True)
    for name, about in (
        ("status", "how each connection stands; 1 when one waits for a person"),
        ("doctor", "measure every connection, and say what is wrong and what to do; 1 when one needs a person"),
        ("plan", "read the remote and show what would be done; writes to neither side"),
        ("apply", "carry out a plan exactly as it was shown"),
        ("run", "bring connections in step now: cycles until nothing is left to do"),
        ("conflicts", "what both sides changed; 1 while a conflict waits for somebody"),
    ):
        one = jobs.add_parser(name, help=about, description=about)
        one.set_defaults(job=name)
        if name == "apply":
            one.add_argument("plan", metavar="PLAN_ID", type=int, help="number of the plan")
            one.add_argument(
                "--allow-removals", metavar="N", type=int, help="confirm the N removals that the plan asks about"
            )
            one.add_argument("--leave-out", metavar="ROWS", help="rows to leave out this time, such as 2,5-9")
        else:
            _add_choice(one)
        if name == "plan":
            one.add_argument("--rows", type=int, default=40, help="rows shown (default 40; all with --json)")
        if name == "conflicts":
            one.add_argument("--keep", nargs=2, metavar=("ours|theirs", "ID"), help="keep one of a conflict's values")
        if name in ("apply", "run"):
            one.add_argument("--seconds", type=float, default=600, help="give up after this long (default 600)")
        _add_common(one)
    for name, about in (
        ("undo", "show what would take a run back; with --yes it is carried out"),
        ("journal", "a run's whole journal as CSV, or JSON with --json"),
    ):
        one = jobs.add_parser(name, help=about, description=about)
        one.set_defaults(job=name)
        one.add_argument("number", metavar="RUN", type=int, help="number of the run")
        if name == "undo":
            one.add_argument("--yes", action="store_true", help="carry it out")
            one.add_argument("--seconds", type=float, default=600, help="give up after this long (default 600)")
        _add_common(one)
    about = "look at a real account without writing: whether it is as its connector says; 1 when it is not"
    look = jobs.add_parser("probe", help=about, description=about)
    look.set_defaults(job="probe", firm=None)
    look.add_argument("connection", metavar="CONNECTION", type=int, help="number of the connection")
    look.add_argument("--out", metavar="FILE", type=Path, help="keep the whole report in this new file, as JSON")
    _add_common(look)
    about = "which entries of our lists stand for which of theirs; with all three words, join two"
    join = jobs.add_parser("map", help=about, description=about)
    join.set_defaults(job="map", firm=None)
    join.add_argument("connection", metavar="CONNECTION", type=int, help="number of the connection")
    join.add_argument("domain", metavar="DOMAIN", nargs="?", help="the list, such as account or tax_code")
    join.add_argument("ours", metavar="OURS", nargs="?", help="our entry")
    join.add_argument("theirs", metavar="THEIRS", nargs="?", help="theirs")
    _add_common(join)


def _add_common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", metavar="DIR", help="data folder (default INSTEP_DATA, else var)")
    parser.add_argument("--json", action="store_true", help="answer in JSON")


def _add_choice(parser: argparse.ArgumentParser) -> None:
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument("--connection", metavar="ID", type=int, help="this connection only")
    choice.add_argument("--firm", metavar="KEY", help="connections of this firm only")


def run(options: argparse.Namespace) -> int:
    """Do the job that was asked for."""
    choose_data(options.data)
    open_house()
    # Here, not above: these need models, which need Django to be ready.
    from instep.cli.connect import apply, conflicts, cycles, doctor, lists, plan, probe, status, undo

    jobs = {
        "status": status.run,
        "doctor": doctor.run,
        "probe": probe.run,
        "plan": plan.run,
        "apply": apply.run,
        "run": cycles.run,
        "conflicts": conflicts.run,
        "map": lists.run,
        "undo": undo.run,
        "journal": undo.export,
    }
    job = jobs[options.job]
    return job(options)
