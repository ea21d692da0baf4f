"""Tasks and the executors that run them. The rows are the truth; the engine behind them is only the dispatcher."""

from __future__ import annotations

from typing import Any, ClassVar, cast

from django.db import models
from django.utils import timezone

from instep.base.identity.rows import FirmQuerySet
from instep.base.tasks.states import TaskState


class Task(models.Model):
    """One piece of background work of a firm, or of the system when `firm` is null.

    `attempt` counts the claims and never goes back. It is the fence: whoever holds an older number no longer runs the
    task. `tries` counts them since a person last asked, so that a task that kills its worker is given up.
    """

    firm = models.ForeignKey("identity.Firm", on_delete=models.PROTECT, related_name="+", db_index=False, null=True)
    name = models.CharField(max_length=80)
    arguments = models.JSONField(default=dict)
    key = models.CharField(max_length=200, null=True)
    state = models.CharField(max_length=20, default=TaskState.QUEUED.value)
    attempt = models.PositiveIntegerField(default=0)
    tries = models.PositiveIntegerField(default=0)
    executor = models.CharField(max_length=60, default="", blank=True)
    done_count = models.BigIntegerField(default=0)
    total_count = models.BigIntegerField(null=True)
    message = models.CharField(max_length=300, default="", blank=True)
    result = models.JSONField(null=True)
    error = models.TextField(default="", blank=True)
    error_code = models.CharField(max_length=60, default="", blank=True)
    created_kind = models.CharField(max_length=20)
    created_id = models.BigIntegerField(null=True)
    created_name = models.CharField(max_length=200)
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    objects: ClassVar[FirmQuerySet[Task]] = cast("Any", FirmQuerySet.as_manager())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["firm", "key"], name="task_one_per_key"),
            models.UniqueConstraint(
                fields=["key"], condition=models.Q(firm__isnull=True), name="task_one_per_system_key"
            ),
        ]
        indexes = [
            models.Index(fields=["firm", "state", "id"], name="task_by_state"),
            models.Index(fields=["firm", "id"], name="task_of_firm"),
            # Workers serve all firms: what waits and what runs, oldest first.
            models.Index(fields=["state", "id"], name="task_live"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.pk}: {self.state}"


class Executor(models.Model):
    """A worker by its stable name. `session` is the process that holds the name now; `beat_at` when it last said so."""

    name = models.CharField(max_length=60, unique=True)
    session = models.CharField(max_length=40)
    beat_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
