"""Lists: processor time of the pages of organisations, contacts, jobs and staff over that of a bare Django page.

10,000 records of each kind, all linked with a remote, so that every row shows how it stands. Each figure is the whole
page as a browser gets it first: shell, filters, 50 rows. `_bare.py` is the measure, `_requests.py` takes the time.
"""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

from bench._databases import found, in_own_process, open_house, throw_away
from bench._requests import best_milliseconds

if TYPE_CHECKING:
    from django.test import Client

    from instep.base.identity.actor import Actor

ROWS = 10_000
BATCH = 2_000
PEOPLE = 20
TARGET = 3.0
MOST_QUERIES = 8
PAGES = ("/organisations/", "/contacts/", "/jobs/", "/staff/")
KINDS = {"staff": "team-members", "organisation": "companies", "contact": "contacts", "job": "projects"}


def main() -> int:
    """Run on each database in a process of its own; 1 when a page is above its target."""
    if sys.argv[1:]:
        with throw_away(sys.argv[1]):
            open_house()
            return run(sys.argv[1])
    return max(in_own_process("lists", database) for database in found())


def run(database: str) -> int:
    """Plant, ask for each page, print its ratio; 1 when one is above its target."""
    from django.test import Client

    bare = _bare(database)
    client = Client()
    client.force_login(_plant())
    bare = min(bare, _bare(database))
    failed = 0
    for path in PAGES:
        answer = client.get(path)
        if answer.status_code != 200:
            print(f"  {database}: {path} answers {answer.status_code}")
            failed = 1
            continue
        queries = _queries(client, path)
        ratio = best_milliseconds(lambda path=path: client.get(path)) / bare
        size = len(answer.content) / 1024
        above = ratio > TARGET or queries > MOST_QUERIES
        failed |= above
        print(
            f"  {database}: {path:<16} {ratio:4.1f} times the bare page, {queries} queries, {size:.0f} KB"
            + (f"; ABOVE {TARGET:.0f} times or {MOST_QUERIES} queries" if above else ""),
            flush=True,
        )
    return int(failed)


def _bare(database: str) -> float:
    command = [sys.executable, "-m", "bench._bare", database]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def _queries(client: Client, path: str) -> int:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as captured:
        client.get(path)
    return len(captured)


def _plant() -> Any:
    """A firm with everything in it, by the actions that pages call; the user who looks at it."""
    from instep.base.firms.actions.firms import create_firm
    from instep.base.firms.actions.members import grant_membership
    from instep.base.firms.actions.users import create_user
    from instep.base.identity.actor import Actor
    from instep.base.identity.permissions import Role
    from instep.crm.actions.contacts import create_contacts
    from instep.crm.actions.organisations import create_organisations
    from instep.jobs.actions.jobs import create_jobs
    from instep.jobs.actions.statuses import create_default_statuses
    from instep.staff.actions.resources import create_staff_many

    firm = create_firm(key="bench", name="Bench & Co")
    by = Actor.system(firm, "bench")
    user = create_user(email="ada@bench.example", name="Ada", password="a long enough password", by=by)
    grant_membership(user, by=by, role=Role.OWNER)
    create_default_statuses(firm, by=by)

    def made(create: Any, row: Any) -> list[int]:
        ids: list[int] = []
        for start in range(0, ROWS, BATCH):
            ids += [one.sure().pk for one in create([row(n) for n in range(start, start + BATCH)], by=by)]
        return ids

    staff = made(create_staff_many, lambda n: {**_name(n), "email": f"person{n}@bench.example", "job_title": "Drafter"})
    organisations = made(create_organisations, lambda n: {**_organisation(n), "account_manager": staff[n % PEOPLE]})
    contacts = made(create_contacts, lambda n: {**_name(n), "role": "Owner", "organisation": organisations[n]})
    jobs = made(
        create_jobs,
        lambda n: {
            "name": f"House {n} at Plum Lane",
            "client": organisations[n],
            "status": "proposal",
            "handler": staff[n % PEOPLE],
        },
    )
    _link(by, {"staff": staff, "organisation": organisations, "contact": contacts, "job": jobs})
    _settle_statistics()
    return user


def _link(by: Actor, records: dict[str, list[int]]) -> None:
    """As if everything had been linked: the lists read nothing but these rows."""
    from django.utils import timezone

    from instep.connect.actions.connections import connect_remote, start_sync
    from instep.connect.models import Dirty, Link, LinkState, Pair
    from sandboxes.tinyplus.app import start

    account = {"key": "bench", "tokens": [{"token": "t"}], "records": {"team-members": [{"name": "Ada"}]}}
    with start(control=False, seed={"accounts": [account]}) as sandbox:
        connection = connect_remote(
            by.firm_id, by=by, provider="tinyplus", secret={"access_token": "t"}, address=f"{sandbox.address}/v2/"
        )
    start_sync(connection.pk, by=by)
    Dirty.objects.filter(connection=connection).delete()
    now = timezone.now()
    for pair in Pair.objects.filter(connection=connection):
        Link.objects.bulk_create(
            [
                Link(
                    firm_id=by.firm_id,
                    connection=connection,
                    pair=pair,
                    kind=pair.kind,
                    local_id=local_id,
                    remote_type=KINDS[pair.kind],
                    remote_id=str(n + 1),
                    state=LinkState.LIVE,
                    linked_at=now,
                    in_step_at=now,
                    app_url=f"https://bench.example/app/{n + 1}",
                )
                for n, local_id in enumerate(records[pair.kind])
            ],
            batch_size=1000,
        )


def _settle_statistics() -> None:
    """What a database that has run for a day knows by itself."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _name(n: int) -> dict[str, Any]:
    return {"first_name": f"Given{n % 97}", "last_name": f"Family{n}"}


def _organisation(n: int) -> dict[str, Any]:
    return {
        "name": f"Plum {n} Holdings",
        "stage": "prospect",
        "email": f"office@plum{n}.example",
        "phone": f"(02) 5550 {n % 10_000:04d}",
    }


if __name__ == "__main__":
    sys.exit(main())
