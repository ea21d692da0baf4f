"""The living page of parts: for who builds pages, in development or as an administrator."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import render

from instep.base.audit.models import AuditEntry
from instep.base.audit.queries import entries_of
from instep.kernel.errors import Caution, NotFound, Refusal
from instep.web.components import icons
from instep.web.components.columns import Column, Style
from instep.web.components.lists import Filter, ListView, SavedView
from instep.web.components.timelines import happenings
from instep.web.shell.doors import action, form, page
from instep.web.shell.refusals import accepted
from instep.web.shell.request import FirmRequest
from instep.web.shell.toasts import toast
from instep.web.shell.tones import Tone
from instep.web.styleguide import samples


class TrySomethingElse(Refusal):
    """A refusal to look at."""

    code = "styleguide_refusal"
    sentence = "Run 14 cannot be undone: 3 of its records were changed since. Undo those changes first."


class ReallyThat(Caution):
    """A caution to look at."""

    code = "styleguide_caution"
    sentence = "There is an organisation called “City of Yarra” already. Make a second one?"


def allow(request: FirmRequest) -> None:
    """Raise NotFound for whom this page is not."""
    if not settings.DEBUG and not request.actor.can("edit settings"):
        raise NotFound(what="page")


@page()
def guide(request: FirmRequest) -> HttpResponse:
    """All parts on one page."""
    allow(request)
    sample = samples.Sample.of(request)
    context = {
        **samples.examples(),
        "fields": samples.FIELDS.show(request, sample),
        "icons": sorted(icons.names()),
        "swatches": samples.SWATCHES,
    }
    return render(request, "styleguide/guide.html", context)


@form()
def field(request: FirmRequest, key: int, name: str) -> HttpResponse:
    """One field of the sample record, edited in place."""
    allow(request)
    sample = samples.Sample.of(request)
    fields = samples.FIELDS
    if request.method == "POST":
        keeping = samples.RecordFields(
            fields.kind, fields.url_name, fields.fields, fields.read, lambda edit: _kept(request, edit)
        )
        return keeping.answer(request, sample, name)
    return fields.answer(request, sample, name)


@action()
def say(request: FirmRequest, what: str) -> HttpResponse:
    """A toast, a refusal or a caution, to look at."""
    allow(request)
    if what == "refusal":
        raise TrySomethingElse
    if what == "caution" and ReallyThat.code not in accepted(request):
        raise ReallyThat
    if what == "undo":
        toast(
            request, "3 contacts archived.", undo_url=request.path.replace("undo", "done"), undo_label="Bring them back"
        )
    else:
        toast(request, "Done.", tone=Tone.OK)
    return HttpResponse(status=204)


class HistoryList(ListView):
    """A list to look at: the firm's own audit log."""

    title = "History"
    right = "see history"
    record_url_name = "styleguide:entry"
    default_sort = "-at"
    size = 25
    columns = (
        Column("event", "What", sort="event", primary=True),
        Column("actor_name", "Who", sort="actor_name"),
        Column("kind", "Record", sub=lambda row: row.record_id or ""),
        Column("at", "When", style=Style.DATE, sort="at"),
        Column("note", "Note", low=True),
    )
    views = (SavedView("", "All", {}), SavedView("users", "Users", {"kind": "user"}))
    filters = (
        Filter(
            "kind",
            "Kind",
            lambda request: [("user", "User"), ("membership", "Membership"), ("firm", "Firm")],
            lambda rows, value: rows.filter(kind=value),
        ),
    )

    def rows(self) -> QuerySet[Any]:
        allow(self.request)
        return entries_of(self.request.actor.firm_id)

    def search(self, rows: QuerySet[Any], text: str) -> QuerySet[Any]:
        return rows.filter(event__icontains=text)


@page("see history")
def entry(request: FirmRequest, key: int) -> HttpResponse:
    """One entry, as a page or in the side panel."""
    allow(request)
    found = AuditEntry.objects.get_of(request.actor.firm_id, key, what="entry")
    context = {"heading": found.event, "entry": found, "entries": happenings([found])}
    return render(request, "styleguide/entry.html", context)


def _kept(request: FirmRequest, edit: samples.FieldEdit) -> samples.Sample:
    saved = samples.save(edit)
    saved.keep(request)
    return saved
