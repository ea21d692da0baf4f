"""The notices app."""

from __future__ import annotations

from django.apps import AppConfig


class NoticesConfig(AppConfig):
    name = "instep.base.notices"
    label = "notices"
    verbose_name = "Notices"
