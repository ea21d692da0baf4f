"""Which fields `where` and `order` know, of each kind of record, and how their values are found."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache

from sandboxes.xero.books import IDS
from sandboxes.xero.where import Fields, Get, Type


@lru_cache(4096)
def _midnight(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1000


def _get(name: str) -> Get:
    return lambda books, row: row.get(name)


def _day(name: str) -> Get:
    return lambda books, row: _midnight(row[name]) if row[name] else None


def _contact(name: str) -> Get:
    return lambda books, row: books["contacts"][row["ContactID"]][name]


def _document(name: str, kind: str) -> Get:
    return lambda books, row: books[kind][row["DocumentID"]][name] if row["DocumentKind"] == kind else None


def _account(name: str) -> Get:
    return lambda books, row: books["accounts"].get(row["AccountID"], {}).get(name)


def _all(kind: Type, *names: str) -> Fields:
    return {name: (kind, _get(name)) for name in names}


_UPDATED = _all(Type.TIME, "UpdatedDateUTC")
_DOCUMENT: Fields = {
    **_all(Type.TEXT, "Type", "Status", "Reference", "LineAmountTypes", "CurrencyCode"),
    **_all(Type.NUMBER, "SubTotal", "TotalTax", "Total", "CurrencyRate", "AmountPaid"),
    **{name: (Type.TIME, _day(name)) for name in ("Date", "DueDate", "FullyPaidOnDate")},
    **_all(Type.FLAG, "SentToContact"),
    "Contact.ContactID": (Type.GUID, _get("ContactID")),
    **{f"Contact.{name}": (Type.TEXT, _contact(name)) for name in ("Name", "ContactNumber", "EmailAddress")},
    **_UPDATED,
}

BY_KIND: dict[str, Fields] = {
    "accounts": {
        **_all(Type.GUID, "AccountID"),
        **_all(Type.TEXT, "Code", "Name", "Type", "Status", "Class", "TaxType", "SystemAccount", "CurrencyCode"),
        **_all(Type.TEXT, "Description", "BankAccountNumber"),
        **_all(Type.FLAG, "EnablePaymentsToAccount", "ShowInExpenseClaims"),
        **_UPDATED,
    },
    "taxrates": {
        **_all(Type.TEXT, "Name", "TaxType", "Status", "ReportTaxType"),
        **_all(Type.NUMBER, "DisplayTaxRate", "EffectiveRate"),
        **_all(Type.FLAG, "CanApplyToAssets", "CanApplyToEquity", "CanApplyToExpenses", "CanApplyToLiabilities"),
        **_all(Type.FLAG, "CanApplyToRevenue"),
    },
    "items": {
        **_all(Type.GUID, "ItemID"),
        **_all(Type.TEXT, "Code", "Name", "Description", "PurchaseDescription"),
        **_all(Type.FLAG, "IsSold", "IsPurchased"),
        **_UPDATED,
    },
    "contacts": {
        **_all(Type.GUID, "ContactID"),
        **_all(Type.TEXT, "Name", "ContactNumber", "AccountNumber", "ContactStatus", "FirstName", "LastName"),
        **_all(Type.TEXT, "EmailAddress", "TaxNumber", "CompanyNumber"),
        **_all(Type.FLAG, "IsCustomer", "IsSupplier"),
        **_UPDATED,
    },
    "invoices": {
        **_DOCUMENT,
        **_all(Type.GUID, "InvoiceID"),
        "InvoiceNumber": (Type.TEXT, _get("Number")),
        **_all(Type.NUMBER, "AmountDue", "AmountCredited"),
    },
    "creditnotes": {
        **_DOCUMENT,
        **_all(Type.GUID, "CreditNoteID"),
        "CreditNoteNumber": (Type.TEXT, _get("Number")),
        **_all(Type.NUMBER, "RemainingCredit"),
    },
    "payments": {
        **_all(Type.GUID, "PaymentID"),
        **_all(Type.TEXT, "Status", "PaymentType", "Reference"),
        **_all(Type.NUMBER, "Amount", "BankAmount", "CurrencyRate"),
        **_all(Type.FLAG, "IsReconciled"),
        "Date": (Type.TIME, _day("Date")),
        "Invoice.InvoiceID": (Type.GUID, _document("InvoiceID", "invoices")),
        "Invoice.InvoiceNumber": (Type.TEXT, _document("Number", "invoices")),
        "Invoice.Type": (Type.TEXT, _document("Type", "invoices")),
        "CreditNote.CreditNoteID": (Type.GUID, _document("CreditNoteID", "creditnotes")),
        "CreditNote.CreditNoteNumber": (Type.TEXT, _document("Number", "creditnotes")),
        "Account.AccountID": (Type.GUID, _get("AccountID")),
        "Account.Code": (Type.TEXT, _account("Code")),
        **_UPDATED,
    },
}
assert set(BY_KIND) == set(IDS)
