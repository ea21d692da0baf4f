"""Outbox rows: "look at this record"."""

from __future__ import annotations

from django.db import models

from instep.base.identity.rows import FirmRow


class OutboxRow(FirmRow):
    """A record that changed and that nobody has looked at yet. `version` counts the changes since the row was made."""

    kind = models.CharField(max_length=40)
    record_id = models.BigIntegerField()
    version = models.BigIntegerField(default=1)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["firm", "kind", "record_id"], name="outbox_one_per_record")]

    def __str__(self) -> str:
        return f"{self.kind} {self.record_id} v{self.version}"
