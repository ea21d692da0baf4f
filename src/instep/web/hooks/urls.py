"""Addresses that remotes call when something changed there."""

from __future__ import annotations

from django.urls import path

from instep.web.hooks import views

app_name = "hooks"
urlpatterns = [path("<slug:key>/", views.hook, name="hook")]
