"""Recording a payment, allocating it anew, removing it with a reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views import View

from instep.base.settings.vocabulary import Terms
from instep.billing.actions.allocations import allocate_payment, allocations_of
from instep.billing.actions.payments import record_payment, remove_payment
from instep.billing.errors import OtherCurrency, OverAllocated, OverPaid, ReasonNeeded
from instep.billing.models import Document, Payment
from instep.billing.queries.balances import debtors, standing_of
from instep.kernel.errors import BadValue, Refusal
from instep.kernel.money import Money
from instep.kernel.records.kinds import FieldType
from instep.web.billing.frame import as_id
from instep.web.billing.issue import DocumentAct, day_field
from instep.web.components import values
from instep.web.records.forms import ActPage, RecordForm
from instep.web.records.inputs import MoneyField
from instep.web.records.pages import act, done
from instep.web.shell.refusals import problem_of
from instep.web.shell.request import FirmRequest
from instep.web.shell.toasts import toast


class PaymentForm(RecordForm):
    """Money that came in for an invoice."""

    places = {"Amount": "amount", "Received": "received_on", OverPaid: "amount", OverAllocated: "amount"}

    amount = MoneyField()
    received_on = day_field()
    reference = forms.CharField(required=False, max_length=200)

    def dress(self, terms: Terms) -> None:
        said = {"amount": _("Amount"), "received_on": _("Received"), "reference": _("Reference")}
        for name, label in said.items():
            self.fields[name].label = label
        self.fields["amount"].widget.attrs["autofocus"] = True


class RecordPayment(DocumentAct):
    """Record money that pays an invoice; what is open stands in the form."""

    right = "record payments"
    form_class = PaymentForm

    def fit(self, form: PaymentForm) -> None:
        amount = form.fields["amount"]
        if isinstance(amount, MoneyField):
            amount.currency = self.record.currency

    def initial(self) -> dict[str, Any]:
        still_open = standing_of(self.request.actor.firm_id, self.record).open
        return {
            "amount": values.typed(FieldType.MONEY, still_open.as_json()),
            "received_on": self.request.firm.today(),
        }

    def save(self, form: PaymentForm) -> Any:
        given = form.cleaned_data
        return record_payment(
            by=self.request.actor,
            received_on=given["received_on"],
            amount=given["amount"],
            reference=given["reference"],
            allocations={self.key: given["amount"]},
        )

    def saved(self, outcome: Any) -> HttpResponse:
        toast(self.request, _("Payment recorded."))
        return done(self.request, self.address)

    def context(self) -> dict[str, Any]:
        return {**super().context(), "heading": _("Record a payment"), "button": _("Record the payment")}


class RemoveForm(RecordForm):
    """Why it is taken back."""

    places = {ReasonNeeded: "reason", "Reason": "reason"}

    reason = forms.CharField(max_length=1000, widget=forms.Textarea({"rows": 2}))

    def dress(self, terms: Terms) -> None:
        self.fields["reason"].label = _("Why it is removed")
        self.lead("reason")


class RemovePayment(ActPage):
    """Take a payment back with a reason; its invoices are open again."""

    right = "record payments"
    form_class = RemoveForm
    record: Payment

    def start(self) -> None:
        self.record = Payment.objects.get_of(self.request.actor.firm_id, self.key, what="payment")

    def save(self, form: RemoveForm) -> Any:
        return remove_payment(self.key, by=self.request.actor, reason=form.cleaned_data["reason"])

    def saved(self, outcome: Any) -> HttpResponse:
        toast(self.request, _("The payment is removed; what it paid is open again."))
        return done(self.request, reverse("billing:payment", args=[self.key]))

    def context(self) -> dict[str, Any]:
        return {
            "heading": _("Remove this payment"),
            "button": _("Remove the payment"),
            "url": reverse("billing:payment", args=[self.key]),
            "record_name": str(self.record.amount),
        }


@dataclass
class Share:
    """One invoice that the payment pays, or could. `typed` is the part of it."""

    document: Document
    open: Money
    typed: str
    problem: str = ""


class Allocate(View):
    """Which invoices a payment pays: those it pays now and the client's open ones, each with its part."""

    request: FirmRequest
    payment: Payment

    def get(self, request: FirmRequest, key: int) -> HttpResponse:
        self._enter(key)
        return self._answer(self._shares({}))

    def post(self, request: FirmRequest, key: int) -> HttpResponse:
        self._enter(key)
        shares = self._shares(request.POST)
        wanted: dict[int, Money] = {}
        for share in shares:
            try:
                read = values.read(
                    FieldType.MONEY, {"value": share.typed}, label=_("Part"), currency=self.payment.currency
                )
            except BadValue as refusal:
                share.problem = problem_of(refusal, share.typed)
                continue
            if read is not None and read["minor"]:
                wanted[share.document.pk] = Money.from_minor(read["minor"], self.payment.currency)
        if any(share.problem for share in shares):
            return self._answer(shares, status=422)
        version = as_id(request.POST.get("version"))
        try:
            allocate_payment(key, wanted, by=request.actor, expected_version=version)
        except (OverPaid, OverAllocated, OtherCurrency, BadValue) as refusal:
            return self._answer(shares, refusal=refusal, status=422)
        toast(request, _("Allocated."))
        return done(request, reverse("billing:payment", args=[key]))

    def _enter(self, key: int) -> None:
        actor = self.request.actor
        actor.must("record payments")
        self.payment = Payment.objects.select_related("client").get_of(actor.firm_id, key, what="payment")

    def _shares(self, said: Mapping[str, Any]) -> list[Share]:
        firm_id, payment = self.request.actor.firm_id, self.payment
        held = allocations_of(payment)
        rows = debtors(firm_id, on=max(payment.received_on, self.request.firm.today()), client=payment.client_id)
        others = {row.pk: row for row in rows.filter(currency=payment.currency)[:50]}
        ours = Document.objects.of(firm_id).filter(pk__in=[pk for pk in held if pk not in others])
        documents = sorted({**others, **{row.pk: row for row in ours}}.values(), key=lambda row: (row.due_on, row.pk))
        zero = Money.zero(payment.currency)
        shares = []
        for row in documents:
            part = held.get(row.pk, zero)
            still_open = Money.from_minor(getattr(row, "open_minor", 0), payment.currency)
            typed = values.typed(FieldType.MONEY, part.as_json()) if part else ""
            shares.append(Share(row, still_open + part, str(said.get(f"part.{row.pk}", typed))))
        return shares

    def _answer(self, shares: list[Share], *, refusal: Refusal | None = None, status: int = 200) -> HttpResponse:
        context = {
            "heading": _("Which invoices it pays"),
            "url": reverse("billing:payment", args=[self.payment.pk]),
            "record_name": str(self.payment.amount),
            "act_url": self.request.path,
            "payment": self.payment,
            "shares": shares,
            "refusal": refusal,
        }
        return act(self.request, "billing/allocate.html", context, status=status)
