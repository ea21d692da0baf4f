"""The settings app."""

from __future__ import annotations

from django.apps import AppConfig


class SettingsConfig(AppConfig):
    name = "instep.base.settings"
    label = "settings"
    verbose_name = "Settings"
