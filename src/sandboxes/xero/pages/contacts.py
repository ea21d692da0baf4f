"""Contacts: the list with the archived ones apart, and the page of one."""

from __future__ import annotations

from collections.abc import Mapping

from sandboxes.kit.html import Markup, el
from sandboxes.kit.messages import Response
from sandboxes.xero.books import Books, fold
from sandboxes.xero.contacts import ADDRESS
from sandboxes.xero.money import ZERO
from sandboxes.xero.pages import layout
from sandboxes.xero.pages.documents import address
from sandboxes.xero.store import Record
from sandboxes.xero.world import World

_TEXTS = (
    ("Name", "Name"),
    ("AccountNumber", "Account number"),
    ("FirstName", "First name"),
    ("LastName", "Last name"),
    ("EmailAddress", "Email"),
    ("TaxNumber", "Tax number"),
    ("CompanyNumber", "Company number"),
)
_ADDRESS = tuple(name for name in ADDRESS if name != "AttentionTo")
_SHOWN = {
    "AddressLine1": "Street",
    "AddressLine2": "Street, line 2",
    "AddressLine3": "Line 3",
    "AddressLine4": "Line 4",
}


def show(world: World, books: Books, given: Mapping[str, str]) -> Response:
    """The list: `state` active or archived, `q` searched for; by name."""
    state = "archived" if given.get("state") == "archived" else "active"
    sought = given.get("q", "").strip()
    rows = list(books["contacts"].values())
    if sought:
        term = fold(sought)
        names = ("Name", "EmailAddress", "ContactNumber", "AccountNumber")
        rows = [row for row in rows if any(row[name] and term in fold(row[name]) for name in names)]
    counted = {
        key: (key.capitalize(), sum(row["ContactStatus"] == key.upper() for row in rows))
        for key in ("active", "archived")
    }
    rows = sorted((row for row in rows if row["ContactStatus"] == state.upper()), key=lambda row: fold(row["Name"]))
    lines = [_line(books, row) for row in rows]
    head = (("Name", ""), ("Email", ""), ("Number of an app", "wide"), ("They owe", "num"), ("We owe", "num"))
    new = el("a", "New contact", href=layout.path(books, "contacts", "new"), class_="button")
    search = el(
        "form",
        el("label", "Search", for_="q", class_="hidden"),
        el("input", type="search", id="q", name="q", value=sought, placeholder="Name, email, number"),
        el("button", "Search"),
        class_="search",
        action=layout.path(books, "contacts"),
    )
    return layout.page(
        world,
        f"Contacts, {books.settings['Name']}",
        layout.heading("Contacts", new),
        layout.notice(given),
        search,
        el(
            "div",
            layout.tabs(books, "contacts", "state", state, counted),
            layout.table(head, lines, "No contacts here."),
            id="fresh",
        ),
        books=books,
        section="contacts",
        watch=layout.of_books(world, books),
    )


def _line(books: Books, row: Record) -> Markup:
    due = {"ACCREC": ZERO, "ACCPAY": ZERO}
    for invoice in books.tables["invoices"].all("contact", row["ContactID"]):
        if invoice["Status"] == "AUTHORISED":
            due[invoice["Type"]] += invoice["AmountDue"]
    return layout.line(
        f"{row['ContactID']}.{row['Version']}",
        el("a", row["Name"], href=layout.path(books, "contacts", row["ContactID"])),
        ("Email", row["EmailAddress"], ""),
        ("Number of an app", row["ContactNumber"], "wide"),
        ("They owe", layout.money(due["ACCREC"]) if due["ACCREC"] else "", "num"),
        ("We owe", layout.money(due["ACCPAY"]) if due["ACCPAY"] else "", "num"),
    )


def one(
    world: World, books: Books, record: Record | None, *, given: Mapping[str, str], problem: str | None = None
) -> Response:
    """The page of a contact, or of a new one."""
    number = str(record["ContactID"]) if record else "new"
    title = str(record["Name"]) if record else "New contact"
    here = layout.path(books, "contacts", number)
    archived = record is not None and record["ContactStatus"] == "ARCHIVED"
    presses = None
    if record is not None:
        status, words = ("ACTIVE", "Restore") if archived else ("ARCHIVED", "Archive")
        presses = el("div", layout.press(f"{here}/status", words, ContactStatus=status), class_="actions")
    return layout.page(
        world,
        f"{title}, {books.settings['Name']}",
        el("p", el("a", "Contacts", href=layout.path(books, "contacts")), class_="crumbs"),
        el("div", el("h1", title), layout.chip("ARCHIVED") if archived else None, class_="title record"),
        layout.moved(here),
        el(
            "div",
            layout.notice(given, problem),
            presses,
            el("div", _form(record, here, given if problem else {}), _facts(record), class_="record"),
            _documents(books, record) if record else None,
            layout.history(record) if record else None,
            id="fresh",
        ),
        books=books,
        section="contacts",
        watch=layout.of_record(world, books, "contacts", number, record) if record and not problem else None,
        status=400 if problem else 200,
    )


def _form(record: Record | None, here: str, typed: Mapping[str, str]) -> Markup:
    now = record or {}
    street = now.get("Addresses", {}).get("STREET", {})
    phone = now.get("Phones", {}).get("DEFAULT", {}).get("PhoneNumber", "")
    fixed = now.get("ContactStatus") == "ARCHIVED"
    texts = [
        layout.field(name, words, typed.get(name, now.get(name)), readonly=fixed, required=name == "Name")
        for name, words in _TEXTS
    ]
    texts.append(layout.field("Phone", "Phone", typed.get("Phone", phone), readonly=fixed))
    place = [
        layout.field(name, _SHOWN.get(name, name), typed.get(name, street.get(name)), readonly=fixed)
        for name in _ADDRESS
    ]
    words = "Save contact" if record else "Add contact"
    return layout.form(
        here,
        el("fieldset", el("legend", "Contact"), el("div", texts, class_="fields")),
        el("fieldset", el("legend", "Street address"), el("div", place, class_="fields")),
        None if fixed else el("div", el("button", words, class_="main"), class_="actions"),
        record=True,
    )


def _facts(record: Record | None) -> Markup | None:
    if record is None:
        return None
    people = [
        " ".join(filter(None, (one["FirstName"], one["LastName"], one["EmailAddress"])))
        for one in record["ContactPersons"]
    ]
    found: list[tuple[str, object]] = [
        ("Number of an app", record["ContactNumber"]),
        ("Customer", "Yes" if record["IsCustomer"] else "No"),
        ("Supplier", "Yes" if record["IsSupplier"] else "No"),
        ("Further people", el("ul", [el("li", text) for text in people]) if people else None),
        ("Last changed (UTC)", layout.moment(record["UpdatedDateUTC"])),
        ("Id", record["ContactID"]),
    ]
    return layout.facts("About this contact", found)


def _documents(books: Books, record: Record) -> Markup:
    found = [
        (kind, row)
        for kind in ("invoices", "creditnotes")
        for row in books.tables[kind].all("contact", record["ContactID"])
    ]
    rows = [
        layout.line(
            f"{row['Number']}.{row['Version']}",
            el("a", row["Number"] or "(none)", href=address(books, kind, row)),
            ("Date", layout.day(row["Date"]), "line"),
            ("Status", layout.chip(row["Status"]), ""),
            ("Total", layout.money(row["Total"]), "num"),
        )
        for kind, row in found[-50:]
    ]
    head = (("Document", ""), ("Date", ""), ("Status", ""), ("Total", "num"))
    return el("section", el("h2", "Documents"), layout.table(head, rows, "None yet."))


def sent(posted: Mapping[str, str], record: Record | None) -> Record:
    """What the form says, as the fields of an element; what it does not show stays."""
    element: Record = {name: posted[name] for name, _ in _TEXTS if name in posted}
    old = record["Addresses"].get("STREET", {}) if record else {}
    if any(name in posted for name in _ADDRESS):
        place = {name: posted.get(name, "") for name in _ADDRESS}
        element["Addresses"] = [old | place | {"AddressType": "STREET"}]
    if "Phone" in posted:
        phone = record["Phones"].get("DEFAULT", {}) if record else {}
        element["Phones"] = [phone | {"PhoneType": "DEFAULT", "PhoneNumber": posted["Phone"]}]
    return element
