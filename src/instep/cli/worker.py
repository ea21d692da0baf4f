"""`instep worker`: the process that runs background tasks and keeps connections in step."""

from __future__ import annotations

import argparse
import os
import sys

from instep.cli.opening import choose_data, open_house

NAME = "worker"
ABOUT = "Run background tasks and keep connections in step."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", metavar="DIR", help="data folder (default INSTEP_DATA, else var)")
    parser.add_argument(
        "--name", help="name of this worker, the same after each restart and of no other (default: the host's name)"
    )


def run(options: argparse.Namespace) -> int:
    """Check that it can work, then become the worker. Does not return when all is well."""
    choose_data(options.data)
    open_house()
    command = worker_command(options.name)
    os.execv(command[0], command)


def worker_command(name: str | None) -> list[str]:
    """The command of a worker."""
    return [sys.executable, "-m", "instep.config.worker", *(("--name", name) if name else ())]
