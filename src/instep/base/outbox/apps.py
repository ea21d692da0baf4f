"""The outbox app."""

from __future__ import annotations

from django.apps import AppConfig


class OutboxConfig(AppConfig):
    name = "instep.base.outbox"
    label = "outbox"
    verbose_name = "Outbox"
