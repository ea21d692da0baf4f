"""The audit log: every action call, who and when, by person, record and event."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from instep.base.audit.models import AuditEntry
from instep.base.audit.queries import entries_of
from instep.base.identity.models import Membership
from instep.base.paging import Page
from instep.web.components.columns import Column, Style
from instep.web.components.lists import Filter, ListView
from instep.web.settings.frame import LOG, tabs
from instep.web.shell.request import FirmRequest
from instep.web.trail import words
from instep.web.trail.lines import Line, lines

KINDS = (
    "job",
    "organisation",
    "contact",
    "staff",
    "connection",
    "plan",
    "membership",
    "user",
    "firm",
    "setting",
    "job_status",
)
EVENTS = {
    "created": gettext_lazy("made"),
    "updated": gettext_lazy("changed"),
    "archived": gettext_lazy("archived"),
    "restored": gettext_lazy("brought back"),
    "granted": gettext_lazy("role given"),
    "ended": gettext_lazy("role ended"),
    "password_reset": gettext_lazy("one-time password given"),
    "connected": gettext_lazy("connected"),
    "approved": gettext_lazy("preview approved"),
    "decided": gettext_lazy("held record decided"),
    "resolved": gettext_lazy("conflict decided"),
}


def _people(request: FirmRequest) -> Sequence[tuple[str, Any]]:
    rows = Membership.objects.of(request.actor.firm_id).order_by("user__name")
    people = dict.fromkeys((f"user:{pk}", name) for pk, name in rows.values_list("user_id", "user__name"))
    return [*people, ("connection:", _("a connection")), ("system:", _("the system"))]


def _by_person(rows: QuerySet[Any], said: str) -> QuerySet[Any]:
    kind, _colon, key = said.partition(":")
    rows = rows.filter(actor_kind=kind)
    return rows.filter(actor_id=int(key)) if key.isdecimal() else rows


def _changes(line: Line) -> Any:
    if not line.changes:
        return None
    return format_html_join("", '<div class="i-log__change">{}</div>', ((change,) for change in line.changes))


class AuditLog(ListView):
    """The log, newest first. Counting it would cost more than reading a page."""

    template_name = "settings/log.html"
    title = gettext_lazy("Settings")
    right = "see history"
    default_sort = "-at"
    size = 50
    search_hint = gettext_lazy("Search by name of a person")
    columns = (
        Column("at", gettext_lazy("When"), style=Style.DATE, sort="id", value="at"),
        Column("who", gettext_lazy("Who"), value="actor_name"),
        Column(
            "what",
            gettext_lazy("What"),
            primary=True,
            html=lambda row, place: _what(place.loaded[row.pk]),
            style=Style.WRAP,
        ),
        Column(
            "changes",
            gettext_lazy("From and to"),
            html=lambda row, place: _changes(place.loaded[row.pk]),
            style=Style.WRAP,
        ),
    )
    filters = (
        Filter("person", gettext_lazy("Who"), _people, _by_person),
        Filter(
            "kind",
            gettext_lazy("Record"),
            lambda request: [(kind, words.noun(kind, request.terms)) for kind in KINDS],
            lambda rows, value: rows.filter(kind=value),
        ),
        Filter(
            "event",
            gettext_lazy("What"),
            lambda request: list(EVENTS.items()),
            lambda rows, value: rows.filter(event__endswith=f".{value}") if value in EVENTS else rows,
        ),
    )

    def rows(self) -> QuerySet[AuditEntry]:
        rows = entries_of(self.request.actor.firm_id)
        record = self.request.GET.get("record", "")
        return rows.filter(record_id=int(record)) if record.isdecimal() and len(record) < 19 else rows

    def search(self, rows: QuerySet[Any], text: str) -> QuerySet[Any]:
        return rows.filter(actor_name__icontains=text)

    def prepare(self, rows: Sequence[Any]) -> dict[int, Line]:
        return {line.entry.pk: line for line in lines(self.request, list(rows))}

    def count(self, rows: QuerySet[Any], page: Page[Any]) -> int | None:
        return None if page.next_token or page.previous_token else len(page.rows)

    def context(self) -> dict[str, Any]:
        return {"settings_tabs": tabs(self.request, LOG), "list_label": _("Audit log")}


def _what(line: Line) -> Any:
    name = (
        format_html('<a class="i-log__name" href="{}">{}</a>', line.url, line.name)
        if line.url and line.name
        else line.name
    )
    if not name:
        return line.sentence
    return format_html('{}<span class="i-row__sub">{}</span>', name, line.sentence)
