"""What `instep worker` does, in a thread of the test: queued tasks and connections that are due."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator

import pytest
from django.db import connections
from django.utils import timezone

from instep.base.tasks.models import Executor, Task
from instep.base.tasks.runner import run_inline
from instep.connect.protocols import Reply, Request, Transport
from instep.connect.registry import transport_to
from instep.connect.scheduler import Scheduler


class Slowly:
    """A remote that takes its time, so that there is something to watch."""

    def __init__(self, inner: Transport) -> None:
        self._inner = inner

    def send(self, request: Request) -> Reply:
        if request.method != "GET":
            time.sleep(0.02)
        return self._inner.send(request)


class Worker(threading.Thread):
    """What `instep worker` does, in a thread: queued tasks and connections that are due."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.ending = threading.Event()
        self.faults: list[BaseException] = []

    def run(self) -> None:
        scheduler = Scheduler(
            holder="w1",
            clock=timezone.now,
            rng=random.Random(1),
            transport_to=lambda address: Slowly(transport_to(address)),
            submit=lambda cycle: cycle(),
            on_error=lambda _connection, fault: self.faults.append(fault),
        )
        Executor.objects.create(name="w1", session="s", beat_at=timezone.now())
        try:
            while not self.ending.wait(0.1):
                for task in Task.objects.filter(state="queued"):
                    run_inline(task, reraise=False)
                scheduler.tick()
        finally:
            connections.close_all()


@pytest.fixture
def working() -> Iterator[Worker]:
    thread = Worker()
    thread.start()
    yield thread
    thread.ending.set()
    thread.join(10)
    assert thread.faults == []
