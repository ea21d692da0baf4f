"""The pages for people: what they show, what they save, in which words they refuse."""

from __future__ import annotations

import json
import re
from html import unescape
from urllib.parse import quote

import pytest

from tests.sandboxes.client import Answer
from tests.sandboxes.xero.client import Xero, invoice, line

HOME = "/app/northlight"
BANNER = "Sandbox of Xero, not Xero"


def page(xero: Xero, path: str) -> Answer:
    answer = xero.send("GET", path)
    assert answer.status == 200, answer.text
    return answer


def words(answer: Answer) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


def filled(answer: Answer, action: str) -> dict[str, str]:
    """The form with that action as a browser would send it untouched."""
    form = re.search(rf'<form [^>]*action="{re.escape(action)}"[^>]*>(.*?)</form>', answer.text, re.DOTALL)
    assert form, action
    fields: dict[str, str] = {}
    for box in re.findall(r"<input [^>]*>", form[1]):
        found = dict(re.findall(r'([\w-]+)="([^"]*)"', box))
        fields[found["name"]] = unescape(found.get("value", ""))
    for name, body in re.findall(r'<select [^>]*name="([^"]*)"[^>]*>(.*?)</select>', form[1], re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', body)
        fields[name] = unescape(chosen[1]) if chosen else ""
    return fields


def sent(xero: Xero, path: str, **fields: str) -> Answer:
    """A form that is taken, and the page after it."""
    answer = xero.form(path, fields)
    assert answer.status == 303, words(answer)
    return page(xero, answer.headers["location"])


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/fields",
        *(f"{HOME}/{name}" for name in ("invoices", "bills", "credit-notes", "contacts", "items", "accounts")),
        *(f"{HOME}/{name}/new" for name in ("invoices", "bills", "credit-notes", "contacts", "items", "accounts")),
        f"{HOME}/tax-rates",
        f"{HOME}/tax-rates/OUTPUT",
        f"{HOME}/settings",
    ],
)
def test_each_page_says_that_this_is_a_sandbox_and_holds_nothing_inline(xero: Xero, path: str) -> None:
    answer = page(xero, path)
    assert BANNER in words(answer)
    assert not re.search(r"<style|style=|<script>|<script [^>]*>[^<]|\son\w+=|javascript:", answer.text)
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    for asset in re.findall(r'(?:href|src)="(/static/[^"]+)"', answer.text):
        assert xero.send("GET", asset).status == 200


def test_a_person_writes_an_invoice_approves_it_and_takes_money(xero: Xero) -> None:
    form = filled(page(xero, f"{HOME}/invoices/new"), f"{HOME}/invoices/new")
    form |= {"ContactName": "Harbour Cafe", "Date": "2026-11-02", "DueDate": "2026-12-02", "Reference": "PO 9"}
    form |= {
        "ItemCode.0": "HOUR",
        "Quantity.0": "2",
        "Description.1": "Trip",
        "UnitAmount.1": "10",
        "AccountCode.1": "200",
    }
    draft = sent(xero, f"{HOME}/invoices/new", **form)
    assert "INV-0001 Draft" in words(draft)
    (row,) = xero.rows("Invoices")
    here = f"{HOME}/invoices/{row['InvoiceID']}"
    assert (row["Total"], row["Reference"]) == (275, "PO 9")
    assert "Approved." in words(sent(xero, f"{here}/status", Status="AUTHORISED"))
    pay = filled(page(xero, here), f"{here}/pay")
    assert (pay["PayAmount"], pay["PayCode"]) == ("275.00", "090")
    assert "Paid" in words(sent(xero, f"{here}/pay", **pay | {"PayAmount": "275", "PayReference": "in full"}))
    (payment,) = xero.rows("Payments")
    assert (payment["Amount"], payment["Reference"], xero.rows("Invoices")[0]["Status"]) == (275, "in full", "PAID")
    refused = xero.form(f"{here}/status", {"Status": "VOIDED"})
    assert refused.status == 400
    assert "has payments or credit notes allocated to it" in words(refused)
    back = sent(xero, f"{here}/unpay", PaymentID=payment["PaymentID"])
    assert "Payment deleted." in words(back)
    assert "Payment of 275.00 deleted" in words(back), "the history tells it"
    assert "Voided." in words(sent(xero, f"{here}/status", Status="VOIDED"))
    listed = words(page(xero, f"{HOME}/invoices?state=voided"))
    assert "INV-0001" in listed
    assert "INV-0001" not in words(page(xero, f"{HOME}/invoices?state=open"))
    assert "No invoices here." in words(page(xero, f"{HOME}/invoices?q={quote('nothing like it')}"))


def test_saving_keeps_the_lines_that_were_not_touched(xero: Xero, harbour: str) -> None:
    row = xero.made("PUT", "Invoices", invoice(harbour, line(10), line("20.5", DiscountRate=10)))
    here = f"{HOME}/invoices/{row['InvoiceID']}"
    form = filled(page(xero, here), here)
    sent(xero, here, **form | {"UnitAmount.0": "11"})
    after = xero.one(f"Invoices/{row['InvoiceID']}")
    assert [one["LineItemID"] for one in after["LineItems"]] == [one["LineItemID"] for one in row["LineItems"]]
    assert [one["LineAmount"] for one in after["LineItems"]] == [11, 18.45]
    wrong = xero.form(here, form | {"AccountCode.0": "999"})
    assert wrong.status == 400
    assert "Account code '999' is not a valid code for this document." in words(wrong)
    assert 'value="999"' in wrong.text, "what was typed is still there"
    gone = dict.fromkeys((name for name in form if name.endswith(".0") and not name.startswith("LineItemID")), "")
    sent(xero, here, **form | gone)
    assert len(xero.one(f"Invoices/{row['InvoiceID']}")["LineItems"]) == 1


def test_a_person_uses_credit_and_takes_it_back(xero: Xero, harbour: str) -> None:
    xero.made("PUT", "Invoices", invoice(harbour))
    note = xero.made("PUT", "CreditNotes", invoice(harbour, line(30)) | {"Type": "ACCRECCREDIT"})
    here = f"{HOME}/credit-notes/{note['CreditNoteID']}"
    form = filled(page(xero, here), f"{here}/use")
    assert form["UseAmount"] == "33.00"
    assert "Credit used." in words(sent(xero, f"{here}/use", **form))
    assert xero.rows("Invoices")[0]["AmountCredited"] == 33
    (use,) = xero.one(f"CreditNotes/{note['CreditNoteID']}")["Allocations"]
    assert "Credit taken back." in words(sent(xero, f"{here}/unuse", AllocationID=use["AllocationID"]))
    assert xero.rows("Invoices")[0]["AmountDue"] == 110


def test_contacts_are_edited_archived_and_restored(xero: Xero, harbour: str) -> None:
    here = f"{HOME}/contacts/{harbour}"
    people = [{"FirstName": "Ann", "LastName": "Lee"}]
    xero.made("POST", "Contacts", {"ContactID": harbour, "ContactPersons": people})
    form = filled(page(xero, here), here)
    sent(xero, here, **form | {"Phone": "07 1234", "City": "Cairns", "Name": "Harbour Kiosk"})
    row = xero.one(f"Contacts/{harbour}")
    assert (row["Name"], row["Addresses"][1]["City"], row["Phones"][0]["PhoneNumber"]) == (
        "Harbour Kiosk",
        "Cairns",
        "07 1234",
    )
    assert row["ContactPersons"][0]["LastName"] == "Lee"
    refused = xero.form(here, form | {"Name": "Gum Tree"})
    assert "already assigned to another contact" in words(refused)
    assert "Archived." in words(sent(xero, f"{here}/status", ContactStatus="ARCHIVED"))
    assert "Harbour Kiosk" in words(page(xero, f"{HOME}/contacts?state=archived"))
    assert "Restored." in words(sent(xero, f"{here}/status", ContactStatus="ACTIVE"))


def test_items_accounts_tax_rates_and_settings_are_edited(xero: Xero) -> None:
    sent(xero, f"{HOME}/items/new", Code="MODEL", Name="A model", UnitPrice="900", AccountCode="200", TaxType="")
    assert xero.one("Items/MODEL")["SalesDetails"]["UnitPrice"] == 900
    sent(xero, f"{HOME}/accounts/new", Code="210", Name="Models", Type="REVENUE", TaxType="OUTPUT")
    (account,) = xero.rows("Accounts", where='Code=="210"')
    sent(xero, f"{HOME}/accounts/{account['AccountID']}/status", Status="ARCHIVED")
    assert xero.rows("Accounts", where='Code=="210"')[0]["Status"] == "ARCHIVED"
    sent(xero, f"{HOME}/tax-rates/new", Name="Six", Rate="6", ReportTaxType="OUTPUT")
    assert xero.rows("TaxRates", where='Name=="Six"')[0]["EffectiveRate"] == 6
    sent(xero, f"{HOME}/settings", PeriodLockDate="2026-06-30", Name="Northlight")
    assert xero.ask("GET", "Organisation").json["Organisations"][0]["Name"] == "Northlight"
    assert "is not a date" in words(xero.form(f"{HOME}/settings", {"PeriodLockDate": "soon"}))
    sent(xero, f"{HOME}/settings/tier", tier="starter")
    assert xero.control("switches")["tier"] == "starter"
    (connection,) = re.findall(r'name="id" value="([^"]+)"', page(xero, f"{HOME}/settings").text)
    sent(xero, f"{HOME}/settings/disconnect", id=connection)
    assert xero.ask("GET", "Contacts").status == 403


def test_a_page_tells_when_its_books_have_changed(xero: Xero, harbour: str) -> None:
    shown = page(xero, f"{HOME}/invoices").text
    watch, version = re.findall(r'data-watch="([^"]+)" data-version="([^"]+)"', shown)[0]
    assert page(xero, watch).json == {"version": version}
    row = xero.made("PUT", "Invoices", invoice(harbour))
    assert page(xero, watch).json != {"version": version}
    own = f"{HOME}/invoices/{row['InvoiceID']}"
    watch, version = re.findall(r'data-watch="([^"]+)" data-version="([^"]+)"', page(xero, own).text)[0]
    xero.made("PUT", "Contacts", {"Name": "Elsewhere"})
    assert page(xero, watch).json == {"version": version}
    xero.made("POST", f"Invoices/{row['InvoiceID']}", {"Reference": "x"})
    assert page(xero, watch).json != {"version": version}


def test_other_sites_and_lost_addresses_are_turned_away(xero: Xero) -> None:
    assert xero.form(f"{HOME}/contacts/new", {"Name": "X"}, origin="http://evil.example").status == 403
    for path in (
        "/app/nobody/invoices",
        f"{HOME}/nothing",
        f"{HOME}/invoices/nothing",
    ):
        answer = xero.send("GET", path)
        assert (answer.status, BANNER in answer.text) == (404, True)
    assert json.loads(xero.send("GET", f"{HOME}/contacts/nothing/version").body)["version"].endswith(".gone")
