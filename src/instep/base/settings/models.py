"""Stored settings: only what differs from the declared default has a row."""

from __future__ import annotations

from django.db import models

from instep.base.identity.rows import FirmRow


class FirmSetting(FirmRow):
    """The value of one declared setting in one firm."""

    key = models.CharField(max_length=80)
    value = models.JSONField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["firm", "key"], name="firmsetting_one_per_key")]

    def __str__(self) -> str:
        return f"{self.key} = {self.value!r}"
