"""The money of one job in a line: its fee, what is billed of it, what is not billed, its draft."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from instep.billing.models import Document, Line
from instep.billing.queries.fees import fee_positions_of_job
from instep.billing.queries.wip import totals, wip_now
from instep.billing.states import DocumentState
from instep.jobs.models import Job
from instep.kernel.money import Money
from instep.web.shell.doors import page
from instep.web.shell.request import FirmRequest


@page("see invoices")
def strip(request: FirmRequest, key: int) -> HttpResponse:
    """What the page of a job asks for once it stands, so that it does not wait for any of it."""
    job = Job.objects.get_of(request.actor.firm_id, key, what="job")
    return render(request, "billing/strip.html", {"money": money_of(request, job), "record": job})


def money_of(request: FirmRequest, job: Job) -> dict[str, Any]:
    """The figures, and the step that bills the job. Five queries."""
    actor = request.actor
    positions = fee_positions_of_job(actor.firm_id, job.pk).values()
    fees = [each.fee for each in positions if each.fee is not None]
    work = totals(wip_now(actor.firm_id, job=job.pk))
    drafts = Line.objects.of(actor.firm_id).filter(job=job, document__state=DocumentState.DRAFT)
    draft = Document.objects.of(actor.firm_id).filter(pk__in=drafts.values("document")).order_by("-pk").first()
    may_draft = actor.can("edit invoices") and draft is None and job.archived_at is None
    return {
        "fee": Money.sum(fees, job.currency) if fees else None,
        "invoiced": Money.sum((each.invoiced for each in positions), job.currency),
        "wip": Money.from_minor(work.charge, job.currency),
        "minutes": work.minutes,
        "costs_url": reverse("billing:costs", args=[job.pk]),
        "draft": draft,
        "draft_url": reverse("billing:draft", args=[job.pk]) if may_draft else "",
    }
