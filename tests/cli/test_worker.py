"""The worker: it never dies of an error, leaves alone what keeps failing, and ends at once when asked."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from instep.config.worker.ending import LONGEST_REST, Ending, Patience
from instep.config.worker.loop import Interruptible, PatientScheduler
from instep.connect.models import Connection
from instep.connect.protocols import Reply, Request, Transport, TryLater
from instep.connect.registry import transport_to
from tests.cli.test_commands import SOURCE, apart
from tests.cli.test_supervisor import eventually
from tests.connect.rig import Rig


class Deaf:
    """A transport that must not be used."""

    calls = 0

    def send(self, request: Request) -> Reply:
        self.calls += 1
        return Reply(200, {}, b"[]")


def test_what_keeps_failing_rests_longer_each_time_a_minute_at_most() -> None:
    patience = Patience()
    assert not patience.rests(1)
    rests = [patience.failed(1) for _ in range(12)]
    assert patience.rests(1)
    assert not patience.rests(2)
    assert rests[0] < 2
    assert sorted(rests[:6]) == rests[:6]
    assert max(rests) <= LONGEST_REST
    patience.went_well(1)
    assert not patience.rests(1)


def test_a_worker_that_ends_sends_nothing_more() -> None:
    ending, inner = Ending(), Deaf()
    transport = Interruptible(inner, ending)
    transport.send(Request("list companies", "GET", "companies"))
    ending.asked = True
    with pytest.raises(TryLater) as raised:
        transport.send(Request("create companies", "POST", "companies"))
    assert (raised.value.untouched, raised.value.after_seconds, inner.calls) == (True, 0, 1)


@pytest.mark.django_db(transaction=True)
def test_a_connection_with_a_fault_of_ours_rests_and_is_tried_again(rig: Rig) -> None:
    connection = rig.connect()
    faults: list[int] = []
    broken = True

    def sender(address: str) -> Transport:
        if broken:
            raise RuntimeError("a fault of ours")
        return transport_to(address)

    patience = Patience()

    def failed(connection_id: int, _: BaseException) -> None:
        faults.append(connection_id)
        patience.failed(connection_id)

    scheduler = PatientScheduler(
        holder="w1",
        clock=rig.clock,
        rng=random.Random(1),
        transport_to=sender,
        submit=lambda cycle: cycle(),
        on_error=failed,
    )
    scheduler.patience = patience
    scheduler.tick()
    scheduler.tick()
    assert faults == [connection.pk]
    broken = False
    patience.until.clear()
    scheduler.tick()
    assert not patience.failures
    assert Connection.objects.get().linked_at is not None


def test_a_worker_survives_a_broken_database_and_ends_within_two_seconds_of_being_asked(tmp_path: Path) -> None:
    assert apart("migrate", "--data", str(tmp_path)).returncode == 0
    log = tmp_path / "worker.log"
    around = {
        name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "DJANGO_SETTINGS_MODULE")
    }
    with log.open("w") as out:
        worker = subprocess.Popen(
            [sys.executable, "-m", "instep.config.worker", "--name", "w1"],
            env={**around, "PYTHONPATH": str(SOURCE), "INSTEP_DATA": str(tmp_path)},
            stdout=out,
            stderr=out,
        )
    try:
        assert eventually(lambda: "works" in log.read_text(), 20)
        with sqlite3.connect(tmp_path / "instep.sqlite3", timeout=10) as database:
            database.execute("ALTER TABLE connect_connection RENAME TO gone")
            database.execute("ALTER TABLE outbox_outboxrow RENAME TO gone_too")
        database.close()
        assert eventually(lambda: "did not answer" in log.read_text(), 5)
        time.sleep(0.5)
        assert worker.poll() is None
        assert log.read_text().count("did not answer") <= 3
        begun = time.monotonic()
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(5) == 0
        assert time.monotonic() - begun < 2
    finally:
        worker.kill()
        worker.wait(5)


def test_a_worker_without_a_database_says_so_and_ends_with_code_2(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "instep.config.worker", "--name", "w1"],
        env={
            **os.environ,
            "PYTHONPATH": str(SOURCE),
            "INSTEP_DATA": str(tmp_path),
            "DATABASE_URL": "postgres://nobody@127.0.0.1:1/nothing",
            "DJANGO_SETTINGS_MODULE": "instep.config.settings",
        },
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 2
    assert "cannot start" in done.stderr
    assert "Traceback" not in done.stderr
