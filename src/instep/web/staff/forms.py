"""Making a staff resource, and handing the work of one to another."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from instep.base.identity.queries import members_of
from instep.base.settings.vocabulary import Terms
from instep.jobs.actions.handlers import reassign_handler
from instep.jobs.errors import HandlerNeeded
from instep.kernel.records.staff import STAFF
from instep.staff.actions.resources import create_staff
from instep.staff.errors import NoSuchMember, UserHasResource
from instep.staff.models import StaffResource
from instep.web.records.forms import ActPage, FormPage, RecordForm
from instep.web.records.inputs import PickerField
from instep.web.records.pages import done
from instep.web.shell.toasts import toast
from instep.web.staff.words import kind_choices, labels


def _text(name: str) -> forms.CharField:
    widget = forms.TextInput({"autocomplete": "off"})
    return forms.CharField(required=False, max_length=STAFF.field(name).max_length, widget=widget)


class StaffForm(RecordForm):
    """A new staff resource."""

    places = {"Name": "first_name", NoSuchMember: "user", UserHasResource: "user"}

    first_name = _text("name")
    last_name = _text("name")
    job_title = _text("job_title")
    email = _text("email")
    mobile = _text("mobile")
    phone = _text("phone")
    kind = forms.ChoiceField()
    user = forms.TypedChoiceField(required=False, coerce=int, empty_value=None)

    def dress(self, terms: Terms) -> None:
        said = labels()
        for name, field in self.fields.items():
            field.label = said[name]
        members = [(row.user_id, f"{row.user.name} ({row.user.email})") for row in members_of(self.request.firm)]
        self.offer("user", [("", _("Nobody: planned for, but without sign-in")), *members])
        self.offer("kind", kind_choices())
        self.fields["kind"].help_text = _("A pool is planned for before anybody is named.")
        self.lead("first_name")


class NewStaff(FormPage):
    """A page to make a staff resource on."""

    right = "edit staff"
    form_class = StaffForm
    template_name = "staff/new.html"

    def save(self, form: StaffForm) -> Any:
        return create_staff(by=self.request.actor, **form.cleaned_data)

    def saved(self, outcome: Any) -> HttpResponse:
        row = outcome.sure()
        toast(self.request, _("Created %(name)s.") % {"name": row.name})
        return redirect("staff:record", row.pk)

    def context(self) -> dict[str, Any]:
        return {"heading": _("New %(staff)s") % {"staff": self.request.terms("staff")}}


class HandOverForm(RecordForm):
    """Who takes over."""

    places = {HandlerNeeded: "to"}

    to = PickerField("staff:pick")

    def dress(self, terms: Terms) -> None:
        self.fields["to"].label = _("Who takes over")
        self.lead("to")

    def name_of(self, field: str, key: int) -> str:
        found = StaffResource.objects.of(self.request.actor.firm_id).filter(pk=key).first()
        return found.name if found else ""


class HandOver(ActPage):
    """Give everything unfinished that one resource handles to another (E-23)."""

    right = "edit jobs"
    form_class = HandOverForm
    record: StaffResource

    def start(self) -> None:
        self.record = StaffResource.objects.get_of(self.request.actor.firm_id, self.key, what="staff resource")

    def save(self, form: HandOverForm) -> Any:
        count = reassign_handler(self.key, form.cleaned_data["to"], by=self.request.actor)
        return count, form.name_of("to", form.cleaned_data["to"])

    def saved(self, outcome: Any) -> HttpResponse:
        count, name = outcome
        words = {"jobs": self.request.terms.counted(count, "job"), "name": name}
        toast(self.request, _("%(name)s handles %(jobs)s more.") % words)
        return done(self.request, reverse("staff:record", args=[self.key]))

    def context(self) -> dict[str, Any]:
        terms = self.request.terms
        words = {
            "name": self.record.name,
            "jobs": terms.plural("job"),
            "phases": terms.plural("phase"),
            "clients": terms.plural("client"),
        }
        return {
            "heading": _("Hand over what %(name)s handles") % words,
            "button": _("Hand over"),
            "sentence": _(
                "What is finished stays. Unfinished %(jobs)s and %(phases)s go over, and the usual %(clients)s."
            )
            % words,
            "url": reverse("staff:record", args=[self.key]),
            "record_name": self.record.name,
        }
