"""The tasks app."""

from __future__ import annotations

from django.apps import AppConfig


class TasksConfig(AppConfig):
    name = "instep.base.tasks"
    label = "tasks"
    verbose_name = "Tasks"
