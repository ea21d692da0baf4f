"""An append-only file of JSON lines that keeps the state: written before the answer, read again at the start.

What was written survives the end of the process at any moment (kill -9 too), because the operating system has it;
a cut of the machine's power may lose the last lines. A line that was cut short is left out when read again.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from sandboxes.kit.encode import encode
from sandboxes.kit.errors import CannotStart

try:
    import fcntl
except ImportError:  # not on Windows: there, two processes on one file are not noticed
    fcntl = None  # type: ignore[assignment]

FORMAT = 1


class Journal:
    """One file, one process. Entries are JSON objects; their meaning belongs to the sandbox that wrote them."""

    def __init__(self, path: Path, sandbox: str) -> None:
        """Open or begin the file. Raises CannotStart when it is in use, unreadable or not of this sandbox."""
        self.path = path
        self._head: dict[str, object] = {"sandbox": sandbox, "format": FORMAT}
        self._file = -1
        try:
            self._file = _opened(path)
            self._begin()
        except OSError as problem:
            raise CannotStart(f"The data file {path} cannot be used: {problem.strerror or problem}.") from None

    def _begin(self) -> None:
        with self.path.open("rb") as file:
            first = file.readline()
        if not first.endswith(b"\n"):
            # Empty, or its very first write was cut: nothing was ever kept here, unless the file is of another kind.
            if first and not _line(self._head).startswith(first):
                raise CannotStart(f"The file {self.path} is not the data of this sandbox.")
            os.ftruncate(self._file, 0)
            self._write(_line(self._head))
            return
        try:
            head = json.loads(first)
        except ValueError:
            head = None
        if head != self._head:
            raise CannotStart(f"The file {self.path} is not the data of this sandbox.")

    def entries(self) -> Iterator[dict[str, Any]]:
        """Every entry, oldest first. A last line without its end is cut off the file."""
        whole = 0
        with self.path.open("rb") as file:
            for number, line in enumerate(file):
                if not line.endswith(b"\n"):
                    break
                whole += len(line)
                if number:
                    yield json.loads(line)
        if os.fstat(self._file).st_size > whole:
            os.ftruncate(self._file, whole)

    def append(self, entry: dict[str, object]) -> None:
        """Keep one entry. Raises OSError, with nothing kept, when the disk does not take it."""
        self._write(_line(entry))

    def rewrite(self, entries: Iterable[dict[str, object]]) -> None:
        """Replace the whole file by these entries, in one step."""
        draft = self.path.with_name(self.path.name + ".new")
        with draft.open("wb") as file:
            file.write(_line(self._head))
            for entry in entries:
                file.write(_line(entry))
            file.flush()
            os.fsync(file.fileno())
        fresh = _opened(draft)
        draft.replace(self.path)
        os.close(self._file)
        self._file = fresh

    def close(self) -> None:
        """Let go of the file."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _write(self, data: bytes) -> None:
        size = os.fstat(self._file).st_size
        try:
            while data:
                data = data[os.write(self._file, data) :]
        except OSError:
            os.ftruncate(self._file, size)
            raise


def _line(entry: dict[str, object]) -> bytes:
    return encode(entry).encode() + b"\n"


def _opened(path: Path) -> int:
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    if fcntl is None:
        return file
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        held, there = os.fstat(file), path.stat()
    except OSError as problem:
        os.close(file)
        if isinstance(problem, BlockingIOError):
            raise CannotStart(f"The data file {path} is in use by another process.") from None
        raise
    if held.st_ino != there.st_ino:  # it was replaced between the opening and the lock
        os.close(file)
        raise CannotStart(f"The data file {path} is in use by another process.")
    return file
