"""The books of one organisation: its tables and how their records are found."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sandboxes.xero.store import Keys, Log, Record, Store

# Table -> the field that holds the id.
IDS = {
    "accounts": "AccountID",
    "taxrates": "TaxType",
    "items": "ItemID",
    "contacts": "ContactID",
    "invoices": "InvoiceID",
    "creditnotes": "CreditNoteID",
    "payments": "PaymentID",
}
ZONES = {
    "EAUSTRALIASTANDARDTIME": "Australia/Brisbane",
    "AUSEASTERNSTANDARDTIME": "Australia/Sydney",
    "GMTSTANDARDTIME": "Europe/London",
    "UTC": "UTC",
}


@lru_cache(8192)
def fold(text: str) -> str:
    """The text as it is compared: without regard to case, accents and outer blanks."""
    text = text.strip()
    if not text.isascii():
        text = "".join(sign for sign in unicodedata.normalize("NFKD", text) if not unicodedata.combining(sign))
    return text.casefold()


def _accounts(record: Record) -> Iterable[tuple[str, str]]:
    yield "code", fold(record["Code"])
    yield "name", fold(record["Name"])


def _taxrates(record: Record) -> Iterable[tuple[str, str]]:
    yield "name", fold(record["Name"])


def _items(record: Record) -> Iterable[tuple[str, str]]:
    yield "code", fold(record["Code"])


def _contacts(record: Record) -> Iterable[tuple[str, str]]:
    yield record["ContactStatus"], fold(record["Name"])
    if record["ContactNumber"]:
        yield "number", fold(record["ContactNumber"])


def _invoices(record: Record) -> Iterable[tuple[str, str]]:
    yield "contact", record["ContactID"]
    if record["Number"]:
        yield record["Type"], fold(record["Number"])


def _creditnotes(record: Record) -> Iterable[tuple[str, str]]:
    yield from _invoices(record)
    for invoice in {allocation["InvoiceID"]: None for allocation in record["Allocations"]}:
        yield "invoice", invoice


def _payments(record: Record) -> Iterable[tuple[str, str]]:
    yield "document", record["DocumentID"]


_TABLES: dict[str, Keys] = {
    "accounts": _accounts,
    "taxrates": _taxrates,
    "items": _items,
    "contacts": _contacts,
    "invoices": _invoices,
    "creditnotes": _creditnotes,
    "payments": _payments,
    "organisation": lambda record: (),
}


class Books(Store):
    """One organisation. Its own settings are the single record of the table `organisation`."""

    def __init__(self, key: str, log: Log) -> None:
        super().__init__(key, _TABLES, log)

    @property
    def settings(self) -> Record:
        """Name, tenant, currency, lock dates and the rest."""
        return self["organisation"][""]

    def save_settings(self, **changes: object) -> None:
        """Change some settings."""
        self.put("organisation", "", self["organisation"].get("", {}) | changes)

    @property
    def tenant(self) -> str:
        """The id that clients name in `xero-tenant-id`."""
        return str(self.settings["OrganisationID"])

    def today(self, now: float) -> str:
        """The date in the organisation's time zone."""
        name = ZONES.get(str(self.settings["Timezone"]), "UTC")
        try:
            return datetime.fromtimestamp(now, ZoneInfo(name)).date().isoformat()
        except ZoneInfoNotFoundError:  # a machine without zone data
            return datetime.fromtimestamp(now, ZoneInfo("UTC")).date().isoformat()

    def account(self, code: object) -> Record | None:
        """An account by its code."""
        return self.tables["accounts"].one("code", fold(str(code)))

    def rate(self, tax_type: object) -> Decimal | None:
        """The per cent of a tax type that is in use, or None."""
        found = self["taxrates"].get(str(tax_type))
        return found["EffectiveRate"] if found and found["Status"] == "ACTIVE" else None

    def payments_of(self, document: str) -> list[Record]:
        """The payments of an invoice or credit note that were not deleted."""
        return [row for row in self.tables["payments"].all("document", document) if row["Status"] == "AUTHORISED"]

    def credits_of(self, invoice: str) -> list[tuple[Record, Record]]:
        """Credit note and allocation, for each use of credit on an invoice."""
        notes = self.tables["creditnotes"].all("invoice", invoice)
        return [(note, use) for note in notes for use in note["Allocations"] if use["InvoiceID"] == invoice]
