"""The processes of a demo: web, worker, a sandbox for each remote; how each is started and with which environment."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from instep.cli.supervisor.child import Child
from instep.cli.supervisor.ports import HOST
from instep.cli.web import web_command
from instep.cli.worker import worker_command

SOURCE = Path(__file__).resolve().parents[3]
WORKER_NAME = "demo-worker"


def environment(folder: Path, web_port: int) -> dict[str, str]:
    """What every process of the tree is started with."""
    known = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    paths = [str(SOURCE), *filter(None, [known.get("PYTHONPATH", "")])]
    return {
        **known,
        "PYTHONPATH": os.pathsep.join(paths),
        "PYTHONUNBUFFERED": "1",
        "INSTEP_DATA": str(folder),
        "INSTEP_SITE": f"http://{HOST}:{web_port}",
    }


def sandbox_child(folder: Path, environment: dict[str, str], port: int) -> Child:
    """The stand-in for tiny+ with its control door; it keeps its records in the folder."""
    command = [
        *(sys.executable, "-m", "sandboxes", "tinyplus", "--port", str(port), "--control"),
        *("--data", str(folder / "tinyplus.sandbox")),
    ]
    return Child("sandbox", command, environment, folder / "log" / "sandbox.log")


def ledger_child(folder: Path, environment: dict[str, str], port: int) -> Child:
    """The stand-in for Xero with its control door; it keeps its books in the folder."""
    command = [
        *(sys.executable, "-m", "sandboxes", "xero", "--port", str(port), "--control"),
        *("--data", str(folder / "xero.sandbox"), "--switch", "per_minute=600", "--switch", "per_day=100000"),
    ]
    return Child("ledger", command, environment, folder / "log" / "ledger.log")


def web_child(folder: Path, environment: dict[str, str], port: int) -> Child:
    """The web server: one process, which is enough for whoever tries it out and starts soonest."""
    command = web_command(HOST, port, workers=1, threads=8)
    return Child("web", command, environment, folder / "log" / "web.log")


def worker_child(folder: Path, environment: dict[str, str], command: list[str] | None = None) -> Child:
    """The worker, under a name that stays the same, so that after a kill it goes on at once; or, by `command`, one
    that knows more."""
    return Child("worker", command or worker_command(WORKER_NAME), environment, folder / "log" / "worker.log")
