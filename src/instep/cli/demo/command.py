"""`instep demo`: the whole system with two invented firms, or, with --check, its story played headless."""

from __future__ import annotations

import argparse
from pathlib import Path

from instep.cli.opening import choose_data
from instep.cli.refusals import CannotStart
from instep.cli.web import DEFAULT_PORT

NAME = "demo"
ABOUT = "Run everything with two invented firms and stand-ins for tiny+ and Xero; or check it all headless."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help=f"port of the pages (default {DEFAULT_PORT})")
    parser.add_argument("--data", metavar="DIR", help="data folder (default INSTEP_DATA, else var)")
    parser.add_argument("--no-browser-hint", action="store_true", help="do not say which address to open")
    check = parser.add_argument_group(
        "the check", "plays first link, edits on both sides, invoices sent and paid, each with a kill and a quiet run"
    )
    check.add_argument("--check", action="store_true", help="play the story on a throw-away folder and free ports")
    check.add_argument("--contracts", metavar="FILE", help="with this register instead of a generated firm")
    check.add_argument("--organisations", type=int, default=300, help="of the generated firm (default 300)")
    check.add_argument("--jobs", type=int, default=400, help="of the generated firm (default 400)")
    check.add_argument("--edits", type=int, default=200, help="edits, half of them on each side (default 200)")
    check.add_argument("--documents", type=int, default=60, help="invoices sent to the books (default 60; 0 none)")
    check.add_argument("--seconds", type=float, default=600, help="give up after this long (default 600)")
    check.add_argument("--keep", action="store_true", help="keep the throw-away folder, and say where it is")
    check.add_argument("--json", action="store_true", help="answer in JSON")


def run(options: argparse.Namespace) -> int:
    """Run the demo, or check it."""
    if options.check:
        from instep.cli.demo.check import command as check

        return check.run(options)
    if options.contracts:
        raise CannotStart("--contracts belongs to --check; `instep import contracts` takes a register into a firm.")
    from instep.cli.demo import start

    folder: Path = choose_data(options.data)
    return start.run(folder, port=options.port, hint=not options.no_browser_hint)
