"""What is done with a whole document: making it real, cancelling it, deleting a draft."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRedirect, trigger_client_event

from instep.base.numbering.series import preview_number
from instep.base.settings.vocabulary import Terms
from instep.billing.actions.allocations import unallocate_payments
from instep.billing.actions.credits import cancel_invoice
from instep.billing.actions.drafts import delete_draft
from instep.billing.actions.issuing import make_invoice_real
from instep.billing.documents.copies import due
from instep.billing.errors import CreditBeforeInvoice, PaymentsAllocated, ReasonNeeded
from instep.billing.models import Document, Tick
from instep.billing.states import SERIES
from instep.costs.errors import PeriodLocked
from instep.kernel.errors import NotFound, Refusal
from instep.web.billing.frame import title_of
from instep.web.records.forms import ActPage, RecordForm
from instep.web.records.pages import done
from instep.web.shell.toasts import toast


def day_field() -> forms.DateField:
    """A day that has to be given."""
    return forms.DateField(widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"))


class DocumentAct(ActPage):
    """What the small forms of a document share."""

    record: Document

    def start(self) -> None:
        rows = Document.objects.select_related("client")
        self.record = rows.get_of(self.request.actor.firm_id, self.key, what="invoice")

    @property
    def address(self) -> str:
        """The page of the document."""
        return reverse("billing:invoice", args=[self.key])

    def context(self) -> dict[str, Any]:
        return {"url": self.address, "record_name": title_of(self.record), "record": self.record}


class IssueForm(RecordForm):
    """The date that it is to have."""

    places = {PeriodLocked: "on", "Date": "on"}

    on = day_field()

    def dress(self, terms: Terms) -> None:
        self.fields["on"].label = _("Date")
        self.lead("on")


class MakeReal(DocumentAct):
    """Number and fix a draft: the number it will have, its date and its total are said first."""

    right = "issue invoices"
    form_class = IssueForm
    template_name = "billing/make_real.html"

    def initial(self) -> dict[str, Any]:
        return {"on": self.record.dated_on}

    def save(self, form: IssueForm) -> Any:
        return make_invoice_real(self.key, by=self.request.actor, on=form.cleaned_data["on"])

    def saved(self, outcome: Any) -> HttpResponse:
        toast(self.request, _("%(title)s is real.") % {"title": title_of(outcome)})
        return done(self.request, self.address)

    def context(self) -> dict[str, Any]:
        return {
            **super().context(),
            "heading": _("Make this invoice real"),
            "button": _("Make it real"),
            "number": _next_number(self.request.actor.firm_id, self.record.kind),
            "due_on": due(self.record.dated_on, self.record.terms_days),
            "ticked": Tick.objects.of(self.request.actor.firm_id).filter(line__document=self.key).count(),
        }


class CancelForm(RecordForm):
    """When and why."""

    places = {ReasonNeeded: "reason", CreditBeforeInvoice: "on", PeriodLocked: "on", "Date": "on", "Reason": "reason"}

    on = day_field()
    reason = forms.CharField(max_length=1000, widget=forms.Textarea({"rows": 2}))

    def dress(self, terms: Terms) -> None:
        self.fields["on"].label = _("Date of the credit note")
        self.fields["reason"].label = _("Why it is cancelled")
        self.lead("reason")


class CancelInvoice(DocumentAct):
    """Cancel an invoice by a credit note of its full value. Payments on it are unallocated by a press of its own."""

    right = "issue invoices"
    form_class = CancelForm
    template_name = "billing/cancel.html"
    unallocated = False
    blocked = False

    def initial(self) -> dict[str, Any]:
        return {"on": max(self.request.firm.today(), self.record.dated_on)}

    def post(self, request: Any, **keys: int) -> HttpResponse:
        if "unallocate" not in request.POST:
            return super().post(request, **keys)
        self._enter(**keys)
        unallocate_payments(self.key, by=request.actor)
        self.unallocated = True
        said = {name: request.POST.get(name, "") for name in ("on", "reason")}
        form = self.form_class(request, initial=said)
        return trigger_client_event(self.answer(form), "record:changed", {"kind": "invoice", "id": self.key})

    def save(self, form: CancelForm) -> Any:
        given = form.cleaned_data
        return cancel_invoice(self.key, by=self.request.actor, on=given["on"], reason=given["reason"])

    def answer(self, form: RecordForm, *, status: int = 200, refusal: Refusal | None = None) -> HttpResponse:
        self.blocked = isinstance(refusal, PaymentsAllocated)
        return super().answer(form, status=status, refusal=refusal)

    def saved(self, outcome: Any) -> HttpResponse:
        words = {"title": title_of(self.record), "number": outcome.number}
        toast(
            self.request,
            _("%(title)s is cancelled by credit note %(number)s.") % words,
            link=reverse("billing:invoice", args=[outcome.pk]),
            undo_label=_("Open %(number)s") % words,
        )
        return done(self.request, self.address)

    def context(self) -> dict[str, Any]:
        return {
            **super().context(),
            "heading": _("Cancel %(document)s") % {"document": self.record},
            "button": _("Cancel it by a credit note"),
            "unallocated": self.unallocated,
            "blocked": self.blocked,
            "may_unallocate": self.request.actor.can("record payments"),
        }


class NothingForm(RecordForm):
    """A question without a field."""


class DeleteDraft(DocumentAct):
    """Delete a draft: this cannot be undone, so it is asked first."""

    right = "edit invoices"
    form_class = NothingForm

    def save(self, form: NothingForm) -> Any:
        delete_draft(self.key, by=self.request.actor)

    def saved(self, outcome: Any) -> HttpResponse:
        toast(self.request, _("The draft is deleted; its time is free again."))
        place = reverse("billing:invoices")
        return HttpResponseClientRedirect(place) if self.request.htmx else redirect(place)

    def context(self) -> dict[str, Any]:
        return {
            **super().context(),
            "heading": _("Delete this draft"),
            "sentence": _("This cannot be undone. Its time is free again, and no number will be missing."),
            "button": _("Delete the draft"),
        }


def _next_number(firm_id: int, kind: str) -> str:
    """What the next number would be; before the first one, what it will be."""
    try:
        return preview_number(firm_id, kind)
    except NotFound:
        form = SERIES[kind]
        return f"{form['prefix']}{1:0{form['width']}d}"
