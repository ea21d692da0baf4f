"""The Xero organisations of the demo firms: the sandbox's own seed document, with an app for each firm."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from instep.cli.demo.firms.shape import DemoFirm

NEVER = "2100-01-01T00:00:00+00:00"


@dataclass(frozen=True, slots=True)
class LedgerSeed:
    """A firm's organisation in the sandbox. With a token the demo connects it; else a person does, by signing in."""

    key: str
    name: str
    base: str
    tenant: str
    person: tuple[str, str]
    """Who keeps these books: name and email."""
    client_id: str
    client_secret: str
    tax_number: str
    token: str = ""
    contacts: Sequence[Mapping[str, Any]] = ()
    bills: Sequence[Mapping[str, Any]] = ()

    def app(self, back: str) -> dict[str, Any]:
        """The app that the firm registered; `back` is where it may send people to."""
        return {"id": self.client_id, "secret": self.client_secret, "name": "Instep", "redirects": [back]}

    def seed(self, back: str) -> dict[str, Any]:
        """Everything that is there at first."""
        name, email = self.person
        organisation = {
            "key": self.key,
            "name": self.name,
            "base": self.base,
            "tenant": self.tenant,
            "users": [{"name": name, "email": email}],
            "settings": {"TaxNumber": self.tax_number},
            "records": {"Contacts": list(self.contacts), "Invoices": list(self.bills)},
        }
        token = {"token": self.token, "app": self.client_id, "user": email, "organisations": [self.key]}
        return {
            "organisations": [organisation],
            "apps": [self.app(back)],
            "tokens": [token] if self.token else [],
        }

    def secret(self) -> dict[str, str]:
        """What the connector needs to know, as if somebody had signed in."""
        return {
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "access_token": self.token,
            "expires_at": NEVER,
            "tenant_id": self.tenant,
        }


def ledger_of(firm: DemoFirm) -> LedgerSeed:
    """The organisation of this firm."""
    return LEDGERS[firm.key]


def _bill(number: str, contact: str, on: dt.date, text: str, amount: str) -> dict[str, Any]:
    """A supplier's bill: the books are more than what Instep sends."""
    line = {"Description": text, "Quantity": "1", "UnitAmount": amount, "AccountCode": "320"}
    return {
        "Type": "ACCPAY",
        "Status": "AUTHORISED",
        "InvoiceNumber": number,
        "Contact": {"Name": contact},
        "Date": on.isoformat(),
        "DueDate": (on + dt.timedelta(days=30)).isoformat(),
        "LineItems": [line],
    }


LEDGERS: Mapping[str, LedgerSeed] = {
    "banksia-bell": LedgerSeed(
        key="banksia-bell",
        name="Banksia & Bell Architects Pty Ltd",
        base="AU",
        tenant="3f0b7a5e-61c4-4d0e-9a57-6c1d2b8e4f10",
        person=("Bo Lindqvist", "bo@banksia-bell.example"),
        client_id="BANKSIA-APP",
        client_secret="banksia-app-secret",
        tax_number="76 141 592 600",
        token="banksia-sandbox-access",
        contacts=(
            # By number and name it is the same client; by its name alone a person has to say so.
            {"Name": "Yarra Bend Community Health", "ContactNumber": "YBCH"},
            {"Name": "Saltbush Brewing Co", "EmailAddress": "accounts@saltbushbrewing.example"},
            {"Name": "Ironbark Structural Engineers Pty Ltd", "EmailAddress": "jobs@ironbarkstructural.example"},
        ),
        bills=(
            _bill("ISE-3391", "Ironbark Structural Engineers Pty Ltd", dt.date(2026, 1, 12), "Footings", "3150.00"),
        ),
    ),
    "quill": LedgerSeed(
        key="quill",
        name="Quill & Co Ltd",
        base="UK",
        tenant="8d24c6b1-05f9-4e3a-b7d2-90a1e5f36c22",
        person=("Fern Adeyemi", "fern@quill.example"),
        client_id="QUILL-APP",
        client_secret="quill-app-secret",
        tax_number="GB 226 1483 22",
        contacts=({"Name": "Museum of Small Machines", "EmailAddress": "press@smallmachines.example"},),
    ),
}
