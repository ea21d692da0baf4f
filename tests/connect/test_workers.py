"""Workers: nobody starves, a fault of ours stays with its connection, and who dies in the middle is followed."""

from __future__ import annotations

import os
import random
import statistics
import subprocess
import sys
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections as databases

from instep.connect import registry
from instep.connect.actions.connections import connect_remote, start_sync
from instep.connect.cycle import FAULT_OF_OURS
from instep.connect.limits.lease import LEASE_SECONDS
from instep.connect.models import Connection, Lease, Link, Run, RunState
from instep.connect.protocols import Reply, Request, Transport
from instep.connect.registry import KEPT_SENDERS, transport_to
from instep.connect.scheduler import Scheduler, due
from tests.cli.test_commands import SOURCE
from tests.connect.rig import Rig
from tests.environment import POSTGRES

SECONDS = 60
"""It ends as soon as all are served: after some 20 seconds, 15 of them for the lease of the dead."""


class Deaf:
    """A sender that is never used."""

    def send(self, request: Request) -> Reply:
        raise AssertionError(request.operation)


@dataclass
class Late:
    """Every call takes a second of the rig's clock."""

    inner: Transport
    rig: Rig

    def send(self, request: Request) -> Reply:
        self.rig.late += timedelta(seconds=1)
        return self.inner.send(request)


@dataclass
class Line:
    """A scheduler whose cycles run when the test says so."""

    rig: Rig
    wrap: Callable[[Transport], Transport] = lambda inner: inner
    queue: list[Callable[[], None]] = field(default_factory=list)
    faults: list[BaseException] = field(default_factory=list)

    def scheduler(self, at_once: int = 1) -> Scheduler:
        return Scheduler(
            holder="w1",
            clock=self.rig.clock,
            rng=random.Random(1),
            transport_to=lambda address: self.wrap(transport_to(address)),
            submit=self.queue.append,
            on_error=lambda _, fault: self.faults.append(fault),
            at_once=at_once,
        )


def more(rig: Rig, count: int) -> list[Connection]:
    """Further accounts of the same remote, those of another firm, switched on."""
    found = []
    member = {"name": "Odo Quill", "email": "odo@quill.example", "record_status": "active"}
    for n in range(count):
        account, token = f"other{n}", f"token-of-other-{n}"
        tokens = [{"token": token, "scope": "readwrite"}]
        records = {"team-members": [member]}
        rig.post("seed", {"accounts": [{"key": account, "name": account, "tokens": tokens, "records": records}]})
        made = connect_remote(
            rig.cast.other_firm.pk,
            by=rig.cast.odo,
            provider="tinyplus",
            secret={"access_token": token},
            address=f"{rig.address}/v2/",
        )
        found.append(start_sync(made.pk, by=rig.cast.odo))
    return found


@pytest.mark.django_db
def test_a_fault_of_ours_stays_with_its_connection_and_says_so(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    rig.organisation("Acme")
    broken = rig.connect()
    [sound] = more(rig, 1)

    def breaks(sender: Any, plan: Any, pairs: Any) -> None:
        if sender.bench.connection.pk == broken.pk:
            raise ZeroDivisionError

    real = __import__("instep.connect.cycle", fromlist=["carry_out"]).carry_out
    monkeypatch.setattr("instep.connect.cycle.carry_out", lambda *of: breaks(*of) or real(*of))
    line = Line(rig)
    scheduler = line.scheduler(at_once=2)
    assert scheduler.tick() == 2
    for cycle in line.queue:
        cycle()
    assert [type(fault) for fault in line.faults] == [ZeroDivisionError]
    broken.refresh_from_db()
    assert broken.trouble == FAULT_OF_OURS
    assert broken.resume_at is not None
    assert broken.resume_at > rig.clock()
    assert Run.objects.get(connection=broken).state == RunState.STOPPED
    assert Lease.objects.get(connection=broken).holder == "", "nobody has to wait for it"
    assert Connection.objects.get(pk=sound.pk).in_step_at is not None, "the others went on"
    assert scheduler.tick() == 0

    monkeypatch.setattr("instep.connect.cycle.carry_out", real)
    rig.wait(10)
    rig.settle()
    broken.refresh_from_db()
    assert (broken.trouble, broken.failures) == ("", 0)
    assert len(rig.records("companies")) == 1


@pytest.mark.django_db
def test_who_has_much_to_do_makes_way_and_who_waited_longest_is_next(rig: Rig) -> None:
    for n in range(40):
        rig.organisation(f"Client {n}")
    big = rig.connect()
    small = more(rig, 3)
    line = Line(rig, wrap=lambda inner: Late(inner, rig))
    scheduler = line.scheduler()
    order: list[int] = []
    written: list[int] = []
    for _ in range(60):
        looked = {c.pk for c, _ in due(rig.clock())}
        scheduler.tick()
        if not line.queue:
            break
        before = dict(Connection.objects.values_list("pk", "served_at"))
        line.queue.pop(0)()
        # Its own look at what is due comes between two cycles; so the next tick sees who waits.
        after = dict(Connection.objects.values_list("pk", "served_at"))
        order += [pk for pk in looked if after[pk] != before[pk]]
        written += [len(rig.records("companies"))]
    assert order[0] == big.pk
    assert set(order[1:4]) == {c.pk for c in small}, "each had a turn before the big one came again"
    assert order[4] == big.pk
    assert 0 < written[0] < 10, "the first turn ended after a slice of time, and with something done"
    assert Run.objects.filter(message__startswith="Others were waiting").exists()
    assert sorted(r["name"] for r in rig.records("companies")) == sorted(f"Client {n}" for n in range(40))
    assert line.faults == []
    rig.connection = big
    assert rig.cycle().rows == 0


def test_senders_are_kept_for_the_addresses_used_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_make", [lambda address: Deaf()])
    monkeypatch.setattr(registry, "_transports", OrderedDict())
    first = transport_to("http://127.0.0.1:1/0/")
    for n in range(3 * KEPT_SENDERS):
        transport_to(f"http://127.0.0.1:1/{n}/")
    assert len(registry._transports) == KEPT_SENDERS
    assert transport_to(f"http://127.0.0.1:1/{3 * KEPT_SENDERS - 1}/") is transport_to(
        f"http://127.0.0.1:1/{3 * KEPT_SENDERS - 1}/"
    )
    assert transport_to("http://127.0.0.1:1/0/") is not first


# --- real processes -------------------------------------------------------------------------------------------------


@contextmanager
def worker(name: str) -> Iterator[subprocess.Popen[bytes]]:
    """`python -m instep.config.worker`, on the test's database."""
    process = subprocess.Popen(
        [sys.executable, "-m", "instep.config.worker", "--name", name],
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait(5)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.capability("X-13")
def test_fifty_connections_on_two_workers_and_one_of_them_dies(rig: Rig) -> None:
    for n in range(60):
        rig.organisation(f"Client {n}")
    rig.connect()
    others = more(rig, 49)
    begun, killed = time.monotonic(), 0.0
    served: dict[int, float] = {}
    with worker("w1") as first, worker("w2"):
        while len(served) < 50 and time.monotonic() - begun < SECONDS:
            for pk in Connection.objects.filter(in_step_at__isnull=False).values_list("pk", flat=True):
                served.setdefault(pk, time.monotonic() - begun)
            if not killed and Lease.objects.filter(holder="w1", expires_at__gt=rig.clock()).exists() and served:
                first.kill()
                killed = time.monotonic() - begun
            time.sleep(0.05)
        databases.close_all()
    assert killed, "it died in the middle of something"
    waits = [served[c.pk] for c in others if c.pk in served]
    assert len(served) == 50, f"{50 - len(served)} were never served"
    rest = LEASE_SECONDS + 3 * statistics.median(waits)
    assert max(waits) - min(waits) <= rest, "nobody starved, though the lease of the dead had to run out"
    assert sorted(r["name"] for r in rig.records("companies")) == sorted(f"Client {n}" for n in range(60))
    assert Link.objects.filter(connection=rig.connection, kind="organisation").count() == 60
    assert POSTGRES
