"""A firm's own statuses below the six fixed types (T-01), and its types of job."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from instep.base.identity.rows import FirmRow


class JobStatus(FirmRow):
    """A status that jobs may have. Its key and type never change; its name does. Retired: kept by the jobs that have
    it."""

    key = models.CharField(max_length=60)
    name = models.CharField(max_length=100)
    type = models.CharField(max_length=20)
    likelihood = models.PositiveSmallIntegerField(null=True, blank=True)
    """Percent, of a proposal to be won."""
    position = models.IntegerField(default=0)
    is_default = models.BooleanField(default=False)
    retired = models.BooleanField(default=False)
    locked = models.BooleanField(default=False)
    """Jobs that have it are not sent to other systems; what is linked stays linked."""

    class Meta:
        verbose_name_plural = "job statuses"
        constraints = [
            models.UniqueConstraint(fields=["firm", "key"], name="jobs_status_key"),
            models.UniqueConstraint(fields=["firm"], condition=Q(is_default=True), name="jobs_status_one_default"),
            models.CheckConstraint(
                condition=Q(likelihood__isnull=True) | Q(likelihood__lte=100), name="jobs_status_likelihood"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class JobType(FirmRow):
    """A kind of work that the firm tells apart (housing, schools). Retired: kept by the jobs that have it."""

    key = models.CharField(max_length=60)
    name = models.CharField(max_length=100)
    position = models.IntegerField(default=0)
    retired = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["firm", "key"], name="jobs_type_key")]

    def __str__(self) -> str:
        return self.name
