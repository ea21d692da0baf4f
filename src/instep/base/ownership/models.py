"""Owned fields: one row a field of a record that somebody else keeps."""

from __future__ import annotations

from django.db import models

from instep.base.identity.rows import FirmRow


class FieldOwner(FirmRow):
    """`field` of the record is kept by `owner` ("tiny+", for people; `owner_key` "connection:3", for machines)."""

    kind = models.CharField(max_length=40)
    record_id = models.BigIntegerField()
    field = models.CharField(max_length=60)
    owner = models.CharField(max_length=200)
    owner_key = models.CharField(max_length=60)
    why = models.CharField(max_length=300, default="", blank=True)
    since = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["firm", "kind", "record_id", "field"], name="fieldowner_one_per_field")
        ]
        indexes = [models.Index(fields=["firm", "owner_key", "kind", "record_id"], name="fieldowner_by_owner")]

    def __str__(self) -> str:
        return f"{self.kind} {self.record_id} {self.field}: {self.owner}"
