"""The practice whose documents travel: clients, jobs in stages, an hour's price; and its invoices, each another sum."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Sequence

from instep.base.identity.actor import Actor
from instep.base.identity.models import Firm
from instep.billing.actions.claims import Claim, draft_from_job
from instep.billing.actions.issuing import make_invoice_real
from instep.billing.models import Document
from instep.cli.demo.firms.ledgers import LedgerSeed
from instep.cli.demo.firms.shape import Company, DemoFirm, Part, Person, Work
from instep.cli.demo.plant import plant
from instep.costs.actions.rates import set_staff_rate
from instep.costs.actions.time import record_time_many
from instep.jobs.models import Job, Phase
from instep.kernel.money import Money
from instep.staff.models import StaffResource

DATED = dt.date(2025, 3, 31)
WORKED = dt.date(2025, 3, 3)
RATES_SINCE = dt.date(2025, 1, 1)
PARTS = ("Concept", "Design", "Documents")
HOURS = "On site"
SERIES = ("job", "project", "client", "invoice", "credit_note")
CLIENTS_EACH = 10
"""About so many documents a client."""
HOURLY_EACH = 7
"""One in so many bills an hour's work, too."""


def money_firm(key: str, documents: int) -> DemoFirm:
    """A firm with one job in three stages and one by the hour for every ten documents that it will send."""
    clients = [f"Client {number} Pty Ltd" for number in range(1, max(2, documents // CLIENTS_EACH) + 1)]
    stages = (*(Part(name, 1_000_000) for name in PARTS), Part(HOURS, type="hourly"))
    return DemoFirm(
        key=key,
        name=f"Practice {key}",
        currency="AUD",
        country="AU",
        zone="Australia/Sydney",
        vocabulary="architecture",
        series={name: {"prefix": f"{key.upper()}-{name[0].upper()}", "width": 5} for name in SERIES},
        first_part=PARTS[0],
        types={},
        account=key,
        account_name=key,
        token="",
        people=(Person("Una", "Marsh", "Director", f"una@{key}.example"),),
        companies=tuple(Company(name, "client", f"{key[0].upper()}{n:04d}") for n, name in enumerate(clients, 1)),
        humans=(),
        work=tuple(Work(f"House {n}", name, "active", "Una", stages) for n, name in enumerate(clients, 1)),
    )


def ledger_for(key: str, number: int) -> LedgerSeed:
    """The organisation of that firm."""
    return LedgerSeed(
        key=key,
        name=f"Practice {key}",
        base="AU",
        tenant=f"5c0ffee0-0000-4000-8000-{number:012d}",
        person=("Una Marsh", f"una@{key}.example"),
        client_id=f"app-of-{key}",
        client_secret=f"secret-of-{key}",
        tax_number="51 824 753 556",
        token=f"token-of-{key}",
    )


def plant_practice(firm: DemoFirm) -> tuple[Firm, Actor]:
    """The firm with its price of an hour."""
    row = plant(firm)
    by = Actor.system(row, "check")
    una = StaffResource.objects.of(row).get(first_name="Una")
    set_staff_rate(una.pk, by=by, effective_on=RATES_SINCE, cost_rate=60, charge_rate=145)
    return row, by


def bill(row: Firm, by: Actor, count: int, *, seed: int) -> list[Document]:
    """So many drafts made real, in turns over the jobs: one to three stages each, odd cents, some with time."""
    chance = random.Random(seed)
    jobs = list(Job.objects.of(row).order_by("pk").values_list("pk", flat=True))
    phases: dict[int, dict[str, int]] = {job: {} for job in jobs}
    for job, name, phase in Phase.objects.of(row).values_list("job_id", "name", "pk"):
        phases[job][name] = phase
    by_the_hour = range(0, count, HOURLY_EACH)
    work = iter(_work(row, by, [phases[jobs[turn % len(jobs)]][HOURS] for turn in by_the_hour], chance))
    made = []
    for turn in range(count):
        job = jobs[turn % len(jobs)]
        names: Sequence[str] = PARTS[: 1 + turn % len(PARTS)]
        claims = [
            Claim(phases[job][name], amount=Money.from_minor(chance.randrange(1_001, 250_000), row.currency))
            for name in names
        ]
        if turn in by_the_hour:
            claims.append(Claim(phases[job][HOURS], costs=[next(work)]))
        made.append(make_invoice_real(draft_from_job(job, by=by, dated_on=DATED, claims=claims).pk, by=by))
    return made


def _work(row: Firm, by: Actor, phases: Sequence[int], chance: random.Random) -> list[int]:
    """Time on each of these phases, of minutes that make no round sum."""
    una = StaffResource.objects.of(row).get(first_name="Una").pk
    rows = [{"phase": phase, "staff": una, "on": WORKED, "minutes": chance.randrange(7, 400)} for phase in phases]
    return [outcome.sure().pk for outcome in record_time_many(rows, by=by, submit=True)]
