"""Our own styles: many small files to write, one to fetch."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from pathlib import Path

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.templatetags.static import static
from django.urls import reverse

# In the order in which they overrule each other.
STYLES = (
    *("tokens", "base", "shell", "entrance", "controls", "marks", "lists", "records", "acts", "history", "feedback"),
    *("dialogs", "pictures", "sync", "plans", "transfer", "choices", "settings", "week", "money"),
    *("shell-narrow", "lists-narrow", "print"),
)
_FOLDER = Path(__file__).parent.parent / "static" / "instep" / "css"


def urls() -> list[str]:
    """What a page links to."""
    if settings.DEBUG:
        return [static(f"instep/css/{name}.css") for name in STYLES]
    return [reverse("shell:styles", args=[_joined()[0]])]


def serve(request: HttpRequest, key: str) -> HttpResponse:
    """All styles as one file; its address changes with its content, so it is kept for ever."""
    known, text = _joined()
    if key != known:
        raise Http404
    response = HttpResponse(text, content_type="text/css; charset=utf-8")
    response["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


@cache
def _joined() -> tuple[str, bytes]:
    text = b"\n".join((_FOLDER / f"{name}.css").read_bytes() for name in STYLES)
    return sha256(text).hexdigest()[:12], text
