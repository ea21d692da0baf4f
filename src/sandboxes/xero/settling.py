"""What is paid, credited and due on a document, and that it becomes PAID by itself and comes back."""

from __future__ import annotations

from sandboxes.xero.books import Books
from sandboxes.xero.desk import Desk
from sandboxes.xero.money import ZERO
from sandboxes.xero.store import Record


def settled(books: Books, record: Record) -> Record:
    """The document with its amounts and status as payments and credit make them."""
    note = "CreditNoteID" in record
    number = record["CreditNoteID"] if note else record["InvoiceID"]
    payments = books.payments_of(number)
    uses = record["Allocations"] if note else [use for _, use in books.credits_of(number)]
    paid = sum((payment["Amount"] for payment in payments), ZERO)
    credited = sum((use["Amount"] for use in uses), ZERO)
    due = record["Total"] - paid - credited
    if note:
        amounts = {"RemainingCredit": due, "AppliedAmount": credited, "AmountPaid": paid}
    else:
        amounts = {"AmountDue": due, "AmountPaid": paid, "AmountCredited": credited}
    status, on = record["Status"], None
    if status in ("AUTHORISED", "PAID"):
        status = "AUTHORISED" if due else "PAID"
        if status == "PAID":
            on = max([*(row["Date"] for row in payments), *(use["Date"] for use in uses)], default=record["Date"])
    return record | amounts | {"Status": status, "FullyPaidOnDate": on}


def settle(desk: Desk, kind: str, number: str, what: str) -> Record:
    """Compute a stored document anew after money moved."""
    return desk.keep(kind, settled(desk.books, desk.books[kind][number]), what)
