"""What is done with an organisation by one press: stepping down, archiving, bringing back."""

from __future__ import annotations

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from instep.crm.actions.organisations import archive_organisation, restore_organisation
from instep.crm.actions.stages import demote_organisation, promote_organisation
from instep.crm.models import Organisation
from instep.crm.queries import organisation_list
from instep.crm.states import Stage
from instep.kernel.errors import NotFound
from instep.web.components.inline import picker_options
from instep.web.organisations.fields import organisation_fields
from instep.web.organisations.words import stage_word
from instep.web.records.pages import done
from instep.web.shell.doors import action, form, page
from instep.web.shell.request import FirmRequest
from instep.web.shell.toasts import toast


@page("see organisations")
def pick(request: FirmRequest) -> HttpResponse:
    """The picker's lines for `q`."""
    text = request.GET.get("q", "")[:100]
    rows = organisation_list(request.actor.firm_id, search=text)
    found = [(row.pk, row.name, row.code or stage_word(row.stage, request.terms)) for row in rows[:10]]
    return picker_options(request, found)


@form("see organisations")
def field(request: FirmRequest, key: int, name: str) -> HttpResponse:
    """One field, edited in place."""
    rows = Organisation.objects.select_related("account_manager", "default_handler")
    record = rows.get_of(request.actor.firm_id, key, what="organisation")
    return organisation_fields(request.terms).answer(request, record, name)


@action("edit organisations")
def demote(request: FirmRequest, key: int) -> HttpResponse:
    """One stage down. Undo moves it up again, with the code that it keeps."""
    row = Organisation.objects.get_of(request.actor.firm_id, key, what="organisation")
    demote_organisation(key, by=request.actor, to=_stage(request))
    undo = reverse("organisations:step_up", args=[key]) + f"?to={row.stage}"
    words = {"name": row.name, "stage": stage_word(_stage(request), request.terms).lower()}
    label = _("Make it %(stage)s again") % {"stage": stage_word(row.stage, request.terms).lower()}
    toast(request, _("%(name)s is now: %(stage)s.") % words, undo_url=undo, undo_label=label)
    return done(request, reverse("organisations:record", args=[key]))


@action("edit organisations")
def step_up(request: FirmRequest, key: int) -> HttpResponse:
    """One stage up where nothing needs to be asked."""
    row = promote_organisation(key, by=request.actor, to=_stage(request)).sure()
    words = {"name": row.name, "stage": stage_word(row.stage, request.terms).lower()}
    toast(request, _("%(name)s is now: %(stage)s.") % words)
    return done(request, reverse("organisations:record", args=[key]))


@action("edit organisations")
def archive(request: FirmRequest, key: int) -> HttpResponse:
    """Off the lists."""
    row = archive_organisation(key, by=request.actor).sure()
    words = {"name": row.name}
    toast(
        request,
        _("%(name)s is archived.") % words,
        undo_url=reverse("organisations:restore", args=[key]),
        undo_label=_("Bring %(name)s back") % words,
    )
    return done(request, reverse("organisations:record", args=[key]))


@action("edit organisations")
def restore(request: FirmRequest, key: int) -> HttpResponse:
    """Back on the lists."""
    row = restore_organisation(key, by=request.actor).sure()
    toast(request, _("%(name)s is back on the lists.") % {"name": row.name})
    return done(request, reverse("organisations:record", args=[key]))


def _stage(request: FirmRequest) -> Stage:
    said = request.POST.get("to") or request.GET.get("to", "")
    if said not in set(Stage):
        raise NotFound(what="stage")
    return Stage(said)
