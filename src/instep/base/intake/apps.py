"""The intake app."""

from __future__ import annotations

from django.apps import AppConfig


class IntakeConfig(AppConfig):
    name = "instep.base.intake"
    label = "intake"
    verbose_name = "Intake"
