"""One child process: how it is started, whether it lives, how it ends."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

LAUNCH = Path(__file__).with_name("launch.py")
LARGEST_LOG = 5_000_000
# A child that lived this long was well; one that ended sooner is started again with growing patience.
WELL_AFTER = 20.0
PATIENCE = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0)


@dataclass(slots=True)
class Child:
    """A program that should always run. `command` begins with the full path of an executable."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    starts: int = 0
    failures: int = 0
    """Ends in a row that came soon after a start."""
    next_start: float | None = None
    """When it is started again; None while it lives."""
    _process: subprocess.Popen[bytes] | None = None
    _started: float = field(default=0.0)

    @property
    def pid(self) -> int | None:
        """Its process id while it lives."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    @property
    def code(self) -> int | None:
        """How it ended; None while it lives or was never started."""
        return None if self._process is None else self._process.poll()

    def start(self) -> None:
        """Start it; what it says goes to its log."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(OSError):
            if self.log.stat().st_size > LARGEST_LOG:
                self.log.replace(self.log.with_suffix(".log.1"))
        with self.log.open("ab") as out:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", str(LAUNCH), str(os.getpid()), *self.command],
                env=dict(self.environment),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                # A session of its own: Ctrl-C reaches the supervisor alone, which ends the children in order.
                start_new_session=True,
            )
        self._started, self.next_start = time.monotonic(), None
        self.starts += 1

    def look(self, now: float) -> bool:
        """Restart it when it has ended and its time has come; True when it was found to have ended just now."""
        if self._process is None or self._process.poll() is None:
            return False
        if self.next_start is not None:
            if now >= self.next_start:
                self.start()
            return False
        self.failures = 0 if now - self._started >= WELL_AFTER else self.failures + 1
        self.next_start = now + (PATIENCE[min(self.failures, len(PATIENCE)) - 1] if self.failures else 0.0)
        return True

    def signal(self, number: int) -> None:
        """Send it a signal, if it lives."""
        pid = self.pid
        if pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def end_group(self) -> None:
        """Kill it and what it started, at once."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(2)
