"""What every story of the check shares: its processes, its deadline, how long each step took, and how much memory."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from instep.cli.supervisor.tree import Tree

LOOK_SECONDS = 0.1
"""How often the check looks: it shares two cores with what it measures."""


class OutOfTime(Exception):
    """The check did not come to its end in time. The text says what it was waiting for."""


@dataclass(kw_only=True)
class Play:
    """One story under way. `deadline` is a moment of time.monotonic()."""

    tree: Tree
    deadline: float
    tell: Callable[[str], None] = lambda _: None
    seconds: dict[str, float] = field(default_factory=dict)
    peak_megabytes: float = 0.0

    def pause(self, what: str) -> None:
        """Wait a moment for `what`. Raises OutOfTime."""
        if self.left() <= 0:
            raise OutOfTime(f"It was still waiting for {what}.")
        time.sleep(LOOK_SECONDS)

    def left(self) -> float:
        """Seconds until the deadline."""
        return self.deadline - time.monotonic()

    @contextmanager
    def step(self, name: str) -> Generator[None]:
        """A part of the story whose time is kept."""
        begun = time.monotonic()
        yield
        self.seconds[name] = time.monotonic() - begun
        self.tell(f"  {name}: {self.seconds[name]:.1f} s")

    def kill_worker(self) -> None:
        """Kill the worker in the middle, by its process id; the supervisor starts another."""
        self.remember_memory()
        pid = self.tree["worker"].pid
        if pid is not None:
            self.tree["worker"].failures = 0  # this end is none of its own
            os.kill(pid, signal.SIGKILL)

    def remember_memory(self) -> None:
        """Look at how much memory the worker took at most."""
        pid = self.tree["worker"].pid
        if pid is not None:
            self.peak_megabytes = max(self.peak_megabytes, peak_megabytes(pid))


def peak_megabytes(pid: int) -> float:
    """The most memory that a process has had, where the system tells it (Linux); else 0."""
    try:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    except (OSError, ValueError):
        pass
    return 0.0
