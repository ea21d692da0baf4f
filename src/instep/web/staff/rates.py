"""What an hour of somebody costs and should bring: the rates on their page, and setting one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from instep.base.identity.actor import Actor
from instep.base.settings.vocabulary import Terms
from instep.costs.actions.rates import set_staff_rate
from instep.costs.models import StaffRate
from instep.costs.pricing import shown_rate
from instep.costs.queries import rates_of
from instep.staff.models import StaffResource
from instep.web.components.formats import Form
from instep.web.records.forms import ActPage, RecordForm
from instep.web.records.pages import done
from instep.web.shell.toasts import toast


@dataclass(frozen=True)
class ShownRate:
    """One rate as the card prints it: amounts an hour, "" for one that stays as it was before."""

    rate: StaffRate
    cost: str
    charge: str


def rates_shown(actor: Actor, staff: StaffResource, form: Form) -> list[ShownRate] | None:
    """The rates, newest first; None for whom they are not shown. One query."""
    if not actor.can("see rates"):
        return None
    return [
        ShownRate(row, _text(row.cost_rate, form), _text(row.charge_rate, form))
        for row in rates_of(actor.firm_id, staff.pk)
    ]


def fields_of(rates: Iterable[ShownRate]) -> list[str]:
    """The rates as the journal names their fields."""
    return [
        f"{name} in {each.rate.currency} from {each.rate.effective_on}"
        for each in rates
        for name in ("cost_rate", "charge_rate")
    ]


def _text(rate: int | None, form: Form) -> str:
    number = shown_rate(rate)
    if number is None:
        return ""
    return form.decimal(number, 2 if number == round(number, 2) else 4)


class RateForm(RecordForm):
    """From when on, and how much an hour."""

    places = {"From": "effective_on", "Cost rate": "cost_rate", "Charge rate": "charge_rate", "Rates": "charge_rate"}

    effective_on = forms.DateField(widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"))
    charge_rate = forms.CharField(required=False, max_length=30, widget=forms.TextInput({"class": "i-input--number"}))
    cost_rate = forms.CharField(required=False, max_length=30, widget=forms.TextInput({"class": "i-input--number"}))

    def dress(self, terms: Terms) -> None:
        self.fields["effective_on"].label = _("From")
        self.fields["charge_rate"].label = _("Should bring an hour")
        self.fields["cost_rate"].label = _("Costs an hour")
        self.fields["cost_rate"].help_text = _("Empty: as before. Time that is submitted keeps the rates it has.")
        self.lead("effective_on")

    def clean_charge_rate(self) -> Decimal | None:
        return self._rate("charge_rate")

    def clean_cost_rate(self) -> Decimal | None:
        return self._rate("cost_rate")

    def _rate(self, name: str) -> Decimal | None:
        said = self.cleaned_data[name].replace(",", "").strip()
        try:
            return Decimal(said) if said else None
        except InvalidOperation:
            raise forms.ValidationError(_("Write an amount such as 27.50.")) from None


class SetRate(ActPage):
    """Set what an hour costs and should bring from a day on."""

    right = "edit rates"
    form_class = RateForm
    record: StaffResource

    def start(self) -> None:
        self.record = StaffResource.objects.get_of(self.request.actor.firm_id, self.key, what="staff resource")

    def initial(self) -> dict[str, Any]:
        return {"effective_on": self.request.firm.today()}

    def save(self, form: RateForm) -> Any:
        return set_staff_rate(self.key, by=self.request.actor, **form.cleaned_data)

    def saved(self, outcome: Any) -> HttpResponse:
        toast(self.request, _("The rates of %(name)s are set.") % {"name": self.record.name})
        return done(self.request, reverse("staff:record", args=[self.key]))

    def context(self) -> dict[str, Any]:
        return {
            "heading": _("Rates of %(name)s") % {"name": self.record.name},
            "sentence": _("In %(currency)s, without tax.") % {"currency": self.request.firm.currency},
            "button": _("Set the rates"),
            "url": reverse("staff:record", args=[self.key]),
            "record_name": self.record.name,
        }
