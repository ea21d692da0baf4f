"""The list of organisations."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from django.db.models import QuerySet
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from instep.crm.queries import organisation_list
from instep.crm.states import Stage
from instep.web.components import marks
from instep.web.components.columns import Column, Place, Style
from instep.web.components.lists import Filter, SavedView
from instep.web.organisations.words import STAGE_TONES, stage_choices, stage_word
from instep.web.records.lists import ARCHIVED, SYNC, RecordList


def _stage(row: Any, place: Place) -> Any:
    supplier = marks.chip(place.terms.title("supplier")) if row.is_supplier else ""
    if row.stage == Stage.NONE:
        return supplier or stage_word(row.stage, place.terms)
    stage = marks.chip(stage_word(row.stage, place.terms), STAGE_TONES[Stage(row.stage)])
    return format_html("{} {}", stage, supplier)


class OrganisationList(RecordList):
    """Organisations by name."""

    kind = "organisation"
    term = "organisation"
    right = "see organisations"
    record_url_name = "organisations:record"
    new_url_name = "organisations:new"
    new_right = "edit organisations"
    empty_template = "organisations/empty.html"
    default_sort = "name"
    loads = (
        *("name", "match_name", "code", "stage", "is_supplier", "email", "phone", "mobile", "archived_at"),
        *("account_manager__first_name", "account_manager__last_name"),
    )
    search_hint = gettext_lazy("Name, code, email or tax number")
    columns = (
        Column("name", gettext_lazy("Name"), sort="match_name", primary=True),
        Column("code", gettext_lazy("Code"), style=Style.CODE),
        Column("stage", gettext_lazy("Stage"), html=_stage, same=lambda row, place: (row.stage, row.is_supplier)),
        Column("email", gettext_lazy("Email"), low=True),
        Column("phone", gettext_lazy("Phone"), value=lambda row: row.phone or row.mobile, low=True),
        Column("account_manager", gettext_lazy("Account manager"), value="account_manager.name", low=True),
        SYNC,
    )
    filters = (
        Filter("stage", gettext_lazy("Stage"), lambda request: stage_choices(request.terms)),
        Filter(
            "supplier",
            "",
            lambda request: [("yes", gettext_lazy("yes")), ("no", gettext_lazy("no"))],
            term="supplier",
        ),
        ARCHIVED,
    )

    @cached_property
    def views(self) -> Sequence[SavedView]:
        terms = self.request.terms
        return (
            SavedView("", _("All"), {}),
            *(
                SavedView(stage, terms.title_plural(stage), {"stage": stage})
                for stage in ("client", "prospect", "lead")
            ),
            SavedView("suppliers", terms.title_plural("supplier"), {"supplier": "yes"}),
            SavedView("archived", _("Archived"), {"archived": "only"}),
        )

    def rows(self) -> QuerySet[Any]:
        stage = self.chosen("stage")
        return organisation_list(
            self.request.actor.firm_id,
            search=self.text,
            stages=[Stage(stage)] if stage in set(Stage) else None,
            suppliers={"yes": True, "no": False}.get(self.chosen("supplier")),
            archived=self.archived,
        )
