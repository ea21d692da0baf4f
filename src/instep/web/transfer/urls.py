"""Addresses of transfers to accounting packages."""

from __future__ import annotations

from django.urls import path

from instep.web.transfer import page

app_name = "transfer"
urlpatterns = [
    path("<int:key>/transfer/", page.transfer, name="page"),
    path("previews/<int:key>/send/", page.send, name="send"),
    path("previews/<int:key>/stays/", page.stays, name="stays"),
    path("previews/<int:key>/lines/<int:no>/", page.line, name="line"),
]
