"""Number series of a firm."""

from __future__ import annotations

from django.db import models

from instep.base.identity.rows import FirmRow


class Series(FirmRow):
    """One run of numbers: prefix + counter padded to `width` + suffix. `next` is the counter to be given out next."""

    key = models.CharField(max_length=40)
    prefix = models.CharField(max_length=20, default="", blank=True)
    suffix = models.CharField(max_length=20, default="", blank=True)
    width = models.PositiveSmallIntegerField(default=4)
    next = models.BigIntegerField(default=1)

    class Meta:
        verbose_name_plural = "series"
        constraints = [models.UniqueConstraint(fields=["firm", "key"], name="series_one_per_key")]

    def __str__(self) -> str:
        return f"{self.key} {self.number(self.next)}"

    def number(self, counter: int) -> str:
        """The number of this counter; a counter longer than the width is not cut."""
        return f"{self.prefix}{counter:0{self.width}d}{self.suffix}"
