"""Addresses of contacts, and what the palette finds of them."""

from __future__ import annotations

from collections.abc import Iterable

from django.urls import path, reverse

from instep.base.identity.actor import Actor
from instep.crm.queries import contact_list
from instep.web.contacts import changes, forms
from instep.web.contacts.listing import ContactList
from instep.web.contacts.page import ContactPage
from instep.web.shell.palette import Command, Found, Provider, offer, provide

app_name = "contacts"
urlpatterns = [
    path("", ContactList.as_view(), name="list"),
    path("new/", forms.NewContact.as_view(), name="new"),
    path("<int:key>/", ContactPage.as_view(), name="record"),
    path("<int:key>/field/<slug:name>/", changes.field, name="field"),
    path("<int:key>/move/", forms.MoveContact.as_view(), name="move"),
    path("<int:key>/archive/", changes.archive, name="archive"),
    path("<int:key>/restore/", changes.restore, name="restore"),
]


def _found(actor: Actor, text: str) -> Iterable[Found]:
    for row in contact_list(actor.firm_id, search=text)[:6]:
        where = row.organisation.name if row.organisation else row.email
        yield Found(row.name, reverse("contacts:record", args=[row.pk]), where, "person")


provide(Provider("contacts", _found, term="contact", right="see contacts"))
offer(Command("New {contact}", "contacts:new", right="edit contacts"))
