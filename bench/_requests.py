"""Processor time of a page: user and system, of this process and of the PostgreSQL process that serves it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")
WARM, BATCHES, EACH = 5, 25, 3


def best_milliseconds(ask: Callable[[], object]) -> float:
    """A request: of the quietest of many small batches, since other work on the machine only ever adds.

    The server's part is the mean of all: its clock ticks a hundred times a second, too seldom for a batch.
    """
    for _ in range(WARM):
        ask()
    batches = []
    begun = served()
    for _ in range(BATCHES):
        used = time.process_time()
        for _ in range(EACH):
            ask()
        batches.append(time.process_time() - used)
    return (min(batches) / EACH + (served() - begun) / (BATCHES * EACH)) * 1000


def settle_statistics() -> None:
    """What a database that has run for a day knows by itself."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def served() -> float:
    """Seconds that the database's process has worked for us; 0 where there is none, or where it cannot be seen."""
    from django.db import connection

    if connection.vendor != "postgresql":
        return 0.0
    connection.ensure_connection()
    try:
        stat = Path(f"/proc/{connection.connection.info.backend_pid}/stat").read_text()
    except OSError:
        return 0.0
    fields = stat.rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def best_of_few(ask: Callable[[], object], times: int = 7) -> float:
    """Milliseconds of one piece of heavy work: the quietest of a few, the server's part included.

    Where the server works, the mean of all: a hundredth of a second is what its clock can tell.
    """
    ask()
    own, begun = [], served()
    for _ in range(times):
        used = time.process_time()
        ask()
        own.append(time.process_time() - used)
    return (min(own) + (served() - begun) / times) * 1000


def once_each(prepare: Callable[[], T], work: Callable[[T], object], times: int) -> float:
    """Milliseconds of work that can be done once to each thing prepared: the quietest, the server's part the mean."""
    work(prepare())
    things = [prepare() for _ in range(times)]
    settle_statistics()
    own, begun = [], served()
    for thing in things:
        used = time.process_time()
        work(thing)
        own.append(time.process_time() - used)
    return (min(own) + (served() - begun) / times) * 1000
