"""Addresses of the shell."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.urls import path

from instep.web.shell import styles, views

app_name = "shell"
urlpatterns = [
    path("", views.start, name="start"),
    path("shell/styles-<slug:key>.css", login_not_required(styles.serve), name="styles"),
    path("shell/find", views.find, name="find"),
    path("shell/health", views.health, name="health"),
    path("shell/firm", views.firm, name="firm"),
    path("shell/theme", views.theme, name="theme"),
]
