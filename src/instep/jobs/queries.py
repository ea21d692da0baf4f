"""Questions about jobs."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q

from instep.base.identity.actor import Actor
from instep.base.identity.rows import FirmQuerySet
from instep.base.paging import Page, keyset
from instep.base.records.ids import is_id
from instep.base.records.words import asked, ids_of_word
from instep.base.settings.declared import get_setting
from instep.crm.models import CrmWord
from instep.jobs.fees import fee_of_phases
from instep.jobs.models import Job, JobParty, JobStatus, JobType, JobWord, Phase
from instep.jobs.settings import DEFAULT_HANDLER
from instep.jobs.states import UNFINISHED, PhaseStatus, StatusType, least_advanced
from instep.kernel.money import Money
from instep.staff.models import StaffResource
from instep.staff.queries import possible_handlers

BY_NUMBER = ("number",)
BY_NAME = ("name",)
NEWEST_FIRST = ("-pk",)


def job_list(
    firm_id: int,
    *,
    search: str = "",
    types: Collection[StatusType] | None = None,
    status: str | None = None,
    client: int | None = None,
    handler: int | None = None,
    project: int | None = None,
    party: int | None = None,
    archived: bool | None = False,
) -> FirmQuerySet[Job]:
    """Jobs with client, status, type and handler loaded, unordered; those on the lists unless told otherwise (archived
    None: all). `types` narrows to fixed status types, `status` to one status by key, `party` to those where that
    organisation is supplier, consultant or the like. A search looks at number, name, their reference and the client."""
    rows = Job.objects.of(firm_id).select_related("client", "status", "job_type", "handler")
    if types is not None or status is not None:
        rows = rows.filter(_status_in(firm_id, types, status))
    given = {"client": client, "handler": handler, "project": project, "party": party}
    given = {name: value for name, value in given.items() if value is not None}
    if not all(is_id(value) for value in given.values()):
        return rows.none()
    given.pop("party", None)
    rows = rows.filter(**given)
    if party is not None:
        rows = rows.filter(pk__in=JobParty.objects.of(firm_id).filter(organisation=party).values("job"))
    if archived is not None:
        rows = rows.filter(archived_at__isnull=not archived)
    for beginning in asked(search):
        clients = ids_of_word(CrmWord, firm_id, "organisation", beginning)
        of_client = Job.objects.of(firm_id).filter(client__in=clients).values("pk")
        rows = rows.filter(pk__in=ids_of_word(JobWord, firm_id, "job", beginning).union(of_client))
    return rows


def _status_in(firm_id: int, types: Collection[StatusType] | None, status: str | None) -> Q:
    # As ids, not as a subquery: only so a database sees that few jobs are on hold, and takes the index on the status.
    ids = [
        row.pk
        for row in JobStatus.objects.of(firm_id)
        if (types is None or row.type in types) and (status is None or row.key == status)
    ]
    return Q(status=ids[0]) if len(ids) == 1 else Q(status__in=ids)


def job_page(
    firm_id: int,
    *,
    order: Sequence[str] = BY_NUMBER,
    token: str | None = None,
    size: int = 50,
    **filters: Any,
) -> Page[Job]:
    """One page of `job_list` (its filters) by number, by name or newest first. Fees: `fees_of_jobs`.

    One query, one more with `types` or `status`.
    """
    return keyset(job_list(firm_id, **filters), order, token, size)


@dataclass(frozen=True, slots=True)
class JobDetails:
    """What the page of one job shows. `fee` is the sum of its phases (A-14), exclusive of tax, None while not
    agreed."""

    job: Job
    phases: list[Phase]
    parties: list[JobParty]
    fee: Money | None
    progress: PhaseStatus | None
    """How far the work is: the least advanced of the phases."""


def job_details(firm_id: int, job_id: int) -> JobDetails:
    """The job with its phases and parties; NotFound otherwise. Three queries."""
    rows = Job.objects.select_related("client", "status", "job_type", "handler", "project")
    job = rows.get_of(firm_id, job_id, what="job")
    phases = list(Phase.objects.of(firm_id).filter(job=job).select_related("handler").order_by("position", "number"))
    parties = JobParty.objects.of(firm_id).filter(job=job).select_related("organisation")
    parties = parties.order_by("role", "organisation__match_name", "pk")
    return JobDetails(
        job=job,
        phases=phases,
        parties=list(parties),
        fee=fee_of_phases(phases, job.currency),
        progress=least_advanced(phase.status for phase in phases),
    )


def statuses_of(firm_id: int, *, retired: bool = False) -> list[JobStatus]:
    """The firm's statuses in their order, retired ones only when asked for."""
    rows = JobStatus.objects.of(firm_id).order_by("position", "pk")
    return list(rows if retired else rows.filter(retired=False))


def job_types_of(firm_id: int, *, retired: bool = False) -> list[JobType]:
    """The firm's types of job in their order, retired ones only when asked for."""
    rows = JobType.objects.of(firm_id).order_by("position", "pk")
    return list(rows if retired else rows.filter(retired=False))


def counts_by_status(firm_id: int) -> dict[int, int]:
    """{status id: how many jobs on the lists have it}; one query."""
    rows = Job.objects.of(firm_id).filter(archived_at=None).order_by()
    return dict(rows.values_list("status").annotate(count=Count("pk")))


def unfinished_work(firm_id: int, organisation_ids: Sequence[int]) -> dict[int, str]:
    """{client id: its unfinished jobs in words}, for those that have any (7.2.10); one query."""
    rows = Job.objects.of(firm_id).filter(client__in=list(organisation_ids), archived_at=None)
    rows = rows.filter(status__type__in=[str(kind) for kind in UNFINISHED]).order_by("number")
    found: dict[int, list[str]] = {}
    for client_id, number in rows.values_list("client_id", "number"):
        found.setdefault(client_id, []).append(number)
    return {
        client_id: ", ".join(numbers[:5]) + (f" and {len(numbers) - 5} more" if len(numbers) > 5 else "")
        for client_id, numbers in found.items()
    }


def fallback_handler(by: Actor) -> int | None:
    """Who handles imported and synced work that names nobody: the firm's default handler, else the acting user; None
    when neither is an active person."""
    wanted = [get_setting(by.firm_id, DEFAULT_HANDLER)]
    if by.user_id is not None:
        wanted += StaffResource.objects.of(by.firm_id).filter(user_id=by.user_id).values_list("pk", flat=True)
    able = set(possible_handlers(by.firm_id).filter(pk__in=wanted).values_list("pk", flat=True))
    return next((pk for pk in wanted if pk in able), None)
