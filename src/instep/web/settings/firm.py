"""The firm: its name and place, its words with a live example, who handles what names nobody."""

from __future__ import annotations

from functools import cache
from typing import Any
from zoneinfo import available_timezones

from babel import Locale
from django import forms
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from instep.base.firms.actions.firms import change_firm
from instep.base.settings.declared import get_settings, set_setting
from instep.base.settings.vocabulary import PACKS, Terms, terms
from instep.jobs.queries import possible_handlers
from instep.jobs.settings import DEFAULT_HANDLER, FIRST_PHASE
from instep.kernel.errors import NotFound, Refusal
from instep.web.settings.frame import FIRM, frame
from instep.web.shell.doors import form, page
from instep.web.shell.refusals import refuse_form
from instep.web.shell.request import FirmRequest
from instep.web.shell.toasts import toast

PLACE, WORDS, WORK = "place", "words", "work"
_PACK_NAMES = {"architecture": gettext_lazy("Architecture"), "agency": gettext_lazy("Agency")}


@cache
def countries() -> list[tuple[str, str]]:
    """(code, name) of every country, by name."""
    named = Locale("en").territories.items()
    return sorted(((code, name) for code, name in named if len(code) == 2 and code.isalpha()), key=lambda row: row[1])


@cache
def zones() -> list[str]:
    """Time zones by region and city."""
    return sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith(("Etc/", "SystemV/")))


class PlaceForm(forms.Form):
    """What the firm is called and where it is."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=200)
    country = forms.ChoiceField(label=gettext_lazy("Country"), choices=countries)
    zone = forms.CharField(
        label=gettext_lazy("Time zone"), help_text=gettext_lazy("Dates and times are shown as they are there.")
    )
    phone_region = forms.ChoiceField(
        label=gettext_lazy("Telephone numbers without a country code are of"), choices=countries
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["zone"].widget.attrs["list"] = "zones"


class WorkForm(forms.Form):
    """What new work begins with."""

    handler = forms.ChoiceField(required=False)
    first_phase = forms.CharField(max_length=100)

    def __init__(self, request: FirmRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        said = {"phase": request.terms("phase"), "job": request.terms("job"), "handler": request.terms("handler")}
        people = [(str(row.pk), row.name) for row in possible_handlers(request.actor.firm_id)]
        chosen: Any = self.fields["handler"]
        chosen.choices = [("", _("Nobody in particular")), *people]
        self.fields["handler"].label = _("Default %(handler)s") % said
        self.fields["handler"].help_text = _("Of imported and synced work that names none.")
        self.fields["first_phase"].label = _("Name of the first %(phase)s of a new %(job)s") % said


@form("see settings")
def firm(request: FirmRequest) -> HttpResponse:
    """Three small forms on one page; each is saved by itself."""
    place = PlaceForm(initial=_place(request))
    work = WorkForm(request, initial=_work(request))
    if request.method == "POST":
        request.actor.must("edit settings")
        part = request.POST.get("part", "")
        if part == PLACE:
            place = PlaceForm(request.POST)
            saved = _save_place(request, place)
        elif part == WORDS:
            saved = _save_words(request)
        elif part == WORK:
            work = WorkForm(request, request.POST)
            saved = _save_work(request, work)
        else:
            raise NotFound(what="part of the settings")
        if saved:
            return redirect("settings:home")
    chosen = request.firm.vocabulary
    context = frame(request, FIRM) | {
        "place": place,
        "work": work,
        "zones": zones(),
        "packs": [(key, _PACK_NAMES.get(key, key), key == chosen) for key in sorted(PACKS)],
        "example": example(terms(chosen)),
    }
    return render(request, "settings/firm.html", context, status=422 if request.method == "POST" else 200)


@page("see settings")
def words(request: FirmRequest) -> HttpResponse:
    """The example in the words of another pack, before it is chosen."""
    pack = request.GET.get("vocabulary", "")
    if pack not in PACKS:
        raise NotFound(what="set of words")
    return render(request, "settings/words_example.html", {"example": example(terms(pack)), "pack": pack})


def example(said: Terms) -> list[str]:
    """Three sentences with the words of the hierarchy in them."""
    facts = {
        "job": said.title("job"),
        "jobs": said.plural("job"),
        "phases": said.plural("phase"),
        "stages": said.plural("stage"),
        "handler": said("handler"),
        "project": said("project"),
        "a_client": said.a("client"),
        "a_quote": said.a("quote"),
        "an_estimate": said.a("estimate"),
    }
    return [
        _("%(job)s 2231 for %(a_client)s has three %(phases)s, and each of them its %(stages)s.") % facts,
        _("Its %(handler)s makes %(an_estimate)s and sends %(a_quote)s.") % facts,
        _("Several %(jobs)s can go into one %(project)s.") % facts,
    ]


def _place(request: FirmRequest) -> dict[str, Any]:
    return {name: getattr(request.firm, name) for name in ("name", "country", "zone", "phone_region")}


def _work(request: FirmRequest) -> dict[str, Any]:
    stored = get_settings(request.firm, [DEFAULT_HANDLER, FIRST_PHASE])
    return {"handler": str(stored[DEFAULT_HANDLER.key] or ""), "first_phase": stored[FIRST_PHASE.key]}


def _save_place(request: FirmRequest, place: PlaceForm) -> bool:
    if not place.is_valid():
        return False
    try:
        change_firm(request.firm, by=request.actor, **place.cleaned_data)
    except Refusal as refusal:
        refuse_form(place, refusal)
        return False
    toast(request, _("The firm is saved."))
    return True


def _save_words(request: FirmRequest) -> bool:
    chosen = request.POST.get("vocabulary", "")
    change_firm(request.firm, by=request.actor, vocabulary=chosen)
    said = terms(chosen)
    toast(
        request,
        _("Pages say %(jobs)s and %(phases)s now.") % {"jobs": said.plural("job"), "phases": said.plural("phase")},
    )
    return True


def _save_work(request: FirmRequest, work: WorkForm) -> bool:
    if not work.is_valid():
        return False
    said = work.cleaned_data
    try:
        with transaction.atomic():
            set_setting(DEFAULT_HANDLER, int(said["handler"] or 0), by=request.actor)
            set_setting(FIRST_PHASE, said["first_phase"].strip(), by=request.actor)
    except Refusal as refusal:
        refuse_form(work, refusal)
        return False
    toast(request, _("What new work begins with is saved."))
    return True
