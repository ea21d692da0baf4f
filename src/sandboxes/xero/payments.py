"""Payments and refunds, and the use of credit notes on invoices."""

from __future__ import annotations

from collections.abc import Mapping

from sandboxes.xero import reading
from sandboxes.xero.books import fold
from sandboxes.xero.desk import Desk, new_id
from sandboxes.xero.documents import CREDIT, INVOICE, Form, check_open
from sandboxes.xero.money import rounded
from sandboxes.xero.problems import Invalid
from sandboxes.xero.settling import settle
from sandboxes.xero.store import Record

TYPES = {
    "ACCREC": "ACCRECPAYMENT",
    "ACCPAY": "ACCPAYPAYMENT",
    "ACCRECCREDIT": "ARCREDITPAYMENT",
    "ACCPAYCREDIT": "APCREDITPAYMENT",
}


def _document(desk: Desk, form: Form, named: Mapping[str, object]) -> Record:
    """An invoice or credit note by id or number. Raises Invalid."""
    table = desk.books.tables[form.kind]
    found = table.rows.get(reading.guid(named.get(form.id)) or "")
    number = reading.text(named, form.number)
    if found is None and not named.get(form.id) and number:
        found = table.one(form.sales, fold(number))
    if found is None:
        raise Invalid(f"{form.noun} could not be found.")
    return found


def create(desk: Desk, sent: Mapping[str, object]) -> Record:
    """Receive or make a payment. Raises Invalid."""
    invoice, note = reading.inner(sent, "Invoice"), reading.inner(sent, "CreditNote")
    if not invoice and sent.get("InvoiceNumber"):
        invoice = {"InvoiceNumber": sent["InvoiceNumber"]}
    if not note and sent.get("CreditNoteNumber"):
        note = {"CreditNoteNumber": sent["CreditNoteNumber"]}
    if bool(invoice) == bool(note):
        raise Invalid("A payment must name one invoice or one credit note.")
    form = INVOICE if invoice else CREDIT
    document = _document(desk, form, invoice or note)
    account = _account(desk, sent)
    amount, on = reading.number(sent, "Amount"), reading.day(sent, "Date") or desk.today
    if amount is None or rounded(amount) <= 0:
        raise Invalid("The payment amount must be greater than zero.")
    if document["Status"] != "AUTHORISED":
        raise Invalid("Payments can only be made against Authorised documents")
    amount = rounded(amount)
    if amount > document["AmountDue" if form is INVOICE else "RemainingCredit"]:
        raise Invalid("Payment amount exceeds the amount outstanding on this document")
    check_open(desk, on)
    rate = reading.currency_rate(sent) or document["CurrencyRate"]
    record: Record = {
        "PaymentID": new_id(),
        "DocumentID": document[form.id],
        "DocumentKind": form.kind,
        "AccountID": account["AccountID"],
        "Date": on,
        "Amount": amount,
        "CurrencyRate": rate,
        "BankAmount": rounded(amount / rate),
        "Reference": reading.text(sent, "Reference", 255),
        "IsReconciled": bool(reading.flag(sent, "IsReconciled")),
        "Status": "AUTHORISED",
        "PaymentType": TYPES[document["Type"]],
    }
    record = desk.keep("payments", record, "Created")
    settle(desk, form.kind, document[form.id], f"Payment of {amount} on {on}")
    return record


def _account(desk: Desk, sent: Mapping[str, object]) -> Record:
    named = reading.inner(sent, "Account")
    code = reading.text(named, "Code") or reading.text(sent, "Code")
    found = desk.books["accounts"].get(reading.guid(named.get("AccountID")) or "") if named.get("AccountID") else None
    if found is None and code and not named.get("AccountID"):
        found = desk.books.account(code)
    takes = found and (found["Type"] == "BANK" or found["EnablePaymentsToAccount"]) and found["Status"] == "ACTIVE"
    if found is None or not takes:
        raise Invalid(f"Account code '{code or named.get('AccountID')}' is not a valid account to make payments to.")
    return found


def delete(desk: Desk, number: str) -> Record:
    """Take a payment back; what it paid is due again. Raises Invalid."""
    payment = desk.books["payments"][number]
    if payment["Status"] == "DELETED":
        raise Invalid("Payment has already been deleted")
    check_open(desk, payment["Date"])
    record = desk.keep("payments", payment | {"Status": "DELETED"}, "Deleted")
    settle(desk, payment["DocumentKind"], payment["DocumentID"], f"Payment of {payment['Amount']} deleted")
    return record


def allocate(desk: Desk, note_id: str, sent: Mapping[str, object]) -> tuple[Record, Record]:
    """Use credit on an invoice; the credit note and the allocation. Raises Invalid."""
    note = desk.books["creditnotes"][note_id]
    if note["Status"] != "AUTHORISED":
        raise Invalid("Credit note not of valid status for modification")
    invoice = _document(desk, INVOICE, reading.inner(sent, "Invoice"))
    amount, on = reading.number(sent, "Amount"), reading.day(sent, "Date") or desk.today
    if amount is None or rounded(amount) <= 0:
        raise Invalid("The allocation amount must be greater than zero.")
    amount = rounded(amount)
    fits = invoice["ContactID"] == note["ContactID"] and note["Type"] == f"{invoice['Type']}CREDIT"
    if invoice["Status"] != "AUTHORISED" or not fits or invoice["CurrencyCode"] != note["CurrencyCode"]:
        raise Invalid("Credit can only be allocated to authorised documents of the same contact")
    if amount > note["RemainingCredit"]:
        raise Invalid("The credit note amount exceeds the remaining credit")
    if amount > invoice["AmountDue"]:
        raise Invalid("The allocation amount exceeds the amount outstanding on the invoice")
    check_open(desk, on)
    use: Record = {"AllocationID": new_id(), "InvoiceID": invoice["InvoiceID"], "Amount": amount, "Date": on}
    note = _with_uses(desk, note, [*note["Allocations"], use], f"Credit of {amount} used on {invoice['Number']}")
    settle(desk, "invoices", invoice["InvoiceID"], f"Credit of {amount} from {note['Number']}")
    return note, use


def _with_uses(desk: Desk, note: Record, uses: list[Record], what: str) -> Record:
    desk.books.put("creditnotes", note["CreditNoteID"], note | {"Allocations": uses})
    return settle(desk, "creditnotes", note["CreditNoteID"], what)


def take_back(desk: Desk, note_id: str, allocation_id: str) -> Record:
    """Take an allocation back. Raises Invalid."""
    note = desk.books["creditnotes"][note_id]
    use = next(use for use in note["Allocations"] if use["AllocationID"] == allocation_id)
    check_open(desk, use["Date"])
    left = [other for other in note["Allocations"] if other is not use]
    _with_uses(desk, note, left, f"Credit of {use['Amount']} taken back")
    settle(desk, "invoices", use["InvoiceID"], f"Credit of {use['Amount']} taken back")
    return use
