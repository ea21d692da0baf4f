"""The billing app."""

from __future__ import annotations

from django.apps import AppConfig


class BillingConfig(AppConfig):
    name = "instep.billing"
    label = "billing"
    verbose_name = "Billing"

    def ready(self) -> None:
        # Models can only be imported once every app is there.
        from instep.billing.queries.holds import held_costs
        from instep.costs.holds import ask_also

        ask_also("billing", held_costs)
