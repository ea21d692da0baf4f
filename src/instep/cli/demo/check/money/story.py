"""Documents from draft to payment: previewed, sent in batches with faults and a kill, paid, cancelled, then quiet."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone

from instep.base.identity.actor import Actor
from instep.base.identity.models import Firm
from instep.base.tasks.queries import task_of
from instep.base.tasks.states import LIVE, TaskState
from instep.billing.models import Document, Payment
from instep.bridge.accounting.amounts import INCOME, NO_TAX
from instep.cli.demo.check.money import cast
from instep.cli.demo.check.money.cancelled import cancel_some, count_credited
from instep.cli.demo.check.money.compare import compare
from instep.cli.demo.check.money.faults import Heard
from instep.cli.demo.check.money.figures import MoneyFigures
from instep.cli.demo.check.money.sizes import NO_LIMIT, key_of
from instep.cli.demo.check.play import Play
from instep.cli.demo.sandbox import Ledger
from instep.cli.refusals import CannotStart
from instep.cli.terminal import Progress
from instep.connect.actions.adjust import change_pace, join_values
from instep.connect.actions.connections import connect_remote, sync_now
from instep.connect.actions.decisions import approve_plan
from instep.connect.actions.previews import request_preview
from instep.connect.capability import Workload, min_calls
from instep.connect.inbox.outbox import fan_out
from instep.connect.models import (
    Connection,
    ConnectionState,
    Intent,
    JournalEntry,
    Link,
    LinkState,
    OpKind,
    Plan,
    PlanOp,
    PlanState,
)
from instep.connect.models.plans import OPEN_INTENTS
from instep.connect.place import bench_of
from instep.connect.protocols import KnowsReferences
from instep.connect.registry import connector_for

READS = ("list ", "read ", "token")
MAPPED = (("account", INCOME, "200"), ("tax_code", "GST", "OUTPUT"), ("tax_code", NO_TAX, "BASEXCLUDED"))
LOOKS_APART = 20
"""Pauses between two looks for a write without an answer."""
SLOW_POLL_SECONDS, BEYOND_OVERLAP = 3600, 60
PAID_ON = dt.date(2025, 4, 10)
PRESSES = 60
"""So often somebody presses Preview again after a fault, with a moment between."""
ENDED = (PlanState.APPLIED, PlanState.ABORTED, PlanState.EXPIRED)


@dataclass(kw_only=True)
class MoneyStory(Play):
    """One set of documents, through a connector that takes `batch` a call."""

    ledger: Ledger
    key: str
    number: int
    documents: int
    batch: int
    seed: int
    figures: MoneyFigures = field(init=False)
    heard: Heard = field(init=False)
    connection: Connection = field(init=False)
    by: Actor = field(init=False)

    def play(self) -> MoneyFigures:
        """All of it. Raises OutOfTime and CannotStart."""
        self.figures = MoneyFigures(self.batch)
        starts = self.tree["worker"].starts
        with self.step("documents"):
            row, self.by = cast.plant_practice(cast.money_firm(self.key, self.documents))
            invoices = cast.bill(row, self.by, self.documents, seed=self.seed)
        self._connect(row)
        number = int(self.ledger.calls()["number"])
        self.heard = Heard(self.ledger)
        self.heard.begin()
        with self.step("sending"):
            self._transfer(row, kill=True)
        with self.step("paying and cancelling"):
            self._pay(invoices)
            self.figures.cancelled, ids = cancel_some(row, self.by, invoices)
            self._transfer(row)
        self.heard.end()
        self._count_calls(number)
        with self.step("quiet run"):
            self._quiet()
        found = self.figures
        found.compared = compare(row, self.ledger, self.key)
        numbers = [invoice.number for invoice in invoices if invoice.pk in ids]
        count_credited(found.cancelled, self.ledger, self.key, numbers)
        found.invoices, found.payments = len(invoices), Payment.objects.of(row).count()
        found.credits = found.compared.documents - found.invoices
        self.remember_memory()
        found.restarts = self.tree["worker"].starts - starts
        found.peak_megabytes, found.seconds = self.peak_megabytes, self.seconds
        return found

    # --- setting the stage -------------------------------------------------------------------------------------------

    def _connect(self, row: Firm) -> None:
        seed = cast.ledger_for(self.key, self.number)
        self.ledger.seed(seed.seed("http://127.0.0.1/"))
        self.ledger.tell("switches", dict.fromkeys(("per_minute", "per_day", "app_per_minute"), NO_LIMIT))
        provider = key_of(self.batch)
        self.connection = connect_remote(
            row.pk, by=self.by, provider=provider, secret=seed.secret(), address=self.ledger.api
        )
        for domain, ours, theirs in MAPPED:
            join_values(self.connection.pk, by=self.by, domain=domain, ours=ours, theirs=theirs)
        change_pace(self.connection.pk, by=self.by, poll_seconds=SLOW_POLL_SECONDS)

    # --- sending -----------------------------------------------------------------------------------------------------

    def _transfer(self, row: Firm, *, kill: bool = False) -> None:
        """Preview, approve, wait; until a preview finds nothing and no write is without its answer."""
        while True:
            plan = self._preview()
            if plan is not None and not self._waits(plan):
                self._approve(plan)
                self._carried_out(plan, kill=kill and not self.figures.killed_at)
            elif plan is not None:
                self._look_up()
            elif not self._open_intents():
                return
            else:
                self._look_up()

    def _preview(self) -> Plan | None:
        """By the worker, as the button on the page asks for it; pressed again where the package cut it short."""
        while fan_out(now=timezone.now()):
            pass
        for _ in range(PRESSES):
            task = request_preview(self.connection.pk, by=self.by)
            while task.state in LIVE:
                self._wait("a preview")
                task = task_of(self.connection.firm_id, task.pk)
            if task.state == TaskState.DONE:
                found = (task.result or {}).get("plan")
                return Plan.objects.of(self.connection.firm_id).get(pk=found) if found else None
            self.figures.pressed_again += 1
            self._wait("the package to answer")
        raise CannotStart(f"The preview did not succeed: {task.error}")

    def _waits(self, plan: Plan) -> bool:
        """Whether rows wait for a record whose own write has no answer yet: then somebody looks again later."""
        asking = PlanOp.objects.of(plan.firm_id).filter(plan=plan, op=OpKind.HOLD)
        codes = {error["code"] for errors in asking.values_list("errors", flat=True) for error in errors}
        return codes == {"waits"} and self._open_intents() > 0

    def _approve(self, plan: Plan) -> None:
        held = PlanOp.objects.of(plan.firm_id).filter(plan=plan, op=OpKind.HOLD).first()
        if held is not None:
            raise CannotStart(f"The preview wants a person for {held.label}: {held.errors}")
        approve_plan(plan.pk, by=self.by)
        self.figures.previews += 1

    def _carried_out(self, plan: Plan, *, kill: bool) -> None:
        total = sum(plan.counts.values())
        with Progress("Documents", total, unit="rows") as bar:
            while plan.state not in ENDED:
                if kill and self._sent() >= self.documents / 2:
                    self.kill_worker()
                    self.figures.killed_at, self.figures.unknown = self._sent(), self._open_intents()
                    kill = False
                self._hurry(f"{total} rows to be carried out")
                plan.refresh_from_db()
                bar.at(self._sent())

    def _wait(self, what: str) -> None:
        """A moment, in which the package's calls are listened to."""
        self.pause(what)
        self.heard.listen()

    def _hurry(self, what: str) -> None:
        """Wait a moment; where the sync waits after a fault, somebody presses “Sync now”."""
        self._wait(what)
        self.connection.refresh_from_db()
        if self.connection.state != ConnectionState.ACTIVE:
            raise CannotStart(f"The connection stopped: {self.connection.trouble}")
        if self.connection.resume_at is not None:
            sync_now(self.connection.pk, by=self.by)

    def _look_up(self) -> None:
        """Until the worker has looked once for what has no answer; it is not settled before its time."""
        self._poll()
        for _ in range(LOOKS_APART):
            self._wait("writes without an answer to be looked up")

    def _sent(self) -> int:
        rows = Link.objects.of(self.connection.firm_id).filter(connection=self.connection, kind="invoice")
        return rows.filter(state=LinkState.LIVE).count()

    def _open_intents(self) -> int:
        rows = Intent.objects.of(self.connection.firm_id).filter(connection=self.connection, state__in=OPEN_INTENTS)
        return rows.count()

    # --- paying and cancelling ---------------------------------------------------------------------------------------

    def _pay(self, invoices: list[Document]) -> None:
        """In the package, as its bookkeeper does: every third one, every sixth in part."""
        there = {one["InvoiceNumber"]: one for one in self.ledger.records(self.key, "invoices") or []}
        for turn, invoice in enumerate(invoices[::3]):
            one = there[invoice.number]
            amount = one["AmountDue"] if turn % 2 else 10
            fields = {"Invoice": {"InvoiceID": one["InvoiceID"]}, "Account": {"Code": "090"}}
            self.ledger.edit(self.key, "payments", fields=fields | {"Amount": str(amount), "Date": PAID_ON.isoformat()})

    # --- counting ----------------------------------------------------------------------------------------------------

    def _count_calls(self, since: int) -> None:
        found = self.figures
        by_operation = self.ledger.calls(since)["by_operation"]
        found.writing_calls = sum(n for name, n in by_operation.items() if not name.startswith(READS))
        found.read_faults, found.write_faults = self.heard.struck["read"], self.heard.struck["write"]
        found.lost_calls, found.unheard = self.heard.lost, self.heard.missed
        # The kill may have come between the note of a call and the call, or between the call and its effect.
        found.lost_calls += bool(found.unknown)
        bench = bench_of(self.connection)
        fewest = 0
        for pair in bench.pairs:
            done = self._written(pair.kind)
            made, changed = (done.filter(op=op).count() for op in (OpKind.CREATE_THERE, OpKind.UPDATE_THERE))
            found.writes += made + changed
            fewest += min_calls(dict(bench.connector.capabilities), Workload(writes={pair.remote_type: made})) + changed
        found.fewest_calls = fewest

    def _written(self, kind: str) -> Any:
        rows = JournalEntry.objects.of(self.connection.firm_id).filter(run__connection=self.connection, kind=kind)
        return rows.filter(side="there", outcome__in=("done", "recovered"))

    # --- quiet -------------------------------------------------------------------------------------------------------

    def _quiet(self) -> None:
        """Past the overlap a run costs one list for each type that has one, and writes nothing; no preview finds
        anything."""
        self.ledger.advance(BEYOND_OVERLAP)
        self._poll()  # reads the overlap for the last time
        entries = self._entries()
        made = self._poll()
        self.figures.quiet_calls = sum(made.values())
        connector = connector_for(self.connection.provider)
        lists = [one for one in connector.capabilities.values() if not one.carried_by]
        references = connector.references if isinstance(connector, KnowsReferences) else {}
        self.figures.quiet_minimum = len(lists) + len(references)
        written = sum(count for name, count in made.items() if not name.startswith(READS))
        again = self._preview()
        left = sum(again.counts.values()) if again is not None else 0
        self.figures.quiet_writes = max(written, self._entries() - entries, left)

    def _poll(self) -> dict[str, int]:
        """Have the worker look at the remote once; the calls that this took, by operation."""
        number = int(self.ledger.calls()["number"])
        sync_now(self.connection.pk, by=self.by)
        while True:
            self.connection.refresh_from_db()
            if self.connection.next_poll_at is not None:
                break
            self._hurry("the worker to look at the package")
        return dict(self.ledger.calls(number)["by_operation"])

    def _entries(self) -> int:
        return JournalEntry.objects.of(self.connection.firm_id).filter(run__connection=self.connection).count()
