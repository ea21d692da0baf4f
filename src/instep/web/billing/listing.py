"""The list of invoices and credit notes: drafts, what is to be paid, what is overdue, what is paid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from django.db.models import F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from instep.billing.models import Allocation, Document
from instep.billing.queries.balances import Standing, standings
from instep.billing.queries.documents import document_list
from instep.billing.states import DocumentKind, DocumentState
from instep.connect.queries import RecordMark, marks_of
from instep.crm.models import Organisation
from instep.web.billing.frame import status_of, tabs
from instep.web.components import marks
from instep.web.components.columns import Column, Place, Style
from instep.web.components.lists import SavedView
from instep.web.records.lists import SYNC, PickFilter, RecordList

_OPEN, _OVERDUE, _PAID = "open", "overdue", "paid"


class Loaded(dict[int, Sequence[RecordMark]]):
    """How the rows stand with their connections, as a list of records has it, and how they stand as invoices."""

    def __init__(self, known: Mapping[int, Sequence[RecordMark]] | None, standing: Mapping[int, Standing]) -> None:
        super().__init__(known or {})
        self.standing = standing


def _number(row: Any, place: Place) -> Any:
    if row.number:
        return row.number
    return _("Draft")


def _status(row: Any, place: Place) -> Any:
    word, tone = status_of(row, place.loaded.standing.get(row.pk), row.today)
    return marks.chip(word, tone)


def _open(row: Any, place: Place) -> Any:
    standing = place.loaded.standing.get(row.pk)
    shown = standing is not None and not row.is_draft and row.kind == DocumentKind.INVOICE and standing.open
    return marks.money(standing.open, place.form, bare=True) if shown else None


def _due(row: Any, place: Place) -> Any:
    return marks.date(row.due_on, place.form) if row.kind == DocumentKind.INVOICE else None


class InvoiceList(RecordList):
    """Documents, the newest first."""

    kind = "invoice"
    template_name = "billing/invoices.html"
    title = gettext_lazy("Invoices")
    right = "see invoices"
    record_url_name = "billing:invoice"
    empty_template = "billing/invoices_empty.html"
    default_sort = "-date"
    search_hint = gettext_lazy("Number, name or reference")
    loads = (
        *("kind", "state", "number", "client_name", "reference", "dated_on", "due_on", "currency"),
        *("total_minor", "net_minor"),
    )
    columns = (
        Column("number", gettext_lazy("Number"), html=_number, style=Style.CODE, sort="number"),
        Column("client", term="client", value="client_name", sort="client_name", primary=True),
        Column("reference", gettext_lazy("Their reference"), low=True),
        Column("date", gettext_lazy("Date"), value="dated_on", style=Style.DATE, sort="dated_on"),
        Column("due", gettext_lazy("Due"), html=_due, style=Style.DATE, sort="due_on", low=True),
        Column("status", gettext_lazy("Status"), html=_status),
        Column("total", gettext_lazy("Total"), value="total", style=Style.MONEY, sort="total_minor"),
        Column("open", gettext_lazy("To be paid"), html=_open, style=Style.MONEY, low=True),
        SYNC,
    )
    picks = (PickFilter("client", "organisations:pick", term="client"),)

    @cached_property
    def views(self) -> Sequence[SavedView]:
        return (
            SavedView("", _("All"), {}),
            SavedView("drafts", _("Drafts"), {}),
            SavedView(_OPEN, _("To be paid"), {}),
            SavedView(_OVERDUE, _("Overdue"), {}),
            SavedView(_PAID, _("Paid"), {}),
            SavedView("credits", _("Credit notes"), {}),
        )

    def rows(self) -> QuerySet[Any]:
        key = self.view.key if self.view else ""
        rows = document_list(self.request.actor.firm_id, client=self.chosen_id("client")).select_related(None)
        if key == "drafts":
            return rows.filter(state=DocumentState.DRAFT)
        if key == "credits":
            return rows.filter(kind=DocumentKind.CREDIT_NOTE)
        if key in (_OPEN, _OVERDUE, _PAID):
            rows = rows.filter(kind=DocumentKind.INVOICE).exclude(state=DocumentState.DRAFT)
            settled = Allocation.objects.of(self.request.actor.firm_id).filter(document=OuterRef("pk")).order_by()
            sums = settled.values("document").annotate(total=Sum("amount_minor")).values("total")
            rows = rows.annotate(settled=Coalesce(Subquery(sums), 0))
            if key == _PAID:
                return rows.filter(settled__gte=F("total_minor")).exclude(state=DocumentState.CANCELLED)
            rows = rows.filter(settled__lt=F("total_minor"))
            return rows.filter(due_on__lt=self.request.firm.today()) if key == _OVERDUE else rows
        return rows

    def search(self, rows: QuerySet[Any], text: str) -> QuerySet[Any]:
        for word in text.split()[:6]:
            rows = rows.filter(
                Q(number__icontains=word) | Q(client_name__icontains=word) | Q(reference__icontains=word)
            )
        return rows

    def prepare(self, rows: Sequence[Any]) -> Loaded:
        self._shown = rows
        firm_id, today = self.request.actor.firm_id, self.request.firm.today()
        for row in rows:
            row.today = today
        kind = "credit_note" if self.view and self.view.key == "credits" else self.kind
        known = marks_of(firm_id, kind, [row.pk for row in rows if row.kind == kind])
        if not known:
            self.columns = [column for column in self.columns if column is not SYNC]
        return Loaded(known, standings(firm_id, [row for row in rows if row.kind == DocumentKind.INVOICE]))

    def picked(self, key: str, shown: Sequence[Any]) -> str:
        found = Organisation.objects.of(self.request.actor.firm_id).filter(pk=self.chosen_id(key)).first()
        return found.name if found else ""

    def any_row(self) -> bool:
        return Document.objects.of(self.request.actor.firm_id).exists()

    def context(self) -> dict[str, Any]:
        return {**super().context(), "places": tabs("invoices")}
