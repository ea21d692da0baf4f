"""Billing: processor time of a draft invoice from 1,000 hours over 50 phases, and of making it real, over bare Django.

The measure is the smallest honest schema for the same work: entries that point at their line, one update a phase, no
journal, no movements, no copies of names and addresses, one tax rate. Both sides begin with the same hours.
"""

from __future__ import annotations

import datetime as dt
import sys
from typing import Any

from bench._databases import found, in_own_process, open_house, throw_away
from bench._requests import once_each

PHASES, ENTRIES, TIMES = 50, 1_000, 9
ON = dt.date(2025, 12, 31)
# Making it real moves a thousand ticks besides, and journals and announces what bare Django leaves untold.
TARGETS = {"draft": 1.5, "real": 7.0}


def main() -> int:
    """Run on each database in a process of its own; 1 when a ratio is above its target."""
    if sys.argv[1:]:
        with throw_away(sys.argv[1]):
            open_house()
            return run(sys.argv[1])
    return max(in_own_process("draft", database) for database in found())


def run(database: str) -> int:
    """Bill the same hours both ways, several times; 1 when one is above its target."""
    from bench._bare_billing import Bare

    ours, bare = _Ours(), Bare(PHASES, ENTRIES)
    measures = {
        "draft": once_each(bare.hours, bare.draft, TIMES),
        "real": once_each(bare.drafted, bare.make_real, TIMES),
    }
    taken = {"draft": once_each(ours.hours, ours.draft, TIMES), "real": once_each(ours.drafted, ours.make_real, TIMES)}
    failed = 0
    for what, measure in measures.items():
        ratio = taken[what] / measure
        above = ratio > TARGETS[what]
        failed |= above
        print(
            f"  {database}: {what:<6} {ratio:.2f} times bare Django ({taken[what]:.1f} ms to {measure:.1f})"
            + (f"; ABOVE {TARGETS[what]}" if above else ""),
            flush=True,
        )
    return int(failed)


class _Ours:
    """The house, through the actions that pages call."""

    def __init__(self) -> None:
        from instep.base.firms.actions.firms import create_firm
        from instep.base.identity.actor import Actor
        from instep.costs.actions.rates import set_staff_rate
        from instep.crm.actions.organisations import create_organisation
        from instep.jobs.actions.statuses import create_default_statuses
        from instep.staff.actions.resources import create_staff

        firm = create_firm(key="bench", name="Bench & Co")
        self.by = Actor.system(firm, "bench")
        create_default_statuses(firm, by=self.by)
        self.staff = create_staff(last_name="Lee", by=self.by).sure().pk
        self.client = create_organisation(name="Acme", stage="client", code="ACME", by=self.by).sure().pk
        set_staff_rate(self.staff, by=self.by, effective_on=dt.date(2025, 1, 1), cost_rate=40, charge_rate=150)

    def hours(self) -> int:
        """A job with free hours; its id."""
        from instep.costs.actions.time import record_time_many
        from instep.jobs.actions.jobs import create_job
        from instep.jobs.actions.phases import add_phases
        from instep.jobs.models import Phase

        values: dict[str, Any] = {"name": "Bill me", "client": self.client, "status": "active", "handler": self.staff}
        job = create_job(by=self.by, **values).sure()
        rows = [{"name": f"Phase {n}", "fee_type": "hourly"} for n in range(PHASES)]
        phases = add_phases(job.pk, rows, by=self.by)
        Phase.objects.filter(job=job, fee_type="fixed").delete()
        times = [
            {
                "phase": phases[n % PHASES].pk,
                "staff": self.staff,
                "on": dt.date(2025, 3, 3),
                "minutes": 15 + 15 * (n % 32),
            }
            for n in range(ENTRIES)
        ]
        for one in record_time_many(times, by=self.by, submit=True):
            one.sure()
        return job.pk

    def draft(self, job: int) -> int:
        """The draft of everything that is free."""
        from instep.billing.actions.claims import draft_from_job

        return draft_from_job(job, by=self.by, dated_on=ON).pk

    def drafted(self) -> int:
        """A draft that is ready."""
        return self.draft(self.hours())

    def make_real(self, document: int) -> None:
        """Number it and close its hours."""
        from instep.billing.actions.issuing import make_invoice_real

        make_invoice_real(document, by=self.by)


if __name__ == "__main__":
    sys.exit(main())
