"""The list of one section: search, fifty records a page, the newest change first or by name."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode

from sandboxes.kit.html import Markup, el
from sandboxes.kit.messages import Response, whole
from sandboxes.tinyplus.accounts import Account
from sandboxes.tinyplus.fields import Resource, Type
from sandboxes.tinyplus.pages import layout
from sandboxes.tinyplus.tables import Row, Values
from sandboxes.tinyplus.world import World

PAGE = 50
Cell = Callable[[Account, Values], object]


def _plain(name: str) -> Cell:
    return lambda account, values: values[name]


def _to(name: str, resource: str) -> Cell:
    return lambda account, values: layout.name_of(account, resource, values[name])


def _fee(account: Account, values: Values) -> object:
    return None if values["fee_value"] is None else f"{values['fee_value']:,.2f}"


def _status(account: Account, values: Values) -> object:
    return layout.status_chip(values["record_status"])


def _project_status(account: Account, values: Values) -> object:
    phase = el("span", values["phase"], class_="quiet") if values["phase"] else None
    return el("span", layout.status_chip(values["record_status"]), " ", phase)


# Heading, what stands there, and a class: "num" for figures, "wide" for what a narrow screen leaves out.
COLUMNS: dict[str, tuple[tuple[str, Cell, str], ...]] = {
    "companies": (
        ("Status", _status, ""),
        ("Email", _plain("email_address"), ""),
        ("Office phone", _plain("office_phone"), "line"),
        ("Assigned to", _to("assigned_user", "team-members"), "wide line"),
    ),
    "contacts": (
        ("Role", _plain("title"), ""),
        ("Company", _to("primary_company", "companies"), ""),
        ("Email", _plain("email_address"), ""),
        ("Mobile", _plain("mobile"), "wide line"),
    ),
    "projects": (
        ("Number", _plain("project_number"), ""),
        ("Status", _project_status, ""),
        ("Client", _to("client_company", "companies"), ""),
        ("Fee", _fee, "num"),
    ),
    "team-members": (
        ("Status", _status, ""),
        ("Role", _plain("role"), ""),
        ("Email", _plain("email"), ""),
        ("Mobile", _plain("mobile"), "wide line"),
    ),
}


def show(world: World, account: Account, resource: Resource, given: dict[str, str], person: str | None) -> Response:
    """The list, as its address says: `q` searched for, `page` from 1, `order` by change or name."""
    sought, order = given.get("q", "").strip(), given.get("order", "changed")
    rows = _found(account, resource, sought)
    if order == "name":
        rows.sort(key=lambda row: (str(row.values["name"]).casefold(), row.id))
    else:
        rows.sort(key=lambda row: (-row.values["modified_date"], row.id))
    pages = max(1, -(-len(rows) // PAGE))
    at = min(whole(given.get("page", "1"), 1) or 1, pages)
    shown = rows[(at - 1) * PAGE : at * PAGE]
    title = layout.TITLES[resource.name]
    return layout.page(
        f"{title}, {account.name}",
        el(
            "div",
            el("h1", title),
            el("a", layout.NEW[resource.name], href=layout.path(account, resource.section, "new"), class_="button"),
            class_="title",
        ),
        _notice(given),
        _search(account, resource, sought, order),
        el(
            "div",
            _table(world, account, resource, shown) if shown else _empty(account, resource, sought),
            _pager(account, resource, given, at=at, pages=pages, total=len(rows)),
            id="fresh",
        ),
        account=account,
        section=resource,
        person=person,
        watch=(layout.path(account, resource.section, "version"), f"{world.started}.{account.version}"),
    )


def _found(account: Account, resource: Resource, sought: str) -> list[Row]:
    rows = list(account.tables[resource.name].rows.values())
    if not sought:
        return rows
    words = sought.casefold().split()
    texts = [field.name for field in resource.fields if field.type in (Type.TEXT, Type.LINES)]

    def matches(row: Row) -> bool:
        text = "\n".join(row.values[name] for name in texts if row.values.get(name)).casefold()
        return all(word in text for word in words)

    return [row for row in rows if matches(row)]


def _notice(given: dict[str, str]) -> Markup | None:
    return el("p", "The record was removed.", class_="notice good", role="status") if "removed" in given else None


def _search(account: Account, resource: Resource, sought: str, order: str) -> Markup:
    orders = (("changed", "Last changed"), ("name", "Name"))
    choices = [el("option", text, value=key, selected=key == order) for key, text in orders]
    return el(
        "form",
        el("label", f"Search {layout.TITLES[resource.name].lower()}", for_="q", class_="hidden"),
        el("input", type="search", id="q", name="q", value=sought, placeholder="Name, email, number …"),
        el("label", "Order by", for_="order", class_="hidden"),
        el("select", choices, id="order", name="order"),
        el("button", "Search"),
        class_="search",
        action=layout.path(account, resource.section),
    )


def _table(world: World, account: Account, resource: Resource, rows: list[Row]) -> Markup:
    columns = COLUMNS[resource.name]
    head = [el("th", text, scope="col", class_=kind or None) for text, _, kind in columns]
    return el(
        "div",
        el(
            "table",
            el("caption", layout.TITLES[resource.name], class_="hidden"),
            el("thead", el("tr", el("th", "Name", scope="col"), head, el("th", "Last changed", scope="col"))),
            el("tbody", [_line(world, account, resource, row) for row in rows]),
        ),
        class_="table",
    )


def _line(world: World, account: Account, resource: Resource, row: Row) -> Markup:
    values = row.values
    cells = []
    for heading, cell, kind in COLUMNS[resource.name]:
        content = cell(account, values)
        kinds = " ".join(filter(None, (kind, "none" if content is None else "")))
        cells.append(el("td", content, data_label=heading, class_=kinds or None))
    return el(
        "tr",
        el(
            "th",
            el("a", values["name"], href=layout.path(account, resource.section, row.id)),
            " ",
            layout.synced_chip(values, short=True),
            scope="row",
        ),
        cells,
        el("td", layout.moment(world, values["modified_date"]), data_label="Last changed", class_="when"),
        data_key=f"{row.id}.{row.version}",
    )


def _empty(account: Account, resource: Resource, sought: str) -> Markup:
    what = layout.TITLES[resource.name].lower() if resource.name != "team-members" else "team members"
    if sought:
        text = f"No {what} match “{sought}”."
        way = el("a", "Show all", href=layout.path(account, resource.section))
    else:
        text = f"No {what} yet. They appear here when somebody adds them, here or through the API."
        way = el("a", layout.NEW[resource.name], href=layout.path(account, resource.section, "new"))
    return el("div", el("p", text), el("p", way), class_="empty")


def _pager(
    account: Account, resource: Resource, given: dict[str, str], *, at: int, pages: int, total: int
) -> Markup | None:
    if not total:
        return None

    def link(text: str, to: int) -> Markup:
        if not 1 <= to <= pages:
            return el("span", text, class_="off")
        kept = {key: given[key] for key in ("q", "order") if given.get(key)}
        return el("a", text, href=f"{layout.path(account, resource.section)}?{urlencode({**kept, 'page': to})}")

    first = (at - 1) * PAGE + 1
    return el(
        "nav",
        el("span", f"{first:,} to {min(at * PAGE, total):,} of {total:,}"),
        (link("Previous", at - 1), link("Next", at + 1)) if pages > 1 else None,
        class_="pager",
        aria_label="Pages",
    )
