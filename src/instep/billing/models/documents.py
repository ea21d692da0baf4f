"""Documents and their lines."""

from __future__ import annotations

from decimal import Decimal

from django.db import models
from django.db.models import F, Q

from instep.base.identity.rows import FirmRow
from instep.billing.states import ISSUED, DocumentKind, DocumentState, LineKind, TaxBasis
from instep.kernel.money import Money
from instep.kernel.tax import TaxMode

SCALE = 10_000
"""Quantities, prices and percentages are whole numbers at scale 4: 1.5 is 15000."""


class Document(FirmRow):
    """An invoice or a credit note (7.2.6). Draft: free to change, without a number. Real: numbered and fixed.

    Amounts are in minor units of `currency`; those of a credit note are negative, so that sums over documents need no
    case for them. What a document says of others (names, addresses, tax policy) is copied onto it and stays.
    """

    kind = models.CharField(max_length=20)
    state = models.CharField(max_length=20, default=DocumentState.DRAFT.value)
    number = models.CharField(max_length=60, blank=True, default="")
    client = models.ForeignKey("crm.Organisation", on_delete=models.PROTECT, related_name="+", db_index=False)
    contact = models.ForeignKey(
        "crm.Contact", on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    dated_on = models.DateField()
    terms_days = models.PositiveSmallIntegerField(default=0)
    due_on = models.DateField()
    currency = models.CharField(max_length=3)
    reference = models.CharField(max_length=200, blank=True, default="")
    """The client's own: an order, a contract."""
    notes = models.TextField(blank=True, default="")

    client_name = models.CharField(max_length=200)
    client_address = models.TextField(blank=True, default="")
    client_tax_number = models.CharField(max_length=50, blank=True, default="")
    contact_name = models.CharField(max_length=410, blank=True, default="")
    contact_email = models.CharField(max_length=254, blank=True, default="")
    issuer_name = models.CharField(max_length=200)
    issuer_address = models.TextField(blank=True, default="")
    issuer_tax_number = models.CharField(max_length=50, blank=True, default="")
    payment_details = models.TextField(blank=True, default="")

    tax_basis = models.CharField(max_length=20, default=TaxBasis.EXCLUSIVE.value)
    tax_mode = models.CharField(max_length=20, default=TaxMode.LINE.value)
    net_minor = models.BigIntegerField(default=0)
    tax_minor = models.BigIntegerField(default=0)
    """By `tax_mode`; the two below are both ways, of which it is one (X-02)."""
    total_minor = models.BigIntegerField(default=0)
    tax_by_line_minor = models.BigIntegerField(default=0)
    tax_by_document_minor = models.BigIntegerField(default=0)

    credits = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    """The invoice that this credit note credits."""
    credit_key = models.CharField(max_length=40, blank=True, default="")
    """The process that made this credit note."""
    reason = models.TextField(blank=True, default="")
    made_real_at = models.DateTimeField(null=True, blank=True)
    version = models.BigIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["firm", "kind", "number"], condition=~Q(number=""), name="billing_document_number"
            ),
            models.CheckConstraint(
                condition=Q(state=DocumentState.DRAFT.value, number="", made_real_at__isnull=True)
                | (Q(state__in=sorted(state.value for state in ISSUED), made_real_at__isnull=False) & ~Q(number="")),
                name="billing_document_numbered_when_real",
            ),
            models.CheckConstraint(
                condition=Q(total_minor=F("net_minor") + F("tax_minor")), name="billing_document_total"
            ),
            models.CheckConstraint(
                condition=Q(kind=DocumentKind.CREDIT_NOTE.value, credits__isnull=False, total_minor__lte=0)
                | (~Q(kind=DocumentKind.CREDIT_NOTE.value) & Q(credits__isnull=True)),
                name="billing_document_credit_of_an_invoice",
            ),
        ]
        indexes = [
            models.Index(F("firm"), F("dated_on").desc(), F("id").desc(), name="billing_document_newest"),
            models.Index(fields=["firm", "client", "dated_on", "id"], name="billing_document_client"),
            models.Index(fields=["firm", "state", "kind", "due_on", "id"], name="billing_document_due"),
        ]

    def __str__(self) -> str:
        return f"{self.get_words()} {self.number}".strip()

    def get_words(self) -> str:
        """What it is, in plain words without its number."""
        word = self.kind.replace("_", " ")
        return f"draft {word}" if self.state == DocumentState.DRAFT else word

    @property
    def is_draft(self) -> bool:
        """Whether it is free to change."""
        return self.state == DocumentState.DRAFT

    @property
    def net(self) -> Money:
        """Exclusive of tax."""
        return Money.from_minor(self.net_minor, self.currency)

    @property
    def tax(self) -> Money:
        """The tax, rounded as `tax_mode` says."""
        return Money.from_minor(self.tax_minor, self.currency)

    @property
    def total(self) -> Money:
        """Inclusive of tax: what is to be paid."""
        return Money.from_minor(self.total_minor, self.currency)


class Line(FirmRow):
    """One line of a document. Shown quantity times shown price, rounded half-up once, is `amount`.

    `amount_minor` holds the tax where the document's prices do (TaxBasis.INCLUSIVE); `net_minor` never does.
    """

    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="+")
    position = models.IntegerField()
    kind = models.CharField(max_length=20, default=LineKind.OTHER.value)
    job = models.ForeignKey(
        "jobs.Job", on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    phase = models.ForeignKey(
        "jobs.Phase", on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    description = models.TextField(blank=True, default="")
    quantity = models.BigIntegerField(default=SCALE)
    unit = models.CharField(max_length=20, blank=True, default="")
    """What the quantity counts: "hour", or nothing."""
    price = models.BigIntegerField(default=0)
    """Currency units for one of the quantity, at scale 4."""
    agreed = models.BooleanField(default=False)
    """Priced by hand: ticking more or fewer costs leaves quantity and price alone."""
    minutes = models.BigIntegerField(default=0)
    """Of the time ticked to it."""
    percent = models.BigIntegerField(null=True, blank=True)
    """Of the fee of its phase, at scale 4, where the line was asked for so."""
    amount_minor = models.BigIntegerField(default=0)
    net_minor = models.BigIntegerField(default=0)
    tax_code = models.CharField(max_length=40, blank=True, default="")
    tax_rate = models.BigIntegerField(default=0)
    """Percent at scale 4: 100000 is 10 %."""
    tax_minor = models.BigIntegerField(default=0)
    credits = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    """The line of the invoice that this line of a credit note credits."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["firm", "document", "position"], name="billing_line_position"),
        ]
        indexes = [
            models.Index(
                fields=["firm", "phase", "document"], condition=Q(phase__isnull=False), name="billing_line_phase"
            ),
            models.Index(fields=["firm", "job", "document"], condition=Q(job__isnull=False), name="billing_line_job"),
        ]

    def __str__(self) -> str:
        return f"{self.position} {self.description}"

    @property
    def shown_quantity(self) -> Decimal:
        """The quantity as a number."""
        return Decimal(self.quantity).scaleb(-4)

    @property
    def shown_price(self) -> Decimal:
        """The price of one, in currency units."""
        return Decimal(self.price).scaleb(-4)

    @property
    def tax_percent(self) -> Decimal:
        """The tax rate in percent: 10 is 10 %."""
        return Decimal(self.tax_rate).scaleb(-4)
