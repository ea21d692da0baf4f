"""HTML that cannot be forgotten to escape: elements are built by calls, and text becomes text."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from sandboxes.kit.messages import Response

_VOID = {"input", "link", "meta", "br", "hr", "img"}


class Markup(str):
    """Text that already is HTML."""

    __slots__ = ()


def _inner(child: object) -> str:
    if child is None or child is False:
        return ""
    if isinstance(child, Markup):
        return child
    if isinstance(child, str | int):
        return escape(str(child))
    if isinstance(child, Iterable):
        return "".join(map(_inner, child))
    raise TypeError(type(child))


def el(tag: str, *children: object, **attributes: str | int | bool | None) -> Markup:
    """An element. `class_` is the attribute class; underscores become hyphens; True stands bare, None and False go."""
    parts = [tag]
    for name, value in attributes.items():
        if value is None or value is False:
            continue
        written = name.rstrip("_").replace("_", "-")
        parts.append(written if value is True else f'{written}="{escape(str(value))}"')
    opening = f"<{' '.join(parts)}>"
    return Markup(opening if tag in _VOID else f"{opening}{_inner(children)}</{tag}>")


def lines(text: str) -> Markup:
    """Text with its line breaks shown."""
    return Markup("<br>".join(escape(line) for line in text.splitlines()))


def html_response(
    title: str, head: object, body: object, *, status: int = 200, form_action: str = "'self'"
) -> Response:
    """A whole page under a strict content security policy: nothing inline, nothing from elsewhere."""
    page = el(
        "html",
        el(
            "head",
            el("meta", charset="utf-8"),
            el("meta", name="viewport", content="width=device-width, initial-scale=1"),
            el("meta", name="color-scheme", content="light dark"),
            el("title", title),
            head,
        ),
        body,
        lang="en-AU",
    )
    policy = (
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; "
        f"form-action {form_action}; base-uri 'none'; frame-ancestors 'none'"
    )
    return Response(
        status,
        f"<!doctype html>\n{page}".encode(),
        kind="text/html; charset=utf-8",
        headers=(
            ("Content-Security-Policy", policy),
            ("X-Content-Type-Options", "nosniff"),
            ("Referrer-Policy", "same-origin"),
            ("Cache-Control", "no-store"),
        ),
    )


def see_other(address: str) -> Response:
    """After a form: go and look there."""
    return Response(303, headers=(("Location", address), ("Cache-Control", "no-store")))
