"""Addresses of sign-in: allauth's, but for the page on which a person would change their own email."""

from __future__ import annotations

from django.http import HttpResponse
from django.urls import include, path

from instep.kernel.errors import Refusal
from instep.web.shell.doors import page
from instep.web.shell.request import FirmRequest


class EmailIsTheFirms(Refusal):
    """Users are made, and their emails changed, by who manages users: an action with an audit entry."""

    code = "email_is_the_firms"
    sentence = "Your email is how the firm knows you. Ask an administrator of the firm to change it."
    status = 403


@page()
def email(request: FirmRequest) -> HttpResponse:
    """allauth's own page would change the user behind the back of our actions."""
    raise EmailIsTheFirms


urlpatterns = [
    path("email/", email, name="account_email"),
    path("", include("allauth.account.urls")),
]
