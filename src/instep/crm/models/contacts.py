"""Contacts and the history of where they worked."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from instep.base.identity.rows import FirmRow
from instep.crm.models.organisations import Organisation


class Contact(FirmRow):
    """A human whom the firm deals with, at one organisation now and perhaps at others before."""

    first_name = models.CharField(max_length=200, blank=True, default="")
    last_name = models.CharField(max_length=200, blank=True, default="")
    sort_name = models.CharField(max_length=410)
    """Last then first name in lower case: the order of lists."""
    role = models.CharField(max_length=200, blank=True, default="")
    email = models.CharField(max_length=254, blank=True, default="")
    phone = models.CharField(max_length=60, blank=True, default="")
    """The direct line."""
    mobile = models.CharField(max_length=60, blank=True, default="")
    office_phone = models.CharField(max_length=60, blank=True, default="")
    website = models.CharField(max_length=500, blank=True, default="")
    linkedin = models.CharField(max_length=500, blank=True, default="")
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    """Where they work now; Employment keeps since when, and where before."""
    archived_at = models.DateTimeField(null=True, blank=True)
    version = models.BigIntegerField(default=1)

    class Meta:
        indexes = [
            models.Index(fields=["firm", "sort_name", "id"], name="crm_contact_name"),
            models.Index(fields=["firm", "organisation", "sort_name", "id"], name="crm_contact_organisation"),
            models.Index(
                fields=["firm", "sort_name", "id"],
                condition=Q(archived_at__isnull=False),
                name="crm_contact_archived",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """First and last name together."""
        return f"{self.first_name} {self.last_name}".strip()


class Employment(FirmRow):
    """A contact's time at one organisation: from `since` (None: not known) up to, not including, `until` (None:
    still)."""

    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="+", db_index=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+", db_index=False)
    since = models.DateField(null=True, blank=True)
    until = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["firm", "contact"], condition=Q(until__isnull=True), name="crm_employment_one_current"
            )
        ]
        indexes = [
            models.Index(fields=["firm", "contact", "id"], name="crm_employment_contact"),
            models.Index(fields=["firm", "organisation", "id"], name="crm_employment_organisation"),
        ]

    def __str__(self) -> str:
        return f"{self.contact_id} at {self.organisation_id}"
