"""The theme a person chose: a cookie of their browser, set on <html> by the server, so that nothing flashes."""

from __future__ import annotations

from enum import StrEnum

from django.conf import settings
from django.http import HttpRequest, HttpResponse

COOKIE = "instep_theme"
_A_YEAR = 365 * 24 * 60 * 60


class Theme(StrEnum):
    """What the page looks like: as the system says, or always light or dark."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


def theme_of(request: HttpRequest) -> Theme:
    """The theme in the cookie; a cookie that nobody here wrote counts as none."""
    said = request.COOKIES.get(COOKIE, "")
    return Theme(said) if said in set(Theme) else Theme.SYSTEM


def keep_theme(response: HttpResponse, theme: Theme) -> HttpResponse:
    """Set the cookie for a year."""
    response.set_cookie(
        COOKIE, theme.value, max_age=_A_YEAR, samesite="Lax", httponly=True, secure=settings.SESSION_COOKIE_SECURE
    )
    return response
