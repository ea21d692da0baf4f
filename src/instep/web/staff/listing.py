"""The list of staff resources."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from instep.staff.queries import staff_list
from instep.staff.states import StaffKind
from instep.web.components import marks
from instep.web.components.columns import Column, Place
from instep.web.components.lists import Filter, SavedView
from instep.web.records.lists import SYNC, RecordList
from instep.web.staff.words import kind_choices


def _kind(row: Any, place: Place) -> Any:
    return marks.chip(_("Pool")) if row.kind == StaffKind.POOL else _("Person")


def _active(row: Any, place: Place) -> Any:
    return None if row.active else marks.chip(_("Inactive"))


class StaffList(RecordList):
    """Staff resources by last name."""

    kind = "staff"
    title = gettext_lazy("Staff")
    right = "see staff"
    record_url_name = "staff:record"
    new_url_name = "staff:new"
    new_right = "edit staff"
    empty_template = "staff/empty.html"
    default_sort = "name"
    loads = ("first_name", "last_name", "sort_name", "job_title", "email", "mobile", "phone", "kind", "active")
    search_hint = gettext_lazy("Name, title or email")
    columns = (
        Column("name", gettext_lazy("Name"), sort="sort_name", primary=True),
        Column("job_title", gettext_lazy("Title")),
        Column("email", gettext_lazy("Email")),
        Column("mobile", gettext_lazy("Mobile"), value=lambda row: row.mobile or row.phone),
        Column("kind", gettext_lazy("Kind"), html=_kind, same=lambda row, place: row.kind, low=True),
        Column("active", gettext_lazy("State"), html=_active, same=lambda row, place: row.active),
        SYNC,
    )
    filters = (
        Filter(
            "active",
            gettext_lazy("Active"),
            lambda request: [("yes", gettext_lazy("yes")), ("no", gettext_lazy("no"))],
        ),
        Filter("kind", gettext_lazy("Kind"), lambda request: kind_choices()),
    )

    @cached_property
    def views(self) -> Sequence[SavedView]:
        return (
            SavedView("", _("Active"), {"active": "yes"}),
            SavedView("inactive", _("Inactive"), {"active": "no"}),
            SavedView("pools", _("Pools"), {"kind": StaffKind.POOL.value}),
            SavedView("all", _("All"), {}),
        )

    def rows(self) -> QuerySet[Any]:
        kind = self.chosen("kind")
        return staff_list(
            self.request.actor.firm_id,
            search=self.text,
            active={"yes": True, "no": False}.get(self.chosen("active")),
            kind=StaffKind(kind) if kind in set(StaffKind) else None,
        )

    def any_row(self) -> bool:
        return staff_list(self.request.actor.firm_id, active=None).exists()

    @property
    def clear_url(self) -> str:
        return f"{self.request.path}?view=all"

    def is_quiet(self, row: Any) -> bool:
        return not row.active

    def context(self) -> dict[str, Any]:
        return {**super().context(), "new_term": "staff"}
