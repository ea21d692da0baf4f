"""Inputs of record forms beside Django's own: a picker of records, an amount of money, a percentage."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _

from instep.kernel.errors import BadValue
from instep.kernel.money import Money
from instep.kernel.records.kinds import FieldType
from instep.web.components import values
from instep.web.shell.refusals import problem_of


class PickerWidget(forms.Widget):
    """The kit's picker inside a form. `text_of` says what the chosen key is called."""

    template_name = "records/picker_widget.html"

    def __init__(self, url_name: str, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs)
        self.url_name = url_name
        self.text_of: Callable[[int], str] = str

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        chosen = str(value or "")
        text = self.text_of(int(chosen)) if chosen.isdecimal() and len(chosen) < 19 else ""
        given = context["widget"]["attrs"]
        context["widget"] |= {
            "url": reverse(self.url_name),
            "text": text,
            "value": chosen if text else "",
            "invalid": given.get("aria-invalid", ""),
            "describedby": given.get("aria-describedby", ""),
            "autofocus": bool(given.get("autofocus")),
        }
        return context


class PickerField(forms.IntegerField):
    """The key of a record of the firm; the action looks whether there is one."""

    def __init__(self, url_name: str, **kwargs: Any) -> None:
        super().__init__(widget=PickerWidget(url_name), min_value=1, max_value=2**63 - 1, **kwargs)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {}


class MoneyField(forms.CharField):
    """An amount in `currency`, typed with or without its sign and thousands marks; None for nothing."""

    currency = "AUD"

    def __init__(self, **kwargs: Any) -> None:
        attrs = {"inputmode": "decimal", "autocomplete": "off", "class": "i-input--money"}
        super().__init__(widget=forms.TextInput(attrs), max_length=40, **kwargs)

    def clean(self, value: Any) -> Money | None:
        said = super().clean(value)
        try:
            read = values.read(FieldType.MONEY, {"value": said}, label=str(self.label), currency=self.currency)
        except BadValue as refusal:
            raise forms.ValidationError(problem_of(refusal)) from None
        return None if read is None else Money.from_json(read)


class PercentField(forms.CharField):
    """A percentage such as 7.5, with or without its sign; None for nothing. The action knows its bounds."""

    def __init__(self, **kwargs: Any) -> None:
        attrs = {"inputmode": "decimal", "autocomplete": "off", "class": "i-input--number"}
        super().__init__(widget=forms.TextInput(attrs), max_length=20, **kwargs)

    def clean(self, value: Any) -> Decimal | None:
        said = super().clean(value).replace("%", "").replace(" ", "")
        if not said:
            return None
        try:
            number = Decimal(said)
        except InvalidOperation:
            raise forms.ValidationError(_("Write a number such as 7.5.")) from None
        if not number.is_finite():
            raise forms.ValidationError(_("Write a number such as 7.5."))
        return number
