"""The lines of a draft: changed in their cells, added, taken off; the time on them; fields edited in place."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from instep.base.settings.vocabulary import Terms
from instep.billing.actions.lines import add_line, change_line, remove_line
from instep.billing.models import Document, Line
from instep.kernel.errors import BadValue, Refusal
from instep.web.billing.fields import document_fields
from instep.web.billing.frame import as_id, title_of
from instep.web.billing.page import shown_line
from instep.web.components.formats import Form
from instep.web.records.forms import ActPage, RecordForm
from instep.web.records.inputs import PercentField
from instep.web.records.pages import done
from instep.web.shell.doors import action, form
from instep.web.shell.refusals import problem_of
from instep.web.shell.request import FirmRequest
from instep.web.shell.toasts import toast

_CELL = re.compile(r"line\.(\d{1,18})\.(description|quantity|price|tax_percent)", re.ASCII)
_NUMBERS = ("quantity", "price", "tax_percent")


@form("see invoices")
def field(request: FirmRequest, key: int, name: str) -> HttpResponse:
    """One field of a document, edited in place."""
    rows = Document.objects.select_related("client", "contact")
    document = rows.get_of(request.actor.firm_id, key, what="invoice")
    return document_fields(request, document).answer(request, document, name)


@action("edit invoices")
def save(request: FirmRequest, key: int) -> HttpResponse:
    """Save the cells of lines that were sent, each by itself, and answer what stands in them now."""
    document = Document.objects.get_of(request.actor.firm_id, key, what="invoice")
    cells: dict[str, Any] = {}
    texts: dict[str, str] = {}
    version = as_id(request.POST.get("version"))
    shown = Form.of(request.firm)
    for name in list(request.POST):
        match = _CELL.fullmatch(name)
        if match is None:
            continue
        typed, part = str(request.POST.get(name, "")), match[2]
        try:
            changes = {part: number_of(typed, _label(part)) if part in _NUMBERS else typed}
            line = change_line(document.pk, int(match[1]), by=request.actor, changes=changes, expected_version=version)
        except Refusal as refusal:
            cells[name] = {"value": typed, "problem": problem_of(refusal, typed)}
            continue
        version = None if version is None else version + 1
        now = shown_line(line, document, shown)
        cells[name] = {"value": {**_typed(now), "description": line.description}[part], "problem": ""}
        texts[f"line-{line.pk}-amount"] = shown.money(now.amount, bare=True)
    if request.headers.get("X-Requested-With") != "fetch":
        for each in cells.values():
            if each["problem"]:
                toast(request, each["problem"])
        return redirect("billing:invoice", key)
    stored = Document.objects.get_of(request.actor.firm_id, key, what="invoice").version
    return JsonResponse({"cells": cells, "texts": texts, "values": {"version": str(stored)}, "changed": True})


def _typed(now: Any) -> dict[str, str]:
    return {"quantity": now.quantity, "price": now.price, "tax_percent": now.tax}


def number_of(typed: str, label: str) -> Decimal:
    """A number that a person typed, with or without thousands marks. Raises BadValue."""
    try:
        number = Decimal(typed.replace(",", "").replace(" ", "").removesuffix("%"))
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise BadValue(field=label, problem=_("write a number such as 12.50"))
    return number


def _label(part: str) -> str:
    return {"quantity": _("Quantity"), "price": _("Price"), "tax_percent": _("Tax")}[part]


@action("edit invoices")
def remove(request: FirmRequest, key: int, part: int) -> HttpResponse:
    """Take a line off; the time on it is free again."""
    line = Line.objects.filter(document=key).get_of(request.actor.firm_id, part, what="line")
    remove_line(key, part, by=request.actor)
    toast(request, _("Line %(number)d is off the draft; its time is free again.") % {"number": line.position})
    return done(request, reverse("billing:invoice", args=[key]))


class LineForm(RecordForm):
    """A line that a person writes."""

    places = {"Tax rate": "tax_percent"}

    description = forms.CharField(max_length=4000, widget=forms.Textarea({"rows": 2}))
    quantity = forms.CharField(initial="1", max_length=30, widget=forms.TextInput({"class": "i-input--number"}))
    price = forms.CharField(max_length=30, widget=forms.TextInput({"class": "i-input--number"}))
    tax_percent = PercentField(required=False)

    def dress(self, terms: Terms) -> None:
        said = {
            "description": _("Description"),
            "quantity": _("Quantity"),
            "price": _("Price of one"),
            "tax_percent": _("Tax, percent"),
        }
        for name, label in said.items():
            self.fields[name].label = label
        self.fields["tax_percent"].help_text = _("Empty: the usual one.")
        self.lead("description")


class AddLine(ActPage):
    """One more line of a draft, quantity times price."""

    right = "edit invoices"
    form_class = LineForm
    record: Document

    def start(self) -> None:
        self.record = Document.objects.get_of(self.request.actor.firm_id, self.key, what="invoice")

    def save(self, form: LineForm) -> Any:
        given = form.cleaned_data
        return add_line(
            self.key,
            by=self.request.actor,
            description=given["description"],
            quantity=number_of(given["quantity"], "Quantity"),
            price=number_of(given["price"], "Price"),
            tax_percent=given["tax_percent"],
        )

    def saved(self, outcome: Any) -> HttpResponse:
        toast(self.request, _("Line added."))
        return done(self.request, reverse("billing:invoice", args=[self.key]))

    def context(self) -> dict[str, Any]:
        return {
            "heading": _("Add a line"),
            "button": _("Add the line"),
            "url": reverse("billing:invoice", args=[self.key]),
            "record_name": title_of(self.record),
        }
