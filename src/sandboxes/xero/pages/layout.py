"""The frame of every page: the banner that says what this is, the organisation, its sections; and how figures look."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from urllib.parse import quote, urlencode

from sandboxes.kit.html import Markup, el, html_response
from sandboxes.kit.messages import Response
from sandboxes.xero import wire
from sandboxes.xero.books import Books
from sandboxes.xero.seed import person
from sandboxes.xero.store import Record
from sandboxes.xero.world import World

BANNER = "Sandbox of Xero, not Xero"
SECTIONS = {
    "invoices": "Invoices",
    "bills": "Bills",
    "credit-notes": "Credit notes",
    "contacts": "Contacts",
    "items": "Items",
    "accounts": "Accounts",
    "tax-rates": "Tax rates",
    "settings": "Settings",
}
WORDS = {
    "DRAFT": "Draft",
    "SUBMITTED": "Awaiting approval",
    "AUTHORISED": "Awaiting payment",
    "PAID": "Paid",
    "VOIDED": "Voided",
    "DELETED": "Deleted",
    "ACTIVE": "Active",
    "ARCHIVED": "Archived",
}
NOTICES = {
    "saved": "Saved.",
    "added": "Added.",
    "paid": "Payment received.",
    "unpaid": "Payment deleted.",
    "voided": "Voided.",
    "removed": "Deleted.",
    "credited": "Credit used.",
    "uncredited": "Credit taken back.",
    "archived": "Archived.",
    "restored": "Restored.",
    "approved": "Approved.",
}


def path(books: Books, *parts: object) -> str:
    """An address below an organisation."""
    return "/".join(["/app", quote(books.name, safe=""), *(quote(str(part), safe="") for part in parts)])


def page(
    world: World,
    title: str,
    *main: object,
    books: Books | None = None,
    section: str | None = None,
    watch: tuple[str, str] | None = None,
    status: int = 200,
    form_action: str = "'self'",
) -> Response:
    """A page; `watch` names the address of a version and the version shown, for the script that keeps it fresh."""
    head = (
        el("link", rel="stylesheet", href="/static/sandbox.css"),
        el("link", rel="stylesheet", href="/static/books.css"),
        el("link", rel="icon", href="/static/mark.svg", type="image/svg+xml"),
        el("script", src="/static/refresh.js", defer=True) if watch else None,
    )
    body = el(
        "body",
        el("a", "Skip to the content", href="#main", class_="skip"),
        el("p", el("strong", BANNER), class_="banner", role="note"),
        _top(books, section),
        el("main", main, id="main"),
        data_watch=watch[0] if watch else None,
        data_version=watch[1] if watch else None,
    )
    return html_response(f"{title} · {BANNER}", head, body, status=status, form_action=form_action)


def of_books(world: World, books: Books) -> tuple[str, str]:
    """The version that changes with every change of the books."""
    return path(books, "version"), f"{world.started}.{books.version}"


def of_record(world: World, books: Books, section: str, number: str, record: Record | None) -> tuple[str, str]:
    """The version of one record."""
    return path(books, section, number, "version"), f"{world.started}.{record['Version'] if record else 'gone'}"


def _top(books: Books | None, section: str | None) -> Markup:
    tabs = None
    if books is not None:
        tabs = el(
            "nav",
            [
                el("a", name, href=path(books, key), aria_current="page" if section == key else None)
                for key, name in SECTIONS.items()
            ],
            class_="tabs",
            aria_label="Sections",
        )
        own = books.settings
        first = (el("a", "Organisations", href="/", class_="home"), el("span", own["Name"], class_="account"))
    else:
        first = el("a", "Sandbox of Xero", href="/", class_="wordmark")
    you = el("span", "You edit as ", el("b", person(books)), class_="person") if books else None
    return el("header", el("div", first, you, class_="top"), tabs)


def heading(title: str, *beside: object) -> Markup:
    """The page's title, with what stands beside it."""
    return el("div", el("h1", title), el("div", beside, class_="actions") if beside else None, class_="title")


def notice(given: Mapping[str, str], problem: str | None = None) -> Markup | None:
    """What was just done, or why it was not."""
    if problem:
        return el("p", "Not done: ", problem, class_="notice bad", role="alert")
    told = next((text for key, text in NOTICES.items() if key in given), None)
    return el("p", told, class_="notice good", role="status") if told else None


def moved(here: str) -> Markup:
    """Shown by the script when the books change while somebody types."""
    return el(
        "p",
        "These books were changed elsewhere just now. Your typing is kept. ",
        el("a", "Show the new state", href=here),
        class_="notice warn",
        id="moved",
        role="status",
        hidden=True,
    )


def money(amount: object) -> str:
    """`1,234.50`."""
    return f"{amount:,.2f}" if isinstance(amount, Decimal) else ""


def day(text: object) -> str:
    """`2 Nov 2026`."""
    if not text:
        return ""
    at = date.fromisoformat(str(text))
    return f"{at.day} {at:%b %Y}"


def moment(milliseconds: int) -> Markup:
    """A time as a person reads it, in UTC."""
    at = wire.moment(milliseconds)
    return el("time", f"{at.day} {at:%b %Y, %H:%M:%S}", datetime=at.isoformat())


def chip(status: str, *, credit: bool = False) -> Markup:
    """A status as a small label; an approved credit note waits to be used."""
    words = {"AUTHORISED": "Awaiting use", "PAID": "Used"} if credit else {}
    return el("span", words.get(status) or WORDS.get(status, status), class_=f"chip {status.lower()}")


def tabs(books: Books, section: str, name: str, chosen: str, counted: Mapping[str, tuple[str, int]]) -> Markup:
    """Tabs of one list: key -> words and count."""
    return el(
        "nav",
        [
            el(
                "a",
                words,
                el("span", f"{count:,}", class_="count"),
                href=f"{path(books, section)}?{urlencode({name: key})}",
                aria_current="page" if key == chosen else None,
            )
            for key, (words, count) in counted.items()
        ],
        class_="subtabs",
        aria_label="States",
    )


def table(head: Iterable[tuple[str, str]], rows: list[Markup], empty: str) -> Markup:
    """A table of rows made by `line`; headings with their classes."""
    if not rows:
        return el("div", el("p", empty), class_="empty")
    cells = [el("th", words, scope="col", class_=kind or None) for words, kind in head]
    return el("div", el("table", el("thead", el("tr", cells)), el("tbody", rows)), class_="table")


def line(key: str, first: object, *cells: tuple[str, object, str]) -> Markup:
    """A row: its head, then heading, content and class of each cell."""
    return el(
        "tr",
        el("th", first, scope="row"),
        [
            el(
                "td",
                content,
                data_label=words,
                class_=" ".join(filter(None, (kind, "" if content else "none"))) or None,
            )
            for words, content, kind in cells
        ],
        data_key=key,
    )


def field(name: str, label: str, value: object = "", *, wide: bool = False, **more: str | int | bool | None) -> Markup:
    """A labelled input."""
    number = f"f-{name}"
    box = el("input", type="text", id=number, name=name, value=str(value or ""), autocomplete="off", **more)
    return el("div", el("label", label, for_=number), box, class_="field wide" if wide else "field")


def select(name: str, label: str, options: Iterable[tuple[str, str]], chosen: object) -> Markup:
    """A labelled choice; the chosen one is always marked, so that the script sees what a person changed."""
    number, offered = f"f-{name}", list(options)
    known = str(chosen or "")
    if all(key != known for key, _ in offered):
        offered = [*offered, (known, known)]
    boxes = [el("option", words, value=key, selected=key == known) for key, words in offered]
    return el("div", el("label", label, for_=number), el("select", boxes, id=number, name=name), class_="field")


def form(action: str, *parts: object, record: bool = False) -> Markup:
    """A form that posts; `record` has the script guard what is typed."""
    return el("form", parts, method="post", action=action, id="record" if record else None, autocomplete="off")


def press(action: str, words: str, *, danger: bool = False, **hidden: object) -> Markup:
    """A button that posts."""
    boxes = [el("input", type="hidden", name=name, value=str(value)) for name, value in hidden.items()]
    return form(action, boxes, el("button", words, class_="danger" if danger else None))


def history(record: Record) -> Markup:
    """What happened to a record, the newest first."""
    rows = [
        line(str(place), moment(entry["at"]), ("By", entry["who"], "line"), ("What", entry["what"], ""))
        for place, entry in reversed(list(enumerate(record["History"])))
    ]
    head = (("When (UTC)", ""), ("By", ""), ("What", ""))
    return el("section", el("h2", "History"), table(head, rows, "Nothing yet."))


def facts(title: str, found: Iterable[tuple[str, object]]) -> Markup:
    """Names and values beside a form."""
    rows = [el("div", el("dt", name), el("dd", value)) for name, value in found if value]
    return el("aside", el("h2", title), el("dl", rows))
