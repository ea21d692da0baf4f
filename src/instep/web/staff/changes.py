"""What is done with a staff resource by one press: making it inactive and active; its picker, its fields."""

from __future__ import annotations

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from instep.staff.actions.resources import activate_staff, deactivate_staff
from instep.staff.models import StaffResource
from instep.staff.queries import staff_list
from instep.staff.states import StaffKind
from instep.web.components.inline import picker_options
from instep.web.records.pages import done
from instep.web.shell.doors import action, form, page
from instep.web.shell.request import FirmRequest
from instep.web.shell.toasts import toast
from instep.web.staff.fields import staff_fields


@page("see staff")
def pick(request: FirmRequest) -> HttpResponse:
    """The picker's lines for `q`: active persons."""
    rows = staff_list(request.actor.firm_id, search=request.GET.get("q", "")[:100], kind=StaffKind.PERSON)
    return picker_options(request, [(row.pk, row.name, row.job_title) for row in rows[:10]])


@form("see staff")
def field(request: FirmRequest, key: int, name: str) -> HttpResponse:
    """One field, edited in place."""
    record = StaffResource.objects.select_related("user").get_of(request.actor.firm_id, key, what="staff resource")
    return staff_fields().answer(request, record, name)


@action("edit staff")
def deactivate(request: FirmRequest, key: int) -> HttpResponse:
    """Off the lists to choose from."""
    words = {"name": deactivate_staff(key, by=request.actor).sure().name}
    toast(
        request,
        _("%(name)s is inactive.") % words,
        undo_url=reverse("staff:activate", args=[key]),
        undo_label=_("Make %(name)s active again") % words,
    )
    return done(request, reverse("staff:record", args=[key]))


@action("edit staff")
def activate(request: FirmRequest, key: int) -> HttpResponse:
    """Back on the lists to choose from."""
    words = {"name": activate_staff(key, by=request.actor).sure().name}
    toast(request, _("%(name)s is active again.") % words)
    return done(request, reverse("staff:record", args=[key]))
