"""Number formats with the next number shown while one types (T-03)."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from instep.base.numbering.models import Series
from instep.base.numbering.series import LARGEST_WIDTH, change_series, series_of
from instep.kernel.errors import BadValue, NotFound
from instep.web.settings.frame import NUMBERS, frame
from instep.web.shell.doors import action, page
from instep.web.shell.refusals import problem_of
from instep.web.shell.request import FirmRequest
from instep.web.shell.toasts import toast

PARTS = ("prefix", "width", "suffix", "next")


@page("see settings")
def numbers(request: FirmRequest) -> HttpResponse:
    """Every series of the firm."""
    return _page(request)


@action("edit settings")
def change(request: FirmRequest, key: str) -> HttpResponse:
    """Change one format from the next number on."""
    typed = {name: request.POST.get(name, "") for name in PARTS}
    try:
        series = change_series(
            key,
            by=request.actor,
            prefix=typed["prefix"],
            suffix=typed["suffix"],
            width=_whole(typed["width"], "width"),
            next=_whole(typed["next"], "next"),
        )
    except BadValue as refusal:
        problem = (str(refusal.facts.get("field", "")), problem_of(refusal))
        return _page(request, {key: (typed, problem)}, status=refusal.status)
    toast(request, _("The next one is %(number)s.") % {"number": series.number(series.next)})
    return redirect("settings:numbers")


@page("see settings")
def next_number(request: FirmRequest, key: str) -> HttpResponse:
    """What the next number would be with what is typed; nothing is saved or taken."""
    if key not in {series.key for series in series_of(request.actor.firm_id)}:
        raise NotFound(what="number format")
    return render(request, "settings/next_number.html", {"shown": _shown({n: request.GET.get(n, "") for n in PARTS})})


def _page(
    request: FirmRequest,
    refused: dict[str, tuple[dict[str, str], tuple[str, str]]] | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    rows = [_row(request, series, (refused or {}).get(series.key)) for series in series_of(request.actor.firm_id)]
    return render(request, "settings/numbers.html", frame(request, NUMBERS) | {"rows": rows}, status=status)


def _row(
    request: FirmRequest, series: Series, refused: tuple[dict[str, str], tuple[str, str]] | None
) -> dict[str, Any]:
    typed = refused[0] if refused else {name: str(getattr(series, name)) for name in PARTS}
    field, problem = refused[1] if refused else ("", "")
    labels = {"prefix": _("Prefix"), "width": _("Digits"), "suffix": _("Suffix"), "next": _("Next counter")}
    known = series.key in request.terms.terms
    return {
        "key": series.key,
        "title": request.terms.title_plural(series.key) if known else series.key,
        "shown": _shown(typed),
        "fields": [
            {
                "name": name,
                "label": labels[name],
                "value": typed[name],
                "number": name in ("width", "next"),
                "problem": problem if field == name else "",
            }
            for name in PARTS
        ],
        "problem": problem if field not in PARTS else "",
    }


def _whole(said: str, field: str) -> int:
    text = said.strip()
    if not text.isascii() or not text.isdecimal() or len(text) > 15:
        raise BadValue(field=field, problem=_("give a whole number"))
    return int(text)


def _shown(typed: dict[str, str]) -> str:
    """The number as it would look; "" while something is not a number yet."""
    try:
        width, counter = _whole(typed["width"], "width"), _whole(typed["next"], "next")
    except BadValue:
        return ""
    if not 1 <= width <= LARGEST_WIDTH:
        return ""
    return Series(prefix=typed["prefix"][:20], suffix=typed["suffix"][:20], width=width).number(counter)
