"""The numbering app."""

from __future__ import annotations

from django.apps import AppConfig


class NumberingConfig(AppConfig):
    name = "instep.base.numbering"
    label = "numbering"
    verbose_name = "Numbering"
