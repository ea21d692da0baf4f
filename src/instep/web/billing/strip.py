"""The money of one job in a line: its fee, what is billed of it, what is not billed, its draft."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from instep.billing.models import Document, Line
from instep.billing.queries.fees import fee_positions
from instep.billing.queries.wip import totals, wip_now
from instep.billing.states import DocumentState
from instep.jobs.queries import JobDetails
from instep.kernel.money import Money
from instep.web.shell.request import FirmRequest


def money_strip(request: FirmRequest, found: JobDetails) -> dict[str, Any] | None:
    """For the page of the job; None for whom money is not shown. Four queries."""
    actor, job = request.actor, found.job
    if not actor.can("see invoices"):
        return None
    positions = fee_positions(actor.firm_id, [phase.pk for phase in found.phases]).values()
    work = totals(wip_now(actor.firm_id, job=job.pk))
    drafts = Line.objects.of(actor.firm_id).filter(job=job, document__state=DocumentState.DRAFT)
    draft = Document.objects.of(actor.firm_id).filter(pk__in=drafts.values("document")).order_by("-pk").first()
    may_draft = actor.can("edit invoices") and draft is None and job.archived_at is None
    return {
        "fee": found.fee,
        "invoiced": Money.sum((each.invoiced for each in positions), job.currency),
        "wip": Money.from_minor(work.charge, job.currency),
        "minutes": work.minutes,
        "costs_url": reverse("billing:costs", args=[job.pk]),
        "draft": draft,
        "draft_url": reverse("billing:draft", args=[job.pk]) if may_draft else "",
    }
