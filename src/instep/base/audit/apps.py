"""The audit app."""

from __future__ import annotations

from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "instep.base.audit"
    label = "audit"
    verbose_name = "Audit"
