"""Work in progress: processor time of the question over that of hand-written SQL, at a million entries.

Every answer, by job and phase at two past dates, must equal the figures computed apart from any database, row for row.
The measure is the leanest table that can answer it, made of the same rows: dates, whole minutes and amounts, the date
until which each entry is open, one covering index, and not a word of Django.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from bench import _practice
from bench._databases import found, in_own_process, open_house, throw_away
from bench._requests import best_of_few

if TYPE_CHECKING:
    import datetime as dt

TARGET = 1.5


def main() -> int:
    """Run on each database in a process of its own; 1 when an answer is wrong or a ratio above its target."""
    if sys.argv[1:]:
        with throw_away(sys.argv[1]) as folder:
            if problem := _practice.make_data(folder):
                print(f"  skipped: {problem}")
                return 0
            open_house()
            return run(sys.argv[1], folder)
    return max(in_own_process("wip", database) for database in found())


def run(database: str, folder: Any) -> int:
    """Load, ask, compare, print the ratios; 1 when something is wrong or above its target."""
    from instep.billing.queries.wip import wip

    firm = _practice.load(folder)
    _make_lean()
    failed = 0
    for on in _practice.DATES:
        right = _practice.expected(folder, on)
        by_hand, ours = _asked_lean(on), lambda on=on: wip(firm, on=on)
        if sorted(map(tuple, ours())) != right or sorted(map(tuple, by_hand())) != right:
            print(f"  {database}: the work in progress of {on} is wrong")
            failed = 1
            continue
        measure = best_of_few(by_hand)
        taken = best_of_few(ours)
        above = taken / measure > TARGET
        failed |= above
        print(
            f"  {database}: as at {on}, {len(right)} phases: {taken / measure:.2f} times hand-written SQL"
            f" ({taken:.0f} ms)" + (f"; ABOVE {TARGET}" if above else ""),
            flush=True,
        )
    return failed


def _make_lean() -> None:
    """The lean table, its index there before its rows, as the house's was: an index built at once is denser."""
    from django.db import connection

    rows = 'SELECT id, job_id, phase_id, "on" AS day, open_until, minutes, charge_minor, cost_minor FROM costs_cost'
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE lean AS {rows} WHERE id < 0")
        if connection.vendor == "postgresql":
            # Only so is all the work done by the process that is watched.
            cursor.execute("SET max_parallel_workers_per_gather = 0")
            covered = "(open_until, day) INCLUDE (job_id, phase_id, minutes, charge_minor, cost_minor)"
        else:
            covered = "(job_id, phase_id, day, open_until, minutes, charge_minor, cost_minor)"
        cursor.execute(f"CREATE INDEX lean_open ON lean {covered}")
        cursor.execute(f"INSERT INTO lean {rows} ORDER BY id")
        cursor.execute("VACUUM ANALYZE lean" if connection.vendor == "postgresql" else "ANALYZE lean")


def _asked_lean(on: dt.date) -> Callable[[], list[tuple[Any, ...]]]:
    from django.db import connection

    def ask() -> list[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT job_id, phase_id, count(*), sum(minutes), sum(charge_minor), sum(cost_minor) FROM lean "
                "WHERE day <= %s AND open_until > %s GROUP BY job_id, phase_id",
                [on.isoformat(), on.isoformat()],
            )
            return cursor.fetchall()

    return ask


if __name__ == "__main__":
    sys.exit(main())
