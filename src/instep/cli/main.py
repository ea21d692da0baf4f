"""`instep COMMAND`: finds the command, runs it, and turns every refusal into one sentence and an exit code."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from types import ModuleType

from instep.cli import imports, migrate, users, web, worker
from instep.cli.backup import command as backup
from instep.cli.backup import restore
from instep.cli.connect import command as connect
from instep.cli.demo import command as demo
from instep.cli.refusals import CannotStart, Exit
from instep.cli.terminal import complain, show_json
from instep.kernel.errors import Refusal

CODES = "exit codes: 0 done; 1 refused, or something is held, failed or different; 2 wrong usage or cannot start"


# Each file of a command has NAME, ABOUT, add_arguments(parser) and run(options), which gives the exit code or raises
# Refusal or CannotStart. It imports what needs Django only when it runs.
COMMANDS: tuple[ModuleType, ...] = (demo, web, worker, migrate, imports, connect, users, backup, restore)


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    top = argparse.ArgumentParser(prog="instep", description="Practice management, kept in step.", epilog=CODES)
    commands = top.add_subparsers(metavar="COMMAND", required=True)
    for command in COMMANDS:
        one = commands.add_parser(command.NAME, help=command.ABOUT, description=command.ABOUT, epilog=CODES)
        one.set_defaults(run=command.run)
        command.add_arguments(one)
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command line; returns the exit code. Wrong usage ends with 2, as argparse does."""
    options = parser().parse_args(arguments)
    in_json = bool(getattr(options, "json", False))
    try:
        return int(options.run(options))
    except Refusal as refusal:
        return _end(Exit.HELD, refusal.code, str(refusal), in_json)
    except CannotStart as problem:
        return _end(Exit.WRONG, "cannot_start", str(problem), in_json)
    except KeyboardInterrupt:
        complain("Stopped.")
        return 130
    except BrokenPipeError:
        # Whoever read our output went away: nothing more can be said to them.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return int(Exit.HELD)
    except Exception as fault:
        sentence = _known(fault)
        if sentence is None:
            raise
        return _end(Exit.WRONG, "database", sentence, in_json)


def _end(code: Exit, name: str, sentence: str, in_json: bool) -> int:
    complain(sentence)
    if in_json:
        show_json({"ok": False, "error": {"code": name, "sentence": sentence}})
    return int(code)


def _known(fault: Exception) -> str | None:
    """The sentence for a database or a remote that went away meanwhile; None for a fault of ours."""
    if "django.db" not in sys.modules:
        return None
    from django.db import InterfaceError, OperationalError

    from instep.cli.opening import unreachable

    return unreachable(fault) if isinstance(fault, OperationalError | InterfaceError) else None


if __name__ == "__main__":
    sys.exit(main())
