"""Items, accounts and tax rates: a list and a short form each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandboxes.kit.html import Markup, el
from sandboxes.kit.messages import Response
from sandboxes.xero.accounts import CLASSES, OUTPUTS, REPORTS
from sandboxes.xero.books import Books
from sandboxes.xero.pages import layout
from sandboxes.xero.store import Record
from sandboxes.xero.world import World

# Section -> table, id, what one is called.
KINDS = {
    "items": ("items", "ItemID", "item"),
    "accounts": ("accounts", "AccountID", "account"),
    "tax-rates": ("taxrates", "TaxType", "tax rate"),
}


def show(world: World, books: Books, section: str, given: Mapping[str, str]) -> Response:
    """The list of a section."""
    table, number, noun = KINDS[section]
    head, cells = _columns(section)
    rows = sorted(books[table].values(), key=lambda row: str(row.get("Code") or row["Name"]))
    lines = [
        layout.line(
            f"{row[number]}.{row['Version']}",
            el("a", str(row.get("Code") or row["Name"]), href=layout.path(books, section, row[number])),
            *cells(row),
        )
        for row in rows
    ]
    title = layout.SECTIONS[section]
    return layout.page(
        world,
        f"{title}, {books.settings['Name']}",
        layout.heading(title, el("a", f"New {noun}", href=layout.path(books, section, "new"), class_="button")),
        layout.notice(given),
        el("div", layout.table(head, lines, f"No {title.lower()} yet."), id="fresh"),
        books=books,
        section=section,
        watch=layout.of_books(world, books),
    )


def _columns(section: str) -> tuple[tuple[tuple[str, str], ...], Any]:
    if section == "items":
        head = (("Code", ""), ("Name", ""), ("Price", "num"), ("Account", ""), ("Tax type", ""))

        def item(row: Record) -> tuple[tuple[str, object, str], ...]:
            details = row["SalesDetails"]
            price = layout.money(details.get("UnitPrice"))
            tail = (("Account", details.get("AccountCode"), ""), ("Tax type", details.get("TaxType"), ""))
            return ("Name", row["Name"], ""), ("Price", price, "num"), *tail

        return head, item
    if section == "accounts":
        head = (("Code", ""), ("Name", ""), ("Type", ""), ("Tax type", ""), ("Payments", ""), ("Status", ""))

        def account(row: Record) -> tuple[tuple[str, object, str], ...]:
            pays = "Yes" if row["EnablePaymentsToAccount"] else None
            head = (("Name", row["Name"], ""), ("Type", row["Type"].capitalize(), ""), ("Tax type", row["TaxType"], ""))
            return *head, ("Payments", pays, ""), ("Status", layout.chip(row["Status"]), "")

        return head, account
    head = (("Name", ""), ("Tax type", ""), ("Rate", "num"), ("Used for", ""), ("Status", ""))

    def rate(row: Record) -> tuple[tuple[str, object, str], ...]:
        sides = (("CanApplyToRevenue", "income"), ("CanApplyToExpenses", "expenses"))
        used = ", ".join(words for name, words in sides if row[name])
        per_cent = f"{row['EffectiveRate'].normalize():f} %"
        status = ("Status", layout.chip(row["Status"]), "")
        return ("Tax type", row["TaxType"], ""), ("Rate", per_cent, "num"), ("Used for", used, ""), status

    return head, rate


def one(
    world: World,
    books: Books,
    section: str,
    record: Record | None,
    *,
    given: Mapping[str, str],
    problem: str | None = None,
) -> Response:
    """The page of one record, or of a new one."""
    _, id_field, noun = KINDS[section]
    number = str(record[id_field]) if record else "new"
    title = str(record["Name"] or record.get("Code")) if record else f"New {noun}"
    here = layout.path(books, section, number)
    presses = None
    if record is not None and section == "accounts":
        words, status = ("Restore", "ACTIVE") if record["Status"] == "ARCHIVED" else ("Archive", "ARCHIVED")
        presses = el("div", layout.press(f"{here}/status", words, Status=status), class_="actions")
    boxes = {"items": _item, "accounts": _account, "tax-rates": _rate}[section](record, given if problem else {})
    return layout.page(
        world,
        f"{title}, {books.settings['Name']}",
        el("p", el("a", layout.SECTIONS[section], href=layout.path(books, section)), class_="crumbs"),
        el("div", el("h1", title), class_="title record"),
        layout.moved(here),
        el(
            "div",
            layout.notice(given, problem),
            presses,
            layout.form(
                here,
                el("fieldset", el("legend", noun.capitalize()), el("div", boxes, class_="fields")),
                el("div", el("button", f"Save {noun}" if record else f"Add {noun}", class_="main"), class_="actions"),
                record=True,
            ),
            layout.history(record) if record else None,
            id="fresh",
        ),
        books=books,
        section=section,
        watch=layout.of_record(world, books, section, number, record) if record and not problem else None,
        status=400 if problem else 200,
    )


def _item(record: Record | None, typed: Mapping[str, str]) -> list[Markup]:
    now = record or {"SalesDetails": {}}
    sales = now["SalesDetails"]
    return [
        layout.field("Code", "Code", typed.get("Code", now.get("Code"))),
        layout.field("Name", "Name", typed.get("Name", now.get("Name"))),
        layout.field("Description", "Sales description", typed.get("Description", now.get("Description")), wide=True),
        layout.field("UnitPrice", "Sales price", typed.get("UnitPrice", sales.get("UnitPrice"))),
        layout.field("AccountCode", "Sales account", typed.get("AccountCode", sales.get("AccountCode"))),
        layout.field("TaxType", "Tax type", typed.get("TaxType", sales.get("TaxType"))),
    ]


def _account(record: Record | None, typed: Mapping[str, str]) -> list[Markup]:
    now = record or {"Type": "REVENUE"}
    kinds = [(kind, kind.capitalize()) for kind in CLASSES]
    return [
        layout.field("Code", "Code", typed.get("Code", now.get("Code"))),
        layout.field("Name", "Name", typed.get("Name", now.get("Name"))),
        layout.select("Type", "Type", kinds, typed.get("Type", now["Type"])),
        layout.field("TaxType", "Tax type", typed.get("TaxType", now.get("TaxType"))),
        layout.field(
            "BankAccountNumber", "Bank account number", typed.get("BankAccountNumber", now.get("BankAccountNumber"))
        ),
        layout.select(
            "EnablePaymentsToAccount",
            "Payments to this account",
            (("false", "No"), ("true", "Yes")),
            typed.get("EnablePaymentsToAccount", str(bool(now.get("EnablePaymentsToAccount"))).lower()),
        ),
    ]


def _rate(record: Record | None, typed: Mapping[str, str]) -> list[Markup]:
    now = record or {"ReportTaxType": "OUTPUT", "TaxComponents": []}
    parts = now["TaxComponents"]
    rate = f"{parts[0]['Rate'].normalize():f}" if parts else ""
    kinds = sorted(set(REPORTS) | set(OUTPUTS))
    return [
        layout.field("Name", "Name", typed.get("Name", now.get("Name"))),
        layout.field("Rate", "Rate in per cent", typed.get("Rate", rate)),
        layout.select("ReportTaxType", "Reported as", ((kind, kind) for kind in kinds), now["ReportTaxType"]),
        layout.field("Shown", "Tax type", now.get("TaxType"), readonly=True),
    ]


def sent(section: str, posted: Mapping[str, str]) -> Record:
    """What a form says, as the fields of an element."""
    said: Record = {name: value.strip() for name, value in posted.items() if name != "Shown"}
    if section == "accounts":
        return said
    if section == "items":
        details = {name: said.pop(name) for name in ("UnitPrice", "AccountCode", "TaxType") if name in said}
        return said | {"SalesDetails": details}
    if "Rate" in said:
        said["TaxComponents"] = [{"Name": "Tax", "Rate": said.pop("Rate") or "0"}]
    return said
