"""Time in bulk: processor time of 10,000 entries in one call, over bare Django's `bulk_create` of the same.

Ours checks every entry against the rules of its job and phase, prices it by the rates of its day, and writes its part
of the journal and its row of the outbox. The measure does none of that.
"""

from __future__ import annotations

import datetime as dt
import sys
from typing import Any

from bench._databases import found, in_own_process, open_house, throw_away
from bench._requests import best_of_few

JOBS, PHASES, PEOPLE, ENTRIES, TIMES = 100, 5, 20, 10_000, 5
TARGET = 1.5


def main() -> int:
    """Run on each database in a process of its own; 1 when a ratio is above its target."""
    if sys.argv[1:]:
        with throw_away(sys.argv[1]):
            open_house()
            return run(sys.argv[1])
    return max(in_own_process("time", database) for database in found())


def run(database: str) -> int:
    """Record the same entries both ways, as drafts and submitted; 1 when one is above its target."""
    from bench._bare_hours import Bare

    ours, bare = _Ours(), Bare(JOBS, PHASES, PEOPLE)
    failed = 0
    for what, submit in (("drafts", False), ("submitted", True)):
        measure = best_of_few(lambda: bare.record(ENTRIES), TIMES)
        taken = best_of_few(lambda submit=submit: ours.record(submit=submit), TIMES)
        above = taken / measure > TARGET
        failed |= above
        print(
            f"  {database}: {ENTRIES} {what:<9} {taken / measure:.2f} times bare Django"
            f" ({taken:.0f} ms to {measure:.0f})" + (f"; ABOVE {TARGET}" if above else ""),
            flush=True,
        )
    return int(failed)


class _Ours:
    """The house, through the action that imports and pages call."""

    def __init__(self) -> None:
        from instep.base.firms.actions.firms import create_firm
        from instep.base.identity.actor import Actor
        from instep.costs.actions.rates import set_staff_rate
        from instep.crm.actions.organisations import create_organisation
        from instep.jobs.actions.jobs import create_jobs
        from instep.jobs.actions.phases import add_phases
        from instep.jobs.actions.statuses import create_default_statuses
        from instep.staff.actions.resources import create_staff

        firm = create_firm(key="bench", name="Bench & Co")
        self.by = Actor.system(firm, "bench")
        create_default_statuses(firm, by=self.by)
        people = [create_staff(last_name=f"Lee {at}", by=self.by).sure().pk for at in range(PEOPLE)]
        for each in people:
            set_staff_rate(each, by=self.by, effective_on=dt.date(2025, 1, 1), cost_rate=40, charge_rate=150)
        client = create_organisation(name="Acme", stage="client", code="ACME", by=self.by).sure().pk
        job: dict[str, Any] = {"client": client, "status": "active", "handler": people[0]}
        phases: list[int] = []
        for made in create_jobs([{"name": f"Job {at}", **job} for at in range(JOBS)], by=self.by):
            parts = [{"name": f"Phase {at}", "fee_type": "hourly"} for at in range(PHASES)]
            phases += [phase.pk for phase in add_phases(made.sure().pk, parts, by=self.by)]
        self.rows = [
            {
                "phase": phases[at * 7919 % len(phases)],
                "staff": people[at % PEOPLE],
                "on": dt.date(2025, 1, 1) + dt.timedelta(days=at % 300),
                "minutes": 15 * (1 + at % 32),
                "description": f"line {at}",
            }
            for at in range(ENTRIES)
        ]

    def record(self, *, submit: bool) -> None:
        """All of them at once."""
        from instep.costs.actions.time import record_time_many

        for one in record_time_many(self.rows, by=self.by, submit=submit):
            one.sure()


if __name__ == "__main__":
    sys.exit(main())
