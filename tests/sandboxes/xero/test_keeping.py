"""What is kept: the data file over a restart, seeds taken whole or not at all, what the control door sees and edits."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from sandboxes.kit.errors import BadInput
from sandboxes.xero import demo
from sandboxes.xero.app import start
from tests.sandboxes.xero.client import Xero, invoice
from tests.sandboxes.xero.stage import SEED

TODAY = date(2026, 11, 22)


def test_everything_is_there_again_after_a_restart(tmp_path: Path) -> None:
    file = tmp_path / "xero.data"
    with start(seed=SEED, data=file) as handle, Xero(handle.address) as client:
        contact = client.rows("Contacts")[0]["ContactID"]
        row = client.made("PUT", "Invoices", invoice(contact))
        sent = {"Invoice": {"InvoiceID": row["InvoiceID"]}, "Account": {"Code": "090"}, "Amount": "0.10"}
        client.made("PUT", "Payments", sent)
        client.control("clock", {"advance": 90})
        before = client.ask("GET", "Invoices", page=1).json["Invoices"]
        refused = client.ask("PUT", "Invoices", {"Invoices": [invoice(contact), {"Type": "ACCREC"}]})
        assert refused.status == 400
    with start(seed=SEED, data=file) as handle, Xero(handle.address) as client:
        assert client.ask("GET", "Invoices", page=1).json["Invoices"] == before
        assert client.control("clock")["offset"] == 90
        assert client.made("PUT", "Invoices", invoice(contact))["InvoiceNumber"] == "INV-0002"


def test_a_seed_is_taken_whole_or_not_at_all(xero: Xero) -> None:
    wrong: list[tuple[Any, str]] = [
        ({"organisations": [{"key": "Big"}]}, "The key of an organisation"),
        ({"organisations": [{"key": "fresh", "records": {"Contacts": [{}]}}]}, "fresh, Contacts, record 0"),
        ({"organisations": [{"key": "fresh"}], "tokens": [{"token": "x"}]}, "A token is text"),
        ({"nothing": 1}, "The seed knows no nothing"),
    ]
    for seed, words in wrong:
        with pytest.raises(BadInput, match=words):
            start(seed=seed)
    for seed, _ in wrong[1:3]:
        answer = xero.send("POST", "/_sandbox/seed", json.dumps(seed).encode())
        assert answer.status == 422
    assert "fresh" not in xero.send("GET", "/").text


def test_the_control_door_sees_and_edits_as_a_person_would(xero: Xero) -> None:
    edit = {"organisation": "northlight", "kind": "contacts", "fields": {"Name": "By hand"}}
    made = xero.control("edit", edit)
    xero.control("edit", edit | {"id": made["ContactID"], "fields": {"ContactStatus": "ARCHIVED"}})
    back = xero.control("edit", edit | {"id": made["ContactID"], "fields": {"ContactStatus": "ACTIVE"}})
    assert (back["ContactStatus"], back["Name"]) == ("ACTIVE", "By hand")
    paper = {"kind": "invoices", "fields": invoice(made["ContactID"])}
    number = xero.control("edit", edit | paper)["InvoiceID"]
    paid = {"Invoice": {"InvoiceID": number}, "Account": {"Code": "090"}, "Amount": 110}
    payment = xero.control("edit", edit | {"kind": "payments", "fields": paid})["PaymentID"]
    assert xero.one(f"Invoices/{number}")["Status"] == "PAID"
    xero.control("edit", edit | {"kind": "payments", "do": "delete", "id": payment, "fields": {}})
    (row,) = xero.control("records?organisation=northlight&kind=invoices")["records"]
    assert (row["Status"], row["AmountDue"]) == ("AUTHORISED", 110)
    assert xero.rows("Invoices", createdByMyApp="true") == []


def test_the_demonstration_has_two_practices(tmp_path: Path) -> None:
    with start(seed=demo.seed(TODAY)) as handle, Xero(handle.address, demo.TOKEN, demo.AU_TENANT) as client:
        states = {row["InvoiceNumber"]: row["Status"] for row in client.rows("Invoices", where='Type=="ACCREC"')}
        assert states == {"INV-0001": "PAID", "INV-0002": "AUTHORISED", "INV-0003": "AUTHORISED", "INV-0004": "DRAFT"}
        assert client.rows("Invoices", InvoiceNumbers="INV-0003")[0]["TotalTax"] == 1113.63
        client.tenant = demo.UK_TENANT
        assert [row["TotalTax"] for row in client.rows("Invoices")] == [1240.00, 400.00]
        assert client.ask("GET", "Organisation").json["Organisations"][0]["BaseCurrency"] == "GBP"
