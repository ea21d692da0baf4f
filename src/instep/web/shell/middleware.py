"""Who is asking: the signed-in user, the chosen firm and the actor; everybody else goes to the sign-in page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_cache_control, patch_vary_headers
from django_htmx.http import HttpResponseClientRedirect

from instep.base.identity.actor import Actor
from instep.base.identity.models import Membership
from instep.base.identity.permissions import MembershipKind
from instep.base.identity.queries import memberships_of
from instep.base.settings.vocabulary import terms
from instep.kernel.errors import Refusal
from instep.web.shell.refusals import refusal_response
from instep.web.shell.toasts import send_toasts

V = TypeVar("V", bound=Callable[..., Any])
FIRM_KEY = "firm_id"
# Where a person with a one-time password may go: to choose their own, and out.
_WHILE_PASSWORD_IS_DUE = frozenset({"account_change_password", "account_logout", "shell:theme"})


class FirmMiddleware:
    """Gives every request `actor`, `firm`, `membership`, `memberships` and `terms`, and the firm's time zone.

    A view needs sign-in and a membership unless it is marked with Django's `login_not_required` (sign-in pages) or
    `without_firm` (pages for people who have none).
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: Any) -> HttpResponse:
        request.actor = request.firm = request.membership = None
        request.memberships = []
        request.terms = terms("agency")
        if request.user.is_authenticated:
            _settle(request)
        with timezone.override(_zone(request)):
            response = self._get_response(request)
            if request.htmx:
                send_toasts(request, response)
        # One address answers with a page or a part of it: neither the browser nor a proxy may mix them up.
        patch_vary_headers(response, ("HX-Request", "HX-Target"))
        if not response.has_header("Cache-Control"):
            patch_cache_control(response, private=True, no_cache=True)
        return response

    def process_view(self, request: Any, view: Any, args: Any, kwargs: Any) -> HttpResponseBase | None:
        """The pages that stand between a person and the one they asked for."""
        if not getattr(view, "login_required", True):
            return None
        if not request.user.is_authenticated:
            return _to_sign_in(request)
        if request.user.must_change_password and request.resolver_match.view_name not in _WHILE_PASSWORD_IS_DUE:
            return redirect("account_change_password")
        if request.firm is None and getattr(view, "firm_required", not _is_account_page(request)):
            return render(request, "shell/no_firm.html", status=403)
        return None

    def process_exception(self, request: Any, exception: Exception) -> HttpResponse | None:
        """A refusal is an answer, not a fault."""
        return refusal_response(request, exception) if isinstance(exception, Refusal) else None


def without_firm(view: V) -> V:
    """Mark a view as one that a signed-in person without a firm may use."""
    setattr(view, "firm_required", False)  # noqa: B010
    return view


def choose_firm(request: Any, firm_id: int) -> bool:
    """Work in this firm from now on; False, and nothing changes, when the user has no live membership there."""
    if not any(membership.firm_id == firm_id for membership in request.memberships):
        return False
    request.session[FIRM_KEY] = firm_id
    return True


def _settle(request: Any) -> None:
    # Clients have their own door; this floor is for the people of the firm and those who support them.
    request.memberships = [m for m in memberships_of(request.user) if m.kind != MembershipKind.CLIENT]
    membership = _chosen(request)
    if membership is None:
        return
    request.membership, request.firm = membership, membership.firm
    request.actor = Actor.user(membership)
    request.terms = terms(membership.firm)


def _chosen(request: Any) -> Membership | None:
    wanted = request.session.get(FIRM_KEY)
    live: list[Membership] = request.memberships
    return next((m for m in live if m.firm_id == wanted), live[0] if live else None)


def _zone(request: Any) -> ZoneInfo | None:
    return ZoneInfo(request.firm.zone) if request.firm else None


def _is_account_page(request: Any) -> bool:
    return request.resolver_match.view_name.startswith("account_")


def _to_sign_in(request: Any) -> HttpResponseBase:
    if request.htmx:
        # The page that sent this is where the person wants to be again, not the fragment's address.
        back = request.htmx.current_url_abs_path or "/"
        return HttpResponseClientRedirect(redirect_to_login(back, reverse("account_login")).url)
    return redirect_to_login(request.get_full_path(), reverse("account_login"))
