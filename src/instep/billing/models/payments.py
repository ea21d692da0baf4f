"""Payments received, and which invoices they pay."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from instep.base.identity.rows import FirmRow
from instep.billing.models.documents import Document
from instep.kernel.money import Money


class Payment(FirmRow):
    """Money received from a client. What is not allocated is unapplied. Removed: kept, allocations gone."""

    client = models.ForeignKey("crm.Organisation", on_delete=models.PROTECT, related_name="+", db_index=False)
    received_on = models.DateField()
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    reference = models.CharField(max_length=200, blank=True, default="")
    source = models.CharField(max_length=60, blank=True, default="")
    """Where it was entered: the key of an accounting package's connection; empty for by hand, here."""
    source_key = models.CharField(max_length=200, blank=True, default="")
    """Its id at the source."""
    removed_at = models.DateTimeField(null=True, blank=True)
    removed_reason = models.TextField(blank=True, default="")
    version = models.BigIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["firm", "source", "source_key"], condition=~Q(source=""), name="billing_payment_source"
            ),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="billing_payment_above_zero"),
            models.CheckConstraint(
                condition=Q(source="", source_key="") | (~Q(source="") & ~Q(source_key="")),
                name="billing_payment_whole_source",
            ),
        ]
        indexes = [
            models.Index(fields=["firm", "received_on", "id"], name="billing_payment_newest"),
            models.Index(fields=["firm", "client", "received_on", "id"], name="billing_payment_client"),
        ]

    def __str__(self) -> str:
        return f"{self.amount.written} on {self.received_on}"

    @property
    def amount(self) -> Money:
        """What was received."""
        return Money.from_minor(self.amount_minor, self.currency)


class Allocation(FirmRow):
    """A part of a payment, or of a credit note, that settles an invoice. `amount_minor` is above zero, in the currency
    of the invoice; `on` is the date of the payment or the credit. Paid and open follow from these rows alone."""

    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="+")
    """The invoice."""
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    credit = models.ForeignKey(Document, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    on = models.DateField()
    amount_minor = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["firm", "payment", "document"],
                condition=Q(payment__isnull=False),
                name="billing_allocation_once",
            ),
            models.UniqueConstraint(
                fields=["firm", "credit", "document"], condition=Q(credit__isnull=False), name="billing_credit_once"
            ),
            models.CheckConstraint(
                condition=Q(payment__isnull=False, credit__isnull=True) | Q(payment__isnull=True, credit__isnull=False),
                name="billing_allocation_of_one",
            ),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="billing_allocation_above_zero"),
        ]
        indexes = [models.Index(fields=["firm", "document", "on", "amount_minor"], name="billing_allocation_document")]

    def __str__(self) -> str:
        return f"{self.amount_minor} of {self.document_id}"
