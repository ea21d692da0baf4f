"""Stored records as Xero answers them, whole or as summaries."""

from __future__ import annotations

from collections.abc import Callable

from sandboxes.xero import wire
from sandboxes.xero.books import Books
from sandboxes.xero.contacts import ADDRESSES, PHONES
from sandboxes.xero.money import rounded
from sandboxes.xero.store import Record

Render = Callable[[Books, Record, bool, int], dict[str, object]]


def organisation(books: Books) -> dict[str, object]:
    """The organisation itself."""
    own = books.settings
    hidden = {"Currencies", "Users", "Title"}
    shown = {
        name: value
        for name, value in own.items()
        if name not in hidden and not name.startswith("Next") and not name.endswith("LockDate")
    }
    locks = {name: wire.day(own[name]) for name in ("PeriodLockDate", "EndOfYearLockDate") if own.get(name)}
    created = {"CreatedDateUTC": wire.time(own["CreatedDateUTC"])}
    lists: dict[str, object] = {"Addresses": [], "Phones": [], "ExternalLinks": [], "PaymentTerms": {}}
    return wire.filled(shown) | locks | created | lists


def _plain(*names: str) -> Callable[[Record], dict[str, object]]:
    return lambda record: wire.filled({name: record[name] for name in names})


_ACCOUNT = _plain(
    *("AccountID", "Code", "Name", "Type", "Status", "TaxType", "BankAccountNumber", "Description", "CurrencyCode"),
    *("EnablePaymentsToAccount", "ShowInExpenseClaims", "Class", "SystemAccount"),
)
_ITEM = _plain("ItemID", "Code", "Name", "Description", "PurchaseDescription", "IsSold", "IsPurchased")
_RATE = _plain(
    *("Name", "TaxType", "ReportTaxType", "CanApplyToAssets", "CanApplyToEquity", "CanApplyToExpenses"),
    *("CanApplyToLiabilities", "CanApplyToRevenue", "DisplayTaxRate", "EffectiveRate", "Status", "TaxComponents"),
)
_CONTACT = _plain(
    *("ContactID", "ContactNumber", "AccountNumber", "ContactStatus", "Name", "FirstName", "LastName"),
    *("CompanyNumber", "EmailAddress", "TaxNumber", "BankAccountDetails", "AccountsReceivableTaxType"),
    *("AccountsPayableTaxType", "SalesDefaultAccountCode", "PurchasesDefaultAccountCode", "DefaultCurrency"),
    *("IsCustomer", "IsSupplier"),
)


def account(books: Books, record: Record, whole: bool, decimals: int) -> dict[str, object]:
    """An account of the chart."""
    updated = wire.time(record["UpdatedDateUTC"])
    return _ACCOUNT(record) | {"HasAttachments": False, "UpdatedDateUTC": updated}


def tax_rate(books: Books, record: Record, whole: bool, decimals: int) -> dict[str, object]:
    """A tax rate with its components."""
    return _RATE(record)


def item(books: Books, record: Record, whole: bool, decimals: int) -> dict[str, object]:
    """An item; prices with the decimals asked for."""
    details = {name: _details(record[name], decimals) for name in ("SalesDetails", "PurchaseDetails")}
    updated = wire.time(record["UpdatedDateUTC"])
    return _ITEM(record) | details | {"IsTrackedAsInventory": False, "UpdatedDateUTC": updated}


def _details(details: Record, decimals: int) -> Record:
    if "UnitPrice" not in details:
        return details
    return details | {"UnitPrice": rounded(details["UnitPrice"], decimals)}


def contact(books: Books, record: Record, whole: bool, decimals: int) -> dict[str, object]:
    """A contact, always with two addresses and four phones."""
    addresses = [{"AddressType": kind, **record["Addresses"].get(kind, {})} for kind in ADDRESSES]
    blank = dict.fromkeys(("PhoneNumber", "PhoneAreaCode", "PhoneCountryCode"), "")
    kinds = [*PHONES, *(kind for kind in record["Phones"] if kind not in PHONES)]
    phones = [{"PhoneType": kind, **blank, **record["Phones"].get(kind, {})} for kind in kinds]
    shown = _CONTACT(record) | {"Addresses": addresses, "Phones": phones}
    shown |= {"UpdatedDateUTC": wire.time(record["UpdatedDateUTC"]), "ContactGroups": []}
    people = record["ContactPersons"] if whole else []
    shown |= {"ContactPersons": [wire.filled(person) for person in people], "HasAttachments": False}
    if whole and record["PaymentTerms"]:
        shown["PaymentTerms"] = record["PaymentTerms"]
    return shown | {"HasValidationErrors": False}


def _contact_within(books: Books, number: str) -> dict[str, object]:
    found = books["contacts"][number]
    return {"ContactID": number, "Name": found["Name"], "ContactPersons": [], "HasValidationErrors": False}


def _line(line: Record, decimals: int) -> dict[str, object]:
    shown: dict[str, object] = {"LineItemID": line["LineItemID"]}
    for name in ("Description", "Quantity", "UnitAmount", "LineAmount", "TaxAmount", "TaxType", "AccountCode"):
        if line.get(name) is not None:
            shown[name] = line[name]
    if line.get("UnitAmount") is not None:
        shown["UnitAmount"] = rounded(line["UnitAmount"], decimals)
    for name in ("AccountID", "ItemCode", "DiscountRate", "DiscountAmount"):
        if line.get(name) is not None:
            shown[name] = line[name]
    if line.get("ItemID"):
        shown["Item"] = {"ItemID": line["ItemID"], "Code": line["ItemCode"]}
    shown["Tracking"] = line["Tracking"]
    return shown


def _payment_within(payment: Record) -> dict[str, object]:
    return wire.filled(
        {
            "PaymentID": payment["PaymentID"],
            "Date": wire.day(payment["Date"]),
            "Amount": payment["Amount"],
            "Reference": payment["Reference"],
            "CurrencyRate": payment["CurrencyRate"],
            "HasAccount": False,
            "HasValidationErrors": False,
        }
    )


def _head(books: Books, record: Record) -> dict[str, object]:
    shown: dict[str, object] = {"Type": record["Type"], "Contact": _contact_within(books, record["ContactID"])}
    shown |= wire.dated("Date", record["Date"]) | wire.dated("DueDate", record["DueDate"])
    for name in ("Status", "LineAmountTypes", "SubTotal", "TotalTax", "Total", "CurrencyCode", "CurrencyRate"):
        shown[name] = record[name]
    if record["FullyPaidOnDate"]:
        shown["FullyPaidOnDate"] = wire.day(record["FullyPaidOnDate"])
    return shown


def invoice(books: Books, record: Record, whole: bool, decimals: int) -> dict[str, object]:
    """An invoice or bill; a summary has no lines."""
    number = record["InvoiceID"]
    shown: dict[str, object] = {"InvoiceID": number, "InvoiceNumber": record["Number"] or ""}
    shown |= {"Reference": record["Reference"] or ""}
    shown |= _head(books, record)
    if record["Url"]:
        shown["Url"] = record["Url"]
    if record["ExpectedPaymentDate"]:
        shown |= wire.dated("ExpectedPaymentDate", record["ExpectedPaymentDate"])
    for name in ("AmountDue", "AmountPaid", "AmountCredited"):
        shown[name] = record[name]
    if record["TotalDiscount"]:
        shown["TotalDiscount"] = record["TotalDiscount"]
    shown["LineItems"] = [_line(line, decimals) for line in record["Lines"]] if whole else []
    shown["Payments"] = [_payment_within(payment) for payment in books.payments_of(number)]
    shown["CreditNotes"] = [
        {
            "CreditNoteID": note["CreditNoteID"],
            "CreditNoteNumber": note["Number"] or "",
            "ID": note["CreditNoteID"],
            **wire.dated("Date", use["Date"]),
            "AppliedAmount": use["Amount"],
            "Total": note["Total"],
            "HasErrors": False,
            "LineItems": [],
        }
        for note, use in books.credits_of(number)
    ]
    shown |= {"Prepayments": [], "Overpayments": [], "SentToContact": record["SentToContact"]}
    shown |= {"IsDiscounted": bool(record["TotalDiscount"]), "HasAttachments": False, "HasErrors": False}
    return shown | wire.updated(record["UpdatedDateUTC"])


def _invoice_of(books: Books, number: str) -> dict[str, object]:
    found = books["invoices"][number]
    return {"InvoiceID": number, "InvoiceNumber": found["Number"] or "", "Type": found["Type"], "LineItems": []}


def allocation(books: Books, use: Record) -> dict[str, object]:
    """One use of credit on an invoice."""
    shown = {"AllocationID": use["AllocationID"], "Amount": use["Amount"], **wire.dated("Date", use["Date"])}
    return shown | {"Invoice": _invoice_of(books, use["InvoiceID"])}


def credit_note(books: Books, record: Record, whole: bool, decimals: int) -> dict[str, object]:
    """A credit note with what became of it; a summary has no lines."""
    number = record["CreditNoteID"]
    shown: dict[str, object] = {"CreditNoteID": number, "CreditNoteNumber": record["Number"] or "", "ID": number}
    shown |= {"Reference": record["Reference"] or ""} | _head(books, record)
    shown |= {"RemainingCredit": record["RemainingCredit"], "AppliedAmount": record["AppliedAmount"]}
    shown["LineItems"] = [_line(line, decimals) for line in record["Lines"]] if whole else []
    shown["Allocations"] = [allocation(books, use) for use in record["Allocations"]]
    shown["Payments"] = [_payment_within(payment) for payment in books.payments_of(number)]
    shown |= {"SentToContact": record["SentToContact"], "HasAttachments": False, "HasErrors": False}
    return shown | wire.updated(record["UpdatedDateUTC"])


def payment(books: Books, record: Record, whole: bool, decimals: int) -> dict[str, object]:
    """A payment with the head of the document it is on."""
    shown: dict[str, object] = {"PaymentID": record["PaymentID"], **wire.dated("Date", record["Date"])}
    for name in ("BankAmount", "Amount", "Reference", "CurrencyRate", "PaymentType", "Status", "IsReconciled"):
        if record[name] is not None:
            shown[name] = record[name]
    account = books["accounts"].get(record["AccountID"])
    if account:
        shown["Account"] = _plain("AccountID", "Code", "Name")(account)
    document = books[record["DocumentKind"]][record["DocumentID"]]
    if record["DocumentKind"] == "invoices":
        within = {"InvoiceID": record["DocumentID"], "InvoiceNumber": document["Number"] or ""}
        within |= {"AmountDue": document["AmountDue"], "AmountPaid": document["AmountPaid"]}
        shown["Invoice"] = within | _head(books, document) | {"LineItems": [], "HasErrors": False}
    else:
        within = {"CreditNoteID": record["DocumentID"], "CreditNoteNumber": document["Number"] or ""}
        within |= {"RemainingCredit": document["RemainingCredit"]}
        shown["CreditNote"] = within | _head(books, document) | {"LineItems": [], "HasErrors": False}
    shown |= {"HasAccount": account is not None, "HasValidationErrors": False}
    return shown | wire.updated(record["UpdatedDateUTC"])


BY_KIND: dict[str, Render] = {
    "accounts": account,
    "taxrates": tax_rate,
    "items": item,
    "contacts": contact,
    "invoices": invoice,
    "creditnotes": credit_note,
    "payments": payment,
}
