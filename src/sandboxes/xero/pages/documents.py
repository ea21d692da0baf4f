"""The lists of invoices, bills and credit notes, with their states as tabs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from sandboxes.kit.html import Markup, el
from sandboxes.kit.messages import Response, whole
from sandboxes.xero.books import Books, fold
from sandboxes.xero.documents import CREDIT, INVOICE, Form
from sandboxes.xero.pages import layout
from sandboxes.xero.store import Record
from sandboxes.xero.world import World

PAGE = 50
TABS: dict[str, tuple[str, tuple[str, ...]]] = {
    "all": ("All", ("DRAFT", "SUBMITTED", "AUTHORISED", "PAID", "VOIDED", "DELETED")),
    "draft": ("Draft", ("DRAFT",)),
    "submitted": ("Awaiting approval", ("SUBMITTED",)),
    "open": ("Awaiting payment", ("AUTHORISED",)),
    "paid": ("Paid", ("PAID",)),
    "voided": ("Voided", ("VOIDED", "DELETED")),
}


@dataclass(frozen=True, slots=True)
class Section:
    """A section of documents: its form on the wire, its type, and its words."""

    key: str
    form: Form
    type: str
    noun: str
    due: str


SECTIONS = {
    "invoices": Section("invoices", INVOICE, "ACCREC", "invoice", "AmountDue"),
    "bills": Section("bills", INVOICE, "ACCPAY", "bill", "AmountDue"),
    "credit-notes": Section("credit-notes", CREDIT, "ACCRECCREDIT", "credit note", "RemainingCredit"),
}


def address(books: Books, kind: str, record: Record) -> str:
    """The page of a document."""
    key = "credit-notes" if kind == "creditnotes" else "bills" if record["Type"] == "ACCPAY" else "invoices"
    return layout.path(books, key, record["CreditNoteID" if kind == "creditnotes" else "InvoiceID"])


def show(world: World, books: Books, section: Section, given: Mapping[str, str]) -> Response:
    """The list: `state` is a tab, `q` is searched for, `page` counts from 1; the newest first."""
    state = given.get("state", "all") if given.get("state", "all") in TABS else "all"
    sought = given.get("q", "").strip()
    rows = [row for row in books[section.form.kind].values() if row["Type"] == section.type]
    if sought:
        rows = [row for row in rows if _matches(books, row, fold(sought))]
    counted = {key: (words, sum(row["Status"] in statuses for row in rows)) for key, (words, statuses) in TABS.items()}
    rows = [row for row in rows if row["Status"] in TABS[state][1]]
    rows.sort(key=lambda row: (row["Date"], row["UpdatedDateUTC"]), reverse=True)
    pages = max(1, -(-len(rows) // PAGE))
    at = min(whole(given.get("page", "1"), 1) or 1, pages)
    title = layout.SECTIONS[section.key]
    new = el("a", f"New {section.noun}", href=layout.path(books, section.key, "new"), class_="button")
    return layout.page(
        world,
        f"{title}, {books.settings['Name']}",
        layout.heading(title, new),
        layout.notice(given),
        _search(books, section, sought, state),
        el(
            "div",
            layout.tabs(books, section.key, "state", state, counted),
            _table(books, section, rows[(at - 1) * PAGE : at * PAGE]),
            _pager(books, section, {"state": state, "q": sought}, at=at, pages=pages, total=len(rows)),
            id="fresh",
        ),
        books=books,
        section=section.key,
        watch=layout.of_books(world, books),
    )


def _words(section: Section, key: str, words: str) -> str:
    return {"open": "Awaiting use", "paid": "Used"}.get(key, words) if section.form is CREDIT else words


def _matches(books: Books, row: Record, term: str) -> bool:
    texts = (row["Number"], row["Reference"], books["contacts"][row["ContactID"]]["Name"], f"{row['Total']}")
    return any(text and term in fold(text) for text in texts)


def _search(books: Books, section: Section, sought: str, state: str) -> Markup:
    return el(
        "form",
        el("label", "Search", for_="q", class_="hidden"),
        el("input", type="search", id="q", name="q", value=sought, placeholder="Number, reference, contact, amount"),
        el("input", type="hidden", name="state", value=state),
        el("button", "Search"),
        class_="search",
        action=layout.path(books, section.key),
    )


def _table(books: Books, section: Section, rows: list[Record]) -> Markup:
    left = "Credit left" if section.form is CREDIT else "Due"
    head = (("Number", ""), ("To" if section.type != "ACCPAY" else "From", ""), ("Ref", ""), ("Date", ""))
    head = (*head, ("Due date", ""), ("Status", ""), ("Total", "num"), (left, "num"))
    lines = [
        layout.line(
            f"{row[section.form.id]}.{row['Version']}",
            el("a", row["Number"] or "(none)", href=address(books, section.form.kind, row)),
            (head[1][0], books["contacts"][row["ContactID"]]["Name"], ""),
            ("Ref", row["Reference"], "wide"),
            ("Date", layout.day(row["Date"]), "line"),
            ("Due date", layout.day(row["DueDate"]), "line"),
            ("Status", layout.chip(row["Status"], credit=section.form is CREDIT), ""),
            ("Total", layout.money(row["Total"]), "num"),
            (left, layout.money(row[section.due]), "num"),
        )
        for row in rows
    ]
    return layout.table(head, lines, f"No {layout.SECTIONS[section.key].lower()} here.")


def _pager(
    books: Books, section: Section, kept: Mapping[str, str], *, at: int, pages: int, total: int
) -> Markup | None:
    if not total:
        return None

    def link(text: str, to: int) -> Markup:
        if not 1 <= to <= pages:
            return el("span", text, class_="off")
        return el("a", text, href=f"{layout.path(books, section.key)}?{urlencode({**kept, 'page': to})}")

    first = (at - 1) * PAGE + 1
    return el(
        "nav",
        el("span", f"{first:,} to {min(at * PAGE, total):,} of {total:,}"),
        (link("Previous", at - 1), link("Next", at + 1)) if pages > 1 else None,
        class_="pager",
        aria_label="Pages",
    )
