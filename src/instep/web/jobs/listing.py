"""The list of jobs."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery, Sum
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from instep.crm.models import Organisation
from instep.jobs.models import JobStatus, Phase
from instep.jobs.queries import job_list, statuses_of
from instep.jobs.states import IN_JOB_FEE, IN_WORK, StatusType
from instep.kernel.money import Money
from instep.staff.models import StaffResource
from instep.web.components import marks
from instep.web.components.columns import Column, Place, Style
from instep.web.components.lists import Filter, SavedView
from instep.web.jobs.words import STATUS_TONES, takes_word, type_word
from instep.web.records.lists import ARCHIVED, SYNC, PickFilter, RecordList
from instep.web.shell.request import FirmRequest

OPEN, ME = "open", "me"


def _status(row: Any, place: Place) -> Any:
    kind = StatusType(row.status.type)
    return marks.chip(row.status.name, STATUS_TONES[kind], title=f"{type_word(kind)}: {takes_word(kind)}")


def _fee(row: Any) -> Money | None:
    return None if row.fee_sum is None else Money.from_minor(int(row.fee_sum), row.currency)


def _types(request: FirmRequest) -> Sequence[tuple[str, Any]]:
    return [(OPEN, _("In work")), *((kind.value, type_word(kind)) for kind in StatusType)]


class JobList(RecordList):
    """Jobs by number, the newest first; those in work unless another tab is chosen."""

    kind = "job"
    term = "job"
    right = "see jobs"
    record_url_name = "jobs:record"
    new_url_name = "jobs:new"
    new_right = "edit jobs"
    empty_template = "jobs/empty.html"
    default_sort = "-number"
    loads = (
        *("number", "name", "currency", "archived_at", "status_id", "client__name"),
        *("job_type__name", "handler__first_name", "handler__last_name"),
    )
    columns = (
        Column("number", gettext_lazy("Number"), style=Style.CODE, sort="number"),
        Column("name", gettext_lazy("Name"), sort="name", primary=True),
        Column("client", term="client", value="client.name"),
        Column("status", gettext_lazy("Status"), html=_status, same=lambda row, place: row.status_id),
        Column("handler", term="handler", value="handler.name", low=True),
        Column("type", gettext_lazy("Type"), value="job_type.name", low=True),
        Column("fee", gettext_lazy("Fee"), value=_fee, style=Style.MONEY, low=True),
        SYNC,
    )
    picks = (
        PickFilter("client", "organisations:pick", term="client"),
        PickFilter("handler", "staff:pick", term="handler"),
    )

    @cached_property
    def search_hint(self) -> Any:
        return _("Number, name or %(client)s") % {"client": self.request.terms("client")}

    @cached_property
    def filters(self) -> Sequence[Filter]:
        return (
            Filter("type", _("Status type"), _types),
            Filter("status", _("Status"), lambda request: self._status_choices()),
            ARCHIVED,
        )

    @cached_property
    def views(self) -> Sequence[SavedView]:
        mine = _("Mine")
        return (
            SavedView("", _("In work"), {"type": OPEN}),
            SavedView("mine", mine, {"type": OPEN, "handler": ME}),
            SavedView("proposals", _("Proposals"), {"type": StatusType.PROPOSAL.value}),
            SavedView("pending", _("Pending invoice"), {"type": StatusType.PENDING_INVOICE.value}),
            SavedView("complete", _("Complete"), {"type": StatusType.COMPLETE.value}),
            SavedView("all", _("All"), {}),
            SavedView("archived", _("Archived"), {"archived": "only"}),
        )

    @cached_property
    def statuses(self) -> list[JobStatus]:
        """All of the firm's, retired ones too; asked once for the filters and for what they stand for."""
        return statuses_of(self.request.actor.firm_id, retired=True)

    def _status_choices(self) -> Sequence[tuple[str, str]]:
        return [(row.key, row.name) for row in self.statuses if not row.retired]

    def rows(self) -> QuerySet[Any]:
        firm_id = self.request.actor.firm_id
        rows = job_list(
            firm_id,
            search=self.text,
            client=self.chosen_id("client"),
            handler=self.chosen_id("handler"),
            archived=self.archived,
        )
        if self.chosen("handler") == ME:
            me = StaffResource.objects.of(firm_id).filter(user=self.request.actor.user_id).order_by()
            rows = rows.filter(handler=Subquery(me.values("pk")[:1]))
        wanted = self._wanted_statuses()
        if wanted is not None:
            rows = rows.filter(status=wanted[0]) if len(wanted) == 1 else rows.filter(status__in=wanted)
        fees = Phase.objects.of(firm_id).filter(job=OuterRef("pk"), fee_type__in=list(IN_JOB_FEE))
        total = fees.order_by().values("job").annotate(total=Sum("fee_minor")).values("total")
        # The statuses are known already, for the filters: no row brings its own along.
        rows = rows.select_related(None).select_related("client", "job_type", "handler")
        return rows.annotate(fee_sum=Subquery(total))

    def prepare(self, rows: Sequence[Any]) -> Any:
        known = {status.pk: status for status in self.statuses}
        for row in rows:
            row.status = known[row.status_id]
        return super().prepare(rows)

    def _wanted_statuses(self) -> list[int] | None:
        """The ids that the filters mean, so that the database can take its index; None for all of them."""
        kind, key = self.chosen("type"), self.chosen("status")
        types = IN_WORK if kind == OPEN else {StatusType(kind)} if kind in set(StatusType) else None
        if types is None and not key:
            return None
        found = [row for row in self.statuses if types is None or StatusType(row.type) in types]
        return [row.pk for row in found if not key or row.key == key]

    def picked(self, key: str, shown: Sequence[Any]) -> str:
        if self.chosen(key) == ME:
            return _("me")
        if shown:
            return getattr(shown[0], key).name
        table = Organisation if key == "client" else StaffResource
        found = table.objects.of(self.request.actor.firm_id).filter(pk=self.chosen_id(key)).first()
        return found.name if found else ""

    def any_row(self) -> bool:
        return job_list(self.request.actor.firm_id, archived=None).exists()

    @property
    def clear_url(self) -> str:
        return f"{self.request.path}?view=all"
