"""The running demo: prepare what is not there, start everything at once, say where to click, keep it alive."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path
from typing import IO

from instep.cli.demo import stamp
from instep.cli.demo.firms.banksia import BANKSIA
from instep.cli.demo.firms.ledgers import ledger_of
from instep.cli.demo.firms.quill import QUILL
from instep.cli.demo.firms.shape import PASSWORD, DemoFirm
from instep.cli.demo.processes import environment, ledger_child, sandbox_child, web_child, worker_child
from instep.cli.demo.sandbox import Ledger, Sandbox
from instep.cli.refusals import CannotStart, Exit
from instep.cli.supervisor.ports import HOST, free_port, need_port, wait_for
from instep.cli.supervisor.tree import Tree
from instep.cli.terminal import say

FIRMS: tuple[DemoFirm, ...] = (BANKSIA, QUILL)
SANDBOX_PORT, LEDGER_PORT = 8001, 8002
SLOWEST_START = 60.0


def run(folder: Path, *, port: int, hint: bool) -> int:
    """Run the demo until it is asked to end. Raises CannotStart."""
    begun = time.monotonic()
    lock = take_folder(folder)
    web_port = port or free_port()
    need_port(web_port, "the web server", "choose another with --port")
    known = stamp.read(folder)
    sandbox = Sandbox(free_port(stamp.last_port(folder, "sandbox_port") or SANDBOX_PORT))
    ledger = Ledger(free_port(stamp.last_port(folder, "ledger_port") or LEDGER_PORT))
    ports = {"sandbox_port": sandbox.port, "ledger_port": ledger.port, "web_port": web_port}
    around = environment(folder, web_port)
    tree = Tree(folder / "demo.pids", say)
    tree.catch_signals()
    try:
        # The web server takes longest to get ready, and needs no table for that.
        tree.start(web_child(folder, around, web_port), sandbox_child(folder, around, sandbox.port))
        books = ledger_child(folder, around, ledger.port)
        prepared = all(known.get(name) == port for name, port in ports.items())
        if not prepared:
            if not known:
                say("Preparing two firms; once.")
            tree.start(books)
            _prepare(folder, around, sandbox, ledger)
            stamp.write(folder, **ports)
        tree.start(worker_child(folder, around))
        if not wait_for(web_port, "/accounts/login/", seconds=SLOWEST_START):
            raise CannotStart(f"The web server does not answer. Its log says why: {folder / 'log' / 'web.log'}")
        if prepared:
            tree.start(books)  # nobody looks into the books before the first page
        _tell(web_port, sandbox, ledger, folder, time.monotonic() - begun, hint=hint)
        tree.watch()
    finally:
        tree.close()
        lock.close()
    say("Ended. Everything is kept; the next start goes on from here.")
    return Exit.DONE


def take_folder(folder: Path) -> IO[str]:
    """The folder for this process alone; let go of it by closing what comes back. Raises CannotStart."""
    lock = (folder / "demo.lock").open("a")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        raise CannotStart(
            f"A demo runs on {folder} already. Use that one, or choose another folder with --data."
        ) from None
    # Children must not inherit the lock: one that lives a moment longer would keep the next start away.
    os.set_inheritable(lock.fileno(), False)
    return lock


def _prepare(folder: Path, around: dict[str, str], sandbox: Sandbox, ledger: Ledger) -> None:
    """Tables, firms, the sandboxes' records, the connections: each only where it is not there yet."""
    from instep.cli.migrate import migrate_now, names_waiting
    from instep.cli.opening import open_house

    os.environ["INSTEP_SITE"] = around["INSTEP_SITE"]
    open_house(tables=False)
    from instep.cli.demo.ledgers import join_ledger, plant_ledgers
    from instep.cli.demo.plant import join, plant

    if names_waiting():
        migrate_now()
    need_room_of_its_own()
    rows = [plant(firm) for firm in FIRMS]
    sandbox.wait(SLOWEST_START)
    ledger.wait(SLOWEST_START)
    from instep.cli.demo.seeds import seed_of

    plant_ledgers(FIRMS, ledger, back=f"{around['INSTEP_SITE']}/connections/back/")
    for firm, row in zip(FIRMS, rows, strict=True):
        if sandbox.records(firm.account, "companies") is None:
            sandbox.seed({"accounts": [seed_of(firm)]})
        join(firm, row, address=sandbox.api)
        join_ledger(firm, row, address=ledger.api)
    sandbox.close()
    ledger.close()
    _let_go_of_database()


def need_room_of_its_own() -> None:
    """Raise CannotStart in a database where somebody works: invented firms do not belong there."""
    from instep.base.identity.models import Firm

    others = Firm.objects.exclude(key__in=[firm.key for firm in FIRMS]).values_list("name", flat=True)[:3]
    if others:
        raise CannotStart(
            f"This database is used by {', '.join(others)}. The demo wants one of its own: unset DATABASE_URL, or "
            "choose another folder with --data."
        )


def _let_go_of_database() -> None:
    from django.db import connections

    connections.close_all()


def _tell(web_port: int, sandbox: Sandbox, ledger: Ledger, folder: Path, seconds: float, *, hint: bool) -> None:
    say(f"\nInstep runs (ready after {seconds:.1f} s). Ctrl-C ends it.\n")
    if hint:
        say(f"  Open      http://{HOST}:{web_port}/")
    say(f"  Sign in   password {PASSWORD} for everybody:")
    for firm in FIRMS:
        say(f"              {firm.name}, {firm.zone.partition('/')[2]}")
        for person in firm.people:
            if person.role:
                say(f"                {person.email:<28} {person.name}, {person.role}")
    say(f"  tiny+     {sandbox.page}  the other system, as its users see it: both firms are linked with it.")
    say("            Change a company on either side; the other shows it within two seconds.")
    say(f"  Xero      {ledger.page}  the books. {BANKSIA.name} is connected: its preview waits for you.")
    theirs = ledger_of(QUILL)
    say(f"            {QUILL.name} is yours to connect, with this client id, secret and address:")
    say(f"              {theirs.client_id}, {theirs.client_secret}, {ledger.api}")
    say(f"  Data      {folder}  (logs in log/; remove the folder to begin anew)\n")
