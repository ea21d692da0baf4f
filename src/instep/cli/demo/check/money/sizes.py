"""The Xero connector as for packages that take fewer documents a call: a variant for each size that the check wants."""

from __future__ import annotations

import sys
from dataclasses import replace

from instep.connect import registry
from instep.connect.transport import HttpTransport
from instep.connectors.xero.connector import BATCH, Xero
from instep.kernel.errors import NotFound

NO_LIMIT = 1_000_000
"""Calls a minute and a day that the check lets the stand-in take: it plays the work of days in minutes."""
_WORKER = (
    "import sys; from instep.cli.demo.check.money.sizes import install; import runpy; "
    "install([int(size) for size in sys.argv.pop(1).split(',')]); "
    "runpy.run_module('instep.config.worker', run_name='__main__')"
)


class Sized(Xero):
    """Xero with so many documents a call. The stand-in is told to take calls without end, and shows what it stores at
    once; so waits that only the real one needs are left out."""

    def __init__(self, size: int) -> None:
        self.key = key_of(size)
        self.capabilities = {
            name: replace(each, batch_max=min(size, each.batch_max), visibility_lag=0)
            for name, each in Xero.capabilities.items()
        }
        self.limits = replace(Xero.limits, per_minute=NO_LIMIT, per_day=NO_LIMIT)


def key_of(size: int) -> str:
    """The connector that takes so many."""
    return f"{Xero.key}-by-{size}"


def sizes_for(documents: int) -> list[tuple[int, int]]:
    """(documents, so many a call) of the sets that are played: in batches, then the same number one by one."""
    return [(documents, min(BATCH, max(2, documents // 10))), (documents, 1)]


def install(sizes: list[int]) -> None:
    """Add the variants of this process to its connectors."""
    for size in sizes:
        try:
            registry.connector_for(key_of(size))
        except NotFound:
            registry.install([Sized(size)], [], HttpTransport)


def worker_command(name: str, sizes: list[int]) -> list[str]:
    """A worker that knows the variants."""
    return [sys.executable, "-c", _WORKER, ",".join(map(str, sizes)), "--name", name]
