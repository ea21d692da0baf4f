"""The story, step by step: import, first link with a kill, crossing edits, a quiet run, both sides compared."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.utils import timezone

from instep.base.identity.actor import Actor
from instep.base.identity.models import Firm
from instep.base.outbox.models import OutboxRow
from instep.base.tasks.queries import task_of
from instep.base.tasks.states import LIVE, TaskState
from instep.cli.demo.check import compare
from instep.cli.demo.check.edits import Edited, Editor, lost
from instep.cli.demo.check.figures import Figures
from instep.cli.demo.check.play import Play
from instep.cli.demo.firms.shape import DemoFirm
from instep.cli.demo.plant import join, plant
from instep.cli.demo.sandbox import Sandbox
from instep.cli.demo.seeds import seed_of
from instep.cli.refusals import CannotStart
from instep.cli.terminal import Progress
from instep.connect.actions.adjust import change_pace
from instep.connect.actions.connections import sync_now
from instep.connect.capability import Workload, min_calls
from instep.connect.inbox.outbox import mark_everything
from instep.connect.models import (
    Connection,
    ConnectionState,
    Cursor,
    Dirty,
    Intent,
    JournalEntry,
    Link,
    LinkState,
    Observation,
    Run,
    RunState,
)
from instep.connect.models.plans import OPEN_INTENTS
from instep.connect.place import bench_of
from instep.jobs.intake.tasks import request_contracts_import

BEYOND_OVERLAP = 60
"""The sandbox's clock is moved on by this many seconds, far more than any cursor looks back."""
SLOW_POLL_SECONDS = 3600
"""While polls are counted one by one, the worker makes none of its own."""
WRITES = ("create", "update", "delete")


@dataclass(kw_only=True)
class Story(Play):
    """One play of the first half."""

    sandbox: Sandbox
    firm: DemoFirm
    register: Path
    edits: int
    seed: int
    figures: Figures = field(default_factory=Figures)

    def play(self) -> Figures:
        """All of it. Raises OutOfTime and CannotStart."""
        row = plant(self.firm)
        self.sandbox.wait(max(10.0, self.left()))
        self.sandbox.seed({"accounts": [seed_of(self.firm)]})
        with self.step("import"):
            self._import(row)
        connection, before = self._link(row)
        with self.step("edits"):
            edits = self._edit(connection)
        with self.step("quiet"):
            self._quiet(connection)
        with self.step("compare"):
            self._compare(connection, before, edits)
        self.remember_memory()
        self.figures.peak_megabytes = self.peak_megabytes
        self.figures.seconds |= self.seconds
        self.figures.restarts = self.tree["worker"].starts - 1
        return self.figures

    # --- the import --------------------------------------------------------------------------------------------------

    def _import(self, row: Firm) -> None:
        """Through the door for background work: the worker's process does it."""
        task = request_contracts_import(str(self.register), by=Actor.system(row, "check"), key="check")
        with Progress("Import", unit="rows") as bar:
            while task.state in LIVE:
                self.pause("the import")
                task = task_of(row, task.pk)
                bar.at(task.done_count, task.total_count, task.message)
        if task.state != TaskState.DONE:
            raise CannotStart(f"The import did not succeed: {task.error}")
        self.figures.imported = dict(task.result or {})

    # --- the first link ----------------------------------------------------------------------------------------------

    def _link(self, row: Firm) -> tuple[Connection, dict[tuple[str, str], Any]]:
        connection = join(self.firm, row, address=self.sandbox.api, start=False)
        bench, sides = compare.read_sides(connection, self.sandbox, self.firm.account)
        before = compare.names_of(sides)
        there = {side.pair.remote_type: len(side.theirs) for side in sides}
        # A record that is on both sides becomes one link; of the team only those whom we know.
        expected = sum(len(side.ours) for side in sides)
        number = int(self.sandbox.calls()["number"])
        with self.step("first link"):
            join(self.firm, row, address=self.sandbox.api)
            with Progress("First link", expected, unit="records") as bar:
                self._wait_linked(connection, expected // 2, bar)
                self._kill(connection)
                looked = int(self.sandbox.calls()["number"])
                while connection.linked_at is None:
                    self.pause("the first link")
                    connection.refresh_from_db()
                    bar.at(self._linked(connection))
            calls = self.sandbox.calls(number)
        late = [call for call in calls["last"] if call["at"] > connection.linked_at.timestamp()]
        self.figures.first_calls = calls["total"] - len(late)
        again = self.sandbox.calls(looked)
        self.figures.looked_again = sum(
            count for operation, count in again["by_operation"].items() if operation.startswith("list ")
        ) - sum(call["operation"].startswith("list ") for call in late)
        kinds = {side.pair.remote_type: side.pair.kind for side in sides}
        # The write that the kill left open is looked for among what is read again, so it adds nothing to the minimum.
        work = Workload(
            remote_records=there,
            writes={remote_type: self._written(connection, kind) for remote_type, kind in kinds.items()},
        )
        # Nothing at this remote guards a record against being overwritten: where records are changed, the fewest calls
        # that keep an edit made meanwhile are one list of what moved.
        guards = sum(self._written(connection, kind, op="update_there") > 0 for kind in kinds.values())
        self.figures.first_minimum = min_calls(dict(bench.connector.capabilities), work) + guards
        self._wait_in_step(connection, "everything that the first link brought to be carried on")
        return connection, before

    def _linked(self, connection: Connection) -> int:
        return Link.objects.of(connection.firm_id).filter(connection=connection, state=LinkState.LIVE).count()

    def _wait_linked(self, connection: Connection, wanted: int, bar: Progress) -> None:
        while (now := self._linked(connection)) < wanted:
            self.pause(f"{wanted} records to be linked ({now} are)")
            bar.at(now)
            connection.refresh_from_db()
            if connection.linked_at is not None:
                return

    def _kill(self, connection: Connection) -> None:
        """Kill the worker in the middle, and look how far it was."""
        self.kill_worker()
        self.figures.killed_at = self._linked(connection)
        self.figures.unknown = self._open_intents(connection)

    def _written(self, connection: Connection, kind: str, **which: str) -> int:
        """Writes to the remote until the first link was complete."""
        rows = JournalEntry.objects.of(connection.firm_id).filter(
            run__connection=connection, kind=kind, side="there", outcome__in=("done", "recovered"), **which
        )
        return rows.filter(at__lte=connection.linked_at or timezone.now()).count()

    # --- edits -------------------------------------------------------------------------------------------------------

    def _edit(self, connection: Connection) -> list[Edited]:
        bench, sides = compare.read_sides(connection, self.sandbox, self.firm.account)
        made = Editor(bench, sides, self.sandbox, self.firm.account, self.seed).make(self.edits)
        self.figures.edits = len(made)
        begun = time.monotonic()
        self._wait_in_step(connection, "all edits to arrive")
        self.figures.edit_seconds = time.monotonic() - begun
        return made

    # --- quiet -------------------------------------------------------------------------------------------------------

    def _quiet(self, connection: Connection) -> None:
        """One poll past the overlap costs one list a type; a second look at every record writes nothing."""
        by = Actor.system(connection.firm_id, "check")
        change_pace(connection.pk, by=by, poll_seconds=SLOW_POLL_SECONDS)
        self._wait_polled(connection)
        self.sandbox.advance(BEYOND_OVERLAP)
        self._poll(connection, by)  # reads the overlap for the last time
        self.figures.quiet_calls = self._poll(connection, by)["total"]
        bench = bench_of(connection)
        work = Workload(remote_changes={pair.remote_type: 0 for pair in bench.pairs})
        self.figures.quiet_minimum = min_calls(dict(bench.connector.capabilities), work)
        entries, number = self._entries(connection), int(self.sandbox.calls()["number"])
        for pair in bench.pairs:
            mark_everything(connection, pair.kind, now=timezone.now())
        self._wait_in_step(connection, "a second look at every record", polled=False)
        self._poll(connection, by)
        again = self.sandbox.calls(number)["by_operation"]
        sent = sum(count for operation, count in again.items() if operation.startswith(WRITES))
        self.figures.second_run_writes = max(sent, self._entries(connection) - entries)

    def _poll(self, connection: Connection, by: Actor) -> dict[str, Any]:
        """Have the worker look at the remote once; the calls that this took."""
        number = int(self.sandbox.calls()["number"])
        sync_now(connection.pk, by=by)
        self._wait_polled(connection)
        return self.sandbox.calls(number)

    def _wait_polled(self, connection: Connection) -> None:
        """Until the poll that is due has been made; the next one is an hour away."""
        while True:
            connection.refresh_from_db()
            if connection.next_poll_at is not None:
                return
            self.pause("the worker to look at the remote")

    def _entries(self, connection: Connection) -> int:
        return JournalEntry.objects.of(connection.firm_id).filter(run__connection=connection).count()

    # --- the end -----------------------------------------------------------------------------------------------------

    def _compare(self, connection: Connection, before: dict[tuple[str, str], Any], edits: list[Edited]) -> None:
        bench, sides = compare.read_sides(connection, self.sandbox, self.firm.account)
        found = self.figures
        found.compared, found.differences = compare.differences(bench, sides)
        found.duplicates = compare.duplicates(sides, before)
        found.edits_lost = lost(bench, sides, edits)
        found.held = [
            {"kind": li.kind, "label": li.label, "code": li.held_code, "reason": li.held_reason}
            for side in sides
            for li in side.links
            if li.held_code
        ]
        found.linked = sum(li.state == LinkState.LIVE for side in sides for li in side.links)
        found.records = found.linked + sum(li.state != LinkState.LIVE for side in sides for li in side.links)
        runs = Run.objects.of(connection.firm_id).filter(connection=connection, state=RunState.STOPPED)
        found.stops = list(runs.order_by("id").values_list("message", flat=True))
        entries = JournalEntry.objects.of(connection.firm_id).filter(
            run__connection=connection, outcome__in=("done", "recovered")
        )
        found.writes_out = entries.filter(side="there").count()
        found.writes_in = entries.filter(side="here").exclude(op="link").count()

    # --- waiting -----------------------------------------------------------------------------------------------------

    def _wait_in_step(self, connection: Connection, what: str, *, polled: bool = True) -> None:
        """Until nothing is left to do and, with `polled`, a whole look at the remote that began after now is done."""
        since = timezone.now()
        while not self._in_step(connection, since, polled=polled):
            self.pause(what)
            connection.refresh_from_db()
            if connection.state != ConnectionState.ACTIVE:
                raise CannotStart(f"The connection stopped: {connection.trouble}")

    def _in_step(self, connection: Connection, since: Any, *, polled: bool) -> bool:
        firm = connection.firm_id
        if OutboxRow.objects.of(firm).exists() or Dirty.objects.of(firm).filter(connection=connection).exists():
            return False
        if Observation.objects.of(firm).filter(connection=connection, pending=True).exists():
            return False
        if self._open_intents(connection):
            return False
        if connection.in_step_at is None or connection.in_step_at <= since:
            return False
        read = Cursor.objects.of(firm).filter(connection=connection).values_list("read_here_at", flat=True)
        return not polled or all(at is not None and at > since for at in read)

    def _open_intents(self, connection: Connection) -> int:
        rows = Intent.objects.of(connection.firm_id).filter(connection=connection, state__in=OPEN_INTENTS)
        return rows.count()
