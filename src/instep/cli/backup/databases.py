"""A database into a file and back: SQLite by its own copying, PostgreSQL by its own programs."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Sequence
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from instep.cli.backup.errors import HouseRuns, ToolFailed, ToolMissing

WORKER_QUIET = timedelta(seconds=15)
"""A worker that lives says so every ten seconds."""
BEFORE = ".before-restore"
EMPTY_PUBLIC = """
DO $$ DECLARE r record; BEGIN
  FOR r IN SELECT quote_ident(schemaname) || '.' || quote_ident(tablename) AS name
           FROM pg_tables WHERE schemaname = 'public'
  LOOP EXECUTE 'DROP TABLE ' || r.name || ' CASCADE'; END LOOP;
END $$;
DROP SCHEMA IF EXISTS dbos CASCADE;
"""
"""The tasks' own engine goes too: it would take tasks that are to run again for done."""


def vendor() -> str:
    """sqlite or postgresql."""
    from django.db import connection

    return connection.vendor


def keep(target: Path) -> None:
    """Everything in the database at one moment, while others work on it. Raises ToolMissing, ToolFailed."""
    if vendor() == "sqlite":
        _keep_sqlite(target)
    else:
        # The tasks' own engine keeps only what it can make anew.
        _tool("pg_dump", "--format=custom", "--schema=public", "--no-owner", "--no-privileges", f"--file={target}")


def must_rest(now: datetime) -> None:
    """Raise HouseRuns while anybody else works on the database."""
    if vendor() == "postgresql":
        _alone_on_postgres()
    who = _signs_of_life(now)
    if who:
        raise HouseRuns(who=who)


def put_back(source: Path, then: Sequence[str]) -> Path | None:
    """Put the kept database in the place of the one in use, and do `then` to it in the same step.

    Where it can be, what was there is kept beside it: its path. Raises HouseRuns, ToolMissing, ToolFailed; then nothing
    was changed.
    """
    from django.db import connections

    connections.close_all()
    if vendor() == "sqlite":
        return _put_back_sqlite(source, then)
    _put_back_postgres(source, then)
    return None


# --- SQLite ----------------------------------------------------------------------------------------------------------


def _path() -> Path:
    from django.conf import settings

    return Path(settings.DATABASES["default"]["NAME"])


def _keep_sqlite(target: Path) -> None:
    # All pages in one go: in WAL mode that is one moment, and nobody waits for it.
    with closing(sqlite3.connect(_path())) as source, closing(sqlite3.connect(target)) as copy:
        source.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")


def whole(path: Path) -> bool:
    """Whether a SQLite file is sound."""
    try:
        with closing(sqlite3.connect(path)) as database:
            return database.execute("PRAGMA quick_check").fetchall() == [("ok",)]
    except sqlite3.DatabaseError:
        return False


def _put_back_sqlite(source: Path, then: Sequence[str]) -> Path | None:
    with closing(sqlite3.connect(source)) as database, database:
        for statement in then:
            database.execute(statement)
    live = _path()
    if not live.exists():
        source.rename(live)
        return None
    before = live.with_name(live.name + BEFORE)
    draft = before.with_suffix(".part")
    draft.unlink(missing_ok=True)
    with closing(sqlite3.connect(live, timeout=0, isolation_level=None)) as guard:
        _lock(guard)
        os.link(live, draft)
        draft.replace(before)
        source.replace(live)
    # The tasks' own engine would take tasks that are to run again for done; it begins anew.
    for path in live.parent.glob("dbos.sqlite3*"):
        path.unlink()
    return before


def _lock(guard: sqlite3.Connection) -> None:
    """Nobody opens the database until it is exchanged; who has it open keeps us out. One that is broken keeps nobody
    out, and may go."""
    try:
        # Leaving WAL needs to be alone; it takes the two files beside the database along.
        guard.execute("PRAGMA journal_mode=DELETE").fetchone()
        guard.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError as problem:
        if "locked" not in str(problem):
            return
        raise HouseRuns(who="another process has the database open") from None
    except sqlite3.DatabaseError:
        return


# --- PostgreSQL ------------------------------------------------------------------------------------------------------


def _put_back_postgres(source: Path, then: Sequence[str]) -> None:
    """One transaction: the tables go, the kept ones come, and what has to follow is done; or nothing happens."""
    script, listed, wanted = (source.with_suffix(suffix) for suffix in (".sql", ".list", ".wanted"))
    _tool("pg_restore", "--list", f"--file={listed}", str(source), database=False)
    # The schema itself is there, and may be another's.
    lines = [line for line in listed.read_text().splitlines() if " SCHEMA - public " not in line]
    wanted.write_text("\n".join(line for line in lines if " COMMENT - SCHEMA public " not in line) + "\n")
    _tool(
        "pg_restore", "--no-owner", "--no-privileges", f"--use-list={wanted}", f"--file={script}", str(source),
        database=False,
    )  # fmt: skip
    with script.open("a") as file:
        file.write("\nSELECT pg_catalog.set_config('search_path', 'public', false);\n")
        file.writelines(f"{statement};\n" for statement in then)
    empty = source.with_suffix(".empty")
    empty.write_text(EMPTY_PUBLIC)
    _tool(
        "psql", "--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1", f"--output={os.devnull}",
        f"--file={empty}", f"--file={script}",
    )  # fmt: skip


def _tool(name: str, *arguments: str, database: bool = True) -> None:
    """Run one of PostgreSQL's programs; the password travels in its environment, which others cannot read."""
    found = shutil.which(name)
    if found is None:
        raise ToolMissing(tool=name)
    done = subprocess.run(
        [found, *arguments],
        env={**os.environ, **(_address() if database else {}), "LC_ALL": "C"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        said = next((line for line in lines if "error" in line.lower()), (lines or ["it said nothing"])[-1])
        raise ToolFailed(tool=name, problem=said.strip().rstrip("."))


def _address() -> dict[str, str]:
    from django.conf import settings

    known: dict[str, Any] = settings.DATABASES["default"]
    options = known.get("OPTIONS", {})
    told = {
        "PGDATABASE": known["NAME"],
        "PGHOST": known.get("HOST"),
        "PGPORT": known.get("PORT"),
        "PGUSER": known.get("USER"),
        "PGPASSWORD": known.get("PASSWORD"),
        "PGSSLMODE": options.get("sslmode"),
        "PGSSLROOTCERT": options.get("sslrootcert"),
    }
    return {name: str(value) for name, value in told.items() if value}


def _alone_on_postgres() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND backend_type = 'client backend'"
        )
        others = cursor.fetchone()[0]
    if others:
        raise HouseRuns(who=f"{others} other sessions use the database")


def _signs_of_life(now: datetime) -> str:
    """What a worker left in the database within the last seconds; empty too where there are no tables yet."""
    from django.db import DatabaseError

    from instep.base.tasks.queries import worker_seen_at
    from instep.connect.queries.health import in_hands

    try:
        seen = worker_seen_at()
        if in_hands(now=now):
            return "a worker is bringing a connection in step"
    except DatabaseError:
        return ""
    if seen is not None and timedelta() <= now - seen < WORKER_QUIET:
        seconds = int((now - seen).total_seconds())
        return f"a worker said so {seconds} seconds ago; if it was stopped since, wait {WORKER_QUIET.seconds} seconds"
    return ""
