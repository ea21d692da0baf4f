"""What every template knows: the rail, the palette, the theme, the layout that fits the request."""

from __future__ import annotations

from typing import Any

from django.contrib.messages import get_messages
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from instep.web.shell.areas import places
from instep.web.shell.health import unasked
from instep.web.shell.theme import theme_of
from instep.web.shell.toasts import as_toast

PANEL = "panel"


def shell(request: Any) -> dict[str, Any]:
    """Context processor. What only a whole page shows is lazy: a fragment pays for nothing."""
    actor = getattr(request, "actor", None)
    match = request.resolver_match
    return {
        "shell_places": SimpleLazyObject(lambda: places(actor, request.terms) if actor else []),
        "shell_here": match.namespaces[0] if match and match.namespaces else "",
        "shell_health": SimpleLazyObject(lambda: unasked(actor)),
        "shell_theme": theme_of(request),
        "shell_toasts": SimpleLazyObject(lambda: _toasts(request)),
        "layout": layout_of(request),
    }


def layout_of(request: Any) -> str:
    """The layout that a record's template extends: the whole page, or what goes into the side panel."""
    return "layouts/panel.html" if wants_panel(request) else "layouts/page.html"


def wants_panel(request: Any) -> bool:
    """Whether the answer goes into the side panel of a list."""
    htmx = getattr(request, "htmx", None)
    return bool(htmx) and not htmx.history_restore_request and htmx.target == PANEL


def _toasts(request: HttpRequest) -> list[dict[str, Any]]:
    return [as_toast(message) for message in get_messages(request)]
