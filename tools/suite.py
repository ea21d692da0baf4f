"""The tests: `run.py test` runs all on SQLite, then on PostgreSQL what touches a database; with arguments, one run.

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
from pathlib import Path

import psycopg

ROOT = Path(__file__).resolve().parent.parent
# What these prove does not depend on the database: SQLite's run has said it already.
WITHOUT_DATABASE = ("tests/kernel", "tests/sandboxes", "tests/architecture")
NOTHING_TO_RUN = 5  # pytest's exit code where no test was left
COUNT = re.compile(r"(\d+) (passed|failed|errors?|skipped|xfailed|xpassed)")


def pytest(database: str, arguments: list[str]) -> tuple[int, Counter[str]]:
    """One run on one database, shown as it goes: pytest's exit code and its counts."""
    environment = {**os.environ, "INSTEP_TEST_DB": database, "PYTHONUNBUFFERED": "1"}
    environment.pop("DJANGO_SETTINGS_MODULE", None)  # the tests choose their data folder first
    colour = "yes" if sys.stdout.isatty() else "no"
    command = [sys.executable, "-m", "pytest", f"--color={colour}", *arguments]
    last = ""
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, bufsize=1) as running:
        for line in running.stdout or ():
            print(line, end="", flush=True)
            last = line if COUNT.search(line) else last
    counts: Counter[str] = Counter()
    for number, word in COUNT.findall(last):
        counts[word.rstrip("s") if word.startswith("error") else word] += int(number)
    return running.returncode, counts


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
    if arguments := sys.argv[1:]:
        return pytest("sqlite", arguments)[0]
    start = time.perf_counter()
    code, counts = pytest("sqlite", [])
    codes = [code]
    if (problem := postgres_problem()) is None:
        ignored = [f"--ignore={folder}" for folder in WITHOUT_DATABASE]
        code, more = pytest("postgres", ["-m", "not browser", *ignored])
        codes.append(code if code != NOTHING_TO_RUN else 0)
        counts += more
    elif os.environ.get("INSTEP_REQUIRE_PG") == "1":
        print(f"PostgreSQL is required and cannot be used: {problem}")
        codes.append(1)
    else:
        print(f"Not run on PostgreSQL: {problem}")
    failed = counts["failed"] + counts["error"]
    if any(codes) and not failed:
        failed = 1  # pytest itself could not go on; it has said why
    print(f"both runs took {time.perf_counter() - start:.0f} s")
    print(f"{counts['passed']} passed, {failed} failed")
    return 1 if any(codes) else 0


if __name__ == "__main__":
    sys.exit(main())
