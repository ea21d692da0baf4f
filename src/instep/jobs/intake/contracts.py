"""Importing a public register of contracts: a plan that writes nothing, then the import, which can be cut and run
again.

A contract becomes a job: its directorate the client, its suppliers parties of the role "supplier", its number the job's
external reference, its amount the fixed fee of the first phase, as given (the register does not say whether tax is in
it). Organisations come first, each name once (equal up to case, punctuation and legal form), then the jobs.

A row that changed in the register overwrites what it brought before, but never the status: that has moved on here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from instep.base.identity.actor import Actor
from instep.base.identity.queries import firm_of
from instep.base.intake.apply import make_source, one_by_one, take_in
from instep.base.intake.models import Source
from instep.base.intake.plan import preview
from instep.base.intake.queries import records_of
from instep.base.intake.rows import Outcome, PlannedRow, Preview, Problem, Row, Tally
from instep.jobs.actions.jobs import create_jobs, update_job
from instep.jobs.actions.parts import Party
from instep.jobs.actions.phases import update_phase
from instep.jobs.errors import FeeComesFromPhases, HandlerNeeded, NoSuchStatus
from instep.jobs.intake.contract_csv import LONGEST_TITLE, read_contracts, short_name
from instep.jobs.intake.register_organisations import organisation_key, organisation_rows, write_organisations
from instep.jobs.models import Job
from instep.jobs.queries import fallback_handler, job_details, statuses_of
from instep.jobs.states import FeeType, PartyRole, StatusType
from instep.kernel.money import Money

SOURCE = "contract-register"
TITLE = "Contract register"
BATCH = 200

Progress = Callable[[int, int, str], None]
"""(rows done, rows in all, what is being done)"""


@dataclass(frozen=True, slots=True)
class ContractPlan:
    """What an import would do now. `shortened` are the lines whose titles are longer than names are: the full title
    goes into the scope. `obstacle` is a sentence on what must be settled before the import can run, "" for nothing."""

    organisations: Preview
    jobs: Preview
    shortened: list[int] = field(default_factory=list)
    obstacle: str = ""


@dataclass(frozen=True, slots=True)
class ContractTally:
    """What an import did, in organisations and jobs."""

    organisations: Tally
    jobs: Tally

    def as_json(self) -> dict[str, Any]:
        """For the result of a task."""
        return {
            kind: {name: getattr(tally, name) for name in ("created", "updated", "unchanged", "refused")}
            for kind, tally in (("organisations", self.organisations), ("jobs", self.jobs))
        }


def plan_contracts(path: str | Path, *, by: Actor, source: str = SOURCE) -> ContractPlan:
    """Read the file and compare it with what it brought before; nothing is written.

    Raises NotAllowed ("import records"), and the refusals of a whole file that `read_contracts` raises.
    """
    by.must("import records")
    rows = read_contracts(path)
    return ContractPlan(
        organisations=preview(_known_source(by, f"{source}-organisations"), organisation_rows(rows)),
        jobs=preview(_known_source(by, source), rows),
        shortened=[row.line for row in rows if len(str(row.values.get("title", ""))) > LONGEST_TITLE],
        obstacle=_obstacle(by),
    )


def import_contracts(
    path: str | Path, *, by: Actor, source: str = SOURCE, batch: int = BATCH, progress: Progress | None = None
) -> ContractTally:
    """Take the file in, `batch` rows a transaction. Cut anywhere and run again, it goes on; run twice, the second time
    changes nothing.

    Raises NotAllowed ("import records", "edit organisations", "edit jobs"), HandlerNeeded when nobody would handle the
    jobs (set the default handler of imported work), NoSuchStatus without an active status, and what `read_contracts`
    raises, before anything is written.
    """
    for right in ("import records", "edit organisations", "edit jobs"):
        by.must(right)
    rows = read_contracts(path)
    status = _active_status(by)
    if fallback_handler(by) is None:
        raise HandlerNeeded()
    named = organisation_rows(rows)
    total = len(named) + len(rows)
    say = progress or (lambda _done, _total, _message: None)
    found = make_source(by.firm_id, f"{source}-organisations", f"{TITLE}: organisations")
    organisations = take_in(
        found,
        named,
        lambda planned: write_organisations(planned, by=by),
        by=by,
        kind="organisation",
        batch=batch,
        progress=lambda done: say(done, total, "Organisations"),
    )
    jobs = take_in(
        make_source(by.firm_id, source, TITLE),
        rows,
        _JobRows(by, found, status).write,
        by=by,
        kind="job",
        batch=batch,
        progress=lambda done: say(len(named) + done, total, "Contracts"),
    )
    return ContractTally(organisations, jobs)


def _known_source(by: Actor, key: str) -> Source:
    # Planning writes nothing, so a first plan works with a source that has no rows because it is not there.
    return Source.objects.of(by.firm_id).filter(key=key).first() or Source(pk=0, firm_id=by.firm_id, key=key)


def _obstacle(by: Actor) -> str:
    try:
        _active_status(by)
    except NoSuchStatus as refusal:
        return str(refusal)
    return "" if fallback_handler(by) is not None else str(HandlerNeeded())


def _active_status(by: Actor) -> str:
    """The key of the status of current contracts: "active", else the first of the active type."""
    keys = [status.key for status in statuses_of(by.firm_id) if status.type == StatusType.ACTIVE]
    if not keys:
        raise NoSuchStatus(status="Active", choices="a status of the active type, which this firm has not got yet")
    return "active" if "active" in keys else keys[0]


class _JobRows:
    """Writes the planned rows of contracts."""

    def __init__(self, by: Actor, organisations: Source, status: str) -> None:
        self._by = by
        self._organisations = organisations
        self._status = status
        self._currency = firm_of(by.firm_id).currency

    def write(self, planned: Sequence[PlannedRow]) -> list[Outcome]:
        """One outcome a row, in order: new ones in one bulk action, changed ones one by one."""
        known = self._known(planned)
        outcomes: dict[int, Outcome] = {}
        new: list[tuple[int, dict[str, Any]]] = []
        for place, row in enumerate(planned):
            missing = [name for name in self._names(row) if organisation_key(name) not in known]
            if missing:
                sentence = f"There is no organisation for {', '.join(missing)}; see the refused organisations."
                outcomes[place] = Outcome(problem=Problem("no_organisation", sentence))
            elif row.record_id is None:
                new.append((place, self._values(row, known)))
            else:
                outcomes[place] = one_by_one(lambda changed: self._change(changed, known))([row])[0]
        if new:
            made = create_jobs([{**values, "status": self._status} for _, values in new], by=self._by, fill_gaps=True)
            for (place, _), outcome in zip(new, made, strict=True):
                problem = Problem.of(outcome.refusal) if outcome.refusal else None
                outcomes[place] = Outcome(record_id=outcome.id, problem=problem)
        return [outcomes[place] for place in range(len(planned))]

    def _known(self, planned: Iterable[PlannedRow]) -> dict[str, int]:
        keys = sorted({organisation_key(name) for row in planned for name in self._names(row)})
        found: dict[str, int] = {}
        for start in range(0, len(keys), 500):
            found.update(records_of(self._organisations, keys[start : start + 500]))
        return found

    def _names(self, row: PlannedRow) -> list[str]:
        return [row.values["client"], *(name for name, _ in row.values["suppliers"])]

    def _values(self, row: PlannedRow, known: dict[str, int]) -> dict[str, Any]:
        values = row.values
        parties = [
            Party(known[organisation_key(name)], PartyRole.SUPPLIER.value, code) for name, code in values["suppliers"]
        ]
        return {
            "name": short_name(values["title"]),
            "client": known[organisation_key(values["client"])],
            "external_reference": values["number"],
            "scope": values["scope"],
            "starts_on": values["starts_on"],
            "ends_on": values["ends_on"],
            "fee": Money(Decimal(values["amount"]), self._currency),
            "parties": parties,
        }

    def _change(self, row: PlannedRow, known: dict[str, int]) -> int:
        assert row.record_id is not None
        values = self._values(row, known)
        fee: Money = values.pop("fee")
        job = update_job(row.record_id, by=self._by, changes=values, fill_gaps=True).sure()
        self._change_fee(job, fee)
        return job.pk

    def _change_fee(self, job: Job, fee: Money) -> None:
        """The amount is the fee of the only phase; once a job is divided, its fee comes from its phases (A-14)."""
        details = job_details(self._by.firm_id, job.pk)
        if details.fee == fee:
            return
        if len(details.phases) != 1:
            shown = "none" if details.fee is None else f"{details.fee.amount:,} {details.fee.currency}"
            raise FeeComesFromPhases(job=str(job), fee=shown)
        update_phase(details.phases[0].pk, by=self._by, changes={"fee_type": FeeType.FIXED.value, "fee": fee})


def rows_refused(plan: ContractPlan) -> list[tuple[int, str]]:
    """(line, reason) of every refused row that the plan shows, jobs and organisations, by line."""
    refused = [*plan.organisations.refused, *plan.jobs.refused]
    return sorted((row.row.line, row.problem.sentence if row.problem else "") for row in refused)


__all__ = ["ContractPlan", "ContractTally", "Row", "import_contracts", "plan_contracts", "rows_refused"]
