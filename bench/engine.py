"""The engine by itself, against a calm remote in memory: import, plan, quiet poll and memory, each over its own floor.

* Import: processor time of a first link of 10,000 organisations over that of a loop which writes as many rows to the
  same tables in bulk from the same pages.
* Planning: 100,000 linked records of which 1 % changed, over `SELECT *` of the local rows.
* Quiet poll: at 10,000 and at 100,000 links the same queries, no full scan in any plan, processor time alike.
* Memory: the peak of an import of 100,000 over that of 10,000, each in a process of its own.
* Calls: import, quiet poll, and 100 changes among 10,000, over the fewest possible.
"""

from __future__ import annotations

import gc
import random
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import median
from typing import TYPE_CHECKING, Any

from bench._databases import found, in_own_process, open_house, throw_away
from bench._requests import served, settle_statistics

if TYPE_CHECKING:
    from bench._shelf import Shelf
    from instep.connect.models import Connection

SMALL, LARGE = 10_000, 100_000
TARGETS = {
    "import calls": 1.02, "quiet calls": 1.00, "100 changes calls": 1.05, "import": 2.0, "planning": 3.0,
    "quiet poll": 1.3, "memory": 1.5,
}  # fmt: skip
POLLS = 200


def main() -> int:
    """Run on each database in processes of their own; 1 when a ratio is above its target."""
    match sys.argv[1:]:
        case ["memory", database, count]:
            with throw_away(database):
                open_house()
                return _memory(int(count))
        case [database]:
            with throw_away(database):
                open_house()
                return _run(database)
    return max(in_own_process("engine", database) for database in found())


def _run(database: str) -> int:
    """Everything on one database; prints a line for each part."""
    ratios: dict[str, float] = {}
    stage = Stage()
    _import(stage, database, ratios)
    _changes(stage, database, ratios)
    _polls(stage, database, ratios)
    _planning(stage, database, ratios)
    ratios["memory"] = _memories(database)
    above = [name for name, ratio in ratios.items() if ratio > TARGETS[name]]
    for name in above:
        print(f"  {database}: {name} is above its target of {TARGETS[name]:.2f}")
    return 1 if above else 0


def _told(ratios: dict[str, float], name: str, ratio: float, database: str, words: str) -> None:
    ratios[name] = ratio
    print(f"  {database}: {name}: {ratio:.2f} ({words})", flush=True)


class Stage:
    """A firm with a connection to the shelf, and the clock that both live by."""

    def __init__(self) -> None:
        from bench._shelf import Shelf, ShelfConnector
        from instep.connect import registry

        self.shelf: Shelf = Shelf()
        registry.install([ShelfConnector()], [], lambda address: self.shelf)
        self.names = iter(range(1, 100))
        self.connection = self.another()

    def another(self) -> Connection:
        """A connection to the shelf of a firm of its own."""
        from instep.base.firms.actions.firms import create_firm
        from instep.base.identity.actor import Actor
        from instep.connect.actions.connections import connect_remote, start_sync

        key = f"bench{next(self.names)}"
        firm = create_firm(key=key, name="Bench & Co")
        by = Actor.system(firm, "bench")
        made = connect_remote(
            firm.pk, by=by, provider="shelf", secret={"token": "t"}, transport=self.shelf, now=self.shelf.now
        )
        return start_sync(made.pk, by=by)

    def anew(self, count: int) -> None:
        """Another firm, and a shelf with this many companies."""
        self.shelf.fill(count)
        self.connection = self.another()

    def cycle(self, *, poll: bool = True) -> None:
        """One cycle, as the worker runs it."""
        from instep.connect.cycle import run_cycle
        from instep.connect.inbox.outbox import fan_out
        from instep.connect.models import Connection

        while fan_out(now=self.shelf.now):
            pass
        outcome = run_cycle(
            Connection.objects.get(pk=self.connection.pk), holder="bench", transport=self.shelf,
            clock=lambda: self.shelf.now, rng=random.Random(1), poll=poll,
        )  # fmt: skip
        if outcome.trouble:
            raise SystemExit(f"the sync stopped: {outcome.trouble}")

    def later(self) -> None:
        """Past every overlap, so that what was just written is not read again."""
        from datetime import timedelta

        self.shelf.now += timedelta(minutes=20)

    def settled(self) -> int:
        """How many records are linked."""
        from instep.connect.models import Link, LinkState

        return Link.objects.filter(connection=self.connection, state=LinkState.LIVE).count()

    def link_all(self, count: int) -> None:
        """As if an import of this many lay behind: rows written in bulk, which no part of this file measures."""
        from bench._bare_engine import link_in_bulk

        self.anew(0)
        self.cycle()
        self.shelf.fill(count)
        link_in_bulk(self.connection, self.shelf)


# --- parts -----------------------------------------------------------------------------------------------------------


def _import(stage: Stage, database: str, ratios: dict[str, float]) -> None:
    from bench._bare_engine import write_in_bulk

    stage.anew(SMALL)
    calls = stage.shelf.calls
    taken = cpu(stage.cycle)
    if stage.settled() != SMALL or stage.shelf.writes:
        raise SystemExit(f"the import is not what it should be: {stage.settled()} linked, {stage.shelf.writes} writes")
    pages = -(-SMALL // 1000)
    _told(ratios, "import calls", (stage.shelf.calls - calls) / pages, database, f"{pages} pages")
    like, stage.connection = stage.connection, stage.another()
    bare = cpu(lambda: write_in_bulk(stage.connection, stage.shelf, like))
    stage.connection = like
    words = f"{SMALL / taken:.0f} records a second of processor time, in bulk {SMALL / bare:.0f}"
    _told(ratios, "import", taken / bare, database, words)
    stage.later()
    stage.cycle()
    calls = stage.shelf.calls
    stage.later()
    stage.cycle()
    _told(ratios, "quiet calls", float(stage.shelf.calls - calls), database, "one list")


def _changes(stage: Stage, database: str, ratios: dict[str, float]) -> None:
    """50 edits there and 50 here, each of a record of its own."""
    from instep.base.identity.actor import Actor
    from instep.base.records.outcomes import Edit
    from instep.connect.models import Link
    from instep.crm.actions.organisations import update_organisations

    links = list(Link.objects.filter(connection=stage.connection).order_by("id")[:100])
    stage.later()
    for link in links[:50]:
        stage.shelf.edit(int(link.remote_id or 0), website="https://changed.example")
    by = Actor.system(stage.connection.firm_id, "bench")
    edits = [Edit(link.local_id or 0, {"email": f"n{n}@changed.example"}) for n, link in enumerate(links[50:])]
    for one in update_organisations(edits, by=by):
        one.sure()
    calls = stage.shelf.calls
    stage.later()
    stage.cycle()
    made = stage.shelf.calls - calls
    _told(ratios, "100 changes calls", made / 51, database, f"{made} calls, one list and 50 writes needed")


def _polls(stage: Stage, database: str, ratios: dict[str, float]) -> None:
    told = {}
    for count in (SMALL, LARGE):
        stage.link_all(count)
        stage.cycle()
        settle_statistics()
        with _queries() as heard:
            stage.later()
            stage.cycle()
        _no_full_scan(heard, database)
        times = []
        for _ in range(POLLS):
            stage.later()
            times.append(cpu(stage.cycle))
        told[count] = len(heard), median(times)
    if told[SMALL][0] != told[LARGE][0]:
        raise SystemExit(f"a quiet poll asks the database {told[SMALL][0]} and {told[LARGE][0]} times")
    words = f"{told[LARGE][0]} queries at both sizes, {told[LARGE][1] * 1000:.1f} ms at {LARGE:,} links"
    _told(ratios, "quiet poll", told[LARGE][1] / told[SMALL][1], database, words)


def _planning(stage: Stage, database: str, ratios: dict[str, float]) -> None:
    """On the firm that `_polls` left: 100,000 links. A preview plans and writes nothing."""
    from django.db import connection as database_of

    from instep.connect.cycle import preview
    from instep.connect.models import Connection, PlanOp, PlanState

    changed = LARGE // 100
    stage.later()
    for number in range(1, changed + 1):
        stage.shelf.edit(number, website="https://changed.example")
    connection = Connection.objects.get(pk=stage.connection.pk)

    def plan() -> None:
        stage.later()
        preview(connection, holder="bench", transport=stage.shelf, clock=lambda: stage.shelf.now)

    plan()  # this one reads what changed; the next finds the same to plan, and nothing to read
    taken = cpu(plan)
    planned = PlanOp.objects.filter(plan__connection=connection, plan__state=PlanState.PROPOSED).count()
    if planned != changed:
        raise SystemExit(f"{planned} rows were planned for {changed} changes")

    def select() -> None:
        with database_of.cursor() as cursor:
            cursor.execute("SELECT * FROM crm_organisation WHERE firm_id = %s", [connection.firm_id])
            cursor.fetchall()

    bare = min(cpu(select) for _ in range(3))
    _told(ratios, "planning", taken / bare, database, f"{taken * 1000:.0f} ms for {changed} changes among {LARGE:,}")


def _memories(database: str) -> float:
    import subprocess

    peaks = []
    for count in (SMALL, LARGE):
        command = [sys.executable, "-m", "bench.engine", "memory", database, str(count)]
        peaks.append(int(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[-1]))
    ratio = peaks[1] / peaks[0]
    print(f"  {database}: memory: {ratio:.2f} ({peaks[0]} and {peaks[1]} MB at {SMALL:,} and {LARGE:,})", flush=True)
    return ratio


def _memory(count: int) -> int:
    from django.db import connection

    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:  # pages of the file that are looked at in place are not its own memory
            cursor.execute("PRAGMA mmap_size=0")
    stage = Stage()
    started = _memory_of("VmRSS")
    stage.anew(count)
    for after in range(0, count, 1000):
        stage.shelf.page(str(after or ""))
    gc.collect()
    # The remote lives in this process too: what it holds is taken off.
    held = _memory_of("VmRSS") - started
    stage.cycle()
    if stage.settled() != count:
        raise SystemExit(f"{stage.settled()} of {count} were linked")
    print(_memory_of("VmHWM") - held)
    return 0


def _memory_of(what: str) -> int:
    """Megabytes of this process, now (VmRSS) or at most so far (VmHWM)."""
    with open("/proc/self/status", encoding="ascii") as told:
        return next(int(line.split()[1]) // 1024 for line in told if line.startswith(what))


# --- measuring -------------------------------------------------------------------------------------------------------


def cpu(work: Callable[[], Any]) -> float:
    """Seconds of processor time of this process and of the database's."""
    gc.collect()
    begun, before = time.process_time(), served()
    work()
    return time.process_time() - begun + served() - before


@contextmanager
def _queries() -> Iterator[list[tuple[str, Any]]]:
    from django.db import connection

    heard: list[tuple[str, Any]] = []

    def hear(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        heard.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(hear):
        yield heard


def _no_full_scan(heard: list[tuple[str, Any]], database: str) -> None:
    """Raise SystemExit when a statement of a quiet poll walks a table that grows with the links."""
    from django.db import connection

    growing = ("connect_link", "connect_observation", "connect_matchkey", "crm_organisation")
    for sql, params in heard:
        if not sql.startswith(("SELECT", "UPDATE", "DELETE")):
            continue
        with connection.cursor() as cursor:
            prefix = "EXPLAIN QUERY PLAN " if connection.vendor == "sqlite" else "EXPLAIN "
            cursor.execute(prefix + sql, params)
            plan = [" ".join(map(str, row)) for row in cursor.fetchall()]
        scans = [line for line in plan for t in growing if f"Seq Scan on {t}" in line or _walks(line, t)]
        if scans:
            raise SystemExit(f"{database}: a quiet poll walks a whole table: {scans[0]}: {sql[:200]}")


def _walks(line: str, table: str) -> bool:
    return f"SCAN {table}" in line and "USING" not in line


if __name__ == "__main__":
    sys.exit(main())
