"""Lists of records: what all four share, with the sync mark of each row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from instep.base.paging import Page
from instep.connect.queries import marks_of
from instep.web.components.columns import Column
from instep.web.components.lists import Filter, ListView
from instep.web.records.standing import mark_of, marks_in

SYNC = Column("sync", _("Sync"), html=mark_of, same=marks_in)
ARCHIVED = Filter("archived", _("Archived"), lambda request: [("only", _("only these")), ("with", _("shown too"))])


class PickFilter:
    """A filter over too many records for a select: a picker. `key` is the name in the address."""

    def __init__(self, key: str, url_name: str, *, term: str = "", label: Any = "") -> None:
        self.key, self.url_name, self.term, self.label = key, url_name, term, label


class RecordList(ListView):
    """A list of one kind of record.

    Its queries: who is asking (three), the page, and how its rows stand with their connections (three where there are
    any). It is never counted: what does not fit on a page is a page further, however many there are.
    """

    kind: ClassVar[str]
    new_url_name: ClassVar[str] = ""
    new_right: ClassVar[str] = ""
    empty_template: ClassVar[str] = ""
    picks: ClassVar[Sequence[PickFilter]] = ()

    template_name = "records/list.html"
    _shown: Sequence[Any] = ()

    @property
    def archived(self) -> bool | None:
        """As the queries take it: False for those on the lists, True for archived ones, None for both."""
        return {"only": True, "with": None}.get(self.chosen("archived"), False)

    def chosen_id(self, key: str) -> int | None:
        """The record that a picker's filter chose; what is no number chooses nothing."""
        said = self.chosen(key)
        return int(said) if said.isdecimal() and len(said) < 19 else None

    def picked(self, key: str, shown: Sequence[Any]) -> str:
        """What `key` chose is called, "" when it chose nothing; `shown` are the rows of the page, which often know."""
        return ""

    def any_row(self) -> bool:
        """Whether there is any record at all, for a list that shows none."""
        return False

    def prepare(self, rows: Sequence[Any]) -> Any:
        self._shown = rows
        found = marks_of(self.request.actor.firm_id, self.kind, [row.pk for row in rows])
        if found is None:
            # A firm without connections has no column for them.
            self.columns = [column for column in self.columns if column is not SYNC]
        return found

    def count(self, rows: QuerySet[Any], page: Page[Any]) -> int | None:
        return None if page.next_token or page.previous_token else len(page.rows)

    @property
    def _is_narrowed(self) -> bool:
        asked = [*self.filters, *self.picks]
        if self.text or any(self.request.GET.get(each.key) for each in asked) or self.view is not self.views[0]:
            return True
        # The first tab may leave something out as well: then there is something to show.
        return bool(self.views[0].filters) and not self._shown and self.any_row()

    def context(self) -> dict[str, Any]:
        actor = self.request.actor
        may_make = bool(self.new_url_name) and actor.can(self.new_right)
        return {
            "new_url": reverse(self.new_url_name) if may_make else "",
            "new_term": self.term,
            "empty_template": self.empty_template,
            "clear_url": self.clear_url,
            "pick_row": [self._pick_row(pick) for pick in self.picks],
        }

    @property
    def clear_url(self) -> str:
        """Where everything is shown."""
        return self.request.path

    def _pick_row(self, pick: PickFilter) -> dict[str, str]:
        text = self.picked(pick.key, self._shown) if self.chosen(pick.key) else ""
        return {
            "key": pick.key,
            "label": self.request.terms.title(pick.term) if pick.term else str(pick.label),
            "url": reverse(pick.url_name),
            "value": self.chosen(pick.key) if text else "",
            "text": text,
            "told": self.view.filters.get(pick.key, "") if self.view else "",
        }
