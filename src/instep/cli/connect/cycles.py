"""`instep connect run`: cycles of connections, here and now, until nothing is left to do."""

from __future__ import annotations

import argparse
import os
import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import connections
from django.utils import timezone

from instep.cli.connect.choose import awaits_preview, chosen, held_of, needs_somebody, preview_hint, standing
from instep.cli.refusals import CannotStart, Exit
from instep.cli.terminal import Progress, say, show_held, show_json, show_table
from instep.connect.cycle import Outcome, run_cycle
from instep.connect.errors import ConnectionNotReady
from instep.connect.inbox.outbox import fan_out
from instep.connect.models import Connection, ConnectionState, Dirty, Run
from instep.connect.registry import connector_for, transport_to

MOST_CYCLES = 20
"""Far more than any connection needs (a record waits for another a few times at most)."""


PASSING = ("lease lost", "halted")
"""Ends of a cycle that are no trouble of the remote: another worker, or a person, came between."""


@dataclass(slots=True)
class Ran:
    """What the cycles did."""

    cycles: int = 0
    rows: int = 0
    trouble: str = ""
    calls: Counter[str] = field(default_factory=Counter)
    quiet: bool = False


def run(options: argparse.Namespace) -> int:
    """Bring the connections in step; 1 when something is held, or a remote stopped it."""
    until = time.monotonic() + options.seconds
    answers = []
    rows = chosen(options)
    if not rows:
        raise CannotStart("There is no connection yet. Connect a system on the Connect page first.")
    for connection in rows:
        _check_ready(connection)
    for connection in rows:
        with watched(connection):
            ran = until_quiet(connection, until=until)
        connection.refresh_from_db()
        answers.append((connection, ran, standing(connection)))
    well = all(ran.quiet and not needs_somebody(facts) for _, ran, facts in answers)
    if options.json:
        show_json({"ok": well, "connections": [_plain(c, ran, facts) for c, ran, facts in answers]})
        return Exit.DONE if well else Exit.HELD
    show_table(
        ("id", "connection", "cycles", "rows", "calls", "linked", "held", "outcome"),
        [
            (
                *(c.pk, c.title, ran.cycles, ran.rows, ran.calls.total(), facts["linked"], facts["held"]),
                _outcome(ran, facts),
            )
            for c, ran, facts in answers
        ],
    )
    for connection, ran, facts in answers:
        if facts["held"]:
            show_held(held_of(connection, 20))
        if ran.trouble:
            say(f"{connection.title}: {ran.trouble}")
        if awaits_preview(facts):
            say(preview_hint(facts))
    return Exit.DONE if well else Exit.HELD


def _outcome(ran: Ran, facts: dict[str, Any]) -> str:
    if ran.quiet:
        return "waits for a preview" if awaits_preview(facts) else "in step"
    return ran.trouble or "not finished"


def _check_ready(connection: Connection) -> None:
    if connection.state == ConnectionState.SETUP:
        raise CannotStart(
            f"{connection.title} has not been linked yet. Look at what it would do with `instep connect plan`, "
            "then `instep connect apply`, or start it on the Connect page."
        )
    if connection.state == ConnectionState.NEEDS_PERSON:
        raise ConnectionNotReady(state=f"stopped ({connection.trouble})", wanted="run")
    if connection.state != ConnectionState.ACTIVE:
        raise ConnectionNotReady(state=connection.state.replace("_", " "), wanted="run")


@contextmanager
def watched(connection: Connection) -> Generator[None]:
    """Show the progress of the connection's run, whoever does it, while standard error is a terminal."""
    if not sys.stderr.isatty():
        yield
        return
    over = threading.Event()
    with Progress(connection.title, unit="rows") as bar:
        thread = threading.Thread(target=_show_progress, args=(connection, bar, over), daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join(2)


def _show_progress(connection: Connection, bar: Progress, over: threading.Event) -> None:
    try:
        while not over.wait(0.3):
            found = Run.objects.of(connection.firm_id).filter(connection=connection).order_by("-id").first()
            if found is not None:
                bar.at(found.done, found.total)
    finally:
        connections.close_all()


def until_quiet(connection: Connection, *, until: float, enough: Callable[[], bool] = bool) -> Ran:
    """Cycles until one finds nothing to do, `enough` says so, or something stops it."""
    ran = Ran()
    while time.monotonic() < until and ran.cycles < MOST_CYCLES:
        while fan_out(now=timezone.now()):
            pass
        outcome = cycle(connection)
        if not outcome.ran or outcome.trouble in PASSING:
            connection.refresh_from_db()
            if enough():
                return ran
            if connection.state != ConnectionState.ACTIVE:
                ran.trouble = connection.trouble or "Somebody paused or ended it meanwhile."
                return ran
            time.sleep(0.2)  # another worker is at it
            continue
        ran.cycles, ran.rows = ran.cycles + 1, ran.rows + outcome.rows
        ran.calls.update(outcome.calls)
        ran.trouble = outcome.trouble
        if outcome.trouble or enough():
            return ran
        if not outcome.rows:
            # Where a person sees every run first, what is left waits for them.
            if connector_for(connection.provider).asks_first or not _left(connection):
                ran.quiet = True
                return ran
            time.sleep(1)  # a write without an answer is not settled before its time
    ran.trouble = ran.trouble or "It did not come to an end in time. A worker goes on with it."
    return ran


def cycle(connection: Connection, *, poll: bool = True) -> Outcome:
    """One cycle in this process."""
    return run_cycle(
        connection,
        holder=f"command:{os.getpid()}",
        transport=transport_to(connection.address),
        clock=timezone.now,
        rng=random.Random(),
        poll=poll,
    )


def _left(connection: Connection) -> bool:
    return Dirty.objects.of(connection.firm_id).filter(connection=connection).exists()


def _plain(connection: Connection, ran: Ran, facts: dict[str, Any]) -> dict[str, Any]:
    return {
        **facts,
        "quiet": ran.quiet,
        "cycles": ran.cycles,
        "rows": ran.rows,
        "calls": dict(ran.calls),
        "trouble": ran.trouble,
        "held_records": held_of(connection),
    }
