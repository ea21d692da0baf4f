"""Billing phases: parts of their fees, and the work done on them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction

from instep.base.identity.actor import Actor
from instep.base.identity.queries import firm_of
from instep.base.records.texts import one_text
from instep.billing.actions.desk import lock_draft, store_draft
from instep.billing.actions.drafts import begin_draft, note_created
from instep.billing.actions.lines import DESCRIPTION, next_position, scaled
from instep.billing.actions.ticking import Work, free_costs, free_work, write_ticks
from instep.billing.documents.copies import Copies
from instep.billing.documents.settling import price_as_one, price_by_time, settle
from instep.billing.errors import (
    NoFee,
    NoSuchPhase,
    NothingToBill,
    OtherCurrency,
    OverFee,
    PhaseOnAnotherDraft,
    TakesNoInvoice,
)
from instep.billing.models import Document, Line
from instep.billing.queries.fees import FeePosition, fee_positions
from instep.billing.states import DocumentState, LineKind
from instep.costs.pricing import priced
from instep.jobs.fees import percent_of
from instep.jobs.models import Job, Phase
from instep.jobs.states import IN_JOB_FEE, FeeType, takes_invoice
from instep.kernel.errors import BadValue
from instep.kernel.money import Money

_READ = (
    *("firm_id", "job_id", "name", "position", "number", "fee_type", "fee_minor", "currency", "status"),
    *("job__firm_id", "job__client_id", "job__number", "job__name", "job__status__name", "job__status__type"),
)
"""What billing asks of a phase, its job and its status: half of their columns."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What to bill of one phase, exclusive of tax.

    `percent` of its fee (Decimal, 50 is half), or an `amount`; neither: what is left of a fixed or percent fee, else
    the free time, hours x rate. `costs` narrows the time to these ids. `tick` puts the free time of the phase on the
    line whatever the price, so that it leaves work in progress with the bill.
    """

    phase: int
    percent: Decimal | None = None
    amount: Money | None = None
    costs: Sequence[int] | None = None
    tick: bool = True
    description: str | None = None


@transaction.atomic
def draft_from_job(
    job_id: int,
    *,
    by: Actor,
    dated_on: dt.date,
    claims: Sequence[Claim] | None = None,
    until: dt.date | None = None,
    contact: int | None = None,
    reference: str = "",
    notes: str = "",
    terms_days: int | None = None,
    accepted: Iterable[str] = (),
) -> Document:
    """Begin a draft invoice for the job's client, in the job's currency: one line for each claim in the order of the
    phases. Without claims: the free time of all hourly and capped phases that have any.

    Time dated up to and including `until` (default: `dated_on`) is ticked, provisionally: no figure moves (E-25).
    Raises NotAllowed, NotFound for the job, NothingToBill, TakesNoInvoice (T-01), PhaseOnAnotherDraft (T-05), NoFee,
    NoSuchPhase, BadValue, AlreadyTicked, OverFee (a caution: give its code in `accepted`).
    """
    by.must("edit invoices")
    job = Job.objects.select_related("client").get_of(by.firm_id, job_id, what="job")
    document, copies = begin_draft(
        by,
        job.client,
        dated_on=dated_on,
        contact=contact,
        reference=reference or job.external_reference,
        notes=notes,
        currency=job.currency,
        terms_days=terms_days,
    )
    phases = _lock_phases(by, job=job)
    plan = _Plan(document, copies, phases, until or document.dated_on, frozenset(accepted))
    lines = plan.lines(plan.all_time() if claims is None else claims, [])
    if not lines:
        raise NothingToBill(what=str(job))
    settle(document, lines)
    document.save(force_insert=True)
    plan.store(document, lines)
    note_created(document, len(lines), by)
    return document


@transaction.atomic
def bill_phases(
    document_id: int,
    claims: Sequence[Claim],
    *,
    by: Actor,
    until: dt.date | None = None,
    accepted: Iterable[str] = (),
    expected_version: int | None = None,
) -> Document:
    """Add a line for each claim to a draft; phases may be of several jobs of its client (E-35). Refusals as for
    `draft_from_job`, and NotFound, StaleVersion, NotADraft, OtherCurrency."""
    document, before = lock_draft(document_id, by, expected_version)
    phases = _lock_phases(by, ids=[claim.phase for claim in claims])
    plan = _Plan(document, Copies(firm_of(by.firm_id)), phases, until or document.dated_on, frozenset(accepted))
    lines = plan.lines(claims, before)
    settle(document, [*before, *lines])
    plan.store(document, lines)
    noted = {f"line {line.position}": [None, line.description] for line in lines}
    return store_draft(document, [*before, *lines], "phases_billed", noted, by=by)


def _lock_phases(by: Actor, *, job: Job | None = None, ids: Sequence[int] = ()) -> dict[int, Phase]:
    """Phases with job and status, in the order of lines. Their jobs are locked against other billing; saving time needs
    no lock of theirs."""
    rows = Phase.objects.of(by.firm_id).select_related("job__status").order_by("job", "position", "number")
    rows = rows.filter(job=job) if job is not None else rows.filter(pk__in=list(ids))
    rows = rows.only(*_READ)
    return {phase.pk: phase for phase in rows.select_for_update(of=("job",), no_key=True)}


class _Plan:
    """Lines for claims on one draft, made in memory from what is free, then stored with their ticks."""

    def __init__(
        self, document: Document, copies: Copies, phases: dict[int, Phase], until: dt.date, accepted: frozenset[str]
    ) -> None:
        self.document, self.copies, self.phases, self.accepted = document, copies, phases, accepted
        rows = free_costs(document.firm_id).filter(on__lte=until)
        jobs = {phase.job_id for phase in phases.values()}
        self.work = free_work(rows, job_ids=jobs)
        self.fees: dict[int, FeePosition] = {}
        self.ticked: list[tuple[Line, list[int]]] = []

    def all_time(self) -> list[Claim]:
        """A claim for each phase that is billed by time and has some free."""
        by_time = {FeeType.HOURLY, FeeType.CAPPED}
        return [
            Claim(phase.pk) for phase in self.phases.values() if phase.fee_type in by_time and phase.pk in self.work
        ]

    def lines(self, claims: Sequence[Claim], before: Sequence[Line]) -> list[Line]:
        """A line for each claim, unsaved, in the order given."""
        self._check(claims)
        position = next_position(list(before))
        return [self._line(claim, position + at) for at, claim in enumerate(claims)]

    def store(self, document: Document, lines: Sequence[Line]) -> None:
        """Write the lines and their ticks. The document is in the database by now."""
        for line in lines:
            line.document = document
        Line.objects.bulk_create(lines)
        write_ticks(document.firm_id, [(line.pk, costs) for line, costs in self.ticked])

    def _check(self, claims: Sequence[Claim]) -> None:
        firm, asked = self.document.firm_id, [claim.phase for claim in claims]
        if len(set(asked)) != len(asked):
            raise BadValue(field="Parts", problem="each one can be claimed once")
        for claim in claims:
            self._check_phase(claim)
        elsewhere = Line.objects.of(firm).filter(phase__in=asked, document__state=DocumentState.DRAFT)
        for phase_id, document_id in elsewhere.exclude(document=self.document.pk).values_list("phase", "document")[:1]:
            raise PhaseOnAnotherDraft(phase=self.phases[phase_id].name, document_id=document_id)
        feed = [pk for pk in asked if self.phases[pk].fee_type in IN_JOB_FEE]
        if feed:
            self.fees = fee_positions(firm, feed)

    def _check_phase(self, claim: Claim) -> None:
        phase = self.phases.get(claim.phase)
        if phase is None or phase.job.client_id != self.document.client_id:
            raise NoSuchPhase(client=self.document.client_name)
        if phase.currency != self.document.currency:
            raise OtherCurrency(what=phase.name, currency=self.document.currency, given=phase.currency)
        check_takes_invoice(phase)

    def _line(self, claim: Claim, position: int) -> Line:
        phase, document = self.phases[claim.phase], self.document
        line = Line(firm_id=document.firm_id, position=position, job_id=phase.job_id, phase_id=phase.pk)
        line.tax_code, line.tax_rate = self.copies.tax_code, self.copies.tax_rate
        line.description = phase.name if claim.description is None else one_text(claim.description, DESCRIPTION)
        work = self._work(claim)
        if claim.tick and work.costs:
            self.ticked.append((line, work.costs))
            line.minutes = work.minutes
        by_hand = claim.percent is not None or claim.amount is not None
        if by_hand or phase.fee_type in {FeeType.FIXED, FeeType.PERCENT}:
            line.kind = LineKind.FEE.value if phase.fee_type in IN_JOB_FEE else LineKind.TIME.value
            line.agreed = True
            price_as_one(document, line, self._asked(claim, phase, line))
        elif not work.costs:
            raise NothingToBill(what=phase.name)
        else:
            line.kind = LineKind.TIME.value
            price_by_time(document, line, work.minutes, work.minute_rates, work.rate)
            self._stop_at_ceiling(phase, line, work)
        return line

    def _work(self, claim: Claim) -> Work:
        work = self.work.get(claim.phase, Work())
        if claim.costs is None:
            return work
        chosen = set(claim.costs)
        if not chosen <= set(work.costs):
            raise BadValue(field="Time", problem="some of it is not free by that date; look at what is left")
        rows = free_costs(self.document.firm_id).filter(pk__in=chosen)
        return free_work(rows, job_ids=[self.phases[claim.phase].job_id])[claim.phase] if chosen else Work()

    def _asked(self, claim: Claim, phase: Phase, line: Line) -> int:
        """The amount that a claim asks for, in minor units exclusive of tax."""
        position = self.fees.get(phase.pk)
        if claim.amount is not None:
            if claim.amount.currency != self.document.currency:
                raise OtherCurrency(what="The amount", currency=self.document.currency, given=claim.amount.currency)
            amount = claim.amount.minor
        elif position is None or position.fee is None:
            raise NoFee(phase=phase.name)
        elif claim.percent is not None:
            line.percent = scaled(claim.percent, "Percent")
            amount = percent_of(position.fee.minor, line.percent)
        else:
            amount = position.remaining.minor
        if position is not None and position.fee is not None and amount > position.remaining.minor:
            self._caution(phase, position.remaining, amount)
        return amount

    def _stop_at_ceiling(self, phase: Phase, line: Line, work: Work) -> None:
        """Capped time brings what is left below its ceiling at most (T-02)."""
        position = self.fees.get(phase.pk)
        if position is None or position.fee is None:
            return
        rest = max(position.remaining.minor, 0)
        if priced(work.minute_rates, self.document.currency) > rest:
            line.agreed = True
            price_as_one(self.document, line, rest)

    def _caution(self, phase: Phase, remaining: Money, amount: int) -> None:
        if OverFee.code not in self.accepted:
            given = Money.from_minor(amount, self.document.currency)
            raise OverFee(phase=phase.name, remaining=remaining.written, given=given.written)


def check_takes_invoice(phase: Phase) -> None:
    """Raise TakesNoInvoice unless job and phase can be invoiced now (T-01); `phase` with job and status loaded."""
    job = phase.job
    if phase.fee_type == FeeType.NO_BILLING:
        raise TakesNoInvoice(what=f"{phase.name} of {job}", status="never billed")
    if not takes_invoice(job.status.type, phase.status):
        raise TakesNoInvoice(what=f"{phase.name} of {job}", status=f"{phase.status}, {job.status.name}")
