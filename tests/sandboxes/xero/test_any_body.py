"""Whatever is sent, the answer is one of Xero's: never a failure of the sandbox itself, never a half-stored record."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.sandboxes.xero.client import ROOT, Xero, invoice, line
from tests.sandboxes.xero.stage import AU, TOKEN

HEADERS = {"Authorization": f"Bearer {TOKEN}", "xero-tenant-id": AU, "Accept": "application/json"}
FIELDS = (
    *("Type", "Status", "Contact", "LineItems", "Date", "DueDate", "Amount", "Account", "Invoice", "CreditNote"),
    *("InvoiceID", "InvoiceNumber", "ContactID", "ContactNumber", "Name", "Code", "Description", "Quantity"),
    *("UnitAmount", "LineAmount", "TaxAmount", "TaxType", "AccountCode", "DiscountRate", "ItemCode", "LineItemID"),
    *(
        "Addresses",
        "AddressType",
        "Phones",
        "PhoneType",
        "ContactPersons",
        "PaymentTerms",
        "Sales",
        "Day",
        "CurrencyRate",
    ),
    *(
        "SalesDetails",
        "UnitPrice",
        "TaxComponents",
        "Rate",
        "ReportTaxType",
        "LineAmountTypes",
        "IsReconciled",
        "Tracking",
    ),
)
PLAIN = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**20), 10**20),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(
        ["ACCREC", "AUTHORISED", "DRAFT", "200", "090", "OUTPUT", "2026-11-02", "Gum Tree", "HOUR", "1e-25"]
    ),
    st.sampled_from(["STREET", "MOBILE", "Inclusive", "NaN", "Infinity", "1E+30", "/Date(99999999999999999)/", AU, ""]),
    st.text(max_size=8),
)
VALUE = st.recursive(
    PLAIN,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=5),
    max_leaves=12,
)
KINDS = ("Invoices", "CreditNotes", "Contacts", "Items", "Payments", "TaxRates", "Accounts")


@settings(max_examples=60, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(KINDS), st.sampled_from(["PUT", "POST"]), VALUE, st.dictionaries(st.sampled_from(FIELDS), VALUE))
def test_no_body_breaks_the_books(
    xero: Xero, harbour: str, kind: str, method: str, odd: Any, changes: dict[str, Any]
) -> None:
    xero.holding = False
    xero.control("switches", {"app_per_minute": 1_000_000})
    line_changed = {"LineItems": [line("10") | changes]}
    proper = _proper(kind, harbour)
    for body in (odd, {kind: [changes]}, {kind: [proper | changes]}, {kind: [proper | line_changed]}):
        answer = xero.ask(method, kind, body, summarizeErrors="false")
        assert answer.status in (200, 400, 405), (body, answer.text)
    for listed in KINDS:
        assert xero.ask("GET", listed).status == 200


def _proper(kind: str, contact: str) -> dict[str, Any]:
    if kind == "Invoices":
        return invoice(contact, line("10"))
    return invoice(contact, line("10")) | {"Type": "ACCRECCREDIT", "Name": "Somebody", "Code": "ANY"}


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({"Quantity": "1e-25", "LineAmount": 5}, 400),
        ({"UnitAmount": "1e-25", "LineAmount": 9_999_999_999_999}, 400),
        ({"UnitAmount": 9_999_999_999_999, "Quantity": 9_999_999_999_999}, 400),
        ({"UnitAmount": 1, "DiscountRate": 50, "LineAmount": 3}, 400),
        ({"UnitAmount": "-0"}, 200),
        ({"LineAmount": 1, "Quantity": 0}, 200),
    ],
)
def test_odd_amounts(xero: Xero, harbour: str, said: dict[str, Any], status: int) -> None:
    sent = invoice(harbour, {"Description": "Odd", "AccountCode": "200", **said})
    answer = xero.ask("PUT", "Invoices", sent, unitdp=4)
    assert answer.status == status
    assert ":-0" not in answer.text


def test_odd_texts_and_expressions(xero: Xero) -> None:
    half = xero.send("PUT", f"{ROOT}Contacts", b'{"Name": "\\ud800x"}', HEADERS)
    assert (half.status, half.json["ErrorNumber"]) == (400, 14)
    whole = xero.send("PUT", f"{ROOT}Contacts", b'{"Name": "\\ud83d\\ude00"}', HEADERS)
    assert whole.json["Contacts"][0]["Name"] == "\U0001f600"
    assert xero.send("PUT", f"{ROOT}Contacts", b"[" * 100_000, HEADERS).status == 400
    for where in ("(" * 3000 + "Total>1" + ")" * 3000, "!" * 3000 + "SentToContact", "Total>1e5"):
        assert xero.ask("GET", "Invoices", where=where).status == 400
    assert xero.ask("PUT", "Invoices", {"CurrencyRate": "1e-20"}).status == 400
