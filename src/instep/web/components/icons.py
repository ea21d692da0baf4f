"""Icons: our own line drawings in one sprite file; a page fetches it once."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from re import findall

from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

SPRITE = "instep/icons.svg"
_FILE = Path(__file__).parent.parent / "static" / SPRITE


@cache
def names() -> frozenset[str]:
    """Every icon there is."""
    return frozenset(findall(r'<symbol id="([a-z-]+)"', _FILE.read_text()))


@cache
def icon(name: str, label: str = "", large: bool = False) -> SafeString:
    """The icon. Without a label it is decoration, and a word stands beside it. Raises KeyError for an unknown name."""
    if name not in names():
        raise KeyError(f"there is no icon {name!r} in {SPRITE}")
    return format_html(
        '<svg class="i-icon{}" {}><use href="{}#{}"></use></svg>',
        " i-icon--large" if large else "",
        format_html('role="img" aria-label="{}"', label) if label else mark_safe('aria-hidden="true"'),
        static(SPRITE),
        name,
    )
