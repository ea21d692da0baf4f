"""The ownership app."""

from __future__ import annotations

from django.apps import AppConfig


class OwnershipConfig(AppConfig):
    name = "instep.base.ownership"
    label = "ownership"
    verbose_name = "Ownership"
