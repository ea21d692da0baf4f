"""The roof's own app: when Django is ready it hands the engine its connectors and sides."""

from __future__ import annotations

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    name = "instep.config"
    label = "config"

    def ready(self) -> None:
        from instep.config.connectors import install

        install()
