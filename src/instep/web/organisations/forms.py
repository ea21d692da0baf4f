"""Making an organisation, and moving it up a stage."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from instep.base.settings.vocabulary import Terms
from instep.crm.actions.organisations import create_organisation
from instep.crm.actions.stages import promote_organisation
from instep.crm.errors import CodeNeeded, CodeTaken, SimilarNameExists
from instep.crm.models import Organisation
from instep.crm.queries import client_code_for
from instep.crm.states import Stage
from instep.kernel.errors import Refusal
from instep.kernel.records.organisation import ORGANISATION
from instep.staff.models import StaffResource
from instep.web.organisations.words import labels, stage_choices
from instep.web.records.forms import ActPage, FormPage, RecordForm
from instep.web.records.inputs import PickerField
from instep.web.records.pages import done
from instep.web.shell.toasts import toast
from instep.web.shell.tones import Tone


def _text(name: str) -> forms.CharField:
    field = ORGANISATION.field(name)
    widget = forms.TextInput({"autocomplete": "off"})
    return forms.CharField(required=field.required, max_length=field.max_length, widget=widget, strip=True)


class OrganisationForm(RecordForm):
    """A new organisation: what is known of it at first; the rest is edited on its page."""

    places = {"Client code": "code", CodeNeeded: "code", CodeTaken: "code"}

    name = _text("name")
    stage = forms.ChoiceField()
    code = forms.CharField(required=False, max_length=20, widget=forms.TextInput({"autocomplete": "off"}))
    is_supplier = forms.BooleanField(required=False)
    is_person = forms.BooleanField(required=False)
    email = _text("email")
    phone = _text("phone")
    website = _text("website")
    tax_number = _text("tax_number")
    address = forms.CharField(required=False, widget=forms.Textarea({"rows": 3}))
    account_manager = PickerField("staff:pick", required=False)
    default_handler = PickerField("staff:pick", required=False)

    def dress(self, terms: Terms) -> None:
        for name, label in labels(terms).items():
            if name in self.fields:
                self.fields[name].label = label
        self.offer("stage", stage_choices(terms))
        self.fields["code"].help_text = _("What your accounting package knows it by; %(client)s must have one.") % {
            "client": terms.a("client")
        }
        self.lead("name")

    def name_of(self, field: str, key: int) -> str:
        found = StaffResource.objects.of(self.request.actor.firm_id).filter(pk=key).first()
        return found.name if found else ""


class NewOrganisation(FormPage):
    """A page to make an organisation on."""

    right = "edit organisations"
    form_class = OrganisationForm
    template_name = "organisations/new.html"

    def initial(self) -> dict[str, Any]:
        stage = self.request.GET.get("stage", "")
        return {"stage": stage if stage in set(Stage) else Stage.LEAD.value, "name": self.request.GET.get("name", "")}

    def save(self, form: OrganisationForm) -> Any:
        accepted = self.request.POST.getlist("accepted")
        return create_organisation(by=self.request.actor, accepted=accepted, **form.cleaned_data)

    def saved(self, outcome: Any) -> HttpResponse:
        row = outcome.sure()
        for warning in outcome.warnings:
            toast(self.request, str(warning), tone=Tone.ASK)
        toast(self.request, _("Created %(name)s.") % {"name": row.name})
        return redirect("organisations:record", row.pk)

    def context(self) -> dict[str, Any]:
        return {"heading": _("New %(organisation)s") % {"organisation": self.request.terms("organisation")}}

    def after(self, refusal: Refusal | None) -> dict[str, Any]:
        if not isinstance(refusal, SimilarNameExists):
            return {}
        return {
            "code": refusal.code,
            "alike": [
                {
                    "name": other["name"],
                    "url": reverse("organisations:record", args=[other["id"]]) if other["id"] else "",
                }
                for other in refusal.facts["others"]
            ],
        }


class PromoteForm(RecordForm):
    """What becoming a client asks for."""

    places = {"Client code": "client_code", CodeNeeded: "client_code", CodeTaken: "client_code"}

    client_code = forms.CharField(required=False, max_length=20, widget=forms.TextInput({"autocomplete": "off"}))

    def dress(self, terms: Terms) -> None:
        code = self.fields["client_code"]
        code.label = labels(terms)["code"]
        code.help_text = _("It ties invoices to the right account: compare it with your accounting package.")
        self.lead("client_code")


class PromoteOrganisation(ActPage):
    """Make a client of a prospect; it gets its code here, with one suggested (E-13)."""

    right = "edit organisations"
    form_class = PromoteForm
    record: Organisation

    def start(self) -> None:
        self.record = Organisation.objects.get_of(self.request.actor.firm_id, self.key, what="organisation")

    def initial(self) -> dict[str, Any]:
        return {"client_code": self.record.code or client_code_for(self.request.actor.firm_id, self.record.name)}

    def save(self, form: PromoteForm) -> Any:
        code = form.cleaned_data["client_code"]
        return promote_organisation(self.key, by=self.request.actor, to=Stage.CLIENT, client_code=code)

    def saved(self, outcome: Any) -> HttpResponse:
        row = outcome.sure()
        words = {"name": row.name, "client": self.request.terms.a("client")}
        toast(self.request, _("%(name)s is %(client)s now.") % words)
        return done(self.request, reverse("organisations:record", args=[row.pk]))

    def context(self) -> dict[str, Any]:
        words = {"name": self.record.name, "client": self.request.terms.a("client")}
        return {
            "heading": _("Make %(name)s %(client)s") % words,
            "button": _("Make it %(client)s") % words,
            "url": reverse("organisations:record", args=[self.key]),
            "record_name": self.record.name,
        }
