"""The engine as a Django app."""

from __future__ import annotations

from django.apps import AppConfig


class ConnectConfig(AppConfig):
    name = "instep.connect"
    label = "connect"
    verbose_name = "Connect"

    def ready(self) -> None:
        # Models can only be imported once every app is there. Importing the tasks registers them.
        from instep.connect.actions import previews, undo  # noqa: F401
