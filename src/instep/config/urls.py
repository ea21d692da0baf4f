"""Addresses of the whole site: sign-in by allauth, pages by the web floor."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [
    path("accounts/", include("instep.web.shell.accounts")),
    path("", include("instep.web.urls")),
]
