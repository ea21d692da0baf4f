"""Making a job."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from instep.base.settings.vocabulary import Terms
from instep.crm.models import Organisation
from instep.jobs import errors
from instep.jobs.actions.jobs import create_job
from instep.jobs.queries import job_types_of, statuses_of
from instep.kernel.errors import NotAllowed, Refusal
from instep.kernel.records.project import JOB
from instep.staff.models import StaffResource
from instep.web.jobs.words import labels
from instep.web.records.forms import FormPage, RecordForm
from instep.web.records.inputs import MoneyField, PickerField
from instep.web.shell.toasts import toast


def day_field() -> forms.DateField:
    """A day that may be empty."""
    return forms.DateField(required=False, widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"))


class JobForm(RecordForm):
    """A new job with the fee of its first phase."""

    places = {
        "End": "ends_on",
        errors.ClientMissing: "client",
        errors.ClientArchived: "client",
        errors.ClientNeeded: "status",
        errors.ProspectNeeded: "client",
        errors.HandlerNeeded: "handler",
        errors.NumberTaken: "number",
        NotAllowed: "number",
        errors.NoSuchStatus: "status",
        errors.NoDefaultStatus: "status",
        errors.NoSuchType: "job_type",
        errors.ReasonNeeded: "close_reason",
        errors.OtherCurrency: "fee",
    }

    name = forms.CharField(max_length=JOB.field("name").max_length, widget=forms.TextInput({"autocomplete": "off"}))
    client = PickerField("organisations:pick")
    status = forms.ChoiceField()
    job_type = forms.ChoiceField(required=False)
    handler = PickerField("staff:pick", required=False)
    fee = MoneyField(required=False)
    number = forms.CharField(required=False, max_length=60, widget=forms.TextInput({"autocomplete": "off"}))
    external_reference = forms.CharField(required=False, max_length=200)
    starts_on = day_field()
    ends_on = day_field()
    address = forms.CharField(required=False, widget=forms.Textarea({"rows": 2}))
    scope = forms.CharField(required=False, widget=forms.Textarea({"rows": 3}))
    close_reason = forms.CharField(required=False, widget=forms.Textarea({"rows": 2}))

    def dress(self, terms: Terms) -> None:
        firm_id = self.request.actor.firm_id
        for name, label in labels(terms).items():
            if name in self.fields:
                self.fields[name].label = label
        statuses = statuses_of(firm_id)
        self.offer("status", [(row.key, row.name) for row in statuses])
        self.fields["status"].initial = next((row.key for row in statuses if row.is_default), None)
        types = [(row.key, row.name) for row in job_types_of(firm_id)]
        self.offer("job_type", [("", "–"), *types])
        self.fields["handler"].help_text = _("Empty: the usual one of the %(client)s.") % {"client": terms("client")}
        self.fields["fee"].help_text = _("Without tax, for the first %(phase)s; more are added on the next page.") % {
            "phase": terms("phase")
        }
        self.fields["number"].help_text = _("Empty: the next one.")
        self.lead("name")
        if not types:
            del self.fields["job_type"]
        if not self.request.actor.can("edit numbers"):
            del self.fields["number"]
        closed = self.data.get("status") in {row.key for row in statuses if row.type == "unsuccessful"}
        if not closed:
            del self.fields["close_reason"]

    def name_of(self, field: str, key: int) -> str:
        table = Organisation if field == "client" else StaffResource
        found = table.objects.of(self.request.actor.firm_id).filter(pk=key).first()
        return found.name if found else ""

    def values(self) -> dict[str, Any]:
        """What the action takes; a number that is left empty is the next one."""
        given = dict(self.cleaned_data)
        for name in ("number", "job_type", "close_reason"):
            if not given.get(name):
                given.pop(name, None)
        return given


class NewJob(FormPage):
    """A page to make a job on."""

    right = "edit jobs"
    form_class = JobForm
    template_name = "jobs/new.html"

    def initial(self) -> dict[str, Any]:
        return {"client": self.request.GET.get("client", "")}

    def save(self, form: JobForm) -> Any:
        return create_job(by=self.request.actor, **form.values())

    def saved(self, outcome: Any) -> HttpResponse:
        row = outcome.sure()
        toast(self.request, _("Created %(number)s %(name)s.") % {"number": row.number, "name": row.name})
        return redirect("jobs:record", row.pk)

    def context(self) -> dict[str, Any]:
        return {"heading": _("New %(job)s") % {"job": self.request.terms("job")}}

    def after(self, refusal: Refusal | None) -> dict[str, Any]:
        return promotion(refusal)


def promotion(refusal: Refusal | None) -> dict[str, Any]:
    """What a template shows when the client's stage stands in the way: whom to promote, and to what."""
    if isinstance(refusal, errors.ClientNeeded | errors.ProspectNeeded):
        needs_client = isinstance(refusal, errors.ClientNeeded)
        return {
            "promote_id": refusal.facts["client_id"],
            "promote_name": refusal.facts["client"],
            "promote_to": "client" if needs_client else "prospect",
            "promote_sentence": str(refusal),
        }
    return {}
