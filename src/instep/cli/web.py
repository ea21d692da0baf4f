"""`instep web`: the web server, for SQLite and PostgreSQL alike."""

from __future__ import annotations

import argparse
import os
import sys

from instep.cli.opening import choose_data, open_house
from instep.cli.supervisor.ports import need_port
from instep.cli.terminal import say

NAME = "web"
ABOUT = "Serve the pages."
DEFAULT_PORT = 8000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", metavar="DIR", help="data folder (default INSTEP_DATA, else var)")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1)")
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help=f"port to listen on (default {DEFAULT_PORT})")
    parser.add_argument("--workers", type=int, default=2, help="server processes (default 2)")
    parser.add_argument("--threads", type=int, default=8, help="threads in each (default 8)")


def run(options: argparse.Namespace) -> int:
    """Check that it can serve, then become the server. Does not return when all is well."""
    choose_data(options.data)
    need_port(options.port, "the web server", "choose another with --port", options.host)
    open_house()
    say(f"Serving http://{options.host}:{options.port}/ with {options.workers} processes; Ctrl-C ends it.")
    command = web_command(options.host, options.port, workers=options.workers, threads=options.threads)
    os.execv(command[0], command)


def web_command(host: str, port: int, *, workers: int, threads: int) -> list[str]:
    """The command of the server."""
    return [
        *(sys.executable, "-m", "gunicorn", "instep.config.wsgi:application"),
        *("--bind", f"{host}:{port}", "--workers", str(workers), "--worker-class", "gthread"),
        *("--threads", str(threads), "--keep-alive", "15", "--graceful-timeout", "2", "--timeout", "60"),
        *("--no-control-socket", "--log-level", "warning", "--error-logfile", "-"),
    ]
