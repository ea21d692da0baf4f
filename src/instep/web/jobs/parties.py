"""The other organisations at a job: adding one in a role, taking one away."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from instep.base.settings.vocabulary import Terms
from instep.crm.errors import NoSuchOrganisation
from instep.crm.models import Organisation
from instep.jobs.actions.jobs import update_job
from instep.jobs.actions.parts import Party
from instep.jobs.errors import AlreadyParty
from instep.jobs.models import Job, JobParty
from instep.jobs.states import PartyRole
from instep.kernel.errors import NotFound
from instep.web.jobs.words import role_word
from instep.web.records.forms import ActPage, RecordForm
from instep.web.records.inputs import PickerField
from instep.web.records.pages import done
from instep.web.shell.doors import action
from instep.web.shell.request import FirmRequest
from instep.web.shell.toasts import toast


class PartyForm(RecordForm):
    """Who, as what, by which number of theirs."""

    places = {NoSuchOrganisation: "organisation", AlreadyParty: "organisation"}

    organisation = PickerField("organisations:pick")
    role = forms.ChoiceField()
    reference = forms.CharField(required=False, max_length=100, widget=forms.TextInput({"autocomplete": "off"}))

    def dress(self, terms: Terms) -> None:
        self.fields["organisation"].label = terms.title("organisation")
        self.lead("organisation")
        self.fields["role"].label = _("Role")
        self.offer("role", [(role.value, role_word(role, terms)) for role in PartyRole])
        self.fields["reference"].label = _("Their reference")

    def name_of(self, field: str, key: int) -> str:
        found = Organisation.objects.of(self.request.actor.firm_id).filter(pk=key).first()
        return found.name if found else ""


class AddParty(ActPage):
    """One more organisation at the job."""

    right = "edit jobs"
    form_class = PartyForm
    record: Job

    def start(self) -> None:
        self.record = Job.objects.get_of(self.request.actor.firm_id, self.key, what="job")

    def save(self, form: PartyForm) -> Any:
        given = form.cleaned_data
        add(self.request, self.record, Party(given["organisation"], given["role"], given["reference"]))
        return form.name_of("organisation", given["organisation"])

    def saved(self, outcome: Any) -> HttpResponse:
        toast(self.request, _("%(name)s is at %(job)s now.") % {"name": outcome, "job": self.record.name})
        return done(self.request, reverse("jobs:record", args=[self.key]))

    def context(self) -> dict[str, Any]:
        words = {"organisation": self.request.terms.a("organisation")}
        return {
            "heading": _("Add %(organisation)s") % words,
            "button": _("Add %(organisation)s") % words,
            "url": reverse("jobs:record", args=[self.key]),
            "record_name": self.record.name,
        }


@action("edit jobs")
def remove(request: FirmRequest, key: int, part: int) -> HttpResponse:
    """Take a party off the job; undo puts it back as it was."""
    job = Job.objects.get_of(request.actor.firm_id, key, what="job")
    rows = JobParty.objects.select_related("organisation").filter(job=job)
    gone = rows.get_of(request.actor.firm_id, part, what="party")
    left = [Party(row.organisation_id, row.role, row.reference) for row in rows.of(job.firm_id) if row.pk != gone.pk]
    update_job(key, by=request.actor, changes={"parties": left}, expected_version=job.version).sure()
    words = {"name": gone.organisation.name, "job": job.name}
    again = urlencode({"organisation": gone.organisation_id, "role": gone.role, "reference": gone.reference})
    toast(
        request,
        _("%(name)s is no longer at %(job)s.") % words,
        undo_url=f"{reverse('jobs:party_back', args=[key])}?{again}",
        undo_label=_("Put %(name)s back") % words,
    )
    return done(request, reverse("jobs:record", args=[key]))


@action("edit jobs")
def put_back(request: FirmRequest, key: int) -> HttpResponse:
    """The undo of taking a party away."""
    job = Job.objects.get_of(request.actor.firm_id, key, what="job")
    said = request.GET.get("organisation", "")
    if not said.isdecimal() or len(said) > 18:
        raise NotFound(what="organisation")
    add(request, job, Party(int(said), request.GET.get("role", ""), request.GET.get("reference", "")))
    return done(request, reverse("jobs:record", args=[key]))


def add(request: FirmRequest, job: Job, party: Party) -> None:
    """Raises NoSuchOrganisation, AlreadyParty, BadValue and what `update_job` does."""
    rows = JobParty.objects.of(job.firm_id).filter(job=job).select_related("organisation").order_by("pk")
    now = [Party(row.organisation_id, row.role, row.reference) for row in rows]
    twin = next((row for row in rows if (row.organisation_id, row.role) == party[:2]), None)
    if twin is not None:
        words = role_word(twin.role, request.terms).lower()
        raise AlreadyParty(organisation=twin.organisation.name, role=words)
    update_job(job.pk, by=request.actor, changes={"parties": [*now, party]}, expected_version=job.version).sure()
