"""Addresses of the living page of parts."""

from __future__ import annotations

from django.urls import path

from instep.web.styleguide import views

app_name = "styleguide"
urlpatterns = [
    path("", views.guide, name="guide"),
    path("list/", views.HistoryList.as_view(), name="list"),
    path("list/<int:key>/", views.entry, name="entry"),
    path("field/<int:key>/<slug:name>/", views.field, name="field"),
    path("say/<slug:what>/", views.say, name="say"),
]
