"""Running the check: a throw-away folder and database, free ports, a hard limit of time, one table at the end."""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from instep.cli.demo.processes import WORKER_NAME, environment, ledger_child, sandbox_child, worker_child
from instep.cli.demo.sandbox import Ledger, Sandbox
from instep.cli.refusals import CannotStart, Exit
from instep.cli.supervisor.child import Child
from instep.cli.supervisor.ports import free_port
from instep.cli.supervisor.tree import Tree
from instep.cli.terminal import complain, say, show_json

if TYPE_CHECKING:
    from instep.cli.demo.check.figures import Figures
    from instep.cli.demo.check.money.figures import MoneyFigures

SEED = 20260131
GRACE_SECONDS = 60
"""What ending everything may take beyond the limit; then this process ends itself, and its children with it."""


def run(options: argparse.Namespace) -> int:
    """Play the story; 0 only if both sides are equal apart from what is held, none is doubled, and calls are few."""
    if options.organisations < 10 or options.jobs < 10 or options.edits < 2:
        raise CannotStart("The check needs at least 10 organisations, 10 jobs and 2 edits.")
    if options.documents and options.documents < 20:
        raise CannotStart("The check needs at least 20 documents, or --documents 0 to leave them out.")
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
    around = environment(folder, free_port())
    os.environ.update({name: around[name] for name in ("INSTEP_DATA", "INSTEP_SITE")})
    from instep.cli.migrate import migrate_now
    from instep.cli.opening import open_house

    open_house(tables=False)
    migrate_now()
    from django.db import connections

    from instep.cli.demo.check.generated import write_register
    from instep.cli.demo.check.play import OutOfTime

    share = max(2, options.organisations // 12)
    if not options.contracts:
        # Those on both sides and those that come from there make up the rest.
        write_register(register, organisations=options.organisations - 2 * share, jobs=options.jobs, seed=SEED)
    tree = Tree(folder / "demo.pids", lambda sentence: None if options.json else say(f"  {sentence}"))
    sandbox, ledger = Sandbox(free_port()), Ledger(free_port())
    watch = threading.Thread(target=tree.watch, daemon=True)
    tree.start(sandbox_child(folder, around, sandbox.port), *_for_documents(options, folder, around, ledger))
    watch.start()
    stage = Stage(options, tree, sandbox, ledger, register, begun=begun, deadline=deadline)
    try:
        figures, sets = _stories(stage)
    except OutOfTime as late:
        _show_log(folder)
        raise CannotStart(f"The check was given up after {options.seconds:.0f} s. {late}") from None
    finally:
        sandbox.close()
        ledger.close()
        tree.end_soon()
        watch.join(10)
        connections.close_all()
    figures.seconds["all"] = time.monotonic() - begun
    faults = [*figures.faults(), *(sentence for each in sets for sentence in each.problems())]
    if options.json:
        told = figures.as_json()
        show_json({**told, "ok": not faults, "faults": faults, "documents": [each.as_json() for each in sets]})
    else:
        _show(figures, sets, faults)
    return Exit.HELD if faults else Exit.DONE


def _for_documents(options: argparse.Namespace, folder: Path, around: dict[str, str], ledger: Ledger) -> list[Child]:
    """The worker and, where documents are sent, the stand-in for Xero; this process and the worker know every size."""
    if not options.documents:
        return [worker_child(folder, around)]
    from instep.cli.demo.check.money.sizes import install, sizes_for, worker_command

    sizes = [size for _, size in sizes_for(options.documents)]
    install(sizes)
    return [
        worker_child(folder, around, worker_command(WORKER_NAME, sizes)),
        ledger_child(folder, around, ledger.port),
    ]


@dataclass(frozen=True, slots=True)
class Stage:
    """Everything that a story is played with. The moments are those of time.monotonic()."""

    options: argparse.Namespace
    tree: Tree
    sandbox: Sandbox
    ledger: Ledger
    register: Path
    begun: float
    deadline: float


def _stories(stage: Stage) -> tuple[Figures, list[MoneyFigures]]:
    """Both halves, one after the other. Raises OutOfTime."""
    from django.db import connections

    from instep.cli.demo.check.cast import check_firm
    from instep.cli.demo.check.money.sizes import sizes_for
    from instep.cli.demo.check.money.story import MoneyStory
    from instep.cli.demo.check.story import Story

    options = stage.options
    tell: Callable[[str], None] = (lambda _: None) if options.json else say
    story = Story(
        tree=stage.tree,
        sandbox=stage.sandbox,
        firm=check_firm(organisations=options.organisations, seed=SEED),
        register=stage.register,
        deadline=stage.deadline,
        edits=options.edits,
        seed=SEED,
        tell=tell,
    )
    story.figures.database = connections["default"].vendor
    story.seconds["start"] = time.monotonic() - stage.begun
    figures, sets = story.play(), []
    for number, (documents, size) in enumerate(sizes_for(options.documents) if options.documents else [], 1):
        tell(f"Documents, {size} a call")
        play = MoneyStory(
            tree=stage.tree,
            ledger=stage.ledger,
            key=f"set{number}",
            number=number,
            documents=documents,
            batch=size,
            deadline=stage.deadline,
            seed=SEED + number,
            tell=tell,
        )
        sets.append(play.play())
    return figures, sets


def _show(figures: Figures, sets: list[MoneyFigures], faults: list[str]) -> None:
    from instep.cli.demo.check.money.figures import show

    say()
    figures.show()
    if sets:
        show(sets)
    say()
    for fault in faults:
        say(f"NOT AS IT MUST BE: {fault}")
    if not faults:
        say(
            "Both sides are equal, field by field" + (" and to the cent" if sets else "") + ", apart from what is held."
        )


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
