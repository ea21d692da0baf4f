"""Lists of records, declared: search, saved views, filters, sorting and keyset pages, with the address as the state."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views import View

from instep.base.paging import Page, keyset
from instep.kernel.errors import BadValue
from instep.web.components.columns import Column, Place
from instep.web.components.formats import Form
from instep.web.components.rows import Head, Row, body
from instep.web.shell.request import FirmRequest

LIST = "list"
_ANY_KEY = 987_654_321
_NOT_STATE = frozenset({"page", "open"})


@dataclass(frozen=True, slots=True)
class SavedView:
    """A tab over the list: what it is called and the filters it stands for. The first one has an empty key."""

    key: str
    label: Any
    filters: Mapping[str, str]


@dataclass(frozen=True)
class Filter:
    """A choice in the filter row. `choices` gives (value, label) pairs, by at most one query.

    `apply` narrows the rows; without it `ListView.rows` does so itself, by what `chosen` tells it.
    """

    key: str
    label: Any
    choices: Callable[[FirmRequest], Sequence[tuple[str, Any]]]
    apply: Callable[[QuerySet[Any], str], QuerySet[Any]] | None = None
    term: str = ""


@dataclass(frozen=True, slots=True)
class Bulk:
    """Something to do with the ticked rows: posted to `url_name` with their keys as `ids`. The label is a verb."""

    label: Any
    url_name: str
    right: str = ""
    danger: bool = False


@dataclass(frozen=True, slots=True)
class Tab:
    """One tab as the template prints it."""

    label: Any
    url: str
    current: bool
    count: int | None = None


class ListView(View):
    """A page with one list. A subclass declares the columns and gives `rows`; everything else has a default.

    At most eight queries: who is asking takes three, the page and the count one each, the choices of filters the rest.
    """

    template_name: ClassVar[str] = "components/list_page.html"
    title: ClassVar[Any] = ""
    term: ClassVar[str] = ""
    """names the page by the plural of a term, instead of `title`"""
    right: ClassVar[str] = ""
    columns: Sequence[Column] = ()
    """as the class declares them; an answer may leave some out"""
    views: ClassVar[Sequence[SavedView]] = ()
    filters: ClassVar[Sequence[Filter]] = ()
    bulk: ClassVar[Sequence[Bulk]] = ()
    default_sort: ClassVar[str] = ""
    """the key of a column, with "-" in front for the largest first"""
    record_url_name: ClassVar[str] = ""
    """the page of one record, by its key; it opens beside the list"""
    loads: ClassVar[Sequence[str]] = ()
    """what is read of a row and of its relations ("client__name"), by columns, sorting and `is_quiet`; () for all"""
    size: ClassVar[int] = 50
    searchable: ClassVar[bool] = True
    search_hint: ClassVar[Any] = ""

    request: FirmRequest

    # What a subclass gives ------------------------------------------------------------------------

    def rows(self) -> QuerySet[Any]:
        """The actor's rows, with select_related for what the columns show.

        A query function that searches and filters itself is given `self.text` and `self.chosen("stage")` here.
        """
        raise NotImplementedError

    def search(self, rows: QuerySet[Any], text: str) -> QuerySet[Any]:
        """The rows that a person means by `text`."""
        return rows

    def prepare(self, rows: Sequence[Any]) -> Any:
        """Load in one query what the columns need of these rows; they get it as `Place.loaded`."""
        return None

    def count(self, rows: QuerySet[Any], page: Page[Any]) -> int | None:
        """How many rows there are in all; None where counting them would cost more than the page itself."""
        return rows.count() if page.next_token or page.previous_token else len(page.rows)

    def is_quiet(self, row: Any) -> bool:
        """Whether the row stands back, such as an archived one."""
        return bool(getattr(row, "archived_at", None))

    def context(self) -> dict[str, Any]:
        """More for the template."""
        return {}

    # The answer -----------------------------------------------------------------------------------

    def get(self, request: FirmRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The page; for htmx with the list as its target, the list alone."""
        if self.right:
            request.actor.must(self.right)
        htmx = request.htmx
        part = bool(htmx) and htmx.target == LIST and not htmx.history_restore_request
        return render(request, "components/list.html" if part else self.template_name, self._context(part))

    def _context(self, part: bool) -> dict[str, Any]:
        rows = self._narrowed()
        page = self._page(rows)
        place = Place(self.request.actor, self.request.terms, Form.of(self.request.firm), self.prepare(page.rows))
        opened = self.request.GET.get("open", "")
        heads = [self._head(column) for column in self.columns]
        shown = self._rows(page.rows, place)
        heading = self.request.terms.title_plural(self.term) if self.term else str(self.title)
        context: dict[str, Any] = {
            "heading": heading,
            "list_label": heading,
            "heads": heads,
            "rows": shown,
            "body": body(heads, shown, opened=opened, ticked=bool(self._bulk)),
            "count": self.count(rows, page),
            "next_url": self.url(page=page.next_token) if page.next_token else "",
            "previous_url": self.url(page=page.previous_token) if page.previous_token else "",
            "first_url": self.url(),
            "here": self.url(page=self.request.GET.get("page", "")),
            "clear_url": self.request.path,
            "narrowed": self._is_narrowed,
            "bulk": self._bulk,
        }
        if not part:
            context |= {
                "tabs": [self._tab(view) for view in self.views],
                "filter_row": [self._filter_row(each) for each in self.filters],
                "text": self.text,
                "searchable": self.searchable,
                "search_hint": self.search_hint,
                "panel_url": opened.join(self._record_address) if opened.isdecimal() and self.record_url_name else "",
            }
        return context | self.context()

    # The address ------------------------------------------------------------------------------------

    @cached_property
    def text(self) -> str:
        """What is searched for."""
        return self.request.GET.get("q", "").strip()[:100]

    @cached_property
    def view(self) -> SavedView | None:
        """The chosen tab; an unknown one is the first."""
        said = self.request.GET.get("view", "")
        return next((view for view in self.views if view.key == said), self.views[0] if self.views else None)

    def chosen(self, key: str) -> str:
        """The value of a filter: what the address says, else what the tab stands for."""
        if key in self.request.GET:
            return self.request.GET[key]
        return self.view.filters.get(key, "") if self.view else ""

    @cached_property
    def sort(self) -> str:
        """The key of the column that sorts, "-" in front for descending; an unknown one is the default."""
        said = self.request.GET.get("sort", "")
        known = {column.key for column in self.columns if column.sort}
        return said if said.removeprefix("-") in known else self.default_sort

    def url(self, **changes: str) -> str:
        """This list's address with changes; empty ones fall out, and so does the page one was on."""
        state = {key: value for key, value in self.request.GET.items() if key not in _NOT_STATE}
        # An empty value says something where the tab would say otherwise: "any status" under "Active".
        told = set(self.view.filters) if self.view else set()
        said = urlencode({key: value for key, value in {**state, **changes}.items() if value or key in told})
        return f"{self.request.path}?{said}" if said else self.request.path

    # Steps --------------------------------------------------------------------------------------------

    @property
    def _is_narrowed(self) -> bool:
        return bool(self.text) or any(self.chosen(each.key) for each in self.filters)

    def _narrowed(self) -> QuerySet[Any]:
        rows = self.rows()
        for each in self.filters:
            value = self.chosen(each.key)
            if value and each.apply:
                rows = each.apply(rows, value)
        return self.search(rows, self.text) if self.text else rows

    def _page(self, rows: QuerySet[Any]) -> Page[Any]:
        rows = rows.only(*self.loads) if self.loads else rows
        sign = "-" if self.sort.startswith("-") else ""
        column = next((c for c in self.columns if c.key == self.sort.removeprefix("-")), None)
        order = [sign + column.sort] if column else []
        try:
            return keyset(rows, order, self.request.GET.get("page"), self.size)
        except BadValue:
            # An old link, or one of another order: the first page is what the person wants.
            return keyset(rows, order, None, self.size)

    def _rows(self, rows: Sequence[Any], place: Place) -> list[Row]:
        before, after = self._record_address
        return [
            Row(
                key := str(row.pk),
                f"{before}{key}{after}" if before else "",
                [column.cell(row, place) for column in self.columns],
                self.is_quiet(row),
            )
            for row in rows
        ]

    @cached_property
    def _record_address(self) -> tuple[str, str]:
        """What stands before and after the key of a record in its address: asked once, not for each row."""
        if not self.record_url_name:
            return "", ""
        before, _key, after = reverse(self.record_url_name, args=[_ANY_KEY]).rpartition(str(_ANY_KEY))
        return before, after

    def _head(self, column: Column) -> Head:
        label = column.heading(self.request.terms)
        if not column.sort:
            return Head(column.key, label, column.css, "", "", column.primary)
        now = {column.key: "ascending", f"-{column.key}": "descending"}.get(self.sort, "")
        wanted = f"-{column.key}" if now == "ascending" else column.key
        return Head(column.key, label, column.css, self.url(sort=wanted), now, column.primary)

    def _tab(self, view: SavedView) -> Tab:
        url = f"{self.request.path}?{urlencode({'view': view.key})}" if view.key else self.request.path
        return Tab(view.label, url, view is self.view)

    def _filter_row(self, each: Filter) -> dict[str, Any]:
        label = self.request.terms.title(each.term) if each.term else each.label
        return {
            "key": each.key,
            "label": label,
            "choices": list(each.choices(self.request)),
            "chosen": self.chosen(each.key),
            "told": self.view.filters.get(each.key, "") if self.view else "",
        }

    @cached_property
    def _bulk(self) -> list[dict[str, Any]]:
        return [
            {"label": each.label, "url": reverse(each.url_name), "danger": each.danger}
            for each in self.bulk
            if not each.right or self.request.actor.can(each.right)
        ]
