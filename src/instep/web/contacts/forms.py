"""Making a contact, and moving one to another organisation."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from instep.base.settings.vocabulary import Terms
from instep.crm.actions.contacts import create_contact, move_contact
from instep.crm.errors import NoSuchOrganisation
from instep.crm.models import Contact, Organisation
from instep.kernel.records.contact import CONTACT
from instep.web.contacts.words import labels
from instep.web.records.forms import ActPage, FormPage, RecordForm
from instep.web.records.inputs import PickerField
from instep.web.records.pages import done
from instep.web.shell.request import FirmRequest
from instep.web.shell.toasts import toast


def _text(name: str) -> forms.CharField:
    widget = forms.TextInput({"autocomplete": "off"})
    return forms.CharField(required=False, max_length=CONTACT.field(name).max_length, widget=widget)


def organisation_name(request: FirmRequest, key: int) -> str:
    """What an organisation of the firm is called; "" for none."""
    found = Organisation.objects.of(request.actor.firm_id).filter(pk=key).first()
    return found.name if found else ""


class ContactForm(RecordForm):
    """A new contact."""

    places = {"Name": "first_name", "Direct phone": "phone", NoSuchOrganisation: "organisation"}

    first_name = _text("name")
    last_name = _text("name")
    organisation = PickerField("organisations:pick", required=False)
    role = _text("role")
    email = _text("email")
    phone = _text("phone")
    mobile = _text("mobile")

    def dress(self, terms: Terms) -> None:
        said = labels(terms)
        for name, field in self.fields.items():
            field.label = said[name]
        self.lead("first_name")

    def name_of(self, field: str, key: int) -> str:
        return organisation_name(self.request, key)


class NewContact(FormPage):
    """A page to make a contact on."""

    right = "edit contacts"
    form_class = ContactForm
    template_name = "contacts/new.html"

    def initial(self) -> dict[str, Any]:
        return {"organisation": self.request.GET.get("organisation", "")}

    def save(self, form: ContactForm) -> Any:
        return create_contact(by=self.request.actor, **form.cleaned_data)

    def saved(self, outcome: Any) -> HttpResponse:
        row = outcome.sure()
        toast(self.request, _("Created %(name)s.") % {"name": row.name})
        return redirect("contacts:record", row.pk)

    def context(self) -> dict[str, Any]:
        return {"heading": _("New %(contact)s") % {"contact": self.request.terms("contact")}}


class MoveForm(RecordForm):
    """Where to, from when, as what."""

    places = {"Day": "on", NoSuchOrganisation: "to"}

    to = PickerField("organisations:pick", required=False)
    on = forms.DateField(required=False, widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"))
    role = _text("role")

    def dress(self, terms: Terms) -> None:
        said = labels(terms)
        self.fields["to"].label = said["organisation"]
        self.fields["to"].help_text = _("Empty: they work nowhere that we know of.")
        self.lead("to")
        self.fields["on"].label = _("From")
        self.fields["role"].label = said["role"]

    def name_of(self, field: str, key: int) -> str:
        return organisation_name(self.request, key)


class MoveContact(ActPage):
    """Let a contact work somewhere else from a day on; where they were is kept (A-20)."""

    right = "edit contacts"
    form_class = MoveForm
    record: Contact

    def start(self) -> None:
        rows = Contact.objects.select_related("organisation")
        self.record = rows.get_of(self.request.actor.firm_id, self.key, what="contact")

    def initial(self) -> dict[str, Any]:
        return {"on": self.request.firm.today(), "role": self.record.role}

    def save(self, form: MoveForm) -> Any:
        given = form.cleaned_data
        return move_contact(self.key, by=self.request.actor, to=given["to"], on=given["on"], role=given["role"])

    def saved(self, outcome: Any) -> HttpResponse:
        row = outcome.sure()
        if row.organisation is None:
            sentence = _("%(name)s works nowhere that we know of.")
        else:
            sentence = _("%(name)s is at %(organisation)s now.")
        toast(self.request, sentence % {"name": row.name, "organisation": row.organisation})
        return done(self.request, reverse("contacts:record", args=[row.pk]))

    def context(self) -> dict[str, Any]:
        words = {"name": self.record.name, "organisation": self.request.terms("organisation")}
        now = self.record.organisation
        return {
            "heading": _("Move %(name)s to another %(organisation)s") % words,
            "button": _("Move %(name)s") % words,
            "sentence": _("Now at %(organisation)s; that stays in the history.") % {"organisation": now} if now else "",
            "url": reverse("contacts:record", args=[self.key]),
            "record_name": self.record.name,
        }
