"""Toasts: one short sentence after an action, with the way to undo it."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django_htmx.http import trigger_client_event

from instep.web.shell.tones import Tone

_LEVELS = {
    Tone.OK: messages.SUCCESS,
    Tone.INFO: messages.INFO,
    Tone.NEUTRAL: messages.INFO,
    Tone.CHANGED: messages.INFO,
    Tone.ASK: messages.WARNING,
    Tone.BAD: messages.ERROR,
}
_TONES = {"success": Tone.OK, "warning": Tone.ASK, "error": Tone.BAD}


def toast(
    request: HttpRequest, text: str, *, tone: Tone = Tone.OK, undo_url: str = "", undo_label: str = "", link: str = ""
) -> None:
    """Say `text` on the next answer, whether a page or a fragment.

    `undo_url` is posted to by the toast's button, `undo_label` names the object ("Undo run 14"). `link` makes the
    button a link to that address instead.
    """
    action = {"url": undo_url or link, "label": undo_label, "method": "post" if undo_url else "get"}
    extra = json.dumps(action) if undo_url or link else ""
    messages.add_message(request, _LEVELS[tone], text, extra_tags=extra)


def as_toast(message: Any) -> dict[str, Any]:
    """A Django message, ours or another app's, as what the page's script shows."""
    tone = _TONES.get(message.level_tag, Tone.INFO)
    said: dict[str, Any] = {"text": str(message.message), "tone": tone.value}
    if message.extra_tags.startswith("{"):
        said["action"] = json.loads(message.extra_tags)
    return said


def send_toasts(request: HttpRequest, response: HttpResponse) -> None:
    """Put waiting messages into an htmx answer's HX-Trigger. A redirect keeps them for the page that follows."""
    if response.has_header("HX-Redirect") or response.has_header("HX-Refresh") or 300 <= response.status_code < 400:
        return
    waiting = [as_toast(message) for message in messages.get_messages(request)]
    if waiting:
        trigger_client_event(response, "toast", {"toasts": waiting})
