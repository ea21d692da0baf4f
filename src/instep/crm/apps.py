"""The crm app."""

from __future__ import annotations

from django.apps import AppConfig


class CrmConfig(AppConfig):
    name = "instep.crm"
    label = "crm"
    verbose_name = "Crm"
