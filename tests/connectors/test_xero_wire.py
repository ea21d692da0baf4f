"""Requests to Xero byte by byte, as its own description wants them."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from instep.connect.protocols import (
    Connector,
    KnowsReferences,
    NeedsPerson,
    RenewsAccess,
    Request,
    SignsIn,
    TakesBatches,
)
from instep.connectors.xero.connector import BATCH
from instep.connectors.xero.documents import line_body
from tests.connectors import xero_description
from tests.connectors.xero_words import (
    CLIENT,
    CONTACT,
    CREDIT,
    CREDITED,
    INVOICE,
    NOTE,
    SALE,
    SECRET,
    SINCE,
    XERO,
    creates,
)


def requests() -> dict[str, Request]:
    asked = [
        XERO.ask_identity(),
        *(
            XERO.ask_page(t, since=None, after=None)
            for t in ("contacts", "items", "invoices", "credit-notes", "payments")
        ),
        *(
            XERO.ask_page(t, since=SINCE, after="3")
            for t in ("contacts", "items", "invoices", "credit-notes", "payments")
        ),
        *(XERO.ask_page(t, since=None, after=None) for t in XERO.references),
        *(XERO.ask_record(t, INVOICE) for t in ("contacts", "items", "invoices", "credit-notes", "payments")),
        XERO.ask_record("credit-allocations", f"{CREDIT}/{INVOICE}"),
        *(XERO.ask_create(t, f, marker="m") for t, f in (("contacts", CLIENT), ("invoices", SALE))),
        creates("contacts", CLIENT, {"Name": "Second"}),
        creates("items", {"Code": "J1/2", "Name": "House"}),
        creates("invoices", *[{**SALE, "InvoiceNumber": f"INV-{n}"} for n in range(BATCH)]),
        creates("credit-notes", NOTE),
        creates("credit-allocations", CREDITED),
        XERO.ask_update("contacts", CONTACT, CLIENT, version=None),
        XERO.ask_remove("contacts", CONTACT, "archive", version=None),
        XERO.ask_update("items", "J1/2", {"Name": "A house"}, version=None),
    ]
    return {f"{n} {r.operation}": r for n, r in enumerate(asked)}


def body(request: Request) -> Any:
    return json.loads(request.body or b"", parse_float=Decimal)


# --- requests ---------------------------------------------------------------------------------------------------------


def test_it_can_do_all_that_the_engine_may_ask() -> None:
    for protocol in (Connector, TakesBatches, RenewsAccess, KnowsReferences, SignsIn):
        assert isinstance(XERO, protocol)
    assert XERO.address == "https://api.xero.com/api.xro/2.0/"
    assert XERO.asks_first


@pytest.mark.capability("D-09")
@pytest.mark.parametrize("name", requests())
def test_every_request_is_as_xeros_own_description_says(name: str) -> None:
    assert xero_description.faults(XERO.sign(requests()[name], SECRET)) == []


def test_the_description_is_held_to() -> None:
    wrong = replace(creates("invoices", SALE), body=b'{"Invoices": [{"Type": "SALE", "Total": 1, "Colour": "red"}]}')
    found = " ".join(xero_description.faults(XERO.sign(wrong, SECRET)))

    assert "SALE" in found or "Request body validation error" in found
    assert "body.Invoices.Total is read only" in found
    assert "body.Invoices.Colour is not described" in found


def test_lists_are_asked_for_in_an_order_that_edits_cannot_shift() -> None:
    first = XERO.ask_page("contacts", since=None, after=None)
    later = XERO.ask_page("invoices", since=SINCE, after="3")

    assert dict(first.query) == {
        "page": "1",
        "pageSize": "1000",
        "order": "ContactID ASC",
        "includeArchived": "true",
    }
    assert not any(name == "If-Modified-Since" for name, _ in first.headers)
    assert dict(later.query)["order"] == "InvoiceID ASC"
    assert (dict(later.query)["page"], dict(later.query)["where"]) == ("3", 'Type=="ACCREC"')
    assert dict(later.headers)["If-Modified-Since"] == "2026-03-31T09:05:07Z"
    with pytest.raises(ValueError, match="inside credit notes"):
        XERO.ask_page("credit-allocations", since=None, after=None)


@pytest.mark.capability("B-04", "D-19", "D-20")
def test_an_invoice_goes_as_it_was_issued_and_names_its_contact_by_id_alone() -> None:
    request = creates("invoices", SALE)

    assert (request.method, request.path) == ("PUT", "Invoices")
    assert dict(request.query) == {"summarizeErrors": "false", "unitdp": "4"}
    assert dict(request.headers)["Idempotency-Key"] == "k-1"
    assert body(request) == {
        "Invoices": [
            {
                "Type": "ACCREC",
                "Status": "AUTHORISED",
                "InvoiceNumber": "INV-1",
                "Contact": {"ContactID": CONTACT},
                "Date": "2026-07-01",
                "DueDate": "2026-07-31",
                "Reference": "J1/2",
                "CurrencyCode": "AUD",
                "LineAmountTypes": "Exclusive",
                "Url": "https://firm.example/invoices/7/",
                "LineItems": [
                    {"Description": "Work in July"},
                    {
                        "Description": "Design",
                        "Quantity": Decimal("7.5"),
                        "UnitAmount": 150,
                        "LineAmount": Decimal("1125.00"),
                        "TaxType": "OUTPUT",
                        "TaxAmount": Decimal("112.50"),
                        "AccountCode": "200",
                        "ItemCode": "J1/2",
                    },
                ],
            }
        ]
    }


@pytest.mark.capability("B-11")
def test_a_credit_is_set_against_its_invoice_by_a_call_of_its_own() -> None:
    request = creates("credit-allocations", CREDITED)

    assert (request.method, request.path) == ("PUT", f"CreditNotes/{CREDIT}/Allocations")
    assert body(request) == {
        "Allocations": [{"Invoice": {"InvoiceID": INVOICE}, "Amount": Decimal("46.67"), "Date": "2026-07-02"}]
    }


def test_a_contact_is_changed_in_what_is_given_and_its_people_are_not_named() -> None:
    request = XERO.ask_update("contacts", CONTACT, {"Mobile": None, "Address": "5 George St"}, version=None)

    assert (request.method, request.path) == ("POST", f"Contacts/{CONTACT}")
    (sent,) = body(request)["Contacts"]
    assert set(sent) == {"ContactID", "Phones", "Addresses"}
    assert sent["Phones"] == [{"PhoneType": "MOBILE", "PhoneNumber": "", "PhoneAreaCode": "", "PhoneCountryCode": ""}]
    (address,) = sent["Addresses"]
    assert (address["AddressType"], address["AddressLine1"], address["City"]) == ("POBOX", "5 George St", "")
    for remote_type in ("invoices", "credit-notes", "payments", "credit-allocations"):
        with pytest.raises(ValueError, match="never changed"):
            XERO.ask_update(remote_type, INVOICE, {}, version=None)
    with pytest.raises(ValueError, match="Website"):
        XERO.ask_create("contacts", {"Website": "x"}, marker="m")


@pytest.mark.parametrize(
    ("quantity", "price", "amount", "sent"),
    [
        ("7.5", "150", "1125.00", ("7.5", "150")),
        ("0.333333", "100", "33.33", ("1", "33.33")),  # six decimals: Xero knows four
        ("3", "33.335", "100.01", ("3", "33.335")),
        ("3", "33.33", "100.00", ("1", "100.00")),  # not its product
        (None, None, "80.00", ("1", "80.00")),
        ("1", "0", "0.00", ("1", "0")),
        ("-2", "10.5", "-21.00", ("-2", "10.5")),
    ],
)
def test_the_amount_of_a_line_holds_whatever_its_price(
    quantity: str | None, price: str | None, amount: str, sent: tuple[str, str]
) -> None:
    line = line_body({"Quantity": quantity, "UnitAmount": price, "LineAmount": f"{amount} AUD"})

    assert (line["Quantity"], line["UnitAmount"]) == tuple(map(Decimal, sent))
    assert line["LineAmount"] == Decimal(amount)


def test_amounts_are_exact_at_any_size() -> None:
    request = creates("invoices", {**SALE, "LineItems": [{"Description": "x", "LineAmount": "90071992547409.93 AUD"}]})

    assert b'"LineAmount": 90071992547409.93' in (request.body or b"")


@pytest.mark.capability("X-22")
def test_only_signing_puts_the_token_in_and_nothing_prints_it() -> None:
    for request in requests().values():
        signed = XERO.sign(XERO.sign(request, {**SECRET, "access_token": "old"}), SECRET)

        assert [v for n, v in signed.headers if n == "Authorization"] == [f"Bearer {SECRET['access_token']}"]
        assert dict(signed.headers)["xero-tenant-id"] == SECRET["tenant_id"]
        assert dict(signed.headers)["Accept"] == "application/json"
        assert SECRET["access_token"] not in f"{signed!r} {signed}"
    for missing in SECRET:
        with pytest.raises(NeedsPerson, match="sign in to Xero again"):
            XERO.sign(XERO.ask_identity(), {**SECRET, missing: ""})
