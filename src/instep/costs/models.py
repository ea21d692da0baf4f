"""The ledger of costs, and the rates of staff resources."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from instep.base.identity.rows import FirmRow
from instep.costs.states import CostKind, CostState, NotCharged
from instep.kernel.money import Money


class Cost(FirmRow):
    """One row of recorded work or spending, booked to a phase (E-45).

    Rates are per hour at scale 4 (27.50 is 275000) and frozen at submission, None before; amounts are in minor units of
    `currency`, exclusive of tax, 0 before. `charge_minor` is the recommended charge, what it should bring.
    """

    kind = models.CharField(max_length=20, default=CostKind.TIME.value)
    job = models.ForeignKey("jobs.Job", on_delete=models.PROTECT, related_name="+", db_index=False)
    """The job of the phase, kept here so that figures by job need no join."""
    phase = models.ForeignKey("jobs.Phase", on_delete=models.PROTECT, related_name="+", db_index=False)
    staff = models.ForeignKey("staff.StaffResource", on_delete=models.PROTECT, related_name="+", db_index=False)
    on = models.DateField()
    minutes = models.IntegerField(default=0)
    description = models.TextField(blank=True, default="")
    currency = models.CharField(max_length=3)
    cost_rate = models.BigIntegerField(null=True, blank=True)
    charge_rate = models.BigIntegerField(null=True, blank=True)
    cost_minor = models.BigIntegerField(default=0)
    charge_minor = models.BigIntegerField(default=0)
    investment = models.BooleanField(default=False)
    """Given away on purpose: its charge counts as an investment in the client (7.2.3)."""
    chargeable = models.BooleanField(default=False)
    reasons = models.CharField(max_length=80, blank=True, default="")
    """Why it is not chargeable: codes of NotCharged with a space between."""
    state = models.CharField(max_length=20, default=CostState.DRAFT.value)
    open_until = models.DateField(null=True, blank=True)
    """The date of the real document that bills it, from which on it is no work in progress; OPEN_END while there is
    none; None for what is in no figure. A copy of the last movement for speed: the ticks hold them all."""
    submitted_at = models.DateTimeField(null=True, blank=True)
    changed_at = models.DateTimeField(null=True, blank=True)
    """When its figures last changed after it was submitted; a removal counts."""
    version = models.BigIntegerField(default=1)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=[CostState.SUBMITTED.value, CostState.APPROVED.value], open_until__isnull=False)
                | Q(state__in=[CostState.DRAFT.value, CostState.REMOVED.value], open_until__isnull=True),
                name="costs_cost_open_while_it_counts",
            ),
        ]
        indexes = [
            # Work in progress of the firm at any date: what was open then is one range, and all that is read is in it,
            # so that the question costs what is open and not what was ever recorded (docs/decisions/0008).
            models.Index(
                fields=["firm", "open_until", "on", "job", "phase", "minutes", "charge_minor", "cost_minor"],
                name="costs_cost_wip",
            ),
            models.Index(fields=["firm", "job", "open_until", "on"], name="costs_cost_job"),
            models.Index(fields=["firm", "staff", "on", "id"], name="costs_cost_week"),
            models.Index(F("firm"), F("on").desc(), F("id").desc(), name="costs_cost_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.minutes} min on {self.on}"

    @property
    def cost(self) -> Money:
        """What it costs the firm."""
        return Money.from_minor(self.cost_minor, self.currency)

    @property
    def charge(self) -> Money:
        """What it should bring: the recommended charge, exclusive of tax."""
        return Money.from_minor(self.charge_minor, self.currency)

    @property
    def not_charged(self) -> frozenset[NotCharged]:
        """Why it is not chargeable; empty for a chargeable one and for a draft, which is not judged yet."""
        return frozenset(NotCharged(code) for code in self.reasons.split())


class StaffRate(FirmRow):
    """What an hour of a staff resource costs and should bring, exclusive of tax, from a date on until the next rate.

    Rates are at scale 4, None for not set. The lowest of the levels that 7.2.2 names; overrides by phase and client
    become tables of their own, read by `pricing.RateBook`.
    """

    staff = models.ForeignKey("staff.StaffResource", on_delete=models.PROTECT, related_name="+", db_index=False)
    currency = models.CharField(max_length=3)
    effective_on = models.DateField()
    cost_rate = models.BigIntegerField(null=True, blank=True)
    charge_rate = models.BigIntegerField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["firm", "staff", "currency", "effective_on"], name="costs_rate_once_a_day"),
            models.CheckConstraint(
                condition=Q(cost_rate__isnull=True) | Q(cost_rate__gte=0), name="costs_rate_cost_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return f"rate of {self.staff_id} from {self.effective_on}"
