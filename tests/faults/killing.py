"""A first link by a real worker process that is killed again and again, and the count of both sides afterwards."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from django.db import connection as database

from instep.base.outbox.models import OutboxRow
from instep.connect.models import Connection, Dirty, Intent, Link, LinkState, Observation, Run
from instep.connect.models.plans import OPEN_INTENTS
from instep.crm.models import Organisation
from tests.cli.test_commands import SOURCE
from tests.connect.rig import Rig

LOOK_SECONDS = 0.05


@dataclass
class Killed:
    """What happened, and what was there in the end."""

    kills: int = 0
    cuts: int = 0
    """Times when the database cut the worker's connections instead (PostgreSQL alone)."""
    at: list[int] = field(default_factory=list)
    """Records that were linked at each death."""
    in_doubt: int = 0
    """Writes under way at the deaths, whose outcome the next worker had to find out."""
    seconds: float = 0.0
    linked: int = 0
    here: Counter[str] = field(default_factory=Counter)
    there: Counter[str] = field(default_factory=Counter)
    differing: list[str] = field(default_factory=list)
    creations: int = 0
    """Calls that made a record there, those that were lost with a death among them."""
    open_intents: int = 0

    def faults(self, names: set[str]) -> list[str]:
        """What is not as it must be: nothing lost, nothing twice, nothing changed on the way."""
        found = []
        for side, counted in (("here", self.here), ("there", self.there)):
            found += [f"{n} is {counted[n]} times {side}" for n in sorted(names | set(counted)) if counted[n] != 1]
        if self.linked != len(names):
            found.append(f"{self.linked} links for {len(names)} records")
        if self.open_intents:
            found.append(f"{self.open_intents} writes are still in doubt")
        return found + self.differing


@dataclass
class Worker:
    """`python -m instep.config.worker` on the test's database; started again under its own name after each death."""

    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "instep.config.worker", "--name", "w1"],
            env={**os.environ, "PYTHONPATH": str(SOURCE)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def kill(self) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait(10)
            self.process = None


def plant(rig: Rig, *, here: int, there: int) -> set[str]:
    """Records on either side that the other one does not have; their names."""
    for n in range(here):
        rig.organisation(f"Ours {n:05}", phone=f"(03) 9{n:07}")
    for first in range(0, there, 500):
        rows = range(first, min(first + 500, there))
        rig.seed(companies=[{"name": f"Theirs {n:05}", "office_phone": f"(02) 8{n:07}"} for n in rows])
    return {f"Ours {n:05}" for n in range(here)} | {f"Theirs {n:05}" for n in range(there)}


def link_and_kill(
    rig: Rig, names: set[str], *, kills: int, seconds: float, seed: int, to_the_end: bool = True
) -> Killed:
    """Let a worker link everything, and end it at random moments spread over the work. The rig is connected already.

    On PostgreSQL every third death is one of its database connections instead, as when the server is restarted. With
    `to_the_end` False what is left after the last death is done by the rig, whose clock need not be waited for.
    """
    told, chance, begun = Killed(), random.Random(seed), time.monotonic()
    marks = sorted(chance.uniform(0, 0.95) * len(names) for _ in range(kills))
    worker = Worker()
    worker.start()
    try:
        for number, mark in enumerate(marks, start=1):
            _until(rig, lambda mark=mark: _linked(rig) >= mark, begun + seconds)
            time.sleep(chance.uniform(0, 0.4))
            told.at.append(_linked(rig))
            if database.vendor == "postgresql" and number % 3 == 0:
                _until(rig, _cut_connections, begun + seconds)
                told.cuts += 1
            else:
                worker.kill()
                told.kills += 1
                told.in_doubt += _in_doubt(rig)
                worker.start()
        if to_the_end:
            _until(rig, lambda: _at_rest(rig, len(names)), begun + seconds)
    finally:
        worker.kill()
    if not to_the_end:
        rig.wait(60)
        rig.settle()
    told.seconds = time.monotonic() - begun
    _count(rig, told)
    return told


def _until(rig: Rig, done: Any, deadline: float) -> None:
    while not done():
        if time.monotonic() > deadline:
            stood = Connection.objects.values("state", "trouble", "resume_at")[0]
            told = f"{_linked(rig)} linked; waiting: {_waiting(rig)}; {stood}"
            raise AssertionError(f"it did not come to an end in time: {told}")
        time.sleep(LOOK_SECONDS)


def _linked(rig: Rig) -> int:
    return Link.objects.filter(connection=rig.connection, kind="organisation", state=LinkState.LIVE).count()


def _in_doubt(rig: Rig) -> int:
    return Intent.objects.filter(connection=rig.connection, state__in=OPEN_INTENTS).count()


def _at_rest(rig: Rig, wanted: int) -> bool:
    """Whether everything is linked and nothing waits any more."""
    return _linked(rig) >= wanted and not any(_waiting(rig).values())


def _waiting(rig: Rig) -> dict[str, int]:
    mine = {"connection": rig.connection}
    return {
        "changes of ours": Dirty.objects.filter(**mine).count(),
        "announcements": OutboxRow.objects.count(),
        "changes of theirs": Observation.objects.filter(**mine, pending=True).count(),
        "runs": Run.objects.filter(**mine, state="running").count(),
        "writes in doubt": _in_doubt(rig),
    }


def _cut_connections() -> bool:
    """The server ends every other connection to this database; False when there was none yet."""
    with database.cursor() as cursor:
        cursor.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        return bool(cursor.fetchone()[0])


def _count(rig: Rig, told: Killed) -> None:
    ours = {o.name: o.phone for o in Organisation.objects.filter(firm=rig.cast.firm)}
    told.here = Counter(Organisation.objects.filter(firm=rig.cast.firm).values_list("name", flat=True))
    theirs = rig.records("companies")
    told.there = Counter(r["name"] for r in theirs)
    digits = {r["name"]: "".join(c for c in r["office_phone"] or "" if c.isdigit()) for r in theirs}
    told.differing = [
        f"{name}: {phone} here, {digits.get(name)} there"
        for name, phone in ours.items()
        if "".join(c for c in phone or "" if c.isdigit()) != digits.get(name)
    ]
    told.linked, told.open_intents = _linked(rig), _in_doubt(rig)
    told.creations = rig.calls().get("create companies", 0)
