"""Addresses of staff resources, and what the palette finds of them."""

from __future__ import annotations

from collections.abc import Iterable

from django.urls import path, reverse

from instep.base.identity.actor import Actor
from instep.staff.queries import staff_list
from instep.web.shell.palette import Command, Found, Provider, offer, provide
from instep.web.staff import changes, forms, rates
from instep.web.staff.listing import StaffList
from instep.web.staff.page import StaffPage

app_name = "staff"
urlpatterns = [
    path("", StaffList.as_view(), name="list"),
    path("new/", forms.NewStaff.as_view(), name="new"),
    path("pick/", changes.pick, name="pick"),
    path("<int:key>/", StaffPage.as_view(), name="record"),
    path("<int:key>/field/<slug:name>/", changes.field, name="field"),
    path("<int:key>/hand-over/", forms.HandOver.as_view(), name="hand_over"),
    path("<int:key>/rate/", rates.SetRate.as_view(), name="rate"),
    path("<int:key>/deactivate/", changes.deactivate, name="deactivate"),
    path("<int:key>/activate/", changes.activate, name="activate"),
]


def _found(actor: Actor, text: str) -> Iterable[Found]:
    for row in staff_list(actor.firm_id, search=text)[:6]:
        yield Found(row.name, reverse("staff:record", args=[row.pk]), row.job_title or row.email, "id-card")


provide(Provider("staff", _found, term="staff", right="see staff"))
offer(Command("New {staff}", "staff:new", right="edit staff"))
