"""One firm and one account of the sandbox with everything that may happen to them: people, faults, deaths, time.

Values carry a token that is never used twice, so that a value can be found again wherever it went.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import httpx2
from django.db import connection as database

from instep.base.firms.actions.firms import create_firm
from instep.base.identity.permissions import Role
from instep.base.outbox.models import OutboxRow
from instep.connect.cycle import Outcome
from instep.connect.models import Connection, Dirty, Intent, Observation
from instep.connect.protocols import Reply, Request, Transport
from instep.crm.actions.contacts import archive_contact, restore_contact, update_contact
from instep.crm.actions.organisations import archive_organisation, restore_organisation, update_organisation
from instep.crm.models import Contact, Organisation
from instep.jobs.actions.jobs import archive_job, restore_job, update_job
from instep.jobs.models import Job
from instep.kernel.errors import Refusal
from tests.cast import Cast, actor, member
from tests.connect.rig import Cut, Rig

_numbers = count(1)

KINDS = {"organisation": "companies", "contact": "contacts", "job": "projects"}
MODELS = {"organisation": Organisation, "contact": Contact, "job": Job}
UPDATES: dict[str, Callable[..., Any]] = {
    "organisation": update_organisation,
    "contact": update_contact,
    "job": update_job,
}
ARCHIVES: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
    "organisation": (archive_organisation, restore_organisation),
    "contact": (archive_contact, restore_contact),
    "job": (archive_job, restore_job),
}

# Field of ours -> field of theirs, and how a value with this token looks. Both sides may be given each of them.
FIELDS: dict[str, dict[str, tuple[str, Callable[[int], str]]]] = {
    "organisation": {
        "email": ("email_address", lambda n: f"org{n}@x.example"),
        "phone": ("office_phone", lambda n: f"03 9{n:07d}"),
        "address": ("physical_address", lambda n: f"{n} Bay St\nMelbourne"),
        "website": ("website", lambda n: f"w{n}.example"),
    },
    "contact": {
        "role": ("title", lambda n: f"Role {n}"),
        "phone": ("direct", lambda n: f"03 8{n:07d}"),
        "linkedin": ("linkedin", lambda n: f"linkedin.example/in/{n}x"),
    },
    "job": {
        "scope": ("description", lambda n: f"Scope {n}\n\nmore"),
        "address": ("project_address", lambda n: f"{n} High St"),
    },
}
STATUSES = ("proposal", "active", "on_hold", "won")
THEIR_STATUSES = (
    {"record_status": "proposed"},
    {"record_status": "active"},
    {"record_status": "active", "phase": "On hold"},
    {"record_status": "lost"},
)


@dataclass
class Meddler:
    """Stands between the engine and the wire: counts, dies, lets people act between two calls."""

    inner: Transport
    sent: list[str] = field(default_factory=list)
    bodies: list[tuple[str, str]] = field(default_factory=list)
    """(path, body) of every update that left."""
    at: int = 0
    after: bool = False
    act: Callable[[], None] | None = None

    def send(self, request: Request) -> Reply:
        self.sent.append(request.operation)
        now = self.act is not None and len(self.sent) == self.at
        if now and not self.after:
            self._act()
        if request.method == "PATCH":
            self.bodies.append((request.path, (request.body or b"").decode()))
        reply = self.inner.send(request)
        if now and self.after:
            self._act()
        return reply

    def _act(self) -> None:
        act, self.act = self.act, None
        assert act is not None
        act()


@contextmanager
def dies_at_write(nth: int) -> Iterator[None]:
    """The process dies before its n-th statement that writes to the database: what was committed before it stays."""
    seen = 0

    def watch(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal seen
        if sql.lstrip()[:6].upper() in ("INSERT", "UPDATE", "DELETE"):
            seen += 1
            if seen == nth:
                raise Cut
        return execute(sql, params, many, context)

    with database.execute_wrapper(watch):
        yield


class World(Rig):
    """A rig of its own for each history, in the same database and sandbox as the others."""

    def __init__(self, address: str, http: httpx2.Client, *, skew: int) -> None:
        number = next(_numbers)
        firm = create_firm(
            key=f"history-{number}", name=f"History {number}", currency="AUD", country="AU", zone="UTC",
            vocabulary="architecture",
        )  # fmt: skip
        user = member(firm, "Ada", Role.OWNER)
        ada = actor(firm, user)
        cast = Cast(firm, firm, ada, ada, ada, ada, {"ada": user})
        super().__init__(cast, address, http, account=f"history{number}", token=f"token-{number}")
        self.late = timedelta(seconds=skew)
        self._ids = count(1)
        self.tokens = count(1)
        self.typed: dict[tuple[str, str, str, str], str] = {}
        """(side, kind, record, field of ours) -> token of the last value that a person gave it."""
        self.edits = 0
        self.troubles = 0
        self.writes_sent = 0
        self.identities: dict[str, tuple[str, int]] = {}
        """Name -> (kind, how many there may be on a side)."""
        self.remade: set[int] = set()
        """Records of ours that somebody chose to make anew at the remote."""
        self.seed(team_members=[{"name": "Ada Bell", "email": "ada@bb.example", "record_status": "active"}])
        self.connect()

    # --- time and the engine -----------------------------------------------------------------------------------------

    def pass_time(self, seconds: int) -> None:
        self.late += timedelta(seconds=seconds)
        self.post("clock", {"advance": seconds})

    def clock(self) -> datetime:
        return super().clock()

    def turn(self, *, poll: bool = True, meddler: Meddler | None = None) -> Outcome | None:
        """A cycle; None when it died in the middle."""
        made: list[Meddler] = []

        def wrap(inner: Transport) -> Transport:
            mine = meddler or Meddler(inner)
            mine.inner = inner
            made.append(mine)
            return mine

        try:
            return self.cycle(wrap=wrap, poll=poll)
        except Cut:
            self.troubles += 1
            return None
        finally:
            for one in made:
                self.writes_sent += sum(name.startswith(("create", "update")) for name in one.sent)

    # --- people here -------------------------------------------------------------------------------------------------

    def local(self, kind: str) -> list[int]:
        return sorted(MODELS[kind].objects.filter(firm=self.cast.firm).values_list("pk", flat=True))

    def new_name(self, kind: str) -> str:
        name = f"{random.Random(next(self._ids)).choice('ABCDEFG')}{next(self._ids)}z{next(_numbers)}"
        self.identities[name] = (kind, 1)
        return name

    def create_here(self, kind: str, near: int, *, name: str = "", **values: Any) -> None:
        organisations = self.local("organisation")
        name = name or self.new_name(kind)
        self.edits += 1
        if kind == "organisation":
            self.organisation(name, **values)
        elif kind == "contact":
            home = organisations[near % len(organisations)] if organisations else None
            self.contact("Lee", name, organisation=home, **values)
        elif organisations:
            client = Organisation.objects.get(pk=organisations[near % len(organisations)])
            self.quietly(lambda: self.job(name, client, **values))

    def edit_here(self, kind: str, record_id: int, name: str, *, empty: bool = False) -> None:
        token = next(self.tokens)
        value = None if empty else FIELDS[kind][name][1](token)
        done = self.quietly(lambda: UPDATES[kind](record_id, by=self.ada, changes={name: value}))
        if done:
            self.edits += 1
            self._typed("here", kind, str(record_id), name, value)

    def change_here(self, kind: str, record_id: int, **changes: Any) -> None:
        if self.quietly(lambda: UPDATES[kind](record_id, by=self.ada, changes=changes)):
            self.edits += 1

    def put_away(self, kind: str, record_id: int, *, back: bool) -> None:
        self.edits += 1
        if self.quietly(lambda: ARCHIVES[kind][back](record_id, by=self.ada)) and not back:
            # What is put away is no match for a record that comes from the remote.
            self.decided(str(MODELS[kind].objects.get(pk=record_id)))

    @staticmethod
    def quietly(action: Callable[[], Any]) -> bool:
        """Do it, if the house allows it."""
        try:
            action()
        except Refusal:
            return False
        return True

    def _typed(self, side: str, kind: str, record: str, name: str, value: str | None) -> None:
        key = (side, kind, record, name)
        if value is None:
            self.typed.pop(key, None)
        else:
            self.typed[key] = value

    # --- people there ------------------------------------------------------------------------------------------------

    def remote(self, kind: str) -> list[dict[str, Any]]:
        return self.records(KINDS[kind])

    def create_there(self, kind: str, near: int, *, name: str = "", **values: Any) -> None:
        companies = self.records("companies")
        name = name or self.new_name(kind)
        body: dict[str, Any] = {"name": f"Lee {name}" if kind == "contact" else name, **values}
        if kind != "organisation" and companies:
            home = companies[near % len(companies)]["id"]
            body["primary_company" if kind == "contact" else "client_company"] = home
        self.edits += 1
        answer = self.http.post(f"{self.address}/v2/{KINDS[kind]}", json=body, headers={"Authorization": self.token})
        assert answer.status_code == 201, answer.text

    def edit_there(self, kind: str, remote_id: int, name: str, *, empty: bool = False) -> None:
        token = next(self.tokens)
        theirs, form = FIELDS[kind][name]
        value = None if empty else form(token)
        self.edits += 1
        self.edit(KINDS[kind], remote_id, **{theirs: value})
        self._typed("there", kind, str(remote_id), name, value)

    def delete_there(self, kind: str, remote_id: int) -> None:
        self.edits += 1
        self.http.delete(f"{self.address}/v2/{KINDS[kind]}/{remote_id}", headers={"Authorization": self.token})
        for key in [k for k in self.typed if k[:3] == ("there", kind, str(remote_id))]:
            del self.typed[key]  # whoever removed it gave up what it said

    def overwritten_in_the_window(self, meddler: Meddler, before: dict[Any, str]) -> None:
        """tiny+ has no versions: what a person types there between our look and our write is written over (b.9)."""
        for key, value in list(self.typed.items()):
            side, kind, record, name = key
            if side != "there" or before.get(key) == value:
                continue
            theirs = FIELDS[kind][name][0]
            for path, body in meddler.bodies:
                if path == f"{KINDS[kind]}/{record}" and theirs in json.loads(body):
                    del self.typed[key]
                    break

    def decided(self, label: str) -> None:
        """Somebody chose to make this record anew, or joined it with another one: its name may stand twice."""
        for name, (kind, most) in self.identities.items():
            if name in label.split():
                self.identities[name] = (kind, most + 1)

    # --- afterwards --------------------------------------------------------------------------------------------------

    def fresh(self) -> Connection:
        return Connection.objects.get(pk=self.connection.pk)

    def rows(self, kind: str) -> Any:
        return MODELS[kind].objects.filter(firm=self.cast.firm).order_by("pk")

    def at_rest(self) -> bool:
        """Whether nothing waits to be looked at."""
        mine = {"connection": self.connection}
        waiting = Dirty.objects.filter(**mine).exists() or Observation.objects.filter(**mine, pending=True).exists()
        return not waiting and not self.open_intents() and not OutboxRow.objects.filter(firm=self.cast.firm).exists()

    def open_intents(self) -> int:
        return Intent.objects.filter(connection=self.connection, state__in=["intended", "unknown"]).count()
