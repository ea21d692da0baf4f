"""Records in Xero's words, and answers about them, for tests that need no sandbox."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from instep.connect.protocols import Creation, Reply, Request
from instep.connectors.xero.connector import Xero

XERO = Xero()
SECRET = {"access_token": "tok-5e55a1f0", "tenant_id": "11111111-1111-4111-8111-111111111111"}
CONTACT, INVOICE, CREDIT = (f"{n}aaaaaaa-0000-4000-8000-000000000001" for n in (1, 2, 3))
SINCE = datetime(2026, 3, 31, 9, 5, 7, 999, tzinfo=UTC)
CLIENT = {
    "Name": "Müller & Söhne",
    "ContactNumber": "C17",
    "EmailAddress": "till@mueller.example",
    "TaxNumber": "51 824 753 556",
    "Phone": "(02) 9876 5432",
    "Mobile": None,
    "Address": "Level 2\n5 George St\nSydney NSW 2000",
}
LINES = [
    {"Description": "Work in July"},
    {
        "Description": "Design",
        "Quantity": "7.5",
        "UnitAmount": "150",
        "LineAmount": "1125.00 AUD",
        "TaxAmount": "112.50 AUD",
        "TaxType": "OUTPUT",
        "AccountCode": "200",
        "ItemCode": "J1/2",
    },
]
SALE = {
    "InvoiceNumber": "INV-1",
    "Contact": CONTACT,
    "Date": "2026-07-01",
    "DueDate": "2026-07-31",
    "Reference": "J1/2",
    "CurrencyCode": "AUD",
    "LineAmountTypes": "Exclusive",
    "LineItems": LINES,
    "SubTotal": "1125.00 AUD",
    "TotalTax": "112.50 AUD",
    "Total": "1237.50 AUD",
    "Url": "https://firm.example/invoices/7/",
}
NOTE = {**{n: v for n, v in SALE.items() if n not in ("InvoiceNumber", "DueDate", "Url")}, "CreditNoteNumber": "CN-1"}
CREDITED = {
    "Number": "CN-1/INV-1",
    "CreditNote": CREDIT,
    "Invoice": INVOICE,
    "Date": "2026-07-02",
    "Amount": "46.67 AUD",
}


def reply(body: Any, status: int = 200, **headers: str) -> Reply:
    return Reply(status, headers, body if isinstance(body, bytes) else json.dumps(body).encode())


def creates(remote_type: str, *fields: Mapping[str, Any]) -> Request:
    return XERO.ask_creates(remote_type, [Creation(each, "m") for each in fields], key="k-1")
