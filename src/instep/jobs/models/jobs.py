"""Projects, jobs and the other organisations at a job."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from instep.base.identity.rows import FirmRow
from instep.jobs.models.statuses import JobStatus, JobType
from instep.jobs.states import PartyRole


class Project(FirmRow):
    """Groups jobs of one client for quoting and billing."""

    number = models.CharField(max_length=60, blank=True, default="")
    name = models.CharField(max_length=200)
    client = models.ForeignKey("crm.Organisation", on_delete=models.PROTECT, related_name="+", db_index=False)
    version = models.BigIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["firm", "number"], condition=~Q(number=""), name="jobs_project_number")
        ]
        indexes = [
            models.Index(fields=["firm", "name", "id"], name="jobs_project_name"),
            models.Index(fields=["firm", "client", "name", "id"], name="jobs_project_client"),
        ]

    def __str__(self) -> str:
        return self.name


class Job(FirmRow):
    """The engagement (E-27): one client, one handler, one phase at least. At a status of the proposal type, an
    opportunity."""

    number = models.CharField(max_length=60)
    name = models.CharField(max_length=300)
    client = models.ForeignKey("crm.Organisation", on_delete=models.PROTECT, related_name="+", db_index=False)
    project = models.ForeignKey(
        Project, on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    status = models.ForeignKey(JobStatus, on_delete=models.PROTECT, related_name="+", db_index=False)
    job_type = models.ForeignKey(
        JobType, on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    handler = models.ForeignKey("staff.StaffResource", on_delete=models.PROTECT, related_name="+", db_index=False)
    address = models.TextField(blank=True, default="")
    """Where the work is."""
    scope = models.TextField(blank=True, default="")
    external_reference = models.CharField(max_length=200, blank=True, default="")
    """The number that others know the job by: the client's order, a contract."""
    currency = models.CharField(max_length=3)
    starts_on = models.DateField(null=True, blank=True)
    ends_on = models.DateField(null=True, blank=True)
    close_reason = models.TextField(blank=True, default="")
    """Why it was lost, cancelled or closed."""
    archived_at = models.DateTimeField(null=True, blank=True)
    version = models.BigIntegerField(default=1)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["firm", "number"], name="jobs_job_number")]
        indexes = [
            models.Index(fields=["firm", "id"], name="jobs_job_recent"),
            models.Index(fields=["firm", "name", "id"], name="jobs_job_name"),
            models.Index(fields=["firm", "status", "number"], name="jobs_job_status"),
            models.Index(fields=["firm", "client", "number"], name="jobs_job_client"),
            models.Index(fields=["firm", "handler", "number"], name="jobs_job_handler"),
            models.Index(
                fields=["firm", "project", "number"], condition=Q(project__isnull=False), name="jobs_job_project"
            ),
            models.Index(fields=["firm", "number"], condition=Q(archived_at__isnull=False), name="jobs_job_archived"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.name}"


class JobParty(FirmRow):
    """Another organisation at a job: its supplier, a consultant. `reference` is the number it has there."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="+", db_index=False)
    organisation = models.ForeignKey("crm.Organisation", on_delete=models.PROTECT, related_name="+", db_index=False)
    role = models.CharField(max_length=40, default=PartyRole.SUPPLIER.value)
    reference = models.CharField(max_length=100, blank=True, default="")

    class Meta:
        verbose_name_plural = "job parties"
        constraints = [models.UniqueConstraint(fields=["firm", "job", "organisation", "role"], name="jobs_party_once")]
        indexes = [models.Index(fields=["firm", "organisation", "job"], name="jobs_party_organisation")]

    def __str__(self) -> str:
        return f"{self.role} {self.organisation_id} of {self.job_id}"
