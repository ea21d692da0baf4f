"""A worker as its own process, for tests that kill it. Run as a file: importing it as part of the suite would choose
another data folder than that of the test which started it.

Usage: python tests/base/worker_process.py EXECUTOR
"""

from __future__ import annotations

import os
import signal
import sys
import time
from typing import Any

import django

STEPS = 8


def steps(context: Any) -> dict[str, Any]:
    """Eight steps of 0.15 s, each a row; it goes on behind the last row that is there."""
    from instep.base.audit.log import record
    from instep.base.audit.models import AuditEntry

    done = AuditEntry.objects.of(context.firm_id).filter(event="step.taken", record_id=context.task_id).count()
    for step in range(done, STEPS):
        time.sleep(0.15)
        context.progress(step, STEPS)
        record("step.taken", by=context.by, kind="step", record_id=context.task_id, note=f"{step} {os.getpid()}")
    return {"steps": STEPS}


def main() -> None:
    django.setup()
    from instep.base.tasks.registry import task
    from instep.base.tasks.runner import Runner

    task("eight steps")(steps)
    ended: list[int] = []
    signal.signal(signal.SIGTERM, lambda *_: ended.append(1))
    worker = Runner(sys.argv[1], limit=2)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while not ended:
        worker.poll_once()
        time.sleep(0.05)
    worker.close(5)


if __name__ == "__main__":
    main()
