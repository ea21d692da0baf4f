"""Drafting an invoice from a job: what to claim of each phase, with what is left of its fee and its time beside it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db.models import Sum
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views import View

from instep.billing.actions.claims import Claim, draft_from_job
from instep.billing.errors import PhaseOnAnotherDraft
from instep.billing.models import Line
from instep.billing.queries.fees import FeePosition, fee_positions
from instep.billing.queries.unbilled import unbilled_costs
from instep.billing.states import DocumentState
from instep.jobs.models import Job, Phase
from instep.jobs.states import FeeType, takes_invoice
from instep.kernel.errors import BadValue, Caution, Refusal
from instep.kernel.money import Money
from instep.kernel.records.kinds import FieldType
from instep.web.billing.frame import as_day, as_id
from instep.web.components import values
from instep.web.jobs.words import fee_type_word, phase_status_word
from instep.web.shell.refusals import accepted, problem_of
from instep.web.shell.request import FirmRequest
from instep.web.shell.toasts import toast

_BY_TIME = frozenset({FeeType.HOURLY, FeeType.CAPPED})


@dataclass
class PhaseClaim:
    """One phase as the form shows it."""

    phase: Phase
    earns: str
    position: FeePosition
    minutes: int
    charge: Money
    why_not: str
    draft_id: int | None
    taken: bool
    typed: str
    problem: str = ""

    @property
    def is_open(self) -> bool:
        """Whether it can be claimed at all."""
        return not self.why_not and self.draft_id is None

    @property
    def by_time(self) -> bool:
        """Whether its time is billed where nothing is typed."""
        return self.phase.fee_type in _BY_TIME


class DraftInvoice(View):
    """The form. A GET carries what was typed as well, so that another day shows the time of that day."""

    request: FirmRequest
    job: Job

    def get(self, request: FirmRequest, key: int) -> HttpResponse:
        self._enter(key)
        return self._answer(request.GET)

    def post(self, request: FirmRequest, key: int) -> HttpResponse:
        self._enter(key)
        said = request.POST
        problems: dict[int, str] = {}
        claims = self._claims(said, problems)
        if problems:
            return self._answer(said, problems=problems, status=422)
        try:
            if not claims:
                raise BadValue(field=_("Parts"), problem=_("tick what to bill, or say how much of it"))
            document = draft_from_job(
                self.job.pk,
                by=request.actor,
                dated_on=self._date(said, "dated_on", _("Date")),
                until=self._date(said, "until", _("Time up to")),
                claims=claims,
                reference=str(said.get("reference", "")),
                accepted=accepted(request),
            )
        except Refusal as refusal:
            return self._answer(said, refusal=refusal, status=409 if isinstance(refusal, Caution) else 422)
        toast(request, _("The draft is made. Nothing counts until you make it real."))
        return redirect("billing:invoice", document.pk)

    def _enter(self, key: int) -> None:
        actor = self.request.actor
        actor.must("edit invoices")
        self.job = Job.objects.select_related("client", "status").get_of(actor.firm_id, key, what="job")

    def _claims(self, said: Any, problems: dict[int, str]) -> list[Claim]:
        """What was ticked or typed, in the order of the phases."""
        taken = {int(one) for one in said.getlist("take") if as_id(one) is not None}
        claims = []
        for phase in Phase.objects.of(self.request.actor.firm_id).filter(job=self.job).order_by("position", "number"):
            typed = str(said.get(f"claim.{phase.pk}", "")).strip()
            if not typed and phase.pk not in taken:
                continue
            try:
                claims.append(_claim(phase, typed))
            except BadValue as refusal:
                problems[phase.pk] = problem_of(refusal, typed)
        return claims

    def _date(self, said: Any, name: str, label: str) -> dt.date:
        found = as_day(said.get(name))
        if found is None:
            raise BadValue(field=label, problem=_("choose a day"))
        return found

    def _answer(
        self,
        said: Any,
        *,
        problems: Mapping[int, str] | None = None,
        refusal: Refusal | None = None,
        status: int = 200,
    ) -> HttpResponse:
        today = self.request.firm.today()
        until = as_day(said.get("until")) or today
        context = {
            "heading": _("Draft an invoice"),
            "job": self.job,
            "dated_on": said.get("dated_on") or today.isoformat(),
            "until": said.get("until") or until.isoformat(),
            "reference": said.get("reference", self.job.external_reference),
            "rows": self._rows(said, until, problems or {}),
            "refusal": refusal,
            "is_caution": isinstance(refusal, Caution),
            "other_draft": refusal.facts["document_id"] if isinstance(refusal, PhaseOnAnotherDraft) else None,
            "back": reverse("jobs:record", args=[self.job.pk]),
        }
        return render(self.request, "billing/draft.html", context, status=status)

    def _rows(self, said: Any, until: dt.date, problems: Mapping[int, str]) -> list[PhaseClaim]:
        firm_id, job = self.request.actor.firm_id, self.job
        phases = list(Phase.objects.of(firm_id).filter(job=job).order_by("position", "number"))
        positions = fee_positions(firm_id, [phase.pk for phase in phases])
        free = unbilled_costs(firm_id, job.pk, until=until).order_by().values_list("phase")
        work = {pk: (minutes, charge) for pk, minutes, charge in free.annotate(m=Sum("minutes"), c=Sum("charge_minor"))}
        lines = Line.objects.of(firm_id).filter(phase__job=job, document__state=DocumentState.DRAFT)
        drafts = dict(lines.values_list("phase_id", "document_id"))
        asked, taken = "asked" in said, set(said.getlist("take"))
        rows = []
        for phase in phases:
            minutes, charge = work.get(phase.pk, (0, 0))
            row = PhaseClaim(
                phase=phase,
                earns=fee_type_word(phase.fee_type),
                position=positions[phase.pk],
                minutes=minutes,
                charge=Money.from_minor(int(charge), phase.currency),
                why_not=self._why_not(phase),
                draft_id=drafts.get(phase.pk),
                taken=str(phase.pk) in taken,
                typed=str(said.get(f"claim.{phase.pk}", "")),
                problem=problems.get(phase.pk, ""),
            )
            if not asked:
                row.taken = row.by_time and bool(minutes) and row.is_open
            rows.append(row)
        return rows

    def _why_not(self, phase: Phase) -> str:
        if phase.fee_type == FeeType.NO_BILLING:
            return _("never billed")
        if takes_invoice(self.job.status.type, phase.status):
            return ""
        words = {"phase": phase_status_word(phase.status), "job": self.job.status.name}
        return _("cannot be invoiced: %(phase)s, %(job)s") % words


def _claim(phase: Phase, typed: str) -> Claim:
    """ "50 %" of the fee, "1,200" of it, or nothing: what is left. Raises BadValue."""
    if not typed:
        return Claim(phase.pk)
    if typed.endswith("%"):
        try:
            percent = Decimal(typed[:-1].strip())
        except InvalidOperation:
            percent = Decimal("NaN")
        if not percent.is_finite():
            raise BadValue(field=_("Claim"), problem=_("write a part such as 50 % or an amount such as 1,200"))
        return Claim(phase.pk, percent=percent)
    amount = values.read(FieldType.MONEY, {"value": typed}, label=_("Claim"), currency=phase.currency)
    return Claim(phase.pk, amount=Money.from_json(amount))
