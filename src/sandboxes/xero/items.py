"""Saving items: what is sold and bought, with prices, accounts and tax types."""

from __future__ import annotations

from collections.abc import Mapping

from sandboxes.xero import reading
from sandboxes.xero.books import fold
from sandboxes.xero.desk import Desk, new_id
from sandboxes.xero.money import rounded
from sandboxes.xero.problems import Invalid
from sandboxes.xero.store import Record

LIMITS = {"Code": 30, "Name": 50, "Description": 4000, "PurchaseDescription": 4000}


def find(desk: Desk, sent: Mapping[str, object]) -> Record | None:
    """The item that is meant: by id, else by code. Raises Invalid for an id that is not there."""
    books = desk.books
    if sent.get("ItemID"):
        found = books["items"].get(reading.guid(sent["ItemID"]) or "")
        if found is None:
            raise Invalid("The item could not be found.")
        return found
    code = reading.text(sent, "Code")
    return books.tables["items"].one("code", fold(code)) if code else None


def save(desk: Desk, sent: Mapping[str, object], *, create: bool, number: str | None = None) -> Record:
    """Create or change an item. Raises Invalid."""
    books = desk.books
    old = books["items"][number] if number else find(desk, sent)
    if old and create:
        raise Invalid(f"Price List Item with Code '{old['Code']}' already exists")
    record = dict(old) if old else _blank()
    for name, limit in LIMITS.items():
        if name in sent:
            record[name] = reading.text(sent, name, limit)
    for name in ("IsSold", "IsPurchased"):
        record[name] = reading.flag(sent, name) is not False if name in sent else record[name]
    for name in ("SalesDetails", "PurchaseDetails"):
        if name in sent:
            record[name] = _details(desk, reading.inner(sent, name), record[name])
    if not record["Code"]:
        raise Invalid("Code is required.")
    other = books.tables["items"].one("code", fold(record["Code"]))
    if other and other["ItemID"] != record["ItemID"]:
        raise Invalid(f"Price List Item with Code '{record['Code']}' already exists")
    return desk.keep("items", record, "Edited" if old else "Created")


def _blank() -> Record:
    texts = dict.fromkeys(LIMITS)
    return {"ItemID": new_id(), **texts, "IsSold": True, "IsPurchased": True, "SalesDetails": {}, "PurchaseDetails": {}}


def _details(desk: Desk, sent: Mapping[str, object], old: Record) -> Record:
    record = dict(old)
    if "UnitPrice" in sent:
        price = reading.number(sent, "UnitPrice")
        record["UnitPrice"] = None if price is None else rounded(price, desk.decimals)
    for name in ("AccountCode", "TaxType"):
        if name in sent:
            record[name] = reading.text(sent, name)
    if record.get("AccountCode") and desk.books.account(record["AccountCode"]) is None:
        raise Invalid(f"Account code '{record['AccountCode']}' is not a valid code for this document.")
    if record.get("TaxType") and desk.books.rate(record["TaxType"]) is None:
        raise Invalid(f"The TaxType code '{record['TaxType']}' does not exist.")
    return {name: value for name, value in record.items() if value is not None}
