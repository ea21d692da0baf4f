"""How much of a phase's fee is billed and how much is left."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, Sum

from instep.billing.models import Line
from instep.billing.states import ISSUED, DocumentState, LineKind
from instep.jobs.models import Phase
from instep.jobs.states import IN_JOB_FEE
from instep.kernel.money import Money


@dataclass(frozen=True, slots=True)
class FeePosition:
    """A phase's fee and what is billed of it, exclusive of tax. `fee` is None while nothing is agreed; `invoiced` is on
    issued documents, credits taken off; `drafted` on drafts; `remaining` is the fee less both, below zero when over."""

    phase_id: int
    fee: Money | None
    invoiced: Money
    drafted: Money

    @property
    def remaining(self) -> Money:
        """What is left to bill; zero where there is no fee."""
        return Money.zero(self.invoiced.currency) if self.fee is None else self.fee - self.invoiced - self.drafted


def fee_positions(firm: Any, phase_ids: Collection[int]) -> dict[int, FeePosition]:
    """{phase id: its position} of phases of the firm, whatever their fee type. Two queries."""
    phases = {phase.pk: phase for phase in Phase.objects.of(firm).filter(pk__in=list(phase_ids))}
    issued = Q(document__state__in=list(ISSUED))
    # What a person wrote beside the fee, such as an expense of the phase, is no part of it.
    lines = Line.objects.of(firm).filter(phase__in=list(phases), kind__in=[LineKind.FEE, LineKind.TIME])
    sums = lines.order_by().values_list("phase")
    billed = {
        phase_id: (invoiced or 0, drafted or 0)
        for phase_id, invoiced, drafted in sums.annotate(
            invoiced=Sum("net_minor", filter=issued),
            drafted=Sum("net_minor", filter=Q(document__state=DocumentState.DRAFT)),
        )
    }
    return {
        pk: FeePosition(
            phase_id=pk,
            fee=phase.fee if phase.fee_type in IN_JOB_FEE else None,
            invoiced=Money.from_minor(int(billed.get(pk, (0, 0))[0]), phase.currency),
            drafted=Money.from_minor(int(billed.get(pk, (0, 0))[1]), phase.currency),
        )
        for pk, phase in phases.items()
    }


def fee_positions_of_job(firm: Any, job_id: int) -> dict[int, FeePosition]:
    """As `fee_positions` for every phase of a job. Three queries."""
    return fee_positions(firm, list(Phase.objects.of(firm).filter(job=job_id).values_list("pk", flat=True)))
