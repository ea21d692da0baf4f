"""The entries behind a figure of work in progress: what a person drills down to."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from instep.billing.queries.wip import wip_costs
from instep.costs.models import Cost
from instep.costs.states import OPEN_END
from instep.jobs.models import Job
from instep.web.billing.frame import as_day, as_id
from instep.web.components.columns import Column, Style
from instep.web.components.formats import Form
from instep.web.components.lists import ListView


class CostList(ListView):
    """The costs of one job that are work in progress: now, or as at `on`; of one `phase` where the address says so."""

    template_name = "billing/costs.html"
    right = "see invoices"
    searchable = False
    default_sort = "-on"
    size = 100
    loads = (
        *("on", "minutes", "description", "currency", "charge_minor", "chargeable", "reasons"),
        *("phase__name", "staff__first_name", "staff__last_name"),
    )
    columns = (
        Column("on", gettext_lazy("Day"), style=Style.DATE, sort="on"),
        Column("staff", gettext_lazy("Who"), value="staff.name"),
        Column("phase", term="phase", value="phase.name"),
        Column("description", gettext_lazy("What was done"), primary=True),
        Column("minutes", gettext_lazy("Time"), style=Style.MINUTES),
        Column("charge", gettext_lazy("Should bring"), value="charge", style=Style.MONEY),
    )

    def get(self, request: Any, *args: Any, key: int, **kwargs: Any) -> Any:
        request.actor.must(self.right)
        self.job = Job.objects.select_related("client").get_of(request.actor.firm_id, key, what="job")
        return super().get(request, *args, **kwargs)

    @cached_property
    def on(self) -> Any:
        """The day as at which it is asked; None for now."""
        return as_day(self.request.GET.get("on"))

    def rows(self) -> QuerySet[Any]:
        phase = as_id(self.request.GET.get("phase"))
        firm_id = self.request.actor.firm_id
        if self.on:
            rows = wip_costs(firm_id, on=self.on, job=self.job.pk, phase=phase)
        else:
            rows = Cost.objects.of(firm_id).filter(open_until=OPEN_END, job=self.job.pk)
            rows = rows if phase is None else rows.filter(phase=phase)
        return rows.select_related("phase", "staff")

    def count(self, rows: QuerySet[Any], page: Any) -> int | None:
        return None if page.next_token or page.previous_token else len(page.rows)

    def context(self) -> dict[str, Any]:
        form = Form.of(self.request.firm)
        heading = _("Work in progress of %(job)s") % {"job": self.job.name}
        when = _("as at %(day)s") % {"day": form.date(self.on)} if self.on else _("as things stand")
        back = reverse("billing:wip") + (f"?on={self.on.isoformat()}" if self.on else "")
        return {"heading": heading, "list_label": heading, "job": self.job, "when": when, "back": back}
