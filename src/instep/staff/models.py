"""Staff resources and their search words."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from instep.base.identity.rows import FirmRow
from instep.base.records.words import WordRow
from instep.staff.states import StaffKind


class StaffResource(FirmRow):
    """A person or pool whose time is planned and recorded; it may have a user (E-42). Never removed, only made
    inactive."""

    first_name = models.CharField(max_length=200, blank=True, default="")
    last_name = models.CharField(max_length=200, blank=True, default="")
    sort_name = models.CharField(max_length=410)
    """Last then first name in lower case: the order of lists."""
    email = models.CharField(max_length=254, blank=True, default="")
    phone = models.CharField(max_length=60, blank=True, default="")
    mobile = models.CharField(max_length=60, blank=True, default="")
    job_title = models.CharField(max_length=200, blank=True, default="")
    kind = models.CharField(max_length=20, default=StaffKind.PERSON.value)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    active = models.BooleanField(default=True)
    version = models.BigIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["firm", "user"], condition=Q(user__isnull=False), name="staff_one_resource_a_user"
            )
        ]
        indexes = [models.Index(fields=["firm", "sort_name", "id"], name="staff_by_name")]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """First and last name together."""
        return f"{self.first_name} {self.last_name}".strip()


class StaffWord(WordRow):
    """A search word of a staff resource."""
