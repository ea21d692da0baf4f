"""Organisations and their addresses."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from instep.base.identity.rows import FirmRow
from instep.crm.states import AddressKind, Stage


class Organisation(FirmRow):
    """A company, or a person in business, that the firm deals with: in sales by its stage, a supplier by its flag, or
    both."""

    name = models.CharField(max_length=200)
    match_name = models.CharField(max_length=200)
    """The name without case, punctuation and legal form: what makes two names similar, and the order of lists."""
    stage = models.CharField(max_length=20, default=Stage.LEAD.value)
    is_supplier = models.BooleanField(default=False)
    is_person = models.BooleanField(default=False)
    """An individual, not a company (A-19)."""
    code = models.CharField(max_length=20, blank=True, default="")
    """The client code that the accounting package knows the client by; unique in the firm, empty until needed."""
    email = models.CharField(max_length=254, blank=True, default="")
    phone = models.CharField(max_length=60, blank=True, default="")
    mobile = models.CharField(max_length=60, blank=True, default="")
    website = models.CharField(max_length=500, blank=True, default="")
    linkedin = models.CharField(max_length=500, blank=True, default="")
    tax_number = models.CharField(max_length=50, blank=True, default="")
    """As typed; compared without spaces and case (A-23)."""
    account_manager = models.ForeignKey(
        "staff.StaffResource", on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    default_handler = models.ForeignKey(
        "staff.StaffResource", on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    archived_at = models.DateTimeField(null=True, blank=True)
    version = models.BigIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["firm", "code"], condition=~Q(code=""), name="crm_organisation_code"),
            models.CheckConstraint(
                condition=~Q(stage=Stage.CLIENT.value) | ~Q(code=""), name="crm_organisation_client_has_code"
            ),
        ]
        indexes = [
            models.Index(fields=["firm", "match_name", "id"], name="crm_organisation_name"),
            models.Index(fields=["firm", "stage", "match_name", "id"], name="crm_organisation_stage"),
            models.Index(
                fields=["firm", "match_name", "id"], condition=Q(is_supplier=True), name="crm_organisation_suppliers"
            ),
            models.Index(
                fields=["firm", "match_name", "id"],
                condition=Q(archived_at__isnull=False),
                name="crm_organisation_archived",
            ),
            models.Index(
                fields=["firm", "account_manager", "match_name", "id"],
                condition=Q(account_manager__isnull=False),
                name="crm_organisation_manager",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Address(FirmRow):
    """One of an organisation's addresses, at most one of each kind (T-16)."""

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(max_length=20, default=AddressKind.STREET.value)
    text = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["firm", "organisation", "kind"], name="crm_address_one_of_a_kind")
        ]

    def __str__(self) -> str:
        return self.text
