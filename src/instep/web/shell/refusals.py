"""Refusals as answers: a page for a page, a toast for a fragment, a question where a person may accept."""

from __future__ import annotations

from typing import Any

from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django_htmx.http import reswap, trigger_client_event

from instep.kernel.errors import BadValue, Caution, Refusal, StaleVersion
from instep.web.shell.toasts import toast
from instep.web.shell.tones import Tone

ACCEPTED = "accepted"


def accepted(request: HttpRequest) -> frozenset[str]:
    """The codes of the cautions that the person has read and accepted: pass them to the action."""
    return frozenset(request.POST.getlist(ACCEPTED))


def tone_of(refusal: Refusal) -> Tone:
    """Red for what failed; orange for what needs the person, such as a caution or a newer version."""
    return Tone.ASK if isinstance(refusal, Caution | StaleVersion) else Tone.BAD


def refusal_response(request: Any, refusal: Refusal) -> HttpResponse:
    """The answer to a request that was refused; the status is the refusal's.

    For htmx the page stays as it is and the sentence comes as a toast; a Caution opens a dialog whose button sends the
    same request again with the code among `accepted`.
    """
    ask = isinstance(refusal, Caution) and request.method == "POST"
    if request.htmx:
        response = reswap(HttpResponse(status=refusal.status), "none")
        if ask:
            # Codes accepted before come along: of two cautions in a row, the second must not undo the first.
            codes = [*request.POST.getlist(ACCEPTED), refusal.code]
            return trigger_client_event(response, "caution", {"text": str(refusal), "codes": codes})
        toast(request, str(refusal), tone=tone_of(refusal))
        return response
    template = "shell/caution.html" if ask else "shell/refused.html"
    return render(request, template, {"refusal": refusal, "sent": _sent(request)}, status=refusal.status)


def refuse_form(form: BaseForm, refusal: Refusal, **fields: str) -> None:
    """Show the refusal in the form: at the field that a BadValue names, else at the top.

    `fields` translates the action's names into the form's: `refuse_form(form, refusal, client_id="client")`.
    """
    if isinstance(refusal, BadValue):
        said = str(refusal.facts.get("field", ""))
        name = fields.get(said, said.lower().replace(" ", "_"))
        if name in form.fields:
            form.add_error(name, problem_of(refusal, str(form.data.get(form.add_prefix(name)) or "")))
            return
    form.add_error(None, str(refusal))


def problem_of(refusal: Refusal, typed: str = "") -> str:
    """The sentence without the field's name in front, for a place that shows the name already.

    A capital begins it, unless what the person typed does.
    """
    text = str(refusal.facts.get("problem", "")) if isinstance(refusal, BadValue) else ""
    text = text or str(refusal)
    if not (typed and text.startswith(typed)):
        text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "?", "!")) else f"{text}."


def _sent(request: Any) -> list[tuple[str, str]]:
    return [(name, value) for name, values in request.POST.lists() if name != "csrfmiddlewaretoken" for value in values]
