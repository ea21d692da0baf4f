"""What Xero's words make of ours: money, addresses, emails, and what is told before it is sent."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from instep.connect.fieldmap import Field, Mark, Place, Rows, Way, lens_of
from instep.connect.protocols import RemoteRecord
from instep.connect.translate import Lookups, Missing, Value, to_theirs
from instep.connectors.xero.connector import Xero
from instep.connectors.xero.documents import invoice_fields, line_body
from instep.connectors.xero.lenses import MoneyLens, money_parts
from instep.connectors.xero.wire import decode, encode
from instep.kernel.money import Money
from instep.kernel.records.invoice import INVOICE

XERO = Xero()
PLACE = Place()
CURRENCIES = st.sampled_from(["AUD", "NZD", "GBP", "USD", "JPY"])
CENTS = st.integers(-(10**13), 10**13)
few = settings(max_examples=40)


def lens(kind: str, name: str) -> Any:
    record_map = XERO.maps[kind]
    return lens_of(record_map.field(name), record_map.kind.field(name))


# --- money and lines --------------------------------------------------------------------------------------------------


@pytest.mark.capability("X-01", "X-12")
@given(minor=CENTS, currency=CURRENCIES)
@few
def test_money_travels_with_its_currency_and_comes_back_to_the_cent(minor: int, currency: str) -> None:
    ours, money = {"minor": minor, "currency": currency}, MoneyLens()
    theirs = money.to_theirs(ours, known=None, place=PLACE)

    assert theirs == str(Money.from_minor(minor, currency))
    assert money.to_ours(theirs, known=None, place=PLACE) == ours
    assert money.canon_theirs(theirs, place=PLACE) == theirs
    assert decode(encode({"n": money_parts(theirs)[0]}))["n"] == Money.from_minor(minor, currency).amount


def test_an_amount_without_a_currency_is_in_the_firms() -> None:
    money = MoneyLens()

    assert money.to_ours("12.5", known=None, place=PLACE) == {"minor": 1250, "currency": "AUD"}
    assert money.canon_theirs("12.5", place=PLACE) == "12.50 AUD"
    assert money.to_theirs(None, known=None, place=PLACE) is money.to_ours("", known=None, place=PLACE) is None


@pytest.mark.capability("B-04", "X-02")
@given(
    quantity=st.decimals("-9999", "9999", places=4).filter(bool),
    price=st.decimals("-9999", "9999", places=4),
    tax=st.integers(-(10**6), 10**6),
)
@few
def test_a_line_keeps_amount_and_tax_and_xero_can_multiply_it(quantity: Decimal, price: Decimal, tax: int) -> None:
    net = Money.rounded(quantity * price, "AUD")
    sent = line_body(
        {
            "Description": "x",
            "Quantity": f"{quantity:f}",
            "UnitAmount": f"{price:f}",
            "LineAmount": str(net),
            "TaxAmount": str(Money.from_minor(tax, "AUD")),
        }
    )

    assert sent["LineAmount"] == net.amount
    assert sent["TaxAmount"].scaleb(2) == tax
    assert Money.rounded(sent["Quantity"] * sent["UnitAmount"], "AUD") == net
    shown = {"InvoiceNumber": "1", "CurrencyCode": "AUD", "LineItems": [decode(encode(sent)) | {"AccountCode": "200"}]}
    (back,) = invoice_fields(shown)["LineItems"]
    assert (back["LineAmount"], back["TaxAmount"]) == (str(net), str(Money.from_minor(tax, "AUD")))


def test_rows_of_ours_become_lines_by_the_value_maps() -> None:
    record_map = XERO.maps["invoice"]
    ours = [
        {"description": "Text alone", "quantity": None, "net": None, "tax_code": None, "account": None, "item": None},
        {
            "description": "Design",
            "quantity": "7.5",
            "unit_price": "150",
            "net": {"minor": 112_500, "currency": "AUD"},
            "tax": {"minor": 11_250, "currency": "AUD"},
            "tax_code": "gst",
            "account": "sales",
            "item": 7,
        },
    ]
    lookups = Lookups(
        remote_of={("item", 7): "J1/2"},
        choices_there={("account", "sales"): "200", ("tax_code", "gst"): "OUTPUT"},
    )
    said = to_theirs(record_map, record_map.field("lines"), ours, known=None, lookups=lookups, place=PLACE)

    assert isinstance(said, Value)
    assert [line_body(row) for row in said.value] == [
        {"Description": "Text alone"},
        {
            "Description": "Design",
            "Quantity": Decimal("7.5"),
            "UnitAmount": Decimal(150),
            "LineAmount": Decimal("1125.00"),
            "TaxType": "OUTPUT",
            "TaxAmount": Decimal("112.50"),
            "AccountCode": "200",
            "ItemCode": "J1/2",
        },
    ]
    unmapped = replace(lookups, choices_there={})
    said = to_theirs(record_map, record_map.field("lines"), ours, known=None, lookups=unmapped, place=PLACE)
    assert isinstance(said, Missing)


# --- the maps ---------------------------------------------------------------------------------------------------------


def all_fields() -> list[Field]:
    fields = [f for record_map in XERO.maps.values() for f in record_map.fields]
    return fields + [row for f in fields if isinstance(f.lens, Rows) for row in f.lens.fields]


def test_nothing_that_was_issued_is_ever_sent_again_and_every_field_has_a_founding() -> None:
    for kind in ("invoice", "credit_note", "credit_allocation"):
        assert {f.way for f in XERO.maps[kind].fields if f.ours != "state"} == {Way.ONCE}
    assert XERO.maps["credit_allocation"].field("state").way is Way.PULL
    assert {f.way for f in XERO.maps["payment"].fields} == {Way.PULL}
    assert not any(m.creates_here for m in XERO.maps.values() if m.kind.key != "payment")
    assert {f.mark for f in all_fields()} <= {Mark.DOCUMENTED, Mark.RECORDED, Mark.ASSUMED}
    assert {f.name for f in INVOICE.fields} == {f.ours for f in XERO.maps["invoice"].fields}


@pytest.mark.capability("D-11", "D-12", "D-14")
def test_a_client_is_known_by_name_and_code_together_and_by_one_of_them_a_person_is_asked() -> None:
    record_map = XERO.maps["organisation"]

    assert [(rule.key, rule.strong) for rule in record_map.match] == [
        ("code+name", True),
        ("name", False),
        ("code", False),
    ]
    assert record_map.needs_there == ("name", "code")


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (None, None),
        ("5 George St", "5 George St"),
        ("a\r\n\r\n  b \nc\nd", "a\nb\nc\nd"),
        ("a\nb\nc\nd\ne\nf", "a\nb\nc\nd, e, f"),
    ],
)
def test_an_address_has_four_lines_and_loses_none(ours: str | None, theirs: str | None) -> None:
    address = lens("organisation", "address")

    assert address.to_theirs(ours, known=None, place=PLACE) == theirs
    assert address.canon_theirs(theirs, place=PLACE) == theirs


@pytest.mark.capability("D-15")
@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (" Mary@Example.com ", "Mary@Example.com"),
        ("a@b.co, c@d.co", None),
        ("not an address", None),
        ("x@y", None),
        (None, None),
    ],
)
def test_a_client_goes_without_an_email_that_is_none(ours: str | None, theirs: str | None) -> None:
    assert lens("organisation", "email").to_theirs(ours, known=None, place=PLACE) == theirs


# --- what is told before it is sent -----------------------------------------------------------------------------------

LINE = {"Description": "x", "LineAmount": "100.00 AUD", "AccountCode": "200", "TaxType": "OUTPUT"}
SALE = {"InvoiceNumber": "INV-1", "Contact": "c-1", "Date": "2026-07-01", "CurrencyCode": "AUD", "LineItems": [LINE]}


def account(code: str, **more: Any) -> RemoteRecord:
    fields = {"Code": code, "Name": f"Account {code}", "Class": "REVENUE", "Type": "REVENUE", "Status": "ACTIVE"}
    return RemoteRecord("accounts", code, {**fields, **more})


def rate(key: str, **more: Any) -> RemoteRecord:
    fields = {"TaxType": key, "Name": f"Rate {key}", "Status": "ACTIVE", "CanApplyToRevenue": True}
    return RemoteRecord("tax-rates", key, {**fields, **more})


def contact(key: str, name: str, status: str = "ACTIVE", code: str | None = None) -> RemoteRecord:
    return RemoteRecord("contacts", key, {"Name": name, "ContactStatus": status, "ContactNumber": code})


KNOWN = {
    "accounts": [
        *(account("200"), account("201", Status="ARCHIVED"), account("090", Type="BANK", Class="ASSET")),
        account("610", SystemAccount="DEBTORS", Class="ASSET"),
    ],
    "tax-rates": [rate("OUTPUT"), rate("TAX001", Status="DELETED"), rate("INPUT", CanApplyToRevenue=False)],
    "organisation": [
        RemoteRecord(
            "organisation", "o", {"BaseCurrency": "AUD", "PeriodLockDate": "2026-06-30", "EndOfYearLockDate": None}
        )
    ],
    "contacts": [contact("c-1", "Harbour"), contact("c-2", "Gum Tree", "ARCHIVED", "C2")],
}


def lines(**more: Any) -> dict[str, Any]:
    return {"LineItems": [LINE, {**LINE, **more}]}


@pytest.mark.capability("D-16", "D-22", "D-13")
@pytest.mark.parametrize(
    ("change", "code", "words"),
    [
        (lines(AccountCode="999"), "account_unknown", "Line 2: Xero has no account “999”"),
        (lines(AccountCode="201"), "account_archived", "Line 2: account “201 Account 201” is archived"),
        (lines(AccountCode="090"), "account_unfit", "cannot stand in a line"),
        (lines(AccountCode="610"), "account_unfit", "Choose an income account"),
        (lines(AccountCode=None), "account_missing", "Choose its account in the settings"),
        (lines(TaxType="GST"), "tax_unknown", "Xero has no tax rate “GST”"),
        (lines(TaxType="TAX001"), "tax_archived", "“Rate TAX001” is no longer used"),
        (lines(TaxType="INPUT"), "tax_unfit", "does not take tax rate “Rate INPUT” with account “200”"),
        ({"CurrencyCode": "NZD"}, "currency_differs", "is in NZD and the Xero organisation keeps its books in AUD"),
        ({"Date": "2026-06-30"}, "locked", "dated 30 June 2026 and Xero is locked up to 30 June 2026"),
        ({"Contact": "c-2"}, "contact_archived", "“Gum Tree” is archived in Xero"),
        ({"Reference": "x" * 256}, "too_long", "Reference has 256 characters and Xero takes 255"),
    ],
)
def test_what_xero_would_refuse_is_told_with_what_to_do(change: dict[str, Any], code: str, words: str) -> None:
    (problem,) = XERO.problems("invoices", {**SALE, **change}, KNOWN)

    assert problem.code == code
    assert words in problem.sentence
    assert problem.field in INVOICE.names


def test_what_is_right_and_what_was_never_read_is_no_problem() -> None:
    assert XERO.problems("invoices", SALE, KNOWN) == []
    assert XERO.problems("invoices", {**SALE, **lines(AccountCode="999", TaxType="GST")}, {}) == []
    assert XERO.problems("invoices", {**SALE, "LineItems": [{"Description": "Text"}]}, KNOWN) == []
    twice = [{**LINE, "AccountCode": "999"}] * 3
    assert len(XERO.problems("credit-notes", {**SALE, "LineItems": twice}, KNOWN)) == 1, "each once"


@pytest.mark.capability("D-13", "D-21")
def test_an_archived_twin_and_a_code_that_is_too_long_are_told_before() -> None:
    for fields in ({"Name": " gum  TREE "}, {"Name": "Other", "ContactNumber": "c2"}):
        (problem,) = XERO.problems("contacts", fields, KNOWN)
        assert problem.code == "contact_archived"
        assert "Restore it in Xero" in problem.sentence
    (problem,) = XERO.problems("items", {"Code": "J" * 31}, KNOWN)
    assert (problem.code, problem.field) == ("too_long", "code")


def test_only_what_may_stand_in_a_line_is_offered() -> None:
    assert XERO.choices("account", KNOWN) == [("200", "200 Account 200")]
    assert XERO.choices("tax_code", KNOWN) == [("INPUT", "Rate INPUT"), ("OUTPUT", "Rate OUTPUT")]
    assert XERO.choices("job_status", KNOWN) == []
