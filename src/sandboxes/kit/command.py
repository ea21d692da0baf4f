"""The command line that every sandbox has: options, one line when ready, a clean end on SIGTERM."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from sandboxes.kit.encode import decode
from sandboxes.kit.errors import BadInput, CannotStart


class Closing(Protocol):
    """What a started sandbox gives back."""

    address: str

    def close(self) -> None:
        """End it."""


def parser(name: str, about: str) -> argparse.ArgumentParser:
    """The options that all sandboxes share."""
    options = argparse.ArgumentParser(prog=f"python -m sandboxes {name}", description=about)
    options.add_argument("--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1)")
    options.add_argument("--port", type=int, default=0, help="port to listen on; 0 (the default) picks a free one")
    options.add_argument("--public", metavar="URL", help="address that browsers use, where it is not host and port")
    options.add_argument("--control", action="store_true", help="open the control door /_sandbox/ (for tests)")
    options.add_argument("--data", type=Path, metavar="FILE", help="keep everything in this file across restarts")
    options.add_argument("--seed", type=Path, metavar="FILE", help="JSON to begin with, unless --data has accounts")
    options.add_argument("--switch", action="append", default=[], metavar="NAME=VALUE", help="set a switch; repeatable")
    return options


def read_switches(texts: list[str]) -> dict[str, object]:
    """`name=value` options as a mapping. Raises CannotStart."""
    switches: dict[str, object] = {}
    for text in texts:
        name, sign, value = text.partition("=")
        if not sign:
            raise CannotStart(f"--switch {text}: write it as name=value.")
        switches[name.strip()] = value.strip()
    return switches


def read_seed(path: Path | None) -> object:
    """The seed file's JSON, or None. Raises CannotStart."""
    if path is None:
        return None
    try:
        return decode(path.read_bytes())
    except OSError as problem:
        raise CannotStart(f"The seed {path} cannot be read: {problem.strerror}.") from None
    except BadInput:
        raise CannotStart(f"The seed {path} is not JSON in UTF-8.") from None


def serve(name: str, start: Callable[[], Closing]) -> int:
    """Start, say so in one line, run until SIGTERM or Ctrl-C. Exit code 2 with one sentence when it cannot start."""
    ended = threading.Event()
    try:
        running = start()
    except (CannotStart, BadInput) as problem:
        print(f"{name} sandbox: {problem}", file=sys.stderr)
        return 2
    for wanted in (signal.SIGTERM, signal.SIGINT):
        signal.signal(wanted, lambda *_: ended.set())
    print(f"{name} sandbox ready at {running.address}", flush=True)
    # A plain wait() cannot be interrupted by a signal on every system.
    while not ended.wait(3600):
        pass
    running.close()
    return 0
