"""What the rules of a job ask for, loaded once for all rows of an action."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from instep.base.identity.actor import Actor
from instep.base.identity.models import Firm
from instep.base.records.ids import batches, is_id
from instep.base.records.outcomes import Draft
from instep.crm.models import Organisation
from instep.jobs.errors import NoDefaultStatus, NoSuchStatus, NoSuchType
from instep.jobs.models import Job, JobParty, JobStatus, JobType, Phase, Project
from instep.jobs.queries import fallback_handler
from instep.kernel.canonical import canon_text
from instep.staff.models import StaffResource
from instep.staff.states import StaffKind


class JobLookups:
    """Rows of the firm by id or key, as far as the drafts name them."""

    def __init__(self, firm: Firm, by: Actor, drafts: Sequence[Draft[Job]], *, fill_gaps: bool) -> None:
        self._firm = firm
        old = [draft for draft in drafts if not draft.is_new]
        statuses = list(JobStatus.objects.of(firm).order_by("position", "pk"))
        self.statuses = {status.pk: status for status in statuses}
        self._status_keys = {status.key: status for status in statuses}
        self._types: dict[str, JobType] | None = None
        clients = {draft.row.client_id for draft in old} | set(_given(drafts, "client"))
        self.clients: dict[int, Organisation] = self._by_id(Organisation, clients, lock=_asks_stage(drafts))
        projects = {draft.row.project_id for draft in old if draft.row.project_id and "client" in draft.given}
        self.projects: dict[int, Project] = self._by_id(Project, projects | set(_given(drafts, "project")))
        self._load_handlers(by, drafts, fill_gaps)
        self.numbers = self._taken_numbers(
            {number for draft in drafts if isinstance(number := draft.given.get("number"), str)}
        )
        self.phases = self._phases([draft.row.pk for draft in old if "fee" in draft.given])
        self.parties = self._parties([draft.row.pk for draft in old if "parties" in draft.given])
        self.party_ids: set[int] = set()
        named = {getattr(party, "organisation", None) for draft in drafts for party in draft.given.get("parties") or ()}
        for batch in batches(pk for pk in named if is_id(pk)):
            rows = Organisation.objects.of(firm).filter(pk__in=batch)
            self.party_ids.update(rows.values_list("pk", flat=True))

    def status(self, key: Any) -> JobStatus:
        """The status of that key; the default one for None. Raises NoSuchStatus, NoDefaultStatus."""
        if key is None:
            found = next((status for status in self.statuses.values() if status.is_default), None)
            if found is None:
                raise NoDefaultStatus()
            return found
        found = self._status_keys.get(key) if isinstance(key, str) else None
        if found is None or found.retired:
            choices = ", ".join(status.name for status in self.statuses.values() if not status.retired)
            raise NoSuchStatus(status=str(key)[:60], choices=choices)
        return found

    def job_type(self, key: Any) -> JobType:
        """The type of that key. Raises NoSuchType."""
        types = self._all_types()
        found = types.get(key) if isinstance(key, str) else None
        if found is None or found.retired:
            choices = ", ".join(row.name for row in types.values() if not row.retired)
            raise NoSuchType(type=str(key)[:60], choices=choices or "none yet")
        return found

    def type_key(self, pk: int | None) -> str | None:
        """The key of the type with this id."""
        return next((row.key for row in self._all_types().values() if row.pk == pk), None)

    def _all_types(self) -> dict[str, JobType]:
        if self._types is None:
            self._types = {row.key: row for row in JobType.objects.of(self._firm).order_by("position", "pk")}
        return self._types

    def handler_for(self, client: Organisation) -> int | None:
        """The client's default handler, else the fallback of an import or sync; None when nobody is found."""
        if client.default_handler_id in self.handlers:
            return client.default_handler_id
        return self._fallback

    def taken(self, numbers: Iterable[str]) -> set[str]:
        """Which of these numbers jobs already have."""
        return set(self._taken_numbers(set(numbers)))

    def _by_id(self, model: type[Any], ids: Iterable[int], *, lock: bool = False) -> dict[int, Any]:
        rows = model.objects.of(self._firm).order_by("pk")
        if lock:
            rows = rows.select_for_update(no_key=True)
        found: dict[int, Any] = {}
        for batch in batches(set(ids)):
            found.update((row.pk, row) for row in rows.filter(pk__in=batch))
        return found

    def _load_handlers(self, by: Actor, drafts: Sequence[Draft[Job]], fill_gaps: bool) -> None:
        self._fallback: int | None = None
        wanted = set(_given(drafts, "handler")) | {
            client.default_handler_id for client in self.clients.values() if client.default_handler_id
        }
        if fill_gaps and any(draft.is_new and draft.given.get("handler") is None for draft in drafts):
            self._fallback = fallback_handler(by)
        self.handlers: set[int] = set()
        for batch in batches(wanted):
            rows = StaffResource.objects.of(self._firm).filter(pk__in=batch, active=True, kind=StaffKind.PERSON)
            self.handlers.update(rows.values_list("pk", flat=True))
        if self._fallback is not None:
            self.handlers.add(self._fallback)

    def _taken_numbers(self, numbers: set[str]) -> dict[str, tuple[int | None, str]]:
        found: dict[str, tuple[int | None, str]] = {}
        for batch in batches({canon_text(number) for number in numbers} - {None}):
            rows = Job.objects.of(self._firm).filter(number__in=batch)
            found.update((number, (pk, name)) for pk, number, name in rows.values_list("pk", "number", "name"))
        return found

    def _phases(self, job_ids: list[int]) -> dict[int, list[Phase]]:
        found: dict[int, list[Phase]] = {pk: [] for pk in job_ids}
        for batch in batches(job_ids):
            for phase in Phase.objects.of(self._firm).filter(job__in=batch).order_by("number"):
                found[phase.job_id].append(phase)
        return found

    def _parties(self, job_ids: list[int]) -> dict[int, list[JobParty]]:
        found: dict[int, list[JobParty]] = {pk: [] for pk in job_ids}
        for batch in batches(job_ids):
            for party in JobParty.objects.of(self._firm).filter(job__in=batch).order_by("pk"):
                found[party.job_id].append(party)
        return found


def _asks_stage(drafts: Sequence[Draft[Job]]) -> bool:
    """Whether the stage of a client decides about a row: then it must not step down until the row is written."""
    return any(draft.is_new or not draft.given.keys().isdisjoint({"status", "client"}) for draft in drafts)


def _given(drafts: Sequence[Draft[Job]], field: str) -> list[int]:
    return [value for draft in drafts if is_id(value := draft.given.get(field))]
