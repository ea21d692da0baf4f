"""Addresses of jobs, and what the palette finds of them."""

from __future__ import annotations

from collections.abc import Iterable

from django.urls import path, reverse

from instep.base.identity.actor import Actor
from instep.jobs.queries import job_list
from instep.web.jobs import changes, forms, parties, phases, status
from instep.web.jobs.listing import JobList
from instep.web.jobs.page import JobPage
from instep.web.shell.palette import Command, Found, Provider, offer, provide

app_name = "jobs"
urlpatterns = [
    path("", JobList.as_view(), name="list"),
    path("new/", forms.NewJob.as_view(), name="new"),
    path("<int:key>/", JobPage.as_view(), name="record"),
    path("<int:key>/field/<slug:name>/", changes.field, name="field"),
    path("<int:key>/status/", status.ChangeStatus.as_view(), name="status"),
    path("<int:key>/phases/new/", phases.AddPhase.as_view(), name="phase_new"),
    path("<int:key>/phases/<int:part>/", phases.ChangePhase.as_view(), name="phase"),
    path("<int:key>/phases/<int:part>/move/", phases.move, name="phase_move"),
    path("<int:key>/parties/new/", parties.AddParty.as_view(), name="party_new"),
    path("<int:key>/parties/back/", parties.put_back, name="party_back"),
    path("<int:key>/parties/<int:part>/remove/", parties.remove, name="party_remove"),
    path("<int:key>/archive/", changes.archive, name="archive"),
    path("<int:key>/restore/", changes.restore, name="restore"),
]


def _found(actor: Actor, text: str) -> Iterable[Found]:
    for row in job_list(actor.firm_id, search=text).order_by("-number")[:6]:
        title = f"{row.number} {row.name}"
        yield Found(title, reverse("jobs:record", args=[row.pk]), row.client.name, "briefcase")


provide(Provider("jobs", _found, term="job", right="see jobs"))
offer(Command("New {job}", "jobs:new", right="edit jobs"))
