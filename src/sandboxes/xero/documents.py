"""Saving invoices, bills and credit notes: how one is found, which moves its status may make, what may still change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sandboxes.xero import contacts, lines, reading
from sandboxes.xero.books import Books, fold
from sandboxes.xero.desk import Desk, new_id
from sandboxes.xero.problems import Invalid
from sandboxes.xero.settling import settled
from sandboxes.xero.store import Record

STATUSES = ("DRAFT", "SUBMITTED", "DELETED", "AUTHORISED", "PAID", "VOIDED")
AMOUNTS = ("Exclusive", "Inclusive", "NoTax")
# From which status a client may go where.
_MOVES = {
    "DRAFT": ("DRAFT", "SUBMITTED", "AUTHORISED", "DELETED"),
    "SUBMITTED": ("DRAFT", "SUBMITTED", "AUTHORISED", "DELETED"),
    "AUTHORISED": ("AUTHORISED", "VOIDED"),
    "PAID": ("PAID", "AUTHORISED", "VOIDED"),
    "DELETED": (),
    "VOIDED": (),
}
# What may change once money is on a document; the first two leave the time of its last change.
_QUIET, _LOOSE = {"DueDate", "SentToContact"}, {"DueDate", "SentToContact", "Reference", "Url"}


@dataclass(frozen=True, slots=True)
class Form:
    """A kind of document and its words."""

    kind: str
    id: str
    number: str
    noun: str
    sales: str
    buys: str
    counter: str
    dates: tuple[str, ...]


INVOICE = Form(
    "invoices",
    "InvoiceID",
    "InvoiceNumber",
    "Invoice",
    "ACCREC",
    "ACCPAY",
    "NextInvoice",
    ("Date", "DueDate", "ExpectedPaymentDate"),
)
CREDIT = Form(
    "creditnotes",
    "CreditNoteID",
    "CreditNoteNumber",
    "Credit note",
    "ACCRECCREDIT",
    "ACCPAYCREDIT",
    "NextCreditNote",
    ("Date", "DueDate"),
)


def has_money(books: Books, form: Form, record: Record) -> bool:
    """Whether a payment or credit is on the document."""
    number = record[form.id]
    uses = record["Allocations"] if form is CREDIT else books.credits_of(number)
    return bool(uses) or bool(books.payments_of(number))


def check_open(desk: Desk, *days: str | None) -> None:
    """Refuse a date in a locked period. Raises Invalid."""
    locked = max(
        filter(None, (desk.books.settings.get(name) for name in ("PeriodLockDate", "EndOfYearLockDate"))), default=""
    )
    for day in filter(None, days):
        if locked and (day < locked or (day == locked and desk.switches["lock_day"] == "locked")):
            at = date.fromisoformat(locked)
            raise Invalid(
                f"The document date cannot be before the period lock date, currently set at {at.day} {at:%B %Y}"
            )


def find(desk: Desk, form: Form, sent: Mapping[str, object]) -> Record | None:
    """The document that is meant: by id, else a sale by its number. Raises Invalid for an id that is not there."""
    books = desk.books
    if sent.get(form.id):
        found = books[form.kind].get(reading.guid(sent[form.id]) or "")
        if found is None:
            raise Invalid(f"{form.noun} could not be found.")
        return found
    number = reading.text(sent, form.number)
    if number and sent.get("Type", form.sales) == form.sales:
        return books.tables[form.kind].one(form.sales, fold(number))
    return None


def save(desk: Desk, form: Form, sent: Mapping[str, object], *, create: bool, number: str | None = None) -> Record:
    """Create or change a document. Raises Invalid."""
    old = desk.books[form.kind][number] if number else find(desk, form, sent)
    if old is None:
        return _create(desk, form, sent)
    if create:
        raise Invalid(f"{form.noun} # must be unique.")
    return _change(desk, form, sent, old)


def _create(desk: Desk, form: Form, sent: Mapping[str, object]) -> Record:
    kind = reading.choice(sent, "Type", (form.sales, form.buys))
    if kind is None:
        raise Invalid(f"{form.noun} Type must be specified.")
    status = reading.choice(sent, "Status", STATUSES) or "DRAFT"
    if status not in ("DRAFT", "SUBMITTED", "AUTHORISED"):
        raise Invalid(f"{form.noun} not of valid status for modification")
    record: Record = {
        form.id: new_id(),
        "Type": kind,
        "Status": "DRAFT",
        "Number": None,
        "Reference": None,
        "Url": None,
        "SentToContact": False,
        "LineAmountTypes": "Exclusive",
        "CurrencyCode": desk.books.settings["BaseCurrency"],
        "CurrencyRate": Decimal("1.000000"),
        **dict.fromkeys(form.dates),
        "Lines": [],
        "Allocations": [],
    }
    return _saved(desk, form, sent, record, status=status, old=None)


def _change(desk: Desk, form: Form, sent: Mapping[str, object], old: Record) -> Record:
    refused = Invalid(f"{form.noun} not of valid status for modification")
    wanted = reading.choice(sent, "Status", STATUSES) or old["Status"]
    if wanted not in _MOVES[old["Status"]]:
        if old["Status"] in ("AUTHORISED", "PAID") and wanted == "DELETED" and has_money(desk.books, form, old):
            raise _has_money(form, wanted)
        raise refused
    if "Type" in sent and sent["Type"] != old["Type"]:
        raise refused
    if wanted in ("VOIDED", "DELETED"):
        if has_money(desk.books, form, old):
            raise _has_money(form, wanted)
        check_open(desk, old["Date"])
        return desk.keep(form.kind, old | {"Status": wanted}, wanted.capitalize())
    return _saved(desk, form, sent, old, status=wanted, old=old)


def _has_money(form: Form, status: str) -> Invalid:
    return Invalid(
        f"The status {status} cannot be applied to the {form.noun.lower()} "
        "because it has payments or credit notes allocated to it."
    )


def _saved(
    desk: Desk, form: Form, sent: Mapping[str, object], record: Record, *, status: str, old: Record | None
) -> Record:
    money = old is not None and has_money(desk.books, form, old)
    if old:
        check_open(desk, old["Date"])
    changed = _head(desk, form, sent, record)
    number = str(changed["Number"]) if changed["Number"] else None
    if number and changed["Type"] == form.sales:
        twin = desk.books.tables[form.kind].one(form.sales, fold(number))
        if twin and twin[form.id] != changed[form.id]:
            raise Invalid(f"{form.noun} # must be unique.")
    complete = status in ("SUBMITTED", "AUTHORISED", "PAID")
    terms = lines.Terms(
        amounts=changed["LineAmountTypes"],
        sales=changed["Type"] == form.sales,
        discounts=changed["Type"] == "ACCREC",
        complete=complete,
        keeps_tax=changed["LineAmountTypes"] == record["LineAmountTypes"],
    )
    changed["Lines"] = _lines(desk, sent, terms, old, complete)
    changed |= lines.totals(changed["Lines"], terms.amounts)
    _check(desk, form, changed, status)
    if old:
        moved = {name for name in changed if name not in old or changed[name] != old[name]}
        if money and moved - _LOOSE:
            raise Invalid("This document cannot be edited as it has a payment or credit note allocated to it.")
        quiet = money and bool(moved) and moved <= _QUIET
    else:
        quiet = False
    if changed["Number"] is None and changed["Type"] == form.sales:
        changed["Number"] = _next_number(desk, form)
    if not money:
        changed["Status"] = status
    what = (
        "Created" if old is None else "Approved" if complete and old["Status"] in ("DRAFT", "SUBMITTED") else "Edited"
    )
    contact = desk.books["contacts"][changed["ContactID"]]
    contacts.mark_side(desk, contact, changed["Type"] == form.sales)
    return desk.keep(form.kind, settled(desk.books, changed), what, quiet=quiet)


def _head(desk: Desk, form: Form, sent: Mapping[str, object], record: Record) -> Record:
    """The document with the fields of its head as they were sent."""
    changed = dict(record)
    if "Contact" in sent or "ContactID" not in record:
        changed["ContactID"] = contacts.of_document(desk, reading.inner(sent, "Contact"))["ContactID"]
    if form.number in sent:
        changed["Number"] = reading.text(sent, form.number, 255) or record["Number"]
    for name in ("Reference", "Url"):
        if name in sent:
            changed[name] = reading.text(sent, name, 255)
    for name in form.dates:
        if name in sent:
            changed[name] = reading.day(sent, name)
    changed["Date"] = changed["Date"] or desk.today
    if "SentToContact" in sent and form is INVOICE:
        changed["SentToContact"] = bool(reading.flag(sent, "SentToContact"))
    changed["LineAmountTypes"] = reading.choice(sent, "LineAmountTypes", AMOUNTS) or record["LineAmountTypes"]
    changed["CurrencyCode"] = reading.text(sent, "CurrencyCode") or record["CurrencyCode"]
    changed["CurrencyRate"] = reading.currency_rate(sent) or record["CurrencyRate"]
    return changed


def _lines(
    desk: Desk, sent: Mapping[str, object], terms: lines.Terms, old: Record | None, complete: bool
) -> list[Record]:
    told = reading.objects(sent, "LineItems")
    before = old["Lines"] if old else []
    if told is not None:
        return lines.build(desk, told, terms, before)
    if old and (old["LineAmountTypes"] != terms.amounts or (complete and old["Status"] == "DRAFT")):
        return lines.again(desk, before, terms)
    return before


def _check(desk: Desk, form: Form, record: Record, status: str) -> None:
    problems: list[str] = []
    if status in ("SUBMITTED", "AUTHORISED") and not record["Lines"]:
        problems.append("One or more line items must be specified")
    if status == "AUTHORISED" and form is INVOICE and not record["DueDate"]:
        problems.append("Due Date cannot be empty")
    if record["Total"] < 0:
        problems.append("The total of this document must be zero or more.")
    known = desk.books.settings["Currencies"]
    if record["CurrencyCode"] not in known:
        problems.append(f"Organisation is not subscribed to currency {record['CurrencyCode']}")
    if problems:
        raise Invalid(*problems)
    check_open(desk, record["Date"])


def _next_number(desk: Desk, form: Form) -> str:
    settings = desk.books.settings
    count, prefix = settings[form.counter], settings[f"{form.counter}Prefix"]
    while desk.books.tables[form.kind].one(form.sales, fold(f"{prefix}{count:04}")):
        count += 1
    desk.books.save_settings(**{form.counter: count + 1})
    return f"{prefix}{count:04}"
