"""The staff app."""

from __future__ import annotations

from django.apps import AppConfig


class StaffConfig(AppConfig):
    name = "instep.staff"
    label = "staff"
    verbose_name = "Staff"
