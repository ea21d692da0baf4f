"""Sync: calls made over the fewest possible, and records a second, against the stand-in for tiny+ in this process.

A firm with 1,000 records, some on both sides, some on one, is linked; then a quiet poll; then 50 edits on each side.
The fewest calls are counted from outside the engine: the pages that a list of that length has, and one write for every
record that the remote holds changed or new afterwards, as tiny+ takes no batches and nobody but the engine wrote.
"""

from __future__ import annotations

import random
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bench._databases import found, in_own_process, open_house, throw_away

if TYPE_CHECKING:
    from instep.connect.models import Connection
    from sandboxes.kit.handle import Handle
    from sandboxes.tinyplus.app import TinyPlus

ACCOUNT, TOKEN = "bench", "token-of-the-bench"
TYPES = ("team-members", "companies", "contacts", "projects")
PAGE = 100
STAFF, ORGANISATIONS, CONTACTS, JOBS = 20, 300, 330, 350
EDITS = 50
MOST_CYCLES = 10
EDITED_THERE = ("website", "modified_date", "modified_user")
TARGETS = {"first link": 1.02, "quiet poll": 1.00, "100 changes": 1.10}

Records = dict[str, dict[int, dict[str, Any]]]


def main() -> int:
    """Run on each database in a process of its own; 1 when a ratio is above its target."""
    if sys.argv[1:]:
        with throw_away(sys.argv[1]):
            open_house()
            return run(sys.argv[1])
    return max(in_own_process("sync", database) for database in found())


def run(database: str) -> int:
    """The whole story on one database; prints a line for each part."""
    from sandboxes.tinyplus.app import start

    with start(control=False, seed={"accounts": [_account()]}) as sandbox:
        stage = Stage(sandbox)
        stage.plant()
        stage.connect()
        ratios = {"first link": _first_link(stage, database)}
        # Past the overlap of the cursors, so that what was just written is not read again.
        for _ in range(2):
            sandbox.sandbox.stage.move_clock(advance=60)
            stage.cycle()
        ratios["quiet poll"] = _told(database, "quiet poll", *stage.counted(stage.cycle))
        ratios["100 changes"] = _told(database, "100 changes", *stage.counted(stage.change))
    above = [name for name, ratio in ratios.items() if ratio > TARGETS[name]]
    for name in above:
        print(f"  {database}: {name} is above its target of {TARGETS[name]:.2f}")
    return 1 if above else 0


def _first_link(stage: Stage, database: str) -> float:
    begun, used = time.perf_counter(), time.process_time()
    calls, fewest = stage.counted(stage.settle)
    seconds, processor = time.perf_counter() - begun, time.process_time() - used
    records = stage.linked()
    bare = stage.bare(fewest)
    ratio = _told(database, f"first link of {records} records", calls, fewest)
    print(
        f"  {database}: {records / seconds:.0f} records a second, sandbox included; "
        f"{processor / records * 1000:.1f} ms of processor time each, {processor / bare:.0f} times that of a bare call"
    )
    return ratio


def _told(database: str, what: str, calls: int, fewest: int) -> float:
    print(f"  {database}: {what}: {calls} calls, {fewest} needed: {calls / fewest:.3f}", flush=True)
    return calls / fewest


@dataclass(slots=True)
class Stage:
    """The firm, its connection and the remote."""

    sandbox: Handle[TinyPlus]
    chance: random.Random = field(default_factory=lambda: random.Random(20))
    connection: Connection = field(init=False)

    # --- our side ----------------------------------------------------------------------------------------------------

    def plant(self) -> None:
        """The firm's own records, by the actions that pages call."""
        from instep.base.firms.actions.firms import create_firm
        from instep.base.identity.actor import Actor
        from instep.base.settings.declared import set_setting
        from instep.crm.actions.contacts import create_contacts
        from instep.crm.actions.organisations import create_organisations
        from instep.jobs.actions.jobs import create_jobs
        from instep.jobs.actions.statuses import create_default_statuses
        from instep.jobs.settings import DEFAULT_HANDLER
        from instep.staff.actions.resources import create_staff_many

        firm = create_firm(key="bench", name="Bench & Co")
        by = Actor.system(firm, "bench")
        create_default_statuses(firm, by=by)
        staff = [one.sure().pk for one in create_staff_many([_person(n) for n in range(STAFF)], by=by)]
        set_setting(DEFAULT_HANDLER, staff[0], by=by)
        # Two of three are here, two of three are there: one of three is on both sides.
        mine = [n for n in range(ORGANISATIONS) if n % 3 != 2]
        made = create_organisations([_organisation(n) for n in mine], by=by)
        organisations = [one.sure().pk for one in made]
        here = [n for n in range(CONTACTS) if n % 3 != 2]
        rows = [{**_contact(n), "organisation": organisations[n % len(organisations)]} for n in here]
        for one in create_contacts(rows, by=by):
            one.sure()
        jobs = [
            {
                "name": f"House {n} at Plum Lane",
                "client": organisations[n % len(organisations)],
                "status": "proposal",
                "handler": staff[n % len(staff)],
                "address": f"{n} Plum Lane\nHobart TAS 7000",
            }
            for n in range(JOBS)
        ]
        for one in create_jobs(jobs, by=by):
            one.sure()

    def connect(self) -> None:
        """Connect and start, as the Connect page does."""
        from instep.base.identity.actor import Actor
        from instep.base.identity.models import Firm
        from instep.connect.actions.connections import connect_remote, start_sync

        firm = Firm.objects.get(key="bench")
        by = Actor.system(firm, "bench")
        made = connect_remote(
            firm.pk, by=by, provider="tinyplus", secret={"access_token": TOKEN}, address=f"{self.sandbox.address}/v2/"
        )
        self.connection = start_sync(made.pk, by=by)

    def cycle(self, *, poll: bool = True) -> None:
        """One cycle, as the worker runs it: it polls when that is due, else it reads what our own changes concern."""
        from django.utils import timezone

        from instep.connect.cycle import run_cycle
        from instep.connect.inbox.outbox import fan_out
        from instep.connect.models import Connection
        from instep.connect.registry import transport_to

        while fan_out(now=timezone.now()):
            pass
        connection = Connection.objects.get(pk=self.connection.pk)
        outcome = run_cycle(
            connection,
            holder="bench",
            transport=transport_to(connection.address),
            clock=timezone.now,
            rng=random.Random(1),
            poll=poll or connection.next_poll_at is None or connection.next_poll_at <= timezone.now(),
        )
        if outcome.trouble:
            raise SystemExit(f"the sync stopped: {outcome.trouble}")

    def settle(self) -> None:
        """Cycles as a worker begins them, until nothing waits on either side."""
        for _ in range(MOST_CYCLES):
            self.cycle(poll=False)
            if not self._waits():
                return
        raise SystemExit("the sync does not come to rest")

    def linked(self) -> int:
        """Records that have a counterpart."""
        from instep.connect.models import Link, LinkState

        return Link.objects.filter(connection=self.connection, state=LinkState.LIVE).count()

    def change(self) -> None:
        """Edits on both sides, each on a record of its own, then whatever it takes to be in step again."""
        from instep.base.identity.actor import Actor
        from instep.base.records.outcomes import Edit
        from instep.connect.models import Link, LinkState
        from instep.crm.actions.organisations import update_organisations

        by = Actor.system(self.connection.firm_id, "bench")
        rows = Link.objects.filter(connection=self.connection, state=LinkState.LIVE, kind="organisation")
        links = self.chance.sample(list(rows.order_by("id")), 2 * EDITS)
        edits = [Edit(li.local_id or 0, {"phone": f"(03) 5550 {n:04d}"}) for n, li in enumerate(links[:EDITS])]
        for one in update_organisations(edits, by=by):
            one.sure()
        for n, link in enumerate(links[EDITS:]):
            fields = {"website": f"https://changed{n}.example"}
            what = {"account": ACCOUNT, "resource": "companies", "do": "update", "id": int(link.remote_id or 0)}
            self.sandbox.sandbox.stage.edit({**what, "fields": fields})
        self.cycle()
        self.settle()

    def _waits(self) -> bool:
        from instep.base.outbox.models import OutboxRow
        from instep.connect.models import Dirty, Intent, Observation
        from instep.connect.models.plans import OPEN_INTENTS

        mine = {"connection": self.connection}
        return (
            OutboxRow.objects.exists()
            or Dirty.objects.filter(**mine).exists()
            or Observation.objects.filter(**mine, pending=True).exists()
            or Intent.objects.filter(**mine, state__in=OPEN_INTENTS).exists()
        )

    # --- the remote --------------------------------------------------------------------------------------------------

    def counted(self, work: Any) -> tuple[int, int]:
        """Do it; (calls made, the fewest that it can take)."""
        stage = self.sandbox.sandbox.stage
        before, number = self.records(), int(str(stage.calls.read()["number"]))
        lists = self._lists(before)
        work()
        told = stage.calls.read(number)
        return int(str(told["total"])), lists + _written(before, self.records())

    def _lists(self, before: Records) -> int:
        """Pages that must be read: all of them at first, and no list tells its end but by a page that is not full;
        later one of each type, since what changed is less than a page."""
        from instep.connect.models import Cursor

        if Cursor.objects.filter(connection=self.connection, since__isnull=False).count() < len(TYPES):
            return sum(len(rows) // PAGE + 1 for rows in before.values())
        return len(TYPES)

    def records(self) -> Records:
        """Everything that the remote holds."""
        stage, found = self.sandbox.sandbox.stage, {}
        for name in TYPES:
            told: Any = stage.records({"account": ACCOUNT, "resource": name})
            found[name] = {row["id"]: row for row in told["records"]}
        return found

    def bare(self, calls: int) -> float:
        """Seconds of processor time that as many calls take with nothing around them, to an account of their own."""
        import httpx2

        self.sandbox.sandbox.stage.seed({"accounts": [{"key": "bare", "name": "Bare", "tokens": [{"token": "bare"}]}]})
        headers = {"Authorization": "bare", "Accept": "application/json"}
        with httpx2.Client(base_url=self.sandbox.address, headers=headers, trust_env=False) as client:
            used = time.process_time()
            for n in range(calls):
                client.post("/v2/companies?return_record=1", json=_company(n)).raise_for_status()
            return time.process_time() - used


def _written(before: Records, after: Records) -> int:
    """Records that the engine made or changed: each takes one write at least."""
    return sum(
        _told_by_engine(before[name].get(number)) != _told_by_engine(row)
        for name, rows in after.items()
        for number, row in rows.items()
    )


def _told_by_engine(row: dict[str, Any] | None) -> dict[str, Any] | None:
    """Without what the person on the other side edits in this story, and when."""
    return None if row is None else {name: value for name, value in row.items() if name not in EDITED_THERE}


# --- invented records ------------------------------------------------------------------------------------------------


def _account() -> dict[str, Any]:
    companies = [_company(n) for n in range(ORGANISATIONS) if n % 3 != 0]
    contacts = [
        {
            "name": f"{_contact(n)['first_name']} {_contact(n)['last_name']}",
            "email_address": _contact(n)["email"],
            "primary_company": companies[n % len(companies)]["name"],
            "modified_ago": 900_000,
        }
        for n in range(CONTACTS)
        if n % 3 == 2
    ]
    members = [{"name": "Person0 Bench", "email": "person0@bench.example", "modified_ago": 900_000}]
    return {
        "key": ACCOUNT,
        "name": "Bench",
        "tokens": [{"token": TOKEN}],
        "records": {"team-members": members, "companies": companies, "contacts": contacts},
    }


def _person(n: int) -> dict[str, Any]:
    return {"first_name": f"Person{n}", "last_name": "Bench", "email": f"person{n}@bench.example"}


def _organisation(n: int) -> dict[str, Any]:
    return {
        "name": f"Plum {n} Holdings",
        "stage": "prospect",
        "email": f"office@plum{n}.example",
        "phone": f"(02) 5550 {n:04d}",
        "tax_number": _tax_number(n),
    }


def _company(n: int) -> dict[str, Any]:
    of_ours = _organisation(n)
    return {
        "name": of_ours["name"],
        "email_address": of_ours["email"],
        "office_phone": of_ours["phone"],
        "abn": of_ours["tax_number"],
    }


def _contact(n: int) -> dict[str, Any]:
    return {"first_name": f"Given{n}", "last_name": f"Family{n}", "email": f"given{n}@people.example"}


def _tax_number(n: int) -> str:
    """Eleven digits whose check digits are right, another for each n."""
    body = f"{300_000_000 + n * 7:09d}"
    weights = (3, 5, 7, 9, 11, 13, 15, 17, 19)
    check = 11 + (-sum(int(digit) * weight for digit, weight in zip(body, weights, strict=True)) - 1) % 89
    # The first two weigh ten and one, and one is taken from the first digit.
    return f"{check}{body}"


if __name__ == "__main__":
    sys.exit(main())
