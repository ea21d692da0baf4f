"""Sign-in by allauth, on our terms: no sign-up, and passwords are set by our own action."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.http import HttpRequest

from instep.base.firms.actions.users import choose_password
from instep.base.identity.actor import Actor
from instep.base.identity.models import User
from instep.base.identity.queries import memberships_of

# Said by the page that follows anyway.
_SILENT = frozenset({"account/messages/logged_in.txt", "account/messages/logged_out.txt"})


class AccountAdapter(DefaultAccountAdapter):
    """Users are made by an administrator of a firm; they sign in with their email."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Never."""
        return False

    def get_reset_password_from_key_url(self, key: str) -> str:
        """The link in the mail: to the address of this installation, whatever host the request named."""
        path = urlsplit(super().get_reset_password_from_key_url(key)).path
        return settings.SITE_ADDRESS.rstrip("/") + path

    def set_password(self, user: User, password: str) -> None:  # type: ignore[override]
        """Through the action, so that it is in the audit log of a firm and a one-time password is done with."""
        memberships = memberships_of(user)
        if not memberships:
            user.must_change_password = False
            super().set_password(user, password)
            return
        chosen = choose_password(user, password=password, by=Actor.user(memberships[0]))
        user.password, user.must_change_password = chosen.password, chosen.must_change_password

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        """Back to work."""
        return "/"

    def add_message(self, request: HttpRequest, level: int, *args: Any, **kwargs: Any) -> None:
        """Nothing about signing in and out; everything else as a toast."""
        template = kwargs.get("message_template") or (args[0] if args else "")
        if template not in _SILENT:
            super().add_message(request, level, *args, **kwargs)
