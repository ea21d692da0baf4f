"""Phases: the chapters of a job, which everything is booked to."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from instep.base.identity.rows import FirmRow
from instep.jobs.models.jobs import Job
from instep.jobs.states import FeeType, PhaseStatus
from instep.kernel.money import Money


class Phase(FirmRow):
    """A chapter of a job (E-32). Its number within the job never changes.

    Fees are in minor units of `currency`, exclusive of tax, None while not agreed. `fee_minor` is what counts towards
    the job: the fixed fee, the ceiling of a capped one, or `percent` (at scale 4: 75000 is 7.5 %) of `contract_minor`.
    """

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="+", db_index=False)
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=200)
    position = models.IntegerField()
    fee_type = models.CharField(max_length=20, default=FeeType.FIXED.value)
    fee_minor = models.BigIntegerField(null=True, blank=True)
    currency = models.CharField(max_length=3)
    percent = models.BigIntegerField(null=True, blank=True)
    contract_minor = models.BigIntegerField(null=True, blank=True)
    handler = models.ForeignKey(
        "staff.StaffResource", on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    """Overrides the job's handler."""
    status = models.CharField(max_length=20, default=PhaseStatus.QUOTE.value)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["firm", "job", "number"], name="jobs_phase_number"),
            models.CheckConstraint(
                condition=Q(fee_minor__isnull=True) | Q(fee_minor__gte=0), name="jobs_phase_fee_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(fee_type="percent") | Q(percent__isnull=True, contract_minor__isnull=True),
                name="jobs_phase_percent_of_contract",
            ),
            models.CheckConstraint(
                condition=~Q(fee_type__in=["hourly", "no_billing"]) | Q(fee_minor__isnull=True),
                name="jobs_phase_without_fee",
            ),
        ]
        indexes = [
            models.Index(
                fields=["firm", "handler", "job"], condition=Q(handler__isnull=False), name="jobs_phase_handler"
            )
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.name}"

    @property
    def fee(self) -> Money | None:
        """What it adds to the job's fee; None while nothing is agreed or for a fee type without a fee."""
        return None if self.fee_minor is None else Money.from_minor(self.fee_minor, self.currency)
