"""The costs app."""

from __future__ import annotations

from django.apps import AppConfig


class CostsConfig(AppConfig):
    name = "instep.costs"
    label = "costs"
    verbose_name = "Costs"

    def ready(self) -> None:
        # Models can only be imported once every app is there.
        from instep.costs.actions.judging import judge_again
        from instep.jobs.heeds import heed_also

        heed_also("costs", judge_again)
