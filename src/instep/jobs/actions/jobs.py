"""Making, changing and archiving jobs, alone or many at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from instep.base.identity.actor import Actor
from instep.base.records.outcomes import Edit, Outcome, only
from instep.jobs.actions.job_writer import JobWriter
from instep.jobs.models import Job, JobParty, Phase
from instep.kernel.money import Money


def create_jobs(rows: Sequence[Mapping[str, Any]], *, by: Actor, fill_gaps: bool | None = None) -> list[Outcome[Job]]:
    """Make jobs; rows as for `create_job`. Raises NotAllowed; else every row has an outcome."""
    return JobWriter(by, fill_gaps=fill_gaps).create(rows)


def create_job(*, by: Actor, fill_gaps: bool | None = None, **values: Any) -> Outcome[Job]:
    """Make a job with its first phase (E-27, E-32): name, client (id), status (key; the default one), handler (id of an
    active person; the client's default handler, E-23), number (the next one, T-03; giving it needs "edit numbers"),
    job_type (key), project (id), address, scope, external_reference, starts_on, ends_on, close_reason, currency (the
    firm's), fee (Money exclusive of tax: the fixed fee of the first phase), parties (list of Party).

    Raises NotAllowed, BadValue, ClientMissing, ClientArchived, ClientNeeded or ProspectNeeded (E-13, E-28, E-36),
    HandlerNeeded, NumberTaken, NoSuchStatus, NoSuchType, NoSuchProject, ReasonNeeded, OtherCurrency. With `fill_gaps`
    a job without a handler gets the firm's default one or the acting user.
    """
    return only(create_jobs([values], by=by, fill_gaps=fill_gaps))


def update_jobs(edits: Sequence[Edit], *, by: Actor, fill_gaps: bool | None = None) -> list[Outcome[Job]]:
    """Apply each edit. Raises NotAllowed; else every edit has an outcome."""
    return JobWriter(by, fill_gaps=fill_gaps).update(edits)


def update_job(
    job_id: int,
    *,
    by: Actor,
    changes: Mapping[str, Any],
    expected_version: int | None = None,
    fill_gaps: bool | None = None,
) -> Outcome[Job]:
    """Change the fields given. Raises what `create_job` does, and NotFound, StaleVersion, FieldOwned, WrongState,
    FeeComesFromPhases, StillUnfinished."""
    return only(update_jobs([Edit(job_id, changes, expected_version)], by=by, fill_gaps=fill_gaps))


def change_job_status(
    job_id: int, *, by: Actor, to: str, reason: str | None = None, expected_version: int | None = None
) -> Outcome[Job]:
    """Give the job another status, by its key (T-01). Reaching a live type makes an opportunity a job: it keeps its id,
    number and phases, and quoted phases go live (7.2.11).

    Raises WrongState, ClientNeeded, ProspectNeeded, ReasonNeeded, NoSuchStatus, and what `update_job` does.
    """
    changes: dict[str, Any] = {"status": to}
    if reason is not None:
        changes["close_reason"] = reason
    return only(JobWriter(by, fill_gaps=False).update([Edit(job_id, changes, expected_version)], "status_changed"))


def set_first_fee(job_id: int, fee: Money | None, *, by: Actor, expected_version: int | None = None) -> Outcome[Job]:
    """Seed the fee of a job that has one phase and no fee yet; the phase becomes a fixed one (A-14). Exclusive of tax.

    Raises FeeComesFromPhases when the fee already comes from phases and differs, OtherCurrency, and what `update_job`
    does.
    """
    return update_job(job_id, by=by, changes={"fee": fee}, expected_version=expected_version)


def archive_job(job_id: int, *, by: Actor, expected_version: int | None = None) -> Outcome[Job]:
    """Take a finished job off the lists. Raises StillUnfinished."""
    return only(JobWriter(by).update([Edit(job_id, {"archived": True}, expected_version)], "archived"))


def restore_job(job_id: int, *, by: Actor, expected_version: int | None = None) -> Outcome[Job]:
    """Put the job back on the lists."""
    return only(JobWriter(by).update([Edit(job_id, {"archived": False}, expected_version)], "restored"))


def remove_job(job_id: int, *, by: Actor) -> None:
    """Remove a job made by mistake, with its phases and parties (E-27). Raises StillUsed when anything else refers to
    it."""
    JobWriter(by).erase(job_id, [Phase, JobParty])
