"""`instep migrate`: bring the database's tables up to date."""

from __future__ import annotations

import argparse

from instep.cli.opening import choose_data, open_house
from instep.cli.refusals import Exit
from instep.cli.terminal import say, show_json

NAME = "migrate"
ABOUT = "Bring the database's tables up to date."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", metavar="DIR", help="data folder (default INSTEP_DATA, else var)")
    parser.add_argument("--check", action="store_true", help="change nothing; exit code 1 when migrations wait")
    parser.add_argument("--json", action="store_true", help="answer in JSON")


def run(options: argparse.Namespace) -> int:
    """Migrate; 0 when the tables are up to date afterwards."""
    choose_data(options.data)
    open_house(tables=False)
    waiting = names_waiting()
    if not options.check and waiting:
        migrate_now()
    if options.json:
        show_json({"ok": not (options.check and waiting), "waiting" if options.check else "applied": waiting})
    elif not waiting:
        say("The tables are up to date.")
    else:
        say("\n".join(("Waiting:" if options.check else "Applied:", *(f"  {name}" for name in waiting))))
    return Exit.HELD if options.check and waiting else Exit.DONE


def names_waiting() -> list[str]:
    """The migrations that have not been applied, in order."""
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _ in plan]


def migrate_now() -> None:
    """Apply what waits. Django must be ready."""
    from django.core.management import call_command

    call_command("migrate", interactive=False, verbosity=0)
