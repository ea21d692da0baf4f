"""The rules of a job, held alike by every action that writes one."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils import timezone

from instep.base.numbering.series import next_number
from instep.base.records.ids import is_id
from instep.base.records.outcomes import Draft
from instep.base.records.texts import one_date, one_flag, one_text
from instep.base.records.writer import Writer
from instep.crm.models import Organisation
from instep.jobs.actions import parts
from instep.jobs.actions.job_lookups import JobLookups
from instep.jobs.actions.status_rules import settle_status
from instep.jobs.errors import (
    ClientArchived,
    ClientMissing,
    HandlerNeeded,
    NoSuchProject,
    NumberTaken,
    StillUnfinished,
)
from instep.jobs.heeds import tell_moved
from instep.jobs.models import Job, JobWord, Phase
from instep.jobs.states import UNFINISHED, StatusType
from instep.kernel.currencies import exponent
from instep.kernel.errors import BadValue, Refusal
from instep.kernel.records.kinds import FieldType, RecordField
from instep.kernel.records.project import JOB

_OTHERS = frozenset({"number", "client", "project", "status", "job_type", "handler", "currency", "fee", "parties"})


class JobWriter(Writer[Job]):
    """Writes jobs."""

    model = Job
    kind = "job"
    right = "edit jobs"
    texts = {
        **{name: JOB.field(name) for name in ("name", "address", "scope")},
        "external_reference": RecordField("external_reference", FieldType.TEXT, "Their reference", max_length=200),
        "close_reason": RecordField("close_reason", FieldType.MULTILINE, "Reason"),
    }
    others = _OTHERS | {"starts_on", "ends_on", "archived"}
    words = JobWord
    word_sources = ("number", "name", "external_reference")

    _lookups: JobLookups

    def gather(self, drafts: Sequence[Draft[Job]]) -> None:
        self._lookups = JobLookups(self.firm, self.by, drafts, fill_gaps=self.fill_gaps)

    def settle(self, draft: Draft[Job]) -> None:
        if draft.is_new:
            self._settle_currency(draft)
        client = self._settle_client(draft)
        settle_status(draft, self._lookups, client, by_hand=not self.fill_gaps)
        self._settle_handler(draft, client)
        self._settle_type_and_project(draft)
        self._settle_dates(draft)
        if "fee" in draft.given:
            parts.settle_fee(draft, self._lookups)
        if "parties" in draft.given:
            parts.settle_parties(draft, self._lookups)
        if "archived" in draft.given:
            self._settle_archived(draft)
        if draft.given.get("number") is not None or (not draft.is_new and "number" in draft.given):
            self._settle_number(draft)

    # --- the rules ---------------------------------------------------------------------------------------------------

    def _settle_currency(self, draft: Draft[Job]) -> None:
        currency = draft.given.get("currency") or self.firm.currency
        if not isinstance(currency, str):
            raise BadValue(field="Currency", problem="give its three letters, such as AUD")
        exponent(currency)
        draft.put("currency", currency, field_name="currency")

    def _settle_client(self, draft: Draft[Job]) -> Organisation:
        clients = self._lookups.clients
        if not draft.is_new and "client" not in draft.given:
            return clients[draft.row.client_id]
        chosen = draft.given.get("client")
        client = clients.get(chosen) if is_id(chosen) else None
        if client is None:
            raise ClientMissing()
        if draft.put("client_id", client.pk, field_name="client") and client.archived_at is not None:
            raise ClientArchived(client=client.name)
        return client

    def _settle_handler(self, draft: Draft[Job], client: Organisation) -> None:
        chosen = draft.given.get("handler")
        if chosen is None and draft.is_new:
            chosen = self._lookups.handler_for(client)
        elif chosen is None:
            # A remote may name nobody; a job without a handler is impossible, so it keeps the one it has.
            if "handler" in draft.given and not self.fill_gaps:
                raise HandlerNeeded()
            return
        if not draft.is_new and chosen == draft.row.handler_id:
            return
        if not (is_id(chosen) and chosen in self._lookups.handlers):
            raise HandlerNeeded()
        draft.put("handler_id", chosen, field_name="handler")

    def _settle_type_and_project(self, draft: Draft[Job]) -> None:
        if "job_type" in draft.given:
            key = draft.given["job_type"]
            wanted = self._lookups.job_type(key) if key else None
            if draft.put("job_type_id", wanted.pk if wanted else None):
                old = None if draft.is_new else self._lookups.type_key(draft.row.job_type_id)
                draft.note("job_type", old, wanted.key if wanted else None)
        if "project" in draft.given:
            chosen = draft.given["project"]
            if chosen is not None and not (is_id(chosen) and chosen in self._lookups.projects):
                raise NoSuchProject()
            draft.put("project_id", chosen, field_name="project")
        project_id = draft.value("project_id")
        if project_id is not None and not {"client_id", "project_id"}.isdisjoint(draft.attributes):
            project = self._lookups.projects.get(project_id)
            if project is None or project.client_id != draft.value("client_id"):
                raise NoSuchProject()

    def _settle_dates(self, draft: Draft[Job]) -> None:
        for field, label in (("starts_on", "Start"), ("ends_on", "End")):
            if field in draft.given:
                draft.put(field, one_date(draft.given[field], label), field_name=field)
        starts, ends = draft.value("starts_on"), draft.value("ends_on")
        if not {"starts_on", "ends_on"}.isdisjoint(draft.attributes) and starts and ends and ends < starts:
            raise BadValue(field="End", problem=f"it is before the start, {starts}")

    def _settle_archived(self, draft: Draft[Job]) -> None:
        archived = one_flag(draft.given["archived"], "Archived")
        if archived == (draft.row.archived_at is not None):
            return
        status = self._lookups.statuses[draft.value("status_id")]
        if archived and StatusType(status.type) in UNFINISHED:
            raise StillUnfinished(job=draft.value("name"), status=status.name)
        draft.put("archived_at", timezone.now() if archived else None)
        draft.note("archived", not archived, archived)

    def _settle_number(self, draft: Draft[Job]) -> None:
        number = one_text(draft.given["number"], JOB.field("number"))
        if not number:
            raise BadValue(field="Number", problem="it cannot be empty")
        if number == draft.row.number:
            return
        self.by.must("edit numbers")
        holder = self._lookups.numbers.get(number)
        if holder is not None and holder[0] != draft.row.pk:
            raise NumberTaken(number=number, holder=holder[1])
        draft.put("number", number, field_name="number")
        self._lookups.numbers[number] = (draft.row.pk, draft.value("name"))

    def clash(self, draft: Draft[Job]) -> Refusal | None:
        holder = Job.objects.of(self.firm).filter(number=draft.row.number).exclude(pk=draft.row.pk).first()
        return NumberTaken(number=holder.number, holder=holder.name) if holder else None

    # --- beside it ---------------------------------------------------------------------------------------------------

    def before_create(self, drafts: Sequence[Draft[Job]]) -> None:
        """Number the rows that bring none, in order, passing over numbers that were given by hand (T-03)."""
        given = {draft.row.number for draft in drafts if draft.row.number}
        without = [draft for draft in drafts if not draft.row.number]
        while without:
            numbers = [next_number(self.firm.pk, "job") for _ in without]
            taken = self._lookups.taken(numbers) | given
            for number in numbers:
                if number not in taken:
                    draft = without.pop(0)
                    draft.row.number = number
                    draft.note("number", None, number)

    def after_create(self, drafts: Sequence[Draft[Job]]) -> None:
        parts.write_first_phases(self.firm, drafts, self._lookups)
        parts.write_parties(self.firm, drafts)

    def after_update(self, drafts: Sequence[Draft[Job]]) -> None:
        parts.write_first_fees(drafts)
        parts.write_live(self.firm, drafts)
        parts.write_parties(self.firm, drafts)
        moved = [draft.row.pk for draft in drafts if "client_id" in draft.attributes]
        if moved:
            tell_moved(self.by, list(Phase.objects.of(self.firm).filter(job__in=moved).values_list("pk", flat=True)))
