"""Running the check: a throw-away folder and database, free ports, a hard limit of time, one table at the end."""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from instep.cli.demo.processes import environment, sandbox_child, worker_child
from instep.cli.demo.sandbox import Sandbox
from instep.cli.refusals import CannotStart, Exit
from instep.cli.supervisor.ports import free_port
from instep.cli.supervisor.tree import Tree
from instep.cli.terminal import complain, say, show_json

SEED = 20260131
GRACE_SECONDS = 60
"""What ending everything may take beyond the limit; then this process ends itself, and its children with it."""


def run(options: argparse.Namespace) -> int:
    """Play the story; 0 only if both sides are equal apart from what is held, none is doubled, and calls are few."""
    if options.organisations < 10 or options.jobs < 10 or options.edits < 2:
        raise CannotStart("The check needs at least 10 organisations, 10 jobs and 2 edits.")
    if options.contracts and not Path(options.contracts).is_file():
        raise CannotStart(f"The register {options.contracts} cannot be read. Is it a file?")
    deadline = time.monotonic() + options.seconds
    folder = Path(tempfile.mkdtemp(prefix="instep-check-"))
    _end_hard_after(options.seconds + GRACE_SECONDS, folder, options.json)
    try:
        with _database(folder):
            return _play(options, folder, deadline)
    finally:
        if options.keep:
            complain(f"Kept: {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)


def _play(options: argparse.Namespace, folder: Path, deadline: float) -> int:
    begun = time.monotonic()
    register = Path(options.contracts).absolute() if options.contracts else folder / "register.csv"
    port = free_port()
    around = environment(folder, free_port())
    os.environ.update({name: around[name] for name in ("INSTEP_DATA", "INSTEP_SITE")})
    from instep.cli.migrate import migrate_now
    from instep.cli.opening import open_house

    open_house(tables=False)
    migrate_now()
    from django.db import connections

    from instep.cli.demo.check.cast import check_firm
    from instep.cli.demo.check.generated import write_register
    from instep.cli.demo.check.story import OutOfTime, Story

    share = max(2, options.organisations // 12)
    if not options.contracts:
        # Those on both sides and those that come from there make up the rest.
        write_register(register, organisations=options.organisations - 2 * share, jobs=options.jobs, seed=SEED)
    tree = Tree(folder / "demo.pids", lambda sentence: None if options.json else say(f"  {sentence}"))
    sandbox = Sandbox(port)
    watch = threading.Thread(target=tree.watch, daemon=True)
    tree.start(sandbox_child(folder, around, port), worker_child(folder, around))
    watch.start()
    story = Story(
        tree=tree,
        sandbox=sandbox,
        firm=check_firm(organisations=options.organisations, seed=SEED),
        register=register,
        deadline=deadline,
        edits=options.edits,
        seed=SEED,
        tell=(lambda _: None) if options.json else say,
    )
    story.figures.database = connections["default"].vendor
    story.figures.seconds["start"] = time.monotonic() - begun
    try:
        figures = story.play()
    except OutOfTime as late:
        _show_log(folder)
        raise CannotStart(f"The check was given up after {options.seconds:.0f} s. {late}") from None
    finally:
        sandbox.close()
        tree.end_soon()
        watch.join(10)
        connections.close_all()
    figures.seconds["all"] = time.monotonic() - begun
    if options.json:
        show_json(figures.as_json())
    else:
        say()
        figures.show()
    return Exit.HELD if figures.faults() else Exit.DONE


def _show_log(folder: Path) -> None:
    try:
        lines = (folder / "log" / "worker.log").read_text(errors="replace").splitlines()[-15:]
    except OSError:
        return
    complain("\n".join(("The worker's last words:", *lines)))


def _end_hard_after(seconds: float, folder: Path, in_json: bool) -> None:
    """Whatever hangs: this process ends itself. Its children end with it."""

    def end() -> None:
        sentence = "The check hung beyond its time, and was ended."
        complain(sentence)
        if in_json:
            show_json({"ok": False, "error": {"code": "cannot_start", "sentence": sentence}})
        shutil.rmtree(folder, ignore_errors=True)
        os._exit(Exit.WRONG)

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()


@contextmanager
def _database(folder: Path) -> Generator[None]:
    """A database of its own: a SQLite file in the folder, or, with DATABASE_URL, a new one on that server."""
    address = os.environ.get("DATABASE_URL", "")
    if not address or "sqlite" in address:
        os.environ.pop("DATABASE_URL", None)
        try:
            yield
        finally:
            if address:
                os.environ["DATABASE_URL"] = address
        return
    name = f"instep_check_{os.getpid()}"
    _on_server(address, f"CREATE DATABASE {name}")
    head, _, _ = address.partition("?")
    os.environ["DATABASE_URL"] = f"{head.rpartition('/')[0]}/{name}"
    try:
        yield
    finally:
        os.environ["DATABASE_URL"] = address
        _on_server(address, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def _on_server(address: str, statement: str) -> None:
    """Run a statement about databases: from the one named, or, where that is not there, from the server's own."""
    import psycopg

    head, mark, options = address.partition("?")
    problem: Exception | None = None
    for place in (address, f"{head.rpartition('/')[0]}/postgres{mark}{options}"):
        try:
            with psycopg.connect(place, autocommit=True, connect_timeout=10) as connection:
                connection.execute(statement.encode())
            return
        except psycopg.Error as refused:
            problem = problem or refused
    reason = str(problem).strip().splitlines()[0] if str(problem).strip() else type(problem).__name__
    raise CannotStart(f"The check cannot make its own database: {reason}")
