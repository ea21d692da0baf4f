"""Parts of every page that depend on nothing but the language and the person's places: rendered once for each."""

from __future__ import annotations

from functools import lru_cache

from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from instep.web.shell.areas import Place

KEPT = 256
"""Sets of places, languages and areas that are kept; a firm has a handful."""


@lru_cache(maxsize=KEPT)
def part(template: str, language: str, places: tuple[Place, ...], here: str) -> SafeString:
    """The part as HTML. `language` is that of the page, in which the template is rendered now."""
    context = {"shell_places": places, "shell_here": here}
    return mark_safe(render_to_string(template, context))
