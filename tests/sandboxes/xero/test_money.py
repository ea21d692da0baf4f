"""The arithmetic of documents: tax by line to the cent, inclusive and not, discounts, four decimals."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from sandboxes.xero.money import rounded, tax_of
from tests.sandboxes.xero.client import Xero, invoice, line


def sums(row: dict[str, object]) -> tuple[object, object, object]:
    return row["SubTotal"], row["TotalTax"], row["Total"]


def test_tax_is_rounded_on_each_line_and_then_summed(xero: Xero, harbour: str) -> None:
    lines = [line(amount, TaxType="TAX001") for amount in (25.06, 25.61, 25.63)]
    row = xero.made("PUT", "Invoices", invoice(harbour, *lines))
    assert [one["TaxAmount"] for one in row["LineItems"]] == [3.76, 3.84, 3.84]
    assert sums(row) == (76.30, 11.44, 87.74)

    two = xero.made("PUT", "Invoices", invoice(harbour, line(10.50, Quantity=2, TaxType="TAX001")))
    assert sums(two) == (21.00, 3.15, 24.15)


def test_inclusive_amounts_hold_their_tax_and_no_tax_has_none(xero: Xero, harbour: str) -> None:
    row = xero.made("PUT", "Invoices", invoice(harbour, line(541.25, TaxType="TAX001"), LineAmountTypes="Inclusive"))
    assert sums(row) == (470.65, 70.60, 541.25)
    bare = xero.made("PUT", "Invoices", invoice(harbour, line(541.25, TaxType="TAX001"), LineAmountTypes="NoTax"))
    assert sums(bare) == (541.25, 0.00, 541.25)
    assert bare["LineItems"][0]["TaxType"] == "NONE"


def test_amounts_keep_their_zeros_on_the_wire(xero: Xero, harbour: str) -> None:
    answer = xero.ask("PUT", "Invoices", invoice(harbour, line("10.5", Quantity="2")))
    assert '"SubTotal":21.00,"TotalTax":2.10,"Total":23.10' in answer.text
    assert '"Quantity":2.0000,"UnitAmount":10.50,"LineAmount":21.00' in answer.text


def test_half_a_cent_follows_the_switch(xero: Xero, harbour: str) -> None:
    sent = invoice(harbour, line("0.30", TaxType="TAX001"))
    assert xero.made("PUT", "Invoices", sent)["TotalTax"] == 0.05  # 0.045
    xero.control("switches", {"half_cent": "even"})
    assert xero.made("PUT", "Invoices", sent)["TotalTax"] == 0.04


def test_prices_have_two_decimals_or_four(xero: Xero, harbour: str) -> None:
    sent = invoice(harbour, line("0.1254", Quantity=100))
    assert xero.made("PUT", "Invoices", sent)["SubTotal"] == 13.00
    fine = xero.made("PUT", "Invoices", sent, unitdp=4)
    assert (fine["LineItems"][0]["UnitAmount"], fine["SubTotal"]) == (0.1254, 12.54)
    assert xero.one(f"Invoices/{fine['InvoiceID']}")["LineItems"][0]["UnitAmount"] == 0.13


def test_what_a_line_leaves_out_is_filled_in(xero: Xero, harbour: str) -> None:
    row = xero.made(
        "PUT",
        "Invoices",
        invoice(
            harbour,
            {"ItemCode": "HOUR", "Quantity": 2},
            {"Description": "Lump", "LineAmount": 50, "AccountCode": "200"},
            {"Description": "Ten", "UnitAmount": 4, "LineAmount": 40, "AccountCode": "200", "TaxAmount": 4.01},
            {"Description": "Only words"},
            line(100, DiscountRate=12.5),
        ),
    )
    hour, lump, ten, words, less = row["LineItems"]
    assert (hour["Description"], hour["UnitAmount"], hour["AccountCode"], hour["TaxType"]) == (
        "Time",
        120,
        "200",
        "OUTPUT",
    )
    assert (lump["Quantity"], lump["UnitAmount"], lump["TaxType"]) == (1, 50, "OUTPUT")
    assert (ten["Quantity"], ten["TaxAmount"]) == (10, 4.01)
    assert (words["LineAmount"], "AccountCode" in words) == (0, False)
    assert (less["LineAmount"], row["TotalDiscount"], row["IsDiscounted"]) == (87.50, 12.50, True)
    assert xero.refused("PUT", "Invoices", invoice(harbour, line(10, LineAmount=11))) == (
        "The line total 11.00 does not match the expected line total 10.00"
    )


def test_a_given_tax_stays_until_its_line_changes(xero: Xero, harbour: str) -> None:
    draft = xero.made("PUT", "Invoices", invoice(harbour, line(40, TaxAmount="4.01"), Status="DRAFT"))
    path, number = f"Invoices/{draft['InvoiceID']}", draft["LineItems"][0]["LineItemID"]
    assert xero.made("POST", path, {"Status": "AUTHORISED"})["TotalTax"] == 4.01
    words = {"LineItemID": number, "Description": "Other words"}
    assert xero.made("POST", path, {"LineItems": [words]})["TotalTax"] == 4.01
    assert xero.made("POST", path, {"LineItems": [words | {"UnitAmount": 50}]})["TotalTax"] == 5.00
    assert xero.made("POST", path, {"LineAmountTypes": "Inclusive"})["TotalTax"] == 4.55


@settings(max_examples=60, derandomize=True)
@given(st.integers(0, 10**9), st.integers(0, 3000))
def test_inclusive_tax_is_never_off_by_a_cent(cents: int, rate: int) -> None:
    amount, per_cent = Decimal(cents) / 100, Decimal(rate) / 100
    tax = tax_of(amount, per_cent, True, "up")
    exact = amount * per_cent / (100 + per_cent)
    assert abs(tax - exact) <= Decimal("0.005")
    assert tax == rounded(tax)
