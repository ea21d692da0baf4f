"""Audit entries: written once, never changed, never removed."""

from __future__ import annotations

from typing import Any, ClassVar, NoReturn, cast

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils import timezone

from instep.base.identity.rows import FirmQuerySet, FirmRow


class AppendOnly(TypeError):
    """Code tried to change or remove an audit entry: a mistake of ours, never a person's."""


def _refuse() -> NoReturn:
    raise AppendOnly("audit entries are written once: no update, no delete")


class AuditQuerySet(FirmQuerySet["AuditEntry"]):
    """A firm's entries; they can be read and added to."""

    def update(self, **kwargs: Any) -> int:
        _refuse()

    def delete(self) -> tuple[int, dict[str, int]]:
        _refuse()


class AuditEntry(FirmRow):
    """One action call: who, when, on what, and {field: [old, new]}. A bulk action is one entry that lists its ids."""

    at = models.DateTimeField(default=timezone.now)
    actor_kind = models.CharField(max_length=20)
    actor_id = models.BigIntegerField(null=True)
    # The name as it was: a user may be renamed, a connection removed.
    actor_name = models.CharField(max_length=200)
    event = models.CharField(max_length=80)
    kind = models.CharField(max_length=40)
    record_id = models.BigIntegerField(null=True)
    changes = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    note = models.TextField(default="", blank=True)

    objects: ClassVar[AuditQuerySet] = cast("Any", AuditQuerySet.as_manager())

    class Meta:
        indexes = [
            models.Index(fields=["firm", "kind", "record_id", "id"], name="audit_record"),
            models.Index(fields=["firm", "id"], name="audit_firm"),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.kind} {self.record_id}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk is not None:
            _refuse()
        kwargs["force_insert"] = True
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        _refuse()


class AuditSubject(FirmRow):
    """A record that an entry about many of them tells of: its history is found without reading what they say."""

    entry = models.ForeignKey(AuditEntry, models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(max_length=40)
    record_id = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["firm", "kind", "record_id", "entry"], name="audit_subject_once")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.record_id} in {self.entry_id}"
