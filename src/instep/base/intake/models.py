"""Sources and what became of their rows."""

from __future__ import annotations

from enum import StrEnum

from django.db import models

from instep.base.identity.rows import FirmRow


class RowState(StrEnum):
    """What became of a row when it was last taken in. Stored; never renamed."""

    IMPORTED = "imported"
    REFUSED = "refused"


class Source(FirmRow):
    """Where rows come from: one register, list or export that is taken in again and again."""

    key = models.CharField(max_length=80)
    title = models.CharField(max_length=200)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["firm", "key"], name="source_one_per_key")]

    def __str__(self) -> str:
        return self.title


class SourceRow(FirmRow):
    """One row of a source by its own key. `digest` is of the values that were last taken in or refused.

    A refused row keeps the record that an earlier version of it became.
    """

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="+", db_index=False)
    row_key = models.CharField(max_length=200)
    line = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)
    kind = models.CharField(max_length=40)
    record_id = models.BigIntegerField(null=True)
    state = models.CharField(max_length=20)
    reason_code = models.CharField(max_length=60, default="", blank=True)
    reason = models.TextField(default="", blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["firm", "source", "row_key"], name="sourcerow_one_per_key"),
        ]
        indexes = [
            models.Index(fields=["firm", "source", "state", "line"], name="sourcerow_by_state"),
            models.Index(fields=["firm", "kind", "record_id"], name="sourcerow_by_record"),
        ]

    def __str__(self) -> str:
        return f"{self.row_key}: {self.state}"
