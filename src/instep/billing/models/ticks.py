"""Ticks: which document line bills which cost, from when, and since when no more."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from instep.base.identity.rows import FirmRow
from instep.billing.models.documents import Line


class Tick(FirmRow):
    """A cost on a line. Provisional on a draft (`real_on` None), where it changes no figure; effective from the date of
    the document once that is real; over from the date of the credit note that returned it.

    These are the movements that work in progress at any past date is made of, and a cost has one tick at most that is
    not returned, which also makes double billing impossible.
    """

    cost = models.ForeignKey("costs.Cost", on_delete=models.PROTECT, related_name="+", db_index=False)
    line = models.ForeignKey(Line, on_delete=models.CASCADE, related_name="+")
    real_on = models.DateField(null=True, blank=True)
    returned_on = models.DateField(null=True, blank=True)
    returned_by = models.ForeignKey(Line, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    """The line of the credit note."""

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["firm", "cost"], condition=Q(returned_on__isnull=True), name="billing_tick_one_live"
            ),
            models.CheckConstraint(
                condition=Q(returned_on__isnull=True, returned_by__isnull=True)
                | Q(returned_on__gte=F("real_on"), returned_by__isnull=False),
                name="billing_tick_returned_by_a_credit",
            ),
        ]
        indexes = [
            # Few: what credits gave back. Work in progress at a past date looks here.
            models.Index(
                fields=["firm", "returned_on", "real_on", "cost"],
                condition=Q(returned_on__isnull=False),
                name="billing_tick_returned",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.cost_id} on {self.line_id}"
