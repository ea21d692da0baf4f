"""The identity app."""

from __future__ import annotations

from django.apps import AppConfig


class IdentityConfig(AppConfig):
    name = "instep.base.identity"
    label = "identity"
    verbose_name = "Identity"
