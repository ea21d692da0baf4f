"""The tests: `run.py test` runs all on SQLite and, beside it, on PostgreSQL what touches a database; with arguments,
one run, on SQLite or with INSTEP_TEST_DB=postgres on PostgreSQL.

Environment: see tests/environment.py; INSTEP_REQUIRE_PG=1 makes a missing PostgreSQL an error instead of a remark.
"""

from __future__ import annotations

import getpass
import os
import re
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO

import psycopg

ROOT = Path(__file__).resolve().parent.parent
# What these prove does not depend on the database: SQLite's run has said it already.
WITHOUT_DATABASE = ("tests/kernel", "tests/sandboxes", "tests/architecture", "tests/browser")
COUNT = re.compile(r"(\d+) (passed|failed|errors?|skipped|xfailed|xpassed)")


@dataclass
class Running:
    """One run of pytest on one database; its counts fill as it is shown."""

    process: subprocess.Popen[str]
    said: IO[str]
    counts: Counter[str] = field(default_factory=Counter)

    def show(self) -> int:
        """Print what it says, from its first line to its end: pytest's exit code."""
        last = ""
        while True:
            ended = self.process.poll() is not None
            for line in self.said:
                print(line, end="", flush=True)
                last = line if COUNT.search(line) else last
            if ended:
                break
            time.sleep(0.2)
        for number, word in COUNT.findall(last):
            self.counts[word.rstrip("s") if word.startswith("error") else word] += int(number)
        return self.process.returncode


def begin(database: str, arguments: list[str], said: Path) -> Running:
    """Start pytest on one database; `said` is the file that it writes into."""
    environment = {**os.environ, "INSTEP_TEST_DB": database, "PYTHONUNBUFFERED": "1"}
    environment.pop("DJANGO_SETTINGS_MODULE", None)  # the tests choose their data folder first
    colour = "yes" if sys.stdout.isatty() else "no"
    command = [sys.executable, "-m", "pytest", f"--color={colour}", *arguments]
    with said.open("w") as out:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=out, text=True)
    return Running(process, said.open())


def postgres_problem() -> str | None:
    """Why PostgreSQL cannot be used, or None; the address is that of tests/environment.py."""
    address = os.environ.get("INSTEP_TEST_PG") or f"postgresql://{getpass.getuser()}@127.0.0.1:5432/postgres"
    try:
        psycopg.connect(address, connect_timeout=5).close()
    except psycopg.Error as error:
        return str(error).strip().splitlines()[0]
    return None


def main() -> int:
    """With arguments, one run of pytest with them on SQLite; else both databases and their sum as the last line."""
    with TemporaryDirectory() as folder:
        return run(Path(folder), sys.argv[1:])


def run(folder: Path, arguments: list[str]) -> int:
    """As `main`; what the runs say passes through files of `folder`, so that two may speak at once."""
    if arguments:
        return begin(os.environ.get("INSTEP_TEST_DB", "sqlite"), arguments, folder / "said").show()
    start = time.perf_counter()
    runs = [begin("sqlite", ["-o", "cache_dir=.pytest_cache/sqlite"], folder / "sqlite")]
    problem = postgres_problem()
    if problem is None:
        ignored = [f"--ignore={each}" for each in WITHOUT_DATABASE]
        where = ["-o", "cache_dir=.pytest_cache/postgres", "-m", "not browser"]
        runs.append(begin("postgres", [*where, *ignored], folder / "postgres"))
    codes = [each.show() for each in runs]
    if problem is not None and os.environ.get("INSTEP_REQUIRE_PG") == "1":
        print(f"PostgreSQL is required and cannot be used: {problem}")
        codes.append(1)
    elif problem is not None:
        print(f"Not run on PostgreSQL: {problem}")
    counts = sum((each.counts for each in runs), Counter[str]())
    failed = counts["failed"] + counts["error"]
    if any(codes) and not failed:
        failed = 1  # pytest itself could not go on; it has said why
    print(f"both runs took {time.perf_counter() - start:.0f} s")
    print(f"{counts['passed']} passed, {failed} failed")
    return 1 if any(codes) else 0


if __name__ == "__main__":
    sys.exit(main())
