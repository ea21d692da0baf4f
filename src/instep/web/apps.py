"""The web app: pages, their kit of parts and their static files."""

from __future__ import annotations

from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "instep.web"
    label = "web"
    verbose_name = "Web"
