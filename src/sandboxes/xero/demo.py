"""Two invented practices to begin with: one in Australia (AUD, GST 10 %), one in the United Kingdom (GBP, VAT 20 %)."""

from __future__ import annotations

from datetime import date, timedelta

# Fixed, so that a test, a person and a demonstration may write them down.
AU_TENANT = "6f1c3a52-7d1e-4c57-9b0a-2f5c7e8d9a01"
UK_TENANT = "0b9e4d71-52c8-4f3e-8a6d-91f0c4b7e302"
CLIENT_ID, CLIENT_SECRET = "INSTEP-SANDBOX", "sandbox-secret"
TOKEN, REFRESH = "demo-access", "demo-refresh"
REDIRECTS = ("http://127.0.0.1:8000/", "http://localhost:8000/")


def seed(today: date, redirects: tuple[str, ...] = REDIRECTS) -> dict[str, object]:
    """The seed as of a day; an app may send people back to any address that begins with one of `redirects`."""
    return {
        "organisations": [_au(today), _uk(today)],
        "apps": [{"id": CLIENT_ID, "secret": CLIENT_SECRET, "name": "Instep", "redirects": list(redirects)}],
        "tokens": [
            {
                "token": TOKEN,
                "refresh": REFRESH,
                "app": CLIENT_ID,
                "user": "robin@keeler.example",
                "organisations": ["keeler", "ashdown"],
            }
        ],
    }


def _day(today: date, ago: int) -> str:
    return (today - timedelta(days=ago)).isoformat()


def _line(text: str, amount: str, code: str = "200", **more: object) -> dict[str, object]:
    return {"Description": text, "Quantity": "1", "UnitAmount": amount, "AccountCode": code, **more}


def _invoice(today: date, ago: int, number: str, contact: str, *lines: dict[str, object], **more: object) -> object:
    return {
        "Type": "ACCREC",
        "Status": "AUTHORISED",
        "InvoiceNumber": number,
        "Contact": {"Name": contact},
        "Date": _day(today, ago),
        "DueDate": _day(today, ago - 30),
        "LineItems": list(lines),
        **more,
    }


def _contact(name: str, email: str, *place: str) -> object:
    first, _, last = name.partition(" ")
    parts = ("AddressLine1", "City", "Region", "PostalCode", "Country")
    address = {"AddressType": "STREET", **dict(zip(parts, place, strict=True))}
    return {
        "Name": name,
        "EmailAddress": email,
        "Addresses": [address],
        "ContactPersons": [{"FirstName": "Accounts", "LastName": "Desk", "EmailAddress": email}],
        "AccountNumber": f"{first[:3]}{last[:3]}".upper(),
    }


def _au(today: date) -> dict[str, object]:
    harbour = _contact(
        "Harbour Foods", "accounts@harbourfoods.example", "12 Wharf Street", "Brisbane", "QLD", "4000", "Australia"
    )
    council = _contact(
        "Wattle Shire Council", "ap@wattleshire.example", "1 Civic Place", "Toowoomba", "QLD", "4350", "Australia"
    )
    banksia = _contact(
        "Banksia Schools", "finance@banksia.example", "88 College Road", "Ipswich", "QLD", "4305", "Australia"
    )
    gum = {"Name": "Gum Tree Surveys", "EmailAddress": "office@gumtree.example", "ContactNumber": "SUP-7"}
    return {
        "key": "keeler",
        "name": "Keeler & Reyes Architects Pty Ltd",
        "base": "AU",
        "tenant": AU_TENANT,
        "users": [{"name": "Robin Keeler", "email": "robin@keeler.example"}],
        "settings": {"TaxNumber": "51 824 753 556", "RegistrationNumber": "824 753 556"},
        "records": {
            "Items": [
                {
                    "Code": "PRINCIPAL",
                    "Name": "Principal, hour",
                    "Description": "Principal's time",
                    "SalesDetails": {"UnitPrice": "240.00", "AccountCode": "200", "TaxType": "OUTPUT"},
                },
                {
                    "Code": "DRAFTING",
                    "Name": "Drafting, hour",
                    "Description": "Drafting",
                    "SalesDetails": {"UnitPrice": "125.00", "AccountCode": "200", "TaxType": "OUTPUT"},
                },
            ],
            "Contacts": [harbour, council, banksia, gum],
            "Invoices": [
                _invoice(today, 75, "INV-0001", "Harbour Foods", _line("Concept design, stage 1", "12500.00")),
                _invoice(
                    today,
                    40,
                    "INV-0002",
                    "Wattle Shire Council",
                    _line("Library refit: documentation", "18400.00"),
                    _line("Printing and travel", "312.45", "202"),
                ),
                _invoice(
                    today,
                    12,
                    "INV-0003",
                    "Banksia Schools",
                    {"ItemCode": "PRINCIPAL", "Quantity": "14.5"},
                    {"ItemCode": "DRAFTING", "Quantity": "61.25"},
                ),
                _invoice(
                    today, 2, "INV-0004", "Harbour Foods", _line("Concept design, stage 2", "9300"), Status="DRAFT"
                ),
                {
                    "Type": "ACCPAY",
                    "Status": "AUTHORISED",
                    "InvoiceNumber": "GT-1182",
                    "Contact": {"Name": "Gum Tree Surveys"},
                    "Date": _day(today, 20),
                    "DueDate": _day(today, -10),
                    "LineItems": [_line("Site survey", "2850.00", "320")],
                },
            ],
            "CreditNotes": [
                {
                    "Type": "ACCRECCREDIT",
                    "Status": "AUTHORISED",
                    "CreditNoteNumber": "CN-0001",
                    "Contact": {"Name": "Wattle Shire Council"},
                    "Date": _day(today, 30),
                    "LineItems": [_line("Library refit: two sheets withdrawn", "900.00")],
                }
            ],
            "Allocations": [
                {
                    "CreditNoteNumber": "CN-0001",
                    "Invoice": {"InvoiceNumber": "INV-0002"},
                    "Amount": "600.00",
                    "Date": _day(today, 29),
                }
            ],
            "Payments": [
                {
                    "Invoice": {"InvoiceNumber": "INV-0001"},
                    "Account": {"Code": "090"},
                    "Amount": "13750.00",
                    "Date": _day(today, 44),
                    "Reference": "Harbour Foods",
                },
                {
                    "Invoice": {"InvoiceNumber": "INV-0002"},
                    "Account": {"Code": "090"},
                    "Amount": "10000.00",
                    "Date": _day(today, 9),
                },
            ],
        },
    }


def _uk(today: date) -> dict[str, object]:
    mill = _contact(
        "Mill Lane Homes", "ledger@milllane.example", "4 Mill Lane", "Leeds", "", "LS1 4AP", "United Kingdom"
    )
    return {
        "key": "ashdown",
        "name": "Ashdown Studio Ltd",
        "base": "UK",
        "tenant": UK_TENANT,
        "users": [{"name": "Robin Keeler", "email": "robin@keeler.example"}],
        "settings": {"TaxNumber": "GB 123 4567 89"},
        "records": {
            "Contacts": [mill, {"Name": "Thornfield Trust", "EmailAddress": "office@thornfield.example"}],
            "Invoices": [
                _invoice(today, 33, "INV-0001", "Mill Lane Homes", _line("Planning drawings", "6200.00")),
                _invoice(
                    today,
                    5,
                    "INV-0002",
                    "Thornfield Trust",
                    _line("Feasibility", "2400.00"),
                    LineAmountTypes="Inclusive",
                ),
            ],
            "Payments": [
                {
                    "Invoice": {"InvoiceNumber": "INV-0001"},
                    "Account": {"Code": "090"},
                    "Amount": "7440.00",
                    "Date": _day(today, 4),
                }
            ],
        },
    }
