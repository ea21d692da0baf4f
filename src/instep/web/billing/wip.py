"""Work in progress: what is not billed yet, now or as at any past day, down to the entries."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from instep.billing.models import Line
from instep.billing.queries.ages import AGES, wip_ages
from instep.billing.queries.wip import WipRow, late_costs, totals, wip, wip_now
from instep.billing.states import DocumentState
from instep.jobs.models import Job, Phase
from instep.jobs.states import TAKES_INVOICE, StatusType
from instep.kernel.money import Money
from instep.web.billing.frame import as_day, as_id, tabs
from instep.web.components.charts import Bar
from instep.web.components.formats import Form
from instep.web.shell.doors import page
from instep.web.shell.request import FirmRequest
from instep.web.shell.tones import Tone

MOST_JOBS = 150
_TONES = (Tone.OK, Tone.CHANGED, Tone.ASK, Tone.BAD)


@dataclass(frozen=True)
class PhaseWip:
    """One phase's part."""

    phase: Phase
    row: WipRow
    charge: Money
    cost: Money
    url: str


@dataclass
class JobWip:
    """One job with its phases."""

    job: Job
    url: str
    phases: list[PhaseWip] = field(default_factory=list)
    draft_id: int | None = None
    takes_invoice: bool = False

    @property
    def minutes(self) -> int:
        """Of all phases."""
        return sum(each.row.minutes for each in self.phases)

    @property
    def charge(self) -> Money:
        """What it should bring."""
        return Money.from_minor(sum(each.row.charge for each in self.phases), self.job.currency)

    @property
    def cost(self) -> Money:
        """What it cost the firm."""
        return Money.from_minor(sum(each.row.cost for each in self.phases), self.job.currency)


@dataclass(frozen=True)
class Total:
    """Everything in one currency."""

    minutes: int
    charge: Money
    cost: Money
    jobs: int


@page("see invoices")
def unbilled(request: FirmRequest) -> HttpResponse:
    """Work in progress by job and phase, the most first. `on` is a past day, `client` one client. Eight queries."""
    firm_id, form = request.actor.firm_id, Form.of(request.firm)
    today = request.firm.today()
    on, client = as_day(request.GET.get("on")), as_id(request.GET.get("client"))
    rows = wip(firm_id, on=on, client=client) if on else wip_now(firm_id, client=client)
    jobs = _jobs(firm_id, rows, on)
    shown = jobs if "all" in request.GET else jobs[:MOST_JOBS]
    _drafts(firm_id, shown)
    sums = _totals(jobs)
    ages = wip_ages(firm_id, today=today, on=on) if client is None else {}
    late = late_costs(request.firm, on=on).count() if on and on < today else 0
    state = {name: value for name, value in request.GET.items() if value and name in ("on", "client")}
    context = {
        "heading": _("Work in progress"),
        "tabs": tabs("wip"),
        "on": on,
        "today": today,
        "jobs": shown,
        "more": len(jobs) - len(shown),
        "all_url": f"{request.path}?{urlencode({**state, 'all': 1})}",
        "totals": sums,
        "several": len(sums) > 1,
        "ages": [(currency, _bars(sums_by_age, currency, form)) for currency, sums_by_age in ages.items()],
        "late": late,
        "until": (on or today).isoformat(),
        "may_draft": request.actor.can("edit invoices"),
        "client": next((one.job.client for one in jobs), None) if client else None,
        "narrowed": bool(client),
    }
    return render(request, "billing/wip.html", context)


def _jobs(firm_id: int, rows: Iterable[WipRow], on: dt.date | None) -> list[JobWip]:
    rows = list(rows)
    phases = _phases(firm_id, [row.phase_id for row in rows])
    query = f"?{urlencode({'on': on.isoformat()})}" if on else ""
    found: dict[int, JobWip] = {}
    for row in rows:
        phase = phases[row.phase_id]
        url = reverse("billing:costs", args=[row.job_id])
        one = found.setdefault(
            row.job_id,
            JobWip(phase.job, url + query, takes_invoice=TAKES_INVOICE[StatusType(phase.job.status.type)]),
        )
        currency = phase.job.currency
        narrowed = {"on": on.isoformat()} if on else {}
        one.phases.append(
            PhaseWip(
                phase,
                row,
                Money.from_minor(row.charge, currency),
                Money.from_minor(row.cost, currency),
                f"{url}?{urlencode({**narrowed, 'phase': phase.pk})}",
            )
        )
    for one in found.values():
        one.phases.sort(key=lambda each: each.phase.position)
    return sorted(found.values(), key=lambda one: (-one.charge.minor, one.job.number))


def _phases(firm_id: int, ids: Sequence[int]) -> Mapping[int, Phase]:
    """All of them in one query: as a list while a database takes one, else those of the firm."""
    rows = Phase.objects.of(firm_id).select_related("job__client", "job__status")
    rows = rows.filter(pk__in=ids) if len(ids) <= 500 else rows
    return {phase.pk: phase for phase in rows}


def _drafts(firm_id: int, jobs: Sequence[JobWip]) -> None:
    """Tell each job its draft; one query."""
    if not jobs:
        return
    rows = Line.objects.of(firm_id).filter(document__state=DocumentState.DRAFT, job__isnull=False)
    known = dict(rows.values_list("job_id", "document_id"))
    for one in jobs:
        one.draft_id = known.get(one.job.pk)


def _totals(jobs: Sequence[JobWip]) -> list[Total]:
    found: dict[str, list[JobWip]] = {}
    for one in jobs:
        found.setdefault(one.job.currency, []).append(one)
    sums = []
    for currency, group in found.items():
        total = totals(each.row for one in group for each in one.phases)
        charge, cost = Money.from_minor(total.charge, currency), Money.from_minor(total.cost, currency)
        sums.append(Total(total.minutes, charge, cost, len(group)))
    return sums


def _bars(sums: Sequence[int], currency: str, form: Form) -> list[Bar]:
    first, second, third = AGES
    labels = [
        _("Up to %(days)d days") % {"days": first},
        _("%(from)d to %(to)d days") % {"from": first + 1, "to": second},
        _("%(from)d to %(to)d days") % {"from": second + 1, "to": third},
        _("Over %(days)d days") % {"days": third},
    ]
    return [
        Bar(label, max(value, 0), form.money(Money.from_minor(value, currency)), tone)
        for label, value, tone in zip(labels, sums, _TONES, strict=True)
    ]


def address_of(**said: Any) -> str:
    """The page of work in progress, as at a day or of a client."""
    known = {name: value for name, value in said.items() if value}
    return reverse("billing:wip") + (f"?{urlencode(known)}" if known else "")
