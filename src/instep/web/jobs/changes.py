"""What is done with a job by one press: archiving, bringing back; and the endpoint of one field."""

from __future__ import annotations

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from instep.jobs.actions.jobs import archive_job, restore_job
from instep.jobs.models import Job
from instep.web.jobs.fields import job_fields
from instep.web.records.pages import done
from instep.web.shell.doors import action, form
from instep.web.shell.request import FirmRequest
from instep.web.shell.toasts import toast


@form("see jobs")
def field(request: FirmRequest, key: int, name: str) -> HttpResponse:
    """One field, edited in place."""
    rows = Job.objects.select_related("client", "status", "job_type", "handler", "project")
    return job_fields(request.terms).answer(request, rows.get_of(request.actor.firm_id, key, what="job"), name)


@action("edit jobs")
def archive(request: FirmRequest, key: int) -> HttpResponse:
    """Off the lists."""
    words = {"name": archive_job(key, by=request.actor).sure().name}
    toast(
        request,
        _("%(name)s is archived.") % words,
        undo_url=reverse("jobs:restore", args=[key]),
        undo_label=_("Bring %(name)s back") % words,
    )
    return done(request, reverse("jobs:record", args=[key]))


@action("edit jobs")
def restore(request: FirmRequest, key: int) -> HttpResponse:
    """Back on the lists."""
    row = restore_job(key, by=request.actor).sure()
    toast(request, _("%(name)s is back on the lists.") % {"name": row.name})
    return done(request, reverse("jobs:record", args=[key]))
