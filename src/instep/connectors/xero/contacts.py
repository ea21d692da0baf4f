"""Contacts and items: bodies out of the flattened words, and the words out of what Xero shows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from instep.connect.protocols import Values
from instep.connectors.xero import wire

ARCHIVED: Final = "ARCHIVED"
PEOPLE: Final = "ContactPersons"
_TEXTS: Final = ("Name", "ContactNumber", "EmailAddress", "TaxNumber")
_PHONES: Final = {"Phone": "DEFAULT", "Mobile": "MOBILE"}
_LINES: Final = ("AddressLine1", "AddressLine2", "AddressLine3", "AddressLine4")
_PLACE: Final = ("City", "Region", "PostalCode", "Country")
BILLING: Final = "POBOX"
"""Of the two addresses of a contact the one that Xero prints on documents; STREET is where goods are delivered."""


def contact_body(fields: Values) -> dict[str, Any]:
    """Only what is given; None empties. The people at the contact are said as they were read, or not at all: whoever is
    left out of a list of them is removed.

    Raises ValueError for a field that is not written.
    """
    unknown = set(fields) - {*_TEXTS, *_PHONES, "Address", PEOPLE}
    if unknown:
        raise ValueError(f"contacts: {sorted(unknown)} cannot be written")
    body: dict[str, Any] = {name: fields[name] or "" for name in _TEXTS if name in fields}
    if "Address" in fields:
        lines = (fields["Address"] or "").split("\n")
        if len(lines) > len(_LINES):
            raise ValueError("an address has four lines")
        filled = {name: lines[i] if i < len(lines) else "" for i, name in enumerate(_LINES)}
        body["Addresses"] = [{"AddressType": BILLING, **filled, **dict.fromkeys(_PLACE, "")}]
    if fields.get(PEOPLE):
        body[PEOPLE] = fields[PEOPLE]
    phones = [
        {"PhoneType": kind, "PhoneNumber": fields[name] or "", "PhoneAreaCode": "", "PhoneCountryCode": ""}
        for name, kind in _PHONES.items()
        if name in fields
    ]
    return body | ({"Phones": phones} if phones else {})


def contact_fields(element: Mapping[str, Any]) -> dict[str, Any]:
    """The flattened words. Xero leaves out what is empty; lists that are left out say nothing."""
    fields: dict[str, Any] = {name: wire.text(element, name) for name in _TEXTS}
    fields["ContactStatus"] = wire.text(element, "ContactStatus")
    if "Addresses" in element:
        found = [a for a in wire.rows(element, "Addresses") if a.get("AddressType") == BILLING]
        fields["Address"] = _address(found[0]) if found else None
    if "Phones" in element:
        by_kind = {row.get("PhoneType"): row for row in wire.rows(element, "Phones")}
        for name, kind in _PHONES.items():
            fields[name] = _phone(by_kind.get(kind, {}))
    if PEOPLE in element:
        fields[PEOPLE] = [_person(row) for row in wire.rows(element, PEOPLE)]
    return fields


def _person(row: Mapping[str, Any]) -> dict[str, Any]:
    texts = {name: wire.text(row, name) for name in ("FirstName", "LastName", "EmailAddress")}
    return {n: v for n, v in {**texts, "IncludeInEmails": wire.flag(row, "IncludeInEmails")}.items() if v is not None}


def _address(row: Mapping[str, Any]) -> str | None:
    return "\n".join(line for name in (*_LINES, *_PLACE) if (line := wire.text(row, name))) or None


def _phone(row: Mapping[str, Any]) -> str | None:
    country, area, number = (wire.text(row, n) for n in ("PhoneCountryCode", "PhoneAreaCode", "PhoneNumber"))
    if not number:
        return None
    if country:
        country = "+" + country.lstrip("+")
    return " ".join(part for part in (country, area, number) if part)


def item_body(fields: Values) -> dict[str, Any]:
    """Raises ValueError for a field that is not written."""
    unknown = set(fields) - {"Code", "Name"}
    if unknown:
        raise ValueError(f"items: {sorted(unknown)} cannot be written")
    return {name: value or "" for name, value in fields.items()}


def item_fields(element: Mapping[str, Any]) -> dict[str, Any]:
    return {name: wire.text(element, name) for name in ("Code", "Name")}
