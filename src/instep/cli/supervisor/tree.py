"""The supervisor: starts the children, restarts whichever dies, ends them all when it ends."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from instep.cli.supervisor.child import Child

TROUBLED_AFTER = 3
"""Soon ends in a row after which the person is told."""


class Tree:
    """A set of children. One thread calls `watch`; others may read pids.

    `say` is told in a sentence when a child ends. The file `pids` names every living process of the tree.
    """

    def __init__(self, pids: Path, say: Callable[[str], None] = lambda _: None) -> None:
        self._pids, self._say = pids, say
        self._children: dict[str, Child] = {}
        self._ending = False
        self._lock = threading.Lock()

    def __getitem__(self, name: str) -> Child:
        return self._children[name]

    def start(self, *children: Child) -> None:
        """Start these, too."""
        with self._lock:
            for child in children:
                self._children[child.name] = child
                child.start()
            self._write_pids()

    def end_soon(self) -> None:
        """Let `watch` come to its end; may be called by a signal handler."""
        self._ending = True

    def catch_signals(self, numbers: Iterable[int] = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)) -> None:
        """End in order when the terminal, the person or the system asks for it. The main thread only."""
        for number in numbers:
            signal.signal(number, lambda *_: self.end_soon())

    def watch(self) -> None:
        """Keep the children alive until `end_soon` is called, then end them."""
        try:
            while not self._ending:
                self.look()
                time.sleep(0.1)
        finally:
            self.close()

    def look(self) -> None:
        """Restart what has ended."""
        with self._lock:
            before = [child.starts for child in self._children.values()]
            for child in self._children.values():
                if child.look(time.monotonic()):
                    self._tell(child)
            if before != [child.starts for child in self._children.values()]:
                self._write_pids()

    def close(self, seconds: float = 5.0) -> None:
        """End every child: asked first, killed after `seconds`."""
        with self._lock:
            children = list(self._children.values())
            for child in children:
                child.signal(signal.SIGTERM)
            until = time.monotonic() + seconds
            while any(child.pid for child in children) and time.monotonic() < until:
                time.sleep(0.02)
            for child in children:
                child.end_group()
            self._children.clear()
            self._pids.unlink(missing_ok=True)

    def _tell(self, child: Child) -> None:
        code = child.code or 0
        how = f"was killed by signal {-code}" if code < 0 else f"ended with code {code}"
        if child.failures < TROUBLED_AFTER:
            self._say(f"The {child.name} process {how}; it is started again.")
        elif child.failures == TROUBLED_AFTER:
            self._say(f"The {child.name} process keeps ending ({how}). Its log says why: {child.log}")

    def _write_pids(self) -> None:
        living = {name: child.pid for name, child in self._children.items()}
        draft = self._pids.with_suffix(".new")
        draft.write_text(json.dumps({"supervisor": os.getpid(), **living}))
        draft.replace(self._pids)
