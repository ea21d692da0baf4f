"""A firm, an in-process tiny+ sandbox and the engine between them, for tests of whole cycles over the real wire."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx2
from django.utils import timezone

from instep.base.identity.actor import Actor
from instep.connect.actions.connections import connect_remote, start_sync
from instep.connect.actions.decisions import approve_plan
from instep.connect.cycle import Outcome, preview, run_cycle
from instep.connect.inbox.outbox import fan_out
from instep.connect.models import Connection, Link, Plan
from instep.connect.protocols import Reply, Request, Transport
from instep.connect.registry import transport_to
from instep.crm.actions.contacts import create_contact
from instep.crm.actions.organisations import create_organisation
from instep.crm.models import Contact, Organisation
from instep.jobs.actions.jobs import create_job
from instep.jobs.actions.statuses import create_default_statuses
from instep.jobs.models import Job
from instep.staff.actions.resources import create_staff
from instep.staff.models import StaffResource
from tests.cast import Cast

TOKEN = "token-of-banksia"
PHASES = {"active": ["On hold", "Pending invoice"]}


class Cut(BaseException):
    """The process died here. Not an Exception: nothing may catch it and go on."""


@dataclass
class CutTransport:
    """Dies before or after the n-th call of an operation, as `kill -9` would."""

    inner: Transport
    operation: str
    call: int
    after: bool
    seen: int = 0

    def send(self, request: Request) -> Reply:
        if request.operation == self.operation:
            self.seen += 1
            if self.seen == self.call and not self.after:
                raise Cut
        reply = self.inner.send(request)
        if request.operation == self.operation and self.seen == self.call:
            raise Cut
        return reply


@dataclass
class Rig:
    """The firm's side by actions, the other side by the sandbox's own doors."""

    cast: Cast
    address: str
    http: httpx2.Client
    account: str = "banksia"
    token: str = TOKEN
    connection: Connection = field(init=False)
    handler: StaffResource = field(init=False)
    late: timedelta = timedelta()
    """How far our clock runs ahead of the real one."""

    def __post_init__(self) -> None:
        create_default_statuses(self.cast.firm, by=self.cast.system)
        self.handler = create_staff(
            by=self.cast.ada, first_name="Ada", last_name="Bell", email="ada@bb.example", user=self.cast.users["ada"].pk
        ).sure()

    # --- the remote --------------------------------------------------------------------------------------------------

    def seed(self, **records: list[dict[str, Any]]) -> dict[str, list[int]]:
        """Put records into the sandbox's account; their ids by resource."""
        told = self.post(
            "seed",
            {
                "accounts": [
                    {
                        "key": self.account,
                        "name": "Banksia",
                        "currency": "AUD",
                        "phases": PHASES,
                        "tokens": [{"token": self.token, "scope": "readwrite"}],
                        "records": {name.replace("_", "-"): rows for name, rows in records.items()},
                    }
                ]
            },
        )
        return told["accounts"][self.account]["records"]

    def post(self, door: str, body: Any) -> Any:
        answer = self.http.post(f"{self.address}/_sandbox/{door}", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def faults(self, *script: Mapping[str, Any]) -> None:
        self.post("faults", list(script))

    def records(self, resource: str) -> list[dict[str, Any]]:
        answer = self.http.get(
            f"{self.address}/_sandbox/records", params={"account": self.account, "resource": resource}
        )
        found = answer.json()
        return found if isinstance(found, list) else found["records"]

    def record(self, resource: str, name: str) -> dict[str, Any]:
        [found] = [r for r in self.records(resource) if r["name"] == name]
        return found

    def edit(self, resource: str, remote_id: int | str, **values: Any) -> None:
        """What a tiny+ user does on a page."""
        answer = self.http.patch(
            f"{self.address}/v2/{resource}/{remote_id}", json=values, headers={"Authorization": self.token}
        )
        assert answer.status_code == 200, answer.text

    def calls(self) -> dict[str, int]:
        """Calls that reached the sandbox, by operation."""
        return self.http.get(f"{self.address}/_sandbox/calls").json()["by_operation"]

    def writes(self) -> int:
        return sum(n for name, n in self.calls().items() if not name.startswith(("list", "read")))

    def wait(self, seconds: int) -> None:
        """Let time pass on both sides: past the cursor's overlap, a record is not read a second time."""
        self.post("clock", {"advance": seconds})
        self.late += timedelta(seconds=seconds)

    # --- the engine --------------------------------------------------------------------------------------------------

    def connect(self, *, start: bool = True) -> Connection:
        self.connection = connect_remote(
            self.cast.firm.pk,
            by=self.cast.ada,
            provider="tinyplus",
            secret={"access_token": self.token},
            address=f"{self.address}/v2/",
        )
        if start:
            start_sync(self.connection.pk, by=self.cast.ada)
        return self.connection

    def clock(self) -> datetime:
        return timezone.now() + self.late

    def cycle(
        self, *, wrap: Callable[[Transport], Transport] | None = None, poll: bool = True, holder: str = "w1"
    ) -> Outcome:
        """One cycle, as the worker runs it."""
        while fan_out(now=self.clock()):
            pass
        transport = transport_to(f"{self.address}/v2/")
        return run_cycle(
            Connection.objects.get(pk=self.connection.pk),
            holder=holder,
            transport=wrap(transport) if wrap else transport,
            clock=self.clock,
            rng=random.Random(1),
            poll=poll,
        )

    def settle(self) -> None:
        """Cycles until nothing is left to do."""
        for _ in range(6):
            if self.cycle().rows == 0:
                return
        raise AssertionError("it does not come to rest")

    def preview(self) -> Plan | None:
        while fan_out(now=self.clock()):
            pass
        return preview(
            Connection.objects.get(pk=self.connection.pk),
            holder="w1",
            transport=transport_to(f"{self.address}/v2/"),
            clock=self.clock,
        )

    def approve(self) -> Plan:
        """Let what the last cycle proposed happen."""
        return approve_plan(Plan.objects.get(connection=self.connection, state="proposed").pk, by=self.cast.ada)

    def link(self, kind: str, local_id: int) -> Link:
        return Link.objects.get(firm=self.cast.firm, kind=kind, local_id=local_id)

    # --- our side ----------------------------------------------------------------------------------------------------

    @property
    def ada(self) -> Actor:
        return self.cast.ada

    def organisation(self, name: str = "Acme", **values: Any) -> Organisation:
        values = {"stage": "prospect", **values}
        return create_organisation(by=self.ada, name=name, accepted={"similar_name"}, **values).sure()

    def contact(self, first: str, last: str, **values: Any) -> Contact:
        return create_contact(by=self.ada, first_name=first, last_name=last, **values).sure()

    def job(self, name: str, client: Organisation, **values: Any) -> Job:
        values = {"status": "proposal", "handler": self.handler.pk, **values}
        return create_job(by=self.ada, name=name, client=client.pk, **values).sure()
