"""Addresses of the pages of money, and what the palette finds of them."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Q
from django.urls import path, reverse

from instep.base.identity.actor import Actor
from instep.billing.queries.documents import document_list
from instep.web.billing import issue, lines, page, payments, pdf, receiving, wip
from instep.web.billing.costs import CostList
from instep.web.billing.draft import DraftInvoice
from instep.web.billing.frame import title_of
from instep.web.billing.listing import InvoiceList
from instep.web.billing.strip import strip
from instep.web.billing.time import LineTime
from instep.web.shell.palette import Command, Found, Provider, offer, provide

app_name = "billing"
urlpatterns = [
    path("", wip.unbilled, name="wip"),
    path("jobs/<int:key>/", CostList.as_view(), name="costs"),
    path("jobs/<int:key>/strip/", strip, name="strip"),
    path("jobs/<int:key>/draft/", DraftInvoice.as_view(), name="draft"),
    path("invoices/", InvoiceList.as_view(), name="invoices"),
    path("invoices/<int:key>/", page.record, name="invoice"),
    path("invoices/<int:key>/field/<slug:name>/", lines.field, name="field"),
    path("invoices/<int:key>/lines/", lines.save, name="lines"),
    path("invoices/<int:key>/lines/new/", lines.AddLine.as_view(), name="line_new"),
    path("invoices/<int:key>/lines/<int:part>/remove/", lines.remove, name="line_remove"),
    path("invoices/<int:key>/lines/<int:part>/time/", LineTime.as_view(), name="line_time"),
    path("invoices/<int:key>/make-real/", issue.MakeReal.as_view(), name="make_real"),
    path("invoices/<int:key>/cancel/", issue.CancelInvoice.as_view(), name="cancel"),
    path("invoices/<int:key>/delete/", issue.DeleteDraft.as_view(), name="delete"),
    path("invoices/<int:key>/pay/", receiving.RecordPayment.as_view(), name="pay"),
    path("invoices/<int:key>/pdf/", pdf.pdf, name="pdf"),
    path("payments/", payments.PaymentList.as_view(), name="payments"),
    path("payments/<int:key>/", payments.PaymentPage.as_view(), name="payment"),
    path("payments/<int:key>/field/<slug:name>/", payments.field, name="payment_field"),
    path("payments/<int:key>/allocate/", receiving.Allocate.as_view(), name="allocate"),
    path("payments/<int:key>/remove/", receiving.RemovePayment.as_view(), name="payment_remove"),
]


def _found(actor: Actor, text: str) -> Iterable[Found]:
    rows = document_list(actor.firm_id).filter(Q(number__icontains=text) | Q(client_name__icontains=text))
    for row in rows.order_by("-dated_on", "-pk")[:6]:
        yield Found(title_of(row), reverse("billing:invoice", args=[row.pk]), row.client_name, "file")


provide(Provider("invoices", _found, term="invoice", right="see invoices"))
offer(Command("Bill unbilled work", "billing:wip", icon="coins", right="edit invoices"))
