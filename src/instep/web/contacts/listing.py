"""The list of contacts."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from instep.crm.models import Organisation
from instep.crm.queries import contact_list
from instep.web.components.columns import Column
from instep.web.components.lists import SavedView
from instep.web.records.lists import ARCHIVED, SYNC, PickFilter, RecordList


class ContactList(RecordList):
    """Contacts by last name."""

    kind = "contact"
    term = "contact"
    right = "see contacts"
    record_url_name = "contacts:record"
    new_url_name = "contacts:new"
    new_right = "edit contacts"
    empty_template = "contacts/empty.html"
    default_sort = "name"
    loads = (
        *("first_name", "last_name", "sort_name", "role", "email", "phone", "mobile", "archived_at"),
        "organisation__name",
    )
    search_hint = gettext_lazy("Name or email")
    columns = (
        Column("name", gettext_lazy("Name"), sort="sort_name", primary=True),
        Column("role", gettext_lazy("Role")),
        Column("organisation", term="organisation", value="organisation.name"),
        Column("email", gettext_lazy("Email")),
        Column("phone", gettext_lazy("Direct phone"), low=True),
        Column("mobile", gettext_lazy("Mobile")),
        SYNC,
    )
    filters = (ARCHIVED,)
    picks = (PickFilter("organisation", "organisations:pick", term="organisation"),)

    @cached_property
    def views(self) -> Sequence[SavedView]:
        return (SavedView("", _("All"), {}), SavedView("archived", _("Archived"), {"archived": "only"}))

    def rows(self) -> QuerySet[Any]:
        return contact_list(
            self.request.actor.firm_id,
            search=self.text,
            organisation=self.chosen_id("organisation"),
            archived=self.archived,
        )

    def picked(self, key: str, shown: Sequence[Any]) -> str:
        if shown:
            return shown[0].organisation.name
        found = Organisation.objects.of(self.request.actor.firm_id).filter(pk=self.chosen_id(key)).first()
        return found.name if found else ""
