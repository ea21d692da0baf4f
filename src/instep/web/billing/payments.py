"""Payments: the list, and the page of one with what it pays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

from django.db.models import F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from instep.base.settings.vocabulary import Terms
from instep.billing.actions.payments import change_payment
from instep.billing.models import Allocation, Payment
from instep.billing.queries.balances import unapplied
from instep.kernel.money import Money
from instep.kernel.records.kinds import FieldType
from instep.web.billing.frame import tabs
from instep.web.billing.words import payment_labels, payment_sayings
from instep.web.components import marks
from instep.web.components.columns import Column, Place, Style
from instep.web.components.formats import Form
from instep.web.components.inline import EditField, FieldEdit, RecordFields
from instep.web.components.lists import SavedView
from instep.web.records.history import Sayings
from instep.web.records.lists import PickFilter, RecordList
from instep.web.records.pages import RecordPage
from instep.web.shell.doors import form as form_door
from instep.web.shell.request import FirmRequest


def _left(row: Any, place: Place) -> Any:
    left = place.loaded.get(row.pk)
    return marks.money(left, place.form, bare=True) if left else None


def _source(row: Any, place: Place) -> Any:
    return marks.chip(_("Removed")) if row.removed_at else row.source.capitalize() or None


class PaymentList(RecordList):
    """Payments received, the newest first."""

    kind = "payment"
    template_name = "billing/payments.html"
    title = gettext_lazy("Payments")
    right = "see invoices"
    record_url_name = "billing:payment"
    empty_template = "billing/payments_empty.html"
    default_sort = "-received"
    search_hint = gettext_lazy("Name or reference")
    loads = (*("client__name", "received_on", "amount_minor", "currency", "reference", "source", "removed_at"),)
    columns = (
        Column("received", gettext_lazy("Received"), value="received_on", style=Style.DATE, sort="received_on"),
        Column("client", term="client", value="client.name", primary=True),
        Column("reference", gettext_lazy("Reference")),
        Column("source", gettext_lazy("From"), html=_source, low=True),
        Column("amount", gettext_lazy("Amount"), style=Style.MONEY, sort="amount_minor"),
        Column("left", gettext_lazy("Not allocated"), html=_left, style=Style.MONEY),
    )
    picks = (PickFilter("client", "organisations:pick", term="client"),)

    @cached_property
    def views(self) -> Sequence[SavedView]:
        return (
            SavedView("", _("All"), {"removed": "no"}),
            SavedView("open", _("Not allocated in full"), {}),
            SavedView("removed", _("Removed"), {}),
        )

    def rows(self) -> QuerySet[Any]:
        firm_id, key = self.request.actor.firm_id, self.view.key if self.view else ""
        rows = Payment.objects.of(firm_id).select_related("client").filter(removed_at__isnull=key != "removed")
        client = self.chosen_id("client")
        rows = rows if client is None else rows.filter(client=client)
        if key == "open":
            used = Allocation.objects.of(firm_id).filter(payment=OuterRef("pk")).order_by().values("payment")
            sums = Subquery(used.annotate(total=Sum("amount_minor")).values("total"))
            rows = rows.annotate(used=Coalesce(sums, 0)).filter(used__lt=F("amount_minor"))
        return rows

    def search(self, rows: QuerySet[Any], text: str) -> QuerySet[Any]:
        for word in text.split()[:6]:
            rows = rows.filter(Q(client__name__icontains=word) | Q(reference__icontains=word))
        return rows

    def prepare(self, rows: Sequence[Any]) -> Any:
        self._shown = rows
        return unapplied(self.request.actor.firm_id, rows)

    def picked(self, key: str, shown: Sequence[Any]) -> str:
        return shown[0].client.name if shown else ""

    def any_row(self) -> bool:
        return Payment.objects.of(self.request.actor.firm_id).exists()

    def context(self) -> dict[str, Any]:
        return {**super().context(), "places": tabs("payments")}


def payment_fields(terms: Terms, payment: Payment) -> RecordFields:
    """The fields of a payment; a removed one stays as it was."""
    said, live = payment_labels(terms), payment.removed_at is None
    own = [
        EditField("received_on", FieldType.DATE, required=True, editable=live),
        EditField("amount", FieldType.MONEY, required=True, editable=live),
        EditField("reference", max_length=200, editable=live),
        EditField("client", FieldType.REF, required=True, picker="organisations:pick", editable=live),
    ]
    return RecordFields(
        kind="payment",
        url_name="billing:payment_field",
        fields=[replace(each, label=said[each.name]) for each in own],
        read=lambda row: {
            "received_on": row.received_on.isoformat(),
            "amount": row.amount.as_json(),
            "reference": row.reference,
            "client": row.client_id,
        },
        save=_save,
        right="record payments",
        labels=lambda row: {"client": (row.client.name, reverse("organisations:record", args=[row.client_id]))},
    )


def _save(edit: FieldEdit) -> Any:
    value = edit.value
    if edit.name == "amount":
        # Typed as an amount of the firm's currency; it is one of the payment's.
        typed = Money.from_json(value)
        value = None if typed is None else Money(typed.amount, edit.record.currency)
    return change_payment(
        edit.record.pk, by=edit.by, changes={edit.name: value}, expected_version=edit.expected_version
    )


@form_door("see invoices")
def field(request: FirmRequest, key: int, name: str) -> HttpResponse:
    """One field of a payment, edited in place."""
    payment = Payment.objects.select_related("client").get_of(request.actor.firm_id, key, what="payment")
    return payment_fields(request.terms, payment).answer(request, payment, name)


class PaymentPage(RecordPage):
    """One payment."""

    kind = "payment"
    right = "see invoices"
    template_name = "billing/payment.html"

    def load(self, firm_id: int, key: int) -> Any:
        payment = Payment.objects.select_related("client").get_of(firm_id, key, what="payment")
        rows = Allocation.objects.of(firm_id).filter(payment=payment).select_related("document")
        return payment, list(rows.order_by("document__dated_on", "pk"))

    def sayings(self, found: Any) -> Sayings:
        payment, allocations = found
        numbers = {str(each.document_id): each.document.number for each in allocations}
        return payment_sayings(self.request.terms, Form.of(self.request.firm), payment.currency, numbers)

    def context(self, found: Any) -> dict[str, Any]:
        payment, allocations = found
        actor, live = self.request.actor, payment.removed_at is None
        may = live and actor.can("record payments")
        return {
            "record": payment,
            "heading": _("Payment of %(client)s") % {"client": payment.client.name},
            "url": reverse("billing:payment", args=[payment.pk]),
            "fields": payment_fields(self.request.terms, payment).show(self.request, payment),
            "allocations": [(each, Money.from_minor(each.amount_minor, payment.currency)) for each in allocations],
            "left": unapplied(actor.firm_id, [payment])[payment.pk],
            "may_edit": may,
        }
