"""Addresses of organisations, and what the palette finds of them."""

from __future__ import annotations

from collections.abc import Iterable

from django.urls import path, reverse

from instep.base.identity.actor import Actor
from instep.crm.queries import organisation_list
from instep.web.organisations import changes, forms
from instep.web.organisations.listing import OrganisationList
from instep.web.organisations.page import OrganisationPage
from instep.web.shell.palette import Command, Found, Provider, offer, provide

app_name = "organisations"
urlpatterns = [
    path("", OrganisationList.as_view(), name="list"),
    path("new/", forms.NewOrganisation.as_view(), name="new"),
    path("pick/", changes.pick, name="pick"),
    path("<int:key>/", OrganisationPage.as_view(), name="record"),
    path("<int:key>/field/<slug:name>/", changes.field, name="field"),
    path("<int:key>/promote/", forms.PromoteOrganisation.as_view(), name="promote"),
    path("<int:key>/step-up/", changes.step_up, name="step_up"),
    path("<int:key>/demote/", changes.demote, name="demote"),
    path("<int:key>/archive/", changes.archive, name="archive"),
    path("<int:key>/restore/", changes.restore, name="restore"),
]


def _found(actor: Actor, text: str) -> Iterable[Found]:
    for row in organisation_list(actor.firm_id, search=text)[:6]:
        yield Found(row.name, reverse("organisations:record", args=[row.pk]), row.code or row.email, "building")


provide(Provider("organisations", _found, term="organisation", right="see organisations"))
offer(Command("New {organisation}", "organisations:new", right="edit organisations"))
