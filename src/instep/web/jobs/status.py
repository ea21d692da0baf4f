"""Giving a job another status: by one press, or with the reason that the new status wants."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from instep.base.settings.vocabulary import Terms
from instep.jobs.actions.jobs import change_job_status
from instep.jobs.errors import ReasonNeeded
from instep.jobs.models import Job, JobStatus
from instep.jobs.queries import statuses_of
from instep.jobs.states import LIVE_TYPES, NEEDS_REASON, STATUS_MOVES, StatusType
from instep.kernel.errors import NotFound, Refusal
from instep.web.jobs.forms import promotion
from instep.web.jobs.words import takes_word, type_word
from instep.web.records.forms import ActPage, RecordForm
from instep.web.records.pages import done
from instep.web.shell.toasts import toast


class StatusForm(RecordForm):
    """Why, where the status wants to know."""

    places = {ReasonNeeded: "reason"}

    reason = forms.CharField(required=False, widget=forms.Textarea({"rows": 2}))

    def dress(self, terms: Terms) -> None:
        self.fields["reason"].label = _("Why")
        self.lead("reason")


class ChangeStatus(ActPage):
    """Another status, `to` by its key (T-01). Undo goes back where the way back is open and loses nothing."""

    right = "edit jobs"
    form_class = StatusForm
    template_name = "jobs/status.html"
    record: Job
    wanted: JobStatus
    was: JobStatus

    def start(self) -> None:
        firm_id = self.request.actor.firm_id
        self.record = Job.objects.select_related("status").get_of(firm_id, self.key, what="job")
        self.was = self.record.status
        said = self.request.GET.get("to", "")
        found = next((row for row in statuses_of(firm_id, retired=True) if row.key == said), None)
        if found is None:
            raise NotFound(what="status")
        self.wanted = found

    def fit(self, form: StatusForm) -> None:
        if StatusType(self.wanted.type) in NEEDS_REASON:
            form.fields["reason"].required = True
        else:
            del form.fields["reason"]

    def save(self, form: StatusForm) -> Any:
        reason = form.cleaned_data.get("reason") or None
        return change_job_status(self.key, by=self.request.actor, to=self.wanted.key, reason=reason)

    def saved(self, outcome: Any) -> HttpResponse:
        words = {"job": self.record.name, "status": self.wanted.name, "was": self.was.name}
        toast(
            self.request,
            _("%(job)s is now: %(status)s.") % words,
            undo_url=self._way_back(),
            undo_label=_("Back to %(was)s") % words,
        )
        return done(self.request, reverse("jobs:record", args=[self.key]))

    def context(self) -> dict[str, Any]:
        words = {"job": self.record.name, "status": self.wanted.name}
        kind = self.wanted.type
        return {
            "heading": _("Change the status to %(status)s") % words,
            "button": _("Change to %(status)s") % words,
            "sentence": f"{type_word(kind)}: {takes_word(kind)}.",
            "url": reverse("jobs:record", args=[self.key]),
            "record_name": self.record.name,
        }

    def after(self, refusal: Refusal | None) -> dict[str, Any]:
        return promotion(refusal)

    def _way_back(self) -> str:
        old, new = StatusType(self.was.type), StatusType(self.wanted.type)
        # Going live takes quoted phases along, which the way back would leave live.
        loses = new in LIVE_TYPES and old not in LIVE_TYPES
        closed = old != new and (old not in STATUS_MOVES.allowed(new) or old in NEEDS_REASON)
        if loses or closed or self.was.retired:
            return ""
        return reverse("jobs:status", args=[self.key]) + f"?to={self.was.key}"
