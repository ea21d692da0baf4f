"""What the books allow and refuse, and in which words: statuses, money on documents, names, numbers, locked periods."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.sandboxes.xero.client import Xero, description, invoice, line
from tests.sandboxes.xero.stage import AU

ARCHIVED = (
    "The specified contact details matched an archived contact. "
    "Archived contacts cannot currently be edited via the API."
)
MODIFY = "Invoice not of valid status for modification"
EDIT = "This document cannot be edited as it has a payment or credit note allocated to it."


def made(xero: Xero, contact: str, *lines: dict[str, object], **more: object) -> dict[str, Any]:
    return xero.made("PUT", "Invoices", invoice(contact, *lines, **more))


def pay(xero: Xero, number: str, amount: object, **more: object) -> dict[str, Any]:
    sent = {"Invoice": {"InvoiceID": number}, "Account": {"Code": "090"}, "Date": "2026-11-05", "Amount": amount}
    return xero.made("PUT", "Payments", sent | more)


def credit(xero: Xero, contact: str, amount: object, **more: object) -> dict[str, Any]:
    sent = invoice(contact, line(amount)) | {"Type": "ACCRECCREDIT"} | more
    return xero.made("PUT", "CreditNotes", sent)


def test_an_answer_that_breaks_the_description_is_noticed(xero: Xero) -> None:
    if description() is None:
        pytest.skip("no description of Xero: set INSTEP_SHARED")
    from dataclasses import replace

    from tests.sandboxes.xero.client import ROOT, hold

    answer = xero.ask("GET", "Invoices")
    broken = replace(answer, body=b'{"Invoices":[{"Status":"LOST"}]}')
    with pytest.raises(AssertionError, match="LOST"):
        hold("GET", f"{ROOT}Invoices", broken)
    kinds = ("Organisation", "Accounts", "TaxRates", "Items", "Contacts", "CreditNotes", "Payments")
    assert [xero.ask("GET", kind).status for kind in kinds] == [200] * 7


def test_an_invoice_goes_its_way_and_comes_back(xero: Xero, harbour: str) -> None:
    draft = made(xero, harbour, Status="DRAFT", DueDate="")
    number = draft["InvoiceID"]
    path = f"Invoices/{number}"
    assert draft["InvoiceNumber"] == "INV-0001"
    assert xero.refused("POST", path, {"Status": "PAID"}) == MODIFY
    assert xero.refused("POST", path, {"Status": "VOIDED"}) == MODIFY
    assert xero.refused("POST", path, {"Status": "AUTHORISED"}) == "Due Date cannot be empty"
    approved = xero.made("POST", path, {"Status": "AUTHORISED", "DueDate": "/Date(1796169600000+0000)/"})
    assert (approved["Status"], approved["DueDateString"], approved["AmountDue"]) == (
        "AUTHORISED",
        "2026-12-02T00:00:00",
        110,
    )
    assert xero.refused("POST", path, {"Status": "DRAFT"}) == MODIFY
    assert xero.refused("POST", path, {"Status": "DELETED"}) == MODIFY

    half = pay(xero, number, 60)
    assert (half["PaymentType"], half["Invoice"]["AmountDue"]) == ("ACCRECPAYMENT", 50)
    for status in ("VOIDED", "DELETED"):
        assert xero.refused("POST", path, {"Status": status}) == (
            f"The status {status} cannot be applied to the invoice "
            "because it has payments or credit notes allocated to it."
        )
    assert xero.refused("POST", path, {"Date": "2026-11-03"}) == EDIT
    assert xero.refused("POST", path, {"LineItems": [line(100)]}) == EDIT
    pay(xero, number, "50.00")
    paid = xero.one(path)
    assert (paid["Status"], paid["AmountDue"], paid["AmountPaid"], paid["FullyPaidOnDate"]) == (
        "PAID",
        0,
        110,
        "/Date(1793836800000+0000)/",
    )
    assert xero.refused("PUT", "Payments", {**_pay(number), "Amount": 1}) == (
        "Payments can only be made against Authorised documents"
    )

    gone = xero.made("POST", f"Payments/{half['PaymentID']}", {"Status": "DELETED"})
    assert gone["Status"] == "DELETED"
    assert xero.refused("POST", f"Payments/{half['PaymentID']}", {"Status": "DELETED"}) == (
        "Payment has already been deleted"
    )
    assert xero.refused("POST", f"Payments/{half['PaymentID']}", {"Amount": 3}).startswith("A payment cannot be edited")
    back = xero.one(path)
    assert (back["Status"], back["AmountDue"], len(back["Payments"]), "FullyPaidOnDate" in back) == (
        "AUTHORISED",
        60,
        1,
        False,
    )
    assert len(xero.rows("Payments", where=f'Invoice.InvoiceID==Guid("{number}")')) == 2


def _pay(number: str) -> dict[str, object]:
    return {"Invoice": {"InvoiceID": number}, "Account": {"Code": "090"}, "Date": "2026-11-05"}


def test_what_is_voided_or_deleted_stays_in_the_list_and_as_it_is(xero: Xero, harbour: str) -> None:
    number = made(xero, harbour)["InvoiceID"]
    void = xero.made("POST", f"Invoices/{number}", {"Status": "VOIDED"})
    assert (void["Status"], void["AmountDue"]) == ("VOIDED", 110)
    assert xero.refused("POST", "Invoices", {"InvoiceID": number, "Reference": "x"}) == MODIFY
    draft = made(xero, harbour, Status="DRAFT", InvoiceNumber="D-1")["InvoiceID"]
    assert xero.made("POST", "Invoices", {"InvoiceID": draft, "Status": "DELETED"})["Status"] == "DELETED"
    assert xero.refused("POST", "Invoices", {"InvoiceNumber": "d-1", "Type": "ACCREC"}) == MODIFY
    assert {row["Status"] for row in xero.rows("Invoices")} == {"VOIDED", "DELETED"}


def test_due_date_and_sent_change_quietly_once_money_is_on_it(xero: Xero, harbour: str) -> None:
    number = made(xero, harbour)["InvoiceID"]
    pay(xero, number, 10)
    xero.control("clock", {"advance": 60})
    before = xero.one(f"Invoices/{number}")["UpdatedDateUTC"]
    quiet = xero.made("POST", f"Invoices/{number}", {"DueDate": "2027-01-31", "SentToContact": True})
    assert (quiet["UpdatedDateUTC"], quiet["SentToContact"]) == (before, True)
    loud = xero.made("POST", f"Invoices/{number}", {"Reference": "PO 7"})
    assert loud["UpdatedDateUTC"] != before


def test_lines_without_their_id_are_made_anew(xero: Xero, harbour: str) -> None:
    row = made(xero, harbour, line(10), line(20))
    first, second = (one["LineItemID"] for one in row["LineItems"])
    path = f"Invoices/{row['InvoiceID']}"
    kept = xero.made("POST", path, {"LineItems": [{"LineItemID": second, "UnitAmount": 25}, line(1)]})
    assert [one["LineItemID"] == second for one in kept["LineItems"]] == [True, False]
    assert [one["LineAmount"] for one in kept["LineItems"]] == [25, 1]
    again = xero.made("POST", path, {"LineItems": [line(10)]})
    assert again["LineItems"][0]["LineItemID"] not in (first, second)
    assert xero.made("POST", path, {"Reference": "only"})["LineItems"] == again["LineItems"]


def test_invoice_numbers_are_unique_for_sales_alone(xero: Xero, harbour: str) -> None:
    made(xero, harbour, InvoiceNumber="A-1")
    assert xero.refused("PUT", "Invoices", invoice(harbour, InvoiceNumber="a-1")) == "Invoice # must be unique."
    bill = {"Type": "ACCPAY", "InvoiceNumber": "A-1", "LineItems": [line(5, AccountCode="400")]}
    for _ in range(2):
        assert made(xero, harbour, **bill)["InvoiceNumber"] == "A-1"
    same = xero.made("POST", "Invoices", {"Type": "ACCREC", "InvoiceNumber": "A-1", "Reference": "found"})
    assert same["Reference"] == "found"
    assert xero.refused("POST", "Invoices", {**invoice(harbour), "InvoiceID": AU}) == "Invoice could not be found."


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"LineItems": []}, "One or more line items must be specified"),
        ({"LineItems": [{"Description": "x", "UnitAmount": 1}]}, "Account code must be specified"),
        ({"LineItems": [line(1, AccountCode="999")]}, "Account code '999' is not a valid code for this document."),
        ({"LineItems": [line(1, AccountCode="090")]}, "Account code '090' is not a valid code for this document."),
        ({"LineItems": [line(1, ItemCode="NONE")]}, "Item code 'NONE' is not valid"),
        ({"LineItems": [line(1, TaxType="INPUT")]}, "The TaxType code 'INPUT' cannot be used with account code '200'"),
        (
            {"LineItems": [line(1, TaxType="LOST")]},
            "The TaxType code 'LOST' does not exist or cannot be used for this type of transaction.",
        ),
        ({"LineItems": [line(-5)]}, "The total of this document must be zero or more."),
        ({"CurrencyCode": "USD"}, "Organisation is not subscribed to currency USD"),
        ({"InvoiceNumber": "n" * 256}, "The field InvoiceNumber must be 255 characters or fewer."),
        ({"Contact": {}}, "A Contact must be specified for this type of transaction"),
        ({"Status": "PAID"}, MODIFY),
    ],
)
def test_an_invoice_is_refused_in_words(xero: Xero, harbour: str, change: dict[str, object], words: str) -> None:
    assert xero.refused("PUT", "Invoices", invoice(harbour) | change) == words
    assert xero.rows("Invoices") == []


def test_several_elements_are_stored_together_or_one_by_one(xero: Xero, harbour: str) -> None:
    batch = {"Invoices": [invoice(harbour, InvoiceNumber="B-1"), invoice(harbour, InvoiceNumber="B-1")]}
    answer = xero.ask("PUT", "Invoices", batch)
    (wrong,) = answer.json["Elements"]
    assert (answer.status, wrong["InvoiceNumber"], wrong["InvoiceID"]) == (
        400,
        "B-1",
        "00000000-0000-0000-0000-000000000000",
    )
    assert xero.rows("Invoices") == []
    answer = xero.ask("PUT", "Invoices", batch, summarizeErrors="false")
    good, bad = answer.json["Invoices"]
    assert (answer.status, good["StatusAttributeString"], good["HasErrors"]) == (200, "OK", False)
    assert (bad["StatusAttributeString"], bad["HasErrors"], bad["InvoiceID"]) == (
        "ERROR",
        True,
        "00000000-0000-0000-0000-000000000000",
    )
    assert bad["ValidationErrors"] == [{"Message": "Invoice # must be unique."}]
    assert [row["InvoiceNumber"] for row in xero.rows("Invoices")] == ["B-1"]


def test_contact_names_are_unique_while_active_and_numbers_always(xero: Xero, harbour: str) -> None:
    words = (
        "The contact name HARBOUR CAFE is already assigned to another contact. "
        "The contact name must be unique across all active contacts."
    )
    assert xero.refused("PUT", "Contacts", {"Name": "HARBOUR CAFE"}) == words
    one = xero.made("PUT", "Contacts", {"Name": "Zoe", "ContactNumber": "C-1"})
    assert xero.refused("POST", "Contacts", {"ContactID": one["ContactID"], "Name": "HARBOUR CAFE"}) == words
    renamed = xero.made("POST", "Contacts", {"ContactNumber": "C-1", "Name": "Zoë"})
    assert (renamed["ContactID"], renamed["Name"]) == (one["ContactID"], "Zoë")
    assert xero.refused("PUT", "Contacts", {"Name": "New", "ContactNumber": "c-1"}).startswith("The contact number C-1")
    assert xero.refused("PUT", "Contacts", {"Name": "n" * 256}).startswith("The field Name must be 255")
    assert xero.refused("PUT", "Contacts", {"Name": ""}) == "The contact name cannot be empty."
    assert xero.refused("PUT", "Contacts", {"Name": "E", "EmailAddress": "none"}) == "Email address must be valid."


def test_archived_contacts_stay_as_they_are(xero: Xero, harbour: str) -> None:
    made(xero, harbour)
    xero.made("POST", "Contacts", {"ContactID": harbour, "ContactStatus": "ARCHIVED"})
    for sent in ({"ContactID": harbour, "EmailAddress": "a@b.example"}, {"Name": "Harbour Cafe"}):
        assert xero.refused("POST", "Contacts", sent) == ARCHIVED
    assert xero.refused("POST", "Contacts", {"ContactID": harbour, "ContactStatus": "ACTIVE"}) == ARCHIVED
    assert xero.refused("PUT", "Invoices", invoice(harbour)) == ARCHIVED
    assert harbour not in [row["ContactID"] for row in xero.rows("Contacts")]
    assert harbour in [row["ContactID"] for row in xero.rows("Contacts", includeArchived="true")]
    assert xero.made("PUT", "Contacts", {"Name": "Harbour Cafe"})["ContactID"] != harbour


def test_a_contact_inside_a_document_is_found_made_or_changed(xero: Xero, harbour: str) -> None:
    people = [{"FirstName": "Ann", "EmailAddress": "ann@x.example"}]
    xero.made("POST", "Contacts", {"ContactID": harbour, "ContactPersons": people})
    moment = xero.one(f"Contacts/{harbour}")["UpdatedDateUTC"]
    xero.control("clock", {"advance": 5})
    row = made(xero, harbour)
    assert row["Contact"]["Name"] == "Harbour Cafe"
    kept = xero.one(f"Contacts/{harbour}")
    assert (kept["UpdatedDateUTC"], kept["IsCustomer"], len(kept["ContactPersons"])) == (moment, True, 1)
    by_name = xero.made("PUT", "Invoices", invoice(harbour) | {"Contact": {"Name": "harbour cafe"}})
    assert by_name["Contact"]["ContactID"] == harbour
    fresh = xero.made("PUT", "Invoices", invoice(harbour) | {"Contact": {"Name": "Fresh Fish"}})
    assert xero.one(f"Contacts/{fresh['Contact']['ContactID']}")["Name"] == "Fresh Fish"
    more = {"Contact": {"ContactID": harbour, "Name": "Harbour Bar"}}
    assert xero.made("PUT", "Invoices", invoice(harbour) | more)["Contact"]["Name"] == "Harbour Bar"
    assert xero.one(f"Contacts/{harbour}")["ContactPersons"] == []


def test_what_is_not_sent_stays_and_what_is_empty_goes(xero: Xero, harbour: str) -> None:
    phones = [{"PhoneType": "MOBILE", "PhoneNumber": "0400 000 000"}]
    row = xero.made("POST", "Contacts", {"ContactID": harbour, "FirstName": "Jo", "Phones": phones})
    assert (row["EmailAddress"], len(row["Addresses"]), len(row["Phones"])) == ("till@harbour.example", 2, 4)
    row = xero.made("POST", "Contacts", {"ContactID": harbour, "EmailAddress": ""})
    assert ("EmailAddress" in row, row["FirstName"]) == (False, "Jo")
    assert {one["PhoneType"]: one["PhoneNumber"] for one in row["Phones"]}["MOBILE"] == "0400 000 000"


def test_credit_is_used_up_and_taken_back(xero: Xero, harbour: str) -> None:
    bill, note = made(xero, harbour), credit(xero, harbour, 50)
    path = f"CreditNotes/{note['CreditNoteID']}/Allocations"
    use = {"Invoice": {"InvoiceID": bill["InvoiceID"]}, "Date": "2026-11-05"}
    assert (note["CreditNoteNumber"], note["RemainingCredit"]) == ("CN-0001", 55)
    assert xero.refused("PUT", path, {"Allocations": [use | {"Amount": 56}]}) == (
        "The credit note amount exceeds the remaining credit"
    )
    row = xero.made("PUT", path, {"Allocations": [use | {"Amount": 55}]})
    spent = xero.one(f"CreditNotes/{note['CreditNoteID']}")
    assert (spent["Status"], spent["RemainingCredit"], spent["AppliedAmount"]) == ("PAID", 0, 55)
    owed = xero.one(f"Invoices/{bill['InvoiceID']}")
    assert (owed["AmountDue"], owed["AmountCredited"], owed["CreditNotes"][0]["AppliedAmount"]) == (55, 55, 55)
    assert xero.refused("PUT", path, use | {"Amount": 1}) == "Credit note not of valid status for modification"
    gone = xero.ask("DELETE", f"{path}/{row['AllocationID']}")
    assert (gone.status, gone.json["IsDeleted"]) == (200, True)
    assert xero.ask("DELETE", f"{path}/{row['AllocationID']}").status == 404
    assert xero.one(f"CreditNotes/{note['CreditNoteID']}")["Status"] == "AUTHORISED"
    assert xero.one(f"Invoices/{bill['InvoiceID']}")["AmountDue"] == 110

    other = xero.rows("Contacts", where='Name=="Gum Tree"')[0]["ContactID"]
    wrong = {"Invoice": {"InvoiceID": made(xero, other)["InvoiceID"]}, "Amount": 1, "Date": "2026-11-05"}
    assert xero.refused("PUT", path, wrong) == (
        "Credit can only be allocated to authorised documents of the same contact"
    )
    refund = {"CreditNote": {"CreditNoteID": note["CreditNoteID"]}, "Account": {"Code": "090"}, "Amount": 55}
    assert xero.made("PUT", "Payments", refund | {"Date": "2026-11-06"})["PaymentType"] == "ARCREDITPAYMENT"
    assert xero.one(f"CreditNotes/{note['CreditNoteID']}")["Status"] == "PAID"
    discount = invoice(harbour, line(10, DiscountRate=5)) | {"Type": "ACCRECCREDIT"}
    assert xero.refused("PUT", "CreditNotes", discount) == "Discounts are not supported on this document."


def test_payments_are_refused_in_words(xero: Xero, harbour: str) -> None:
    number = made(xero, harbour)["InvoiceID"]
    for change, words in (
        ({"Amount": 110.01}, "Payment amount exceeds the amount outstanding on this document"),
        ({"Amount": 0}, "The payment amount must be greater than zero."),
        ({"Account": {"Code": "200"}}, "Account code '200' is not a valid account to make payments to."),
        ({"Invoice": {"InvoiceID": AU}}, "Invoice could not be found."),
        ({"Invoice": {}}, "A payment must name one invoice or one credit note."),
    ):
        sent = {**_pay(number), "Amount": 5} | change
        assert xero.refused("PUT", "Payments", sent) == words
    answer = xero.ask("PUT", "Payments", {"Payments": [{**_pay(number), "Amount": 500}]}, summarizeErrors="false")
    assert answer.json["Payments"][0]["HasValidationErrors"] is True
    by_number = {"Invoice": {"InvoiceNumber": "INV-0001"}, "Account": {"Code": "880"}, "Amount": 5}
    assert xero.made("POST", "Payments", by_number)["Account"]["Code"] == "880"


def test_a_locked_period_takes_nothing(xero: Xero, harbour: str) -> None:
    open_ = made(xero, harbour)["InvoiceID"]
    edit = {"organisation": "northlight", "do": "settings", "fields": {"PeriodLockDate": "2026-11-30"}}
    xero.control("edit", edit)
    words = "The document date cannot be before the period lock date, currently set at 30 November 2026"
    assert xero.refused("PUT", "Invoices", invoice(harbour)) == words
    assert xero.refused("POST", f"Invoices/{open_}", {"Status": "VOIDED"}) == words
    assert xero.refused("PUT", "Payments", {**_pay(open_), "Amount": 5}) == words
    assert xero.refused("PUT", "Invoices", invoice(harbour, Date="2026-11-30")) == words
    xero.control("switches", {"lock_day": "open"})
    assert made(xero, harbour, Date="2026-11-30")["Status"] == "AUTHORISED"
    assert xero.ask("GET", "Organisation").json["Organisations"][0]["PeriodLockDate"] == "/Date(1795996800000+0000)/"


def test_items_accounts_and_tax_rates_have_their_rules(xero: Xero) -> None:
    assert xero.refused("PUT", "Items", {"Code": "hour"}) == "Price List Item with Code 'HOUR' already exists"
    assert xero.refused("PUT", "Items", {"Code": "c" * 31}).startswith("The field Code must be 30")
    assert xero.refused("PUT", "Items", {"Code": "X", "Name": "n" * 51}).startswith("The field Name must be 50")
    fine = {"Code": "HOUR", "SalesDetails": {"UnitPrice": 0.1234}}
    assert xero.made("POST", "Items", fine)["SalesDetails"]["UnitPrice"] == 0.12
    assert xero.made("POST", "Items", fine, unitdp=4)["SalesDetails"]["UnitPrice"] == 0.1234
    number = xero.rows("Items")[0]["ItemID"]
    assert xero.ask("DELETE", f"Items/{number}").status == 204
    assert xero.rows("Items") == []

    assert (
        xero.refused("PUT", "Accounts", {"Code": "200", "Name": "x", "Type": "SALES"}) == "Please enter a unique Code."
    )
    two = {"Accounts": [{"Code": "1", "Name": "a", "Type": "SALES"}, {"Code": "2", "Name": "b", "Type": "SALES"}]}
    assert xero.ask("PUT", "Accounts", two).json["ErrorNumber"] == 14
    account = xero.made("PUT", "Accounts", {"Code": "209", "Name": "Fees", "Type": "SALES", "TaxType": "OUTPUT"})
    assert (account["Class"], account["Status"]) == ("REVENUE", "ACTIVE")
    archived = xero.made("POST", f"Accounts/{account['AccountID']}", {"Status": "ARCHIVED"})
    assert archived["Status"] == "ARCHIVED"
    assert xero.ask("DELETE", f"Accounts/{account['AccountID']}").status == 200

    assert xero.rows("TaxRates/OUTPUT")[0]["EffectiveRate"] == 10
    rate = {"Name": "Seven", "ReportTaxType": "OUTPUT", "TaxComponents": [{"Name": "x", "Rate": 7}]}
    assert xero.made("PUT", "TaxRates", rate)["TaxType"] == "TAX002"
    assert xero.refused("PUT", "TaxRates", rate) == "The tax rate name 'Seven' is already in use."
    assert xero.made("POST", "TaxRates", {"Name": "Seven", "Status": "DELETED"})["Status"] == "DELETED"


@settings(max_examples=25, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["pay", "unpay", "use", "unuse"]), st.integers(1, 12_000)), max_size=12))
def test_money_on_a_document_always_adds_up(xero: Xero, harbour: str, moves: list[tuple[str, int]]) -> None:
    xero.holding = False
    bill, note = made(xero, harbour)["InvoiceID"], credit(xero, harbour, 50)["CreditNoteID"]
    allocations = f"CreditNotes/{note}/Allocations"
    for move, cents in moves:
        amount = f"{cents / 100:.2f}"
        row, left = xero.one(f"Invoices/{bill}"), xero.one(f"CreditNotes/{note}")
        if move == "pay":
            xero.ask("PUT", "Payments", {**_pay(bill), "Amount": amount})
        elif move == "use":
            xero.ask("PUT", allocations, {"Invoice": {"InvoiceID": bill}, "Amount": amount, "Date": "2026-11-06"})
        elif move == "unpay" and row["Payments"]:
            xero.ask("POST", f"Payments/{row['Payments'][0]['PaymentID']}", {"Status": "DELETED"})
        elif move == "unuse" and left["Allocations"]:
            xero.ask("DELETE", f"{allocations}/{left['Allocations'][0]['AllocationID']}")
        row, left = xero.one(f"Invoices/{bill}"), xero.one(f"CreditNotes/{note}")
        paid = sum(Decimal(str(one["Amount"])) for one in row["Payments"])
        used = sum(Decimal(str(one["Amount"])) for one in left["Allocations"])
        due = Decimal(str(row["Total"])) - paid - used
        assert (row["AmountPaid"], row["AmountCredited"], row["AmountDue"]) == (float(paid), float(used), float(due))
        assert row["Status"] == ("AUTHORISED" if due else "PAID")
        assert due >= 0
        assert left["RemainingCredit"] == float(55 - used) >= 0
        assert left["Status"] == ("PAID" if used == 55 else "AUTHORISED")
