"""What is done with a contact by one press: archiving, bringing back; and the endpoint of one field."""

from __future__ import annotations

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from instep.crm.actions.contacts import archive_contact, restore_contact
from instep.crm.models import Contact
from instep.web.contacts.fields import contact_fields
from instep.web.records.pages import done
from instep.web.shell.doors import action, form
from instep.web.shell.request import FirmRequest
from instep.web.shell.toasts import toast


@form("see contacts")
def field(request: FirmRequest, key: int, name: str) -> HttpResponse:
    """One field, edited in place."""
    record = Contact.objects.select_related("organisation").get_of(request.actor.firm_id, key, what="contact")
    return contact_fields(request.terms).answer(request, record, name)


@action("edit contacts")
def archive(request: FirmRequest, key: int) -> HttpResponse:
    """Off the lists."""
    words = {"name": archive_contact(key, by=request.actor).sure().name}
    toast(
        request,
        _("%(name)s is archived.") % words,
        undo_url=reverse("contacts:restore", args=[key]),
        undo_label=_("Bring %(name)s back") % words,
    )
    return done(request, reverse("contacts:record", args=[key]))


@action("edit contacts")
def restore(request: FirmRequest, key: int) -> HttpResponse:
    """Back on the lists."""
    row = restore_contact(key, by=request.actor).sure()
    toast(request, _("%(name)s is back on the lists.") % {"name": row.name})
    return done(request, reverse("contacts:record", args=[key]))
