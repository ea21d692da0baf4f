"""Addresses of the week grid, and what the palette offers of it."""

from __future__ import annotations

from django.urls import path

from instep.web.shell.palette import Command, offer
from instep.web.time import views

app_name = "time"
urlpatterns = [
    path("", views.week, name="week"),
    path("save/", views.save, name="save"),
    path("submit/", views.submit, name="submit"),
    path("row/", views.row, name="row"),
    path("phases/", views.phases, name="phases"),
]

offer(Command("Record my time", "time:week", icon="clock", right="record time"))
