"""Notices: one sentence to one person, until it is read."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from instep.base.identity.rows import FirmRow


class Notice(FirmRow):
    """What a person of the firm is told. `path` is the page that shows more; `kind` says what it is about."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(max_length=40)
    sentence = models.TextField()
    path = models.CharField(max_length=500, blank=True, default="")
    at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["firm", "user", "id"], name="notice_person"),
            models.Index(fields=["firm", "user"], name="notice_unread", condition=Q(read_at=None)),
        ]

    def __str__(self) -> str:
        return self.sentence
