"""`python -m instep.config.worker [--name NAME]`: run a worker. It may be killed at any moment.

Exit codes: 0 asked to end; 1 another process works under its name; 2 it cannot start.
"""

from __future__ import annotations

import argparse
import logging
import os
import socket
import sys

import django

from instep.config.worker.ending import Ending

log = logging.getLogger("instep.worker")


def main() -> int:
    """Run a worker; returns the exit code."""
    options = argparse.ArgumentParser(prog="instep worker", description="Run a worker.")
    options.add_argument("--name", default=socket.gethostname()[:60] or "worker", help="stable and unique name")
    name = options.parse_args().name
    ending = Ending()
    ending.catch()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "instep.config.settings")
    django.setup()
    from django.db import DatabaseError

    from instep.config.worker.loop import Worker

    try:
        worker = Worker(name, ending)
    except DatabaseError as problem:
        log.error("the worker cannot start: %s", problem)
        return 2
    log.info("worker %s works", name)
    code = worker.run()
    log.info("worker %s ends", name)
    return code


if __name__ == "__main__":
    code = main()
    logging.shutdown()
    sys.stdout.flush()
    # A cycle or task may still wait for an answer. It can be cut at any point; waiting for it would hold a restart up.
    os._exit(code)
