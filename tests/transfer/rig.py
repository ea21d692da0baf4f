"""A practice and its Xero: the firm's side by actions, the books by the sandbox's own door, the engine between."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from instep.connect.actions.adjust import join_values
from instep.connect.actions.connections import connect_remote, replace_token
from instep.connect.actions.decisions import approve_plan, decide_held
from instep.connect.actions.previews import make_preview
from instep.connect.cycle import Outcome, run_cycle
from instep.connect.inbox.outbox import fan_out
from instep.connect.models import Connection, Link, OpKind, Plan, PlanOp
from instep.connect.protocols import Transport
from instep.connect.registry import transport_to
from instep.jobs.actions.phases import add_phase
from instep.jobs.models import Phase
from tests.billing.conftest import Practice, aud
from tests.connectors.xero_stage import XeroStage


@dataclass
class Books:
    """Banksia & Bell connected with the Xero organisation "acme"."""

    practice: Practice
    stage: XeroStage
    connection: Connection = field(init=False)
    late: timedelta = timedelta()
    """How far our clock runs ahead of the real one."""
    wire: Callable[[Transport], Transport] = lambda inner: inner
    """What every call passes through on its way."""

    def connect(self, *, mapped: bool = True) -> Connection:
        self.connection = connect_remote(
            self.practice.firm,
            by=self.practice.by,
            provider="xero",
            secret=self.stage.secret,
            address=self.stage.address,
        )
        if mapped:
            self.map()
        return self.connection

    def map(self) -> None:
        for domain, ours, theirs in (
            *(("account", "sales", "200"), ("tax_code", "GST", "OUTPUT")),
            ("tax_code", "none", "BASEXCLUDED"),
        ):
            join_values(self.connection.pk, by=self.practice.by, domain=domain, ours=ours, theirs=theirs)

    def clock(self) -> datetime:
        return timezone.now() + self.late

    def wait(self, seconds: int) -> None:
        """Let time pass on both sides."""
        self.stage.sandbox.advance(seconds)
        self.late += timedelta(seconds=seconds)

    def preview(self) -> Plan | None:
        transport = self.wire(transport_to(self.stage.address))
        return make_preview(self.connection.pk, by=self.practice.by, transport=transport, clock=self.clock)

    def rows(self, plan: Plan | None, kind: str = "") -> list[PlanOp]:
        """The rows of a plan that do something, in order."""
        found = PlanOp.objects.filter(plan=plan).exclude(op=OpKind.REBASE).order_by("no")
        return [op for op in found if not kind or op.kind == kind]

    def send(self, plan: Plan | None, skipped: tuple[int, ...] = (), **how: Any) -> Outcome:
        """Approve the preview and let the worker carry it out."""
        assert plan is not None
        approve_plan(plan.pk, by=self.practice.by, skipped=skipped)
        return self.cycle(**how)

    def transfer(self, **how: Any) -> Outcome:
        """Preview and send, as it is shown."""
        return self.send(self.preview(), **how)

    def decide(self, kind: str, local_id: int, choice: str, remote_id: str = "") -> None:
        """What a person answers about a record that waits."""
        decide_held(self.link(kind, local_id).pk, by=self.practice.by, choice=choice, remote_id=remote_id)

    def access_again(self) -> None:
        """A person signs in anew; harmless where nobody had to."""
        replace_token(self.connection.pk, by=self.practice.by, secret=self.stage.secret)

    def settle(self) -> None:
        """Transfer until nothing is left to do."""
        for _ in range(4):
            plan = self.preview()
            if plan is None:
                return
            self.send(plan)
        raise AssertionError("it does not come to rest")

    def cycle(
        self, *, wrap: Callable[[Transport], Transport] | None = None, poll: bool = True, holder: str = "w1"
    ) -> Outcome:
        while fan_out(now=self.clock()):
            pass
        transport = self.wire(transport_to(self.stage.address))
        return run_cycle(
            Connection.objects.get(pk=self.connection.pk),
            holder=holder,
            transport=wrap(transport) if wrap else transport,
            clock=self.clock,
            rng=random.Random(1),
            poll=poll,
        )

    def stored(self, kind: str) -> list[dict[str, Any]]:
        """Their records as the sandbox keeps them."""
        return self.stage.stored(kind)

    def calls(self) -> dict[str, int]:
        return self.stage.sandbox.calls()

    def link(self, kind: str, local_id: int) -> Link:
        return Link.objects.get(firm_id=self.practice.firm, kind=kind, local_id=local_id)

    def stages(self, *fees: int) -> list[Phase]:
        """Fixed fees of the job: one phase each."""
        names = ("Concept", "Design", "Documents", "On site")
        return [
            add_phase(self.practice.job.pk, by=self.practice.by, name=name, fee_type="fixed", fee=aud(fee))
            for name, fee in zip(names, fees, strict=False)
        ]
