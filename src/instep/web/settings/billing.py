"""What new invoices begin with: terms, tax, the firm's side of the paper; and up to when the books are closed."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from instep.base.settings.declared import Setting, get_settings, set_setting
from instep.billing.settings import (
    EDIT_ISSUED_TEXTS,
    ISSUER_ADDRESS,
    ISSUER_TAX_NUMBER,
    PAYMENT_DETAILS,
    TAX_BASIS,
    TAX_CODE,
    TAX_MODE,
    TAX_RATE,
    TERMS_DAYS,
)
from instep.costs.settings import CLOSED_UNTIL
from instep.kernel.errors import BadValue, Refusal
from instep.web.billing.words import basis_words, mode_words
from instep.web.records.inputs import PercentField
from instep.web.settings.frame import BILLING, frame
from instep.web.shell.doors import form
from instep.web.shell.refusals import refuse_form
from instep.web.shell.request import FirmRequest
from instep.web.shell.toasts import toast

_SCALE = 10_000
_TEXTS = forms.Textarea({"rows": 3})
_FIELDS: dict[str, Setting[Any]] = {
    "issuer_address": ISSUER_ADDRESS,
    "issuer_tax_number": ISSUER_TAX_NUMBER,
    "payment_details": PAYMENT_DETAILS,
    "terms_days": TERMS_DAYS,
    "tax_code": TAX_CODE,
    "tax_rate": TAX_RATE,
    "tax_basis": TAX_BASIS,
    "tax_mode": TAX_MODE,
    "edit_issued_texts": EDIT_ISSUED_TEXTS,
    "closed_until": CLOSED_UNTIL,
}


class BillingForm(forms.Form):
    """Every setting that a document is begun with."""

    issuer_address = forms.CharField(
        label=gettext_lazy("Address of the firm"), required=False, max_length=1000, widget=_TEXTS
    )
    issuer_tax_number = forms.CharField(
        label=gettext_lazy("Tax number of the firm"),
        required=False,
        max_length=50,
        help_text=gettext_lazy("Such as ABN or VAT number."),
    )
    payment_details = forms.CharField(label=gettext_lazy("How to pay"), required=False, max_length=4000, widget=_TEXTS)
    terms_days = forms.IntegerField(label=gettext_lazy("Days to pay"), min_value=0, max_value=365)
    tax_code = forms.CharField(label=gettext_lazy("Usual tax: its name"), required=False, max_length=40)
    tax_rate = PercentField(label=gettext_lazy("Usual tax: percent"))
    tax_basis = forms.ChoiceField(label=gettext_lazy("Prices"))
    tax_mode = forms.ChoiceField(
        label=gettext_lazy("Tax is rounded"),
        help_text=gettext_lazy("Both can differ by a cent. Choose the way of your accounting package."),
    )
    edit_issued_texts = forms.BooleanField(
        label=gettext_lazy("Free texts of issued documents may be changed by an administrator"), required=False
    )
    closed_until = forms.DateField(
        label=gettext_lazy("The books are closed up to and including"),
        required=False,
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        help_text=gettext_lazy("No time and no document is dated or changed there. Empty: all is open."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, words in (("tax_basis", basis_words()), ("tax_mode", mode_words())):
            chosen: Any = self.fields[name]
            chosen.choices = list(words.items())

    def values(self) -> dict[str, Any]:
        """As the settings hold them."""
        given = dict(self.cleaned_data)
        scaled = given["tax_rate"] * _SCALE
        if scaled != int(scaled):
            raise BadValue(field="tax_rate", problem=_("give at most four decimals"))
        closed = given["closed_until"]
        return given | {"tax_rate": int(scaled), "closed_until": closed.isoformat() if closed else ""}


@form("see settings")
def billing(request: FirmRequest) -> HttpResponse:
    """One form; what is already begun or issued stays as it is."""
    shown = BillingForm(initial=_initial(request))
    if request.method == "POST":
        request.actor.must("edit settings")
        shown = BillingForm(request.POST)
        if shown.is_valid() and _save(request, shown):
            toast(request, _("What invoices begin with is saved."))
            return redirect("settings:billing")
    context = frame(request, BILLING) | {"form": shown}
    return render(request, "settings/billing.html", context, status=422 if request.method == "POST" else 200)


def _initial(request: FirmRequest) -> dict[str, Any]:
    stored = get_settings(request.firm, _FIELDS.values())
    values = {name: stored[setting.key] for name, setting in _FIELDS.items()}
    rate = f"{Decimal(values['tax_rate']) / _SCALE:f}"
    return values | {"tax_rate": rate.rstrip("0").rstrip(".") if "." in rate else rate}


def _save(request: FirmRequest, shown: BillingForm) -> bool:
    try:
        with transaction.atomic():
            for name, value in shown.values().items():
                set_setting(_FIELDS[name], value, by=request.actor)
    except Refusal as refusal:
        names = {setting.label: name for name, setting in _FIELDS.items()}
        refuse_form(shown, refusal, **names)
        return False
    return True
