"""The jobs app."""

from __future__ import annotations

from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "instep.jobs"
    label = "jobs"
    verbose_name = "Jobs"

    def ready(self) -> None:
        # Models can only be imported once every app is there. Importing the tasks registers them.
        from instep.crm.open_work import ask_also
        from instep.jobs.intake import tasks  # noqa: F401
        from instep.jobs.queries import unfinished_work

        ask_also("jobs", unfinished_work)
