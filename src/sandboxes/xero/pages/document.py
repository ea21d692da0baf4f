"""The page of one invoice, bill or credit note: head and lines to edit, totals, money on it, history."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from sandboxes.kit.html import Markup, el
from sandboxes.kit.messages import Response
from sandboxes.xero.books import Books
from sandboxes.xero.documents import AMOUNTS, CREDIT, has_money
from sandboxes.xero.pages import layout
from sandboxes.xero.pages.documents import Section, address
from sandboxes.xero.store import Record
from sandboxes.xero.world import World

BLANK = 2  # empty lines that a form offers
LINE = ("LineItemID", "ItemCode", "Description", "Quantity", "UnitAmount", "AccountCode", "TaxType")


def show(
    world: World,
    books: Books,
    section: Section,
    record: Record | None,
    *,
    given: Mapping[str, str],
    problem: str | None = None,
) -> Response:
    """The page of a document, or of a new one; `problem` says why what was posted was not done."""
    number = str(record[section.form.id]) if record else "new"
    title = (record["Number"] or f"{section.noun.capitalize()} without a number") if record else f"New {section.noun}"
    here = layout.path(books, section.key, number)
    return layout.page(
        world,
        f"{title}, {books.settings['Name']}",
        el("p", el("a", layout.SECTIONS[section.key], href=layout.path(books, section.key)), class_="crumbs"),
        el(
            "div",
            el("h1", title),
            layout.chip(record["Status"], credit=section.form is CREDIT) if record else None,
            class_="title record",
        ),
        layout.moved(here),
        el(
            "div",
            layout.notice(given, problem),
            el(
                "div",
                _moves(books, section, record, here) if record else None,
                _form(books, section, record, here, given if problem else {}),
                _money(world, books, section, record, here) if record else None,
                id="record",
            ),
            layout.history(record) if record else None,
            id="fresh",
        ),
        books=books,
        section=section.key,
        watch=layout.of_record(world, books, section.key, number, record) if record and not problem else None,
        status=400 if problem else 200,
    )


def _moves(books: Books, section: Section, record: Record, here: str) -> Markup | None:
    status, money = record["Status"], has_money(books, section.form, record)
    presses: list[Markup] = []
    if status in ("DRAFT", "SUBMITTED"):
        presses.append(layout.press(f"{here}/status", "Approve", Status="AUTHORISED"))
        presses.append(layout.press(f"{here}/status", "Delete", danger=True, Status="DELETED"))
    elif status in ("AUTHORISED", "PAID") and not money:
        presses.append(layout.press(f"{here}/status", "Void", danger=True, Status="VOIDED"))
    return el("div", presses, class_="actions") if presses else None


def _form(books: Books, section: Section, record: Record | None, here: str, typed: Mapping[str, str]) -> Markup:
    fixed = record is not None and record["Status"] in ("VOIDED", "DELETED")
    money = record is not None and has_money(books, section.form, record)
    now: Record = record or {"LineAmountTypes": "Exclusive", "Lines": []}

    def said(name: str) -> object:
        return typed.get(name, now.get(name) or "")

    head = [_contact(books, record, typed)]
    if record is None or section.type == "ACCPAY":
        head.append(layout.field("Number", "Number", typed.get("Number", now.get("Number")), readonly=money or fixed))
    head += [
        layout.field("Reference", "Reference", said("Reference"), readonly=fixed),
        layout.field("Date", "Date (YYYY-MM-DD)", said("Date"), readonly=money or fixed),
        layout.field("DueDate", "Due date (YYYY-MM-DD)", said("DueDate"), readonly=fixed),
    ]
    if money or fixed:
        head.append(layout.field("Shown", "Amounts are", now["LineAmountTypes"], readonly=True))
        lines = _lines_shown(now["Lines"])
    else:
        head.append(
            layout.select("LineAmountTypes", "Amounts are", zip(AMOUNTS, AMOUNTS, strict=True), said("LineAmountTypes"))
        )
        lines = _lines_typed(now["Lines"], typed)
    words = f"Save {section.noun}" if record else f"Add {section.noun}"
    return layout.form(
        here,
        el("fieldset", el("legend", section.noun.capitalize()), el("div", head, class_="fields")),
        el("section", el("h2", "Lines"), lines, _totals(section, record) if record else None),
        None if fixed else el("div", el("button", words, class_="main"), class_="actions"),
    )


def _contact(books: Books, record: Record | None, typed: Mapping[str, str]) -> Markup:
    if record is None:
        return layout.field("ContactName", "Contact", typed.get("ContactName", ""), required=True)
    contact = books["contacts"][record["ContactID"]]
    return el(
        "div",
        el("span", "Contact", class_="quiet"),
        el("p", el("a", contact["Name"], href=layout.path(books, "contacts", contact["ContactID"]))),
        class_="field",
    )


def _lines_typed(lines: list[Record], typed: Mapping[str, str]) -> Markup:
    names = (("Item", "ItemCode"), ("Description", "Description"), ("Quantity", "Quantity"), ("Price", "UnitAmount"))
    names = (*names, ("Account", "AccountCode"), ("Tax type", "TaxType"))
    rows = []
    for place in range(len(lines) + BLANK):
        line: Record = lines[place] if place < len(lines) else {}
        boxes = [
            el(
                "td",
                el(
                    "input",
                    type="text",
                    name=f"{name}.{place}",
                    aria_label=f"{words}, line {place + 1}",
                    value=typed.get(f"{name}.{place}", _plain(line.get(name))),
                    autocomplete="off",
                ),
                data_label=words,
                class_="text" if name == "Description" else None,
            )
            for words, name in names
        ]
        known = el("input", type="hidden", name=f"LineItemID.{place}", value=line.get("LineItemID", ""))
        told = el("td", layout.money(line.get("TaxAmount")), known, data_label="Tax", class_="num")
        amount = el("td", layout.money(line.get("LineAmount")), data_label="Amount", class_="num")
        rows.append(el("tr", boxes, told, amount))
    head = [el("th", words, scope="col") for words, _ in names]
    figures = [el("th", words, scope="col", class_="num") for words in ("Tax", "Amount")]
    return el("div", el("table", el("thead", el("tr", head, figures)), el("tbody", rows)), class_="table lines")


def _plain(value: object) -> str:
    if not isinstance(value, Decimal):
        return str(value or "")
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _lines_shown(lines: list[Record]) -> Markup:
    head = (("Description", ""), ("Item", ""), ("Quantity", "num"), ("Price", "num"), ("Account", ""), ("Tax type", ""))
    rows = [
        layout.line(
            line["LineItemID"],
            line["Description"] or "",
            ("Item", line["ItemCode"], ""),
            ("Quantity", _plain(line["Quantity"]), "num"),
            ("Price", _plain(line["UnitAmount"]), "num"),
            ("Account", line["AccountCode"], ""),
            ("Tax type", line["TaxType"], ""),
            ("Tax", layout.money(line["TaxAmount"]), "num"),
            ("Amount", layout.money(line["LineAmount"]), "num"),
        )
        for line in lines
    ]
    return layout.table((*head, ("Tax", "num"), ("Amount", "num")), rows, "No lines.")


def _totals(section: Section, record: Record) -> Markup:
    left = "Remaining credit" if section.form is CREDIT else "Amount due"
    rows = [("Subtotal", record["SubTotal"], ""), ("Total tax", record["TotalTax"], "")]
    rows.append((f"Total {record['CurrencyCode']}", record["Total"], "due"))
    if record["AmountPaid"]:
        rows.append(("Refunded" if section.form is CREDIT else "Paid", -record["AmountPaid"], ""))
    used = record["AppliedAmount" if section.form is CREDIT else "AmountCredited"]
    if used:
        rows.append(("Credit used", -used, ""))
    rows.append((left, record[section.due], "due"))
    return el(
        "dl",
        [
            el("div", el("dt", words), el("dd", layout.money(amount)), class_=kind or None)
            for words, amount, kind in rows
        ],
        class_="totals",
    )


def _money(world: World, books: Books, section: Section, record: Record, here: str) -> Markup | None:
    if record["Status"] in ("DRAFT", "SUBMITTED"):
        return None
    number = record[section.form.id]
    payments = [
        layout.line(
            payment["PaymentID"],
            layout.day(payment["Date"]),
            ("Amount", layout.money(payment["Amount"]), "num"),
            ("Account", _account(books, payment), ""),
            ("Reference", payment["Reference"], ""),
            ("Status", layout.chip(payment["Status"]) if payment["Status"] == "DELETED" else "Received", ""),
            ("", _unless_deleted(here, payment), ""),
        )
        for payment in books.tables["payments"].all("document", number)
    ]
    head = (("Date", ""), ("Amount", "num"), ("Account", ""), ("Reference", ""), ("Status", ""), ("", ""))
    pays = "Refunds" if section.form is CREDIT else "Payments"
    open_ = record["Status"] == "AUTHORISED"
    return el(
        "div",
        el(
            "section",
            el("h2", pays),
            layout.table(head, payments, f"No {pays.lower()} yet."),
            _receive(world, books, section, record, here) if open_ else None,
        ),
        _credits(world, books, section, record, here),
    )


def _account(books: Books, payment: Record) -> str:
    found = books["accounts"].get(payment["AccountID"])
    return f"{found['Code']} {found['Name']}" if found else "gone"


def _unless_deleted(here: str, payment: Record) -> Markup | None:
    if payment["Status"] == "DELETED":
        return None
    return layout.press(f"{here}/unpay", "Delete payment", danger=True, PaymentID=payment["PaymentID"])


def _receive(world: World, books: Books, section: Section, record: Record, here: str) -> Markup:
    words = {"ACCREC": "Receive payment", "ACCPAY": "Make payment"}.get(section.type, "Refund")
    takes = [
        (row["Code"], f"{row['Code']} {row['Name']}")
        for row in books["accounts"].values()
        if row["Status"] == "ACTIVE" and (row["Type"] == "BANK" or row["EnablePaymentsToAccount"])
    ]
    return el(
        "form",
        layout.field("PayAmount", "Amount", f"{record[section.due]:.2f}", inputmode="decimal"),
        layout.field("PayDate", "Date (YYYY-MM-DD)", books.today(world.clock.now())),
        layout.select("PayCode", "Account", takes, takes[0][0] if takes else ""),
        layout.field("PayReference", "Reference"),
        el("button", words, class_="main"),
        method="post",
        action=f"{here}/pay",
        class_="inline",
        autocomplete="off",
    )


def _credits(world: World, books: Books, section: Section, record: Record, here: str) -> Markup | None:
    if section.form is not CREDIT:
        found = [(note, use) for note, use in books.credits_of(record["InvoiceID"])]
        rows = [
            layout.line(
                use["AllocationID"],
                el("a", note["Number"] or "Credit note", href=address(books, "creditnotes", note)),
                ("Date", layout.day(use["Date"]), ""),
                ("Amount", layout.money(use["Amount"]), "num"),
            )
            for note, use in found
        ]
        head = (("Credit note", ""), ("Date", ""), ("Amount", "num"))
        return el("section", el("h2", "Credit"), layout.table(head, rows, "No credit on it.")) if rows else None
    rows = [
        layout.line(
            use["AllocationID"],
            el(
                "a",
                books["invoices"][use["InvoiceID"]]["Number"],
                href=layout.path(books, "invoices", use["InvoiceID"]),
            ),
            ("Date", layout.day(use["Date"]), ""),
            ("Amount", layout.money(use["Amount"]), "num"),
            ("", layout.press(f"{here}/unuse", "Take back", danger=True, AllocationID=use["AllocationID"]), ""),
        )
        for use in record["Allocations"]
    ]
    head = (("Invoice", ""), ("Date", ""), ("Amount", "num"), ("", ""))
    return el(
        "section",
        el("h2", "Used on invoices"),
        layout.table(head, rows, "Not used yet."),
        _use(world, books, record, here) if record["Status"] == "AUTHORISED" else None,
    )


def _use(world: World, books: Books, record: Record, here: str) -> Markup | None:
    open_ = [
        row
        for row in books.tables["invoices"].all("contact", record["ContactID"])
        if row["Status"] == "AUTHORISED" and row["Type"] == "ACCREC"
    ]
    if not open_:
        return el("p", "This contact has no invoice awaiting payment.", class_="quiet")
    offered = [(row["InvoiceID"], f"{row['Number']}, {layout.money(row['AmountDue'])} due") for row in open_]
    most = min(record["RemainingCredit"], open_[0]["AmountDue"])
    return el(
        "form",
        layout.select("UseInvoice", "Invoice", offered, offered[0][0]),
        layout.field("UseAmount", "Amount", f"{most:.2f}", inputmode="decimal"),
        layout.field("UseDate", "Date (YYYY-MM-DD)", books.today(world.clock.now())),
        el("button", "Use credit", class_="main"),
        method="post",
        action=f"{here}/use",
        class_="inline",
        autocomplete="off",
    )


def sent(section: Section, posted: Mapping[str, str], record: Record | None) -> Record:
    """What a form says, as the fields of an element."""
    element: Record = {"Type": section.type}
    names = {"Number": section.form.number, "Reference": "Reference", "Date": "Date", "DueDate": "DueDate"}
    names["LineAmountTypes"] = "LineAmountTypes"
    for name, field in names.items():
        if name in posted:
            element[field] = posted[name].strip()
    if record is None:
        element["Contact"] = {"Name": posted.get("ContactName", "").strip()}
    lines = []
    place = 0
    while f"Description.{place}" in posted:
        said = {name: posted.get(f"{name}.{place}", "").strip() for name in LINE}
        if any(said[name] for name in LINE if name != "LineItemID"):
            lines.append({name: value for name, value in said.items() if value or name != "TaxType"})
        place += 1
    if place:
        element["LineItems"] = lines
    return element
