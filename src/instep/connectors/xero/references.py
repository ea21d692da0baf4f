"""What is only read of Xero: its accounts, tax rates and the organisation, and the choices that these offer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from instep.connect.protocols import Known, RemoteRecord
from instep.connectors.xero import wire

ACTIVE: Final = "ACTIVE"
APPLIES: Final[Mapping[str, str]] = {
    "ASSET": "CanApplyToAssets",
    "EQUITY": "CanApplyToEquity",
    "EXPENSE": "CanApplyToExpenses",
    "LIABILITY": "CanApplyToLiabilities",
    "REVENUE": "CanApplyToRevenue",
}
"""Class of an account -> what a tax rate says about it."""
_NOT_IN_LINES: Final = frozenset({"DEBTORS", "CREDITORS", "BANKCURRENCYGAIN", "RETAINEDEARNINGS", "GST"})
"""Accounts that Xero alone writes to."""


def account_fields(element: Mapping[str, Any]) -> dict[str, Any]:
    names = ("Code", "Name", "Type", "Class", "Status", "TaxType", "SystemAccount", "CurrencyCode")
    return {name: wire.text(element, name) for name in names}


def tax_rate_fields(element: Mapping[str, Any]) -> dict[str, Any]:
    fields: dict[str, Any] = {name: wire.text(element, name) for name in ("Name", "TaxType", "Status")}
    fields["EffectiveRate"] = wire.digits(element, "EffectiveRate")
    return fields | {name: wire.flag(element, name) for name in APPLIES.values()}


def organisation_fields(element: Mapping[str, Any]) -> dict[str, Any]:
    names = ("Name", "BaseCurrency", "CountryCode", "ShortCode", "DefaultSalesTax", "SalesTaxBasis")
    fields: dict[str, Any] = {name: wire.text(element, name) for name in names}
    return fields | {name: wire.day(element, name) for name in ("PeriodLockDate", "EndOfYearLockDate")}


def choices(domain: str, known: Known) -> list[tuple[str, str]]:
    """(their key, label) of what lines may carry, in the order of the keys; what is archived is not offered."""
    if domain == "account":
        accounts = (r.fields for r in known.get("accounts", ()) if r.fields.get("Code") and usable(r))
        return sorted((f["Code"], f"{f['Code']} {f.get('Name') or ''}".strip()) for f in accounts)
    if domain == "tax_code":
        rates = (r.fields for r in known.get("tax-rates", ()) if r.fields.get("TaxType") and active(r))
        return sorted((f["TaxType"], _rate_label(f)) for f in rates)
    return []


def _rate_label(fields: Mapping[str, Any]) -> str:
    name, rate = fields.get("Name") or fields["TaxType"], fields.get("EffectiveRate")
    return name if rate is None or "%" in name else f"{name} ({rate} %)"


def active(record: RemoteRecord) -> bool:
    return (record.fields.get("Status") or ACTIVE) == ACTIVE


def usable(account: RemoteRecord) -> bool:
    """Whether lines of a document may carry this account."""
    return active(account) and fits_lines(account)


def fits_lines(account: RemoteRecord) -> bool:
    """A bank account is paid to, not sold on; and some accounts Xero alone writes to."""
    return account.fields.get("Type") != "BANK" and account.fields.get("SystemAccount") not in _NOT_IN_LINES
