"""The databases that a benchmark runs on: a SQLite file always, PostgreSQL where one is found."""

from __future__ import annotations

import getpass
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg

SQLITE, POSTGRES = "SQLite", "PostgreSQL"


def found() -> list[str]:
    """The databases that can be used here, SQLite first."""
    try:
        psycopg.connect(_server(), connect_timeout=3).close()
    except psycopg.Error:
        return [SQLITE]
    return [SQLITE, POSTGRES]


def in_own_process(module: str, *arguments: str) -> int:
    """Run `python -m bench.<module>` apart, since Django is set up once a process; its exit code."""
    return subprocess.run([sys.executable, "-m", f"bench.{module}", *arguments], check=False).returncode


@contextmanager
def throw_away(database: str) -> Iterator[Path]:
    """A data folder, and on PostgreSQL a database, that are gone afterwards; the environment names them."""
    folder = Path(tempfile.mkdtemp(prefix="instep-bench-"))
    os.environ["INSTEP_DATA"] = str(folder)
    os.environ.pop("DATABASE_URL", None)
    name = f"instep_bench_{os.getpid()}"
    if database == POSTGRES:
        _on_server(f'create database "{name}"')
        os.environ["DATABASE_URL"] = urlunsplit(urlsplit(_server())._replace(path=f"/{name}"))
    try:
        yield folder
    finally:
        if database == POSTGRES:
            _let_go()
            _on_server(f'drop database "{name}" with (force)')
        shutil.rmtree(folder, ignore_errors=True)


def open_house() -> None:
    """Django with the house's own settings and all tables, in what `throw_away` made."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "instep.config.settings"
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", interactive=False, verbosity=0)


def _let_go() -> None:
    if "django" in sys.modules:
        from django.db import connections

        connections.close_all()


def _server() -> str:
    """As the tests find it (tests/environment.py)."""
    return os.environ.get("INSTEP_TEST_PG") or f"postgresql://{getpass.getuser()}@127.0.0.1:5432/postgres"


def _on_server(statement: str) -> None:
    with psycopg.connect(_server(), autocommit=True) as server:
        server.execute(statement.encode())
