"""Addresses of notices."""

from __future__ import annotations

from django.urls import path

from instep.web.notices import views

app_name = "notices"
urlpatterns = [
    path("", views.list_notices, name="list"),
    path("read/", views.read, name="read"),
    path("count/", views.count, name="count"),
]
