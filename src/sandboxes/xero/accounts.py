"""Saving accounts and tax rates."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from sandboxes.xero import reading
from sandboxes.xero.books import fold
from sandboxes.xero.desk import Desk, new_id
from sandboxes.xero.money import rounded
from sandboxes.xero.problems import Invalid
from sandboxes.xero.store import Record

CLASSES = {
    **dict.fromkeys(("BANK", "CURRENT", "FIXED", "INVENTORY", "NONCURRENT", "PREPAYMENT"), "ASSET"),
    **dict.fromkeys(("DEPRECIATN", "DIRECTCOSTS", "EXPENSE", "OVERHEADS"), "EXPENSE"),
    **dict.fromkeys(("CURRLIAB", "LIABILITY", "TERMLIAB", "PAYG"), "LIABILITY"),
    **dict.fromkeys(("OTHERINCOME", "REVENUE", "SALES"), "REVENUE"),
    "EQUITY": "EQUITY",
}
APPLIES = {
    "ASSET": "CanApplyToAssets",
    "EQUITY": "CanApplyToEquity",
    "EXPENSE": "CanApplyToExpenses",
    "LIABILITY": "CanApplyToLiabilities",
    "REVENUE": "CanApplyToRevenue",
}
_STATUSES = ("ACTIVE", "ARCHIVED")
OUTPUTS = ("OUTPUT", "OUTPUT2", "EXEMPTOUTPUT", "SALESOUTPUT", "ZERORATEDOUTPUT", "CAPITALSALESOUTPUT")
REPORTS = (*OUTPUTS, "INPUT", "INPUT2", "EXEMPTEXPENSES", "EXEMPTINPUT", "INPUTTAXED", "BASEXCLUDED")
REPORTS = (*REPORTS, "CAPEXINPUT", "GSTONIMPORTS", "PURCHASESINPUT", "ZERORATEDINPUT", "REVERSECHARGES", "NONE")


def save_account(desk: Desk, sent: Mapping[str, object], *, number: str | None) -> Record:
    """Create an account, or change the one with that id. Raises Invalid."""
    books = desk.books
    old = books["accounts"].get(number) if number else None
    record = dict(old) if old else _blank()
    for name, limit in (("Code", 10), ("Name", 150), ("TaxType", None), ("BankAccountNumber", None)):
        if name in sent:
            record[name] = reading.text(sent, name, limit)
    if "Description" in sent:
        record["Description"] = reading.text(sent, "Description", 4000)
    for name in ("EnablePaymentsToAccount", "ShowInExpenseClaims"):
        record[name] = bool(reading.flag(sent, name)) if name in sent else record[name]
    record["Type"] = reading.choice(sent, "Type", tuple(CLASSES)) or record["Type"]
    record["Status"] = reading.choice(sent, "Status", _STATUSES) or record["Status"]
    record["CurrencyCode"] = reading.text(sent, "CurrencyCode") or record["CurrencyCode"]
    _check_account(desk, record)
    record["Class"] = CLASSES[record["Type"]]
    if record["Type"] == "BANK":
        record["CurrencyCode"] = record["CurrencyCode"] or books.settings["BaseCurrency"]
    record["TaxType"] = record["TaxType"] or ("BASEXCLUDED" if books.rate("BASEXCLUDED") is not None else "NONE")
    return desk.keep("accounts", record, "Edited" if old else "Created")


def _blank() -> Record:
    texts = dict.fromkeys(("Code", "Name", "Type", "TaxType", "BankAccountNumber", "Description", "CurrencyCode"))
    flags = {"EnablePaymentsToAccount": False, "ShowInExpenseClaims": False}
    return {"AccountID": new_id(), **texts, **flags, "Status": "ACTIVE", "SystemAccount": None}


def _check_account(desk: Desk, record: Record) -> None:
    problems: list[str] = []
    tables = desk.books.tables["accounts"]
    for name in ("Code", "Name"):
        if not record[name]:
            problems.append(f"{name} is required.")
            continue
        other = tables.one(name.lower(), fold(record[name]))
        if other and other["AccountID"] != record["AccountID"]:
            problems.append(f"Please enter a unique {name}.")
    if not record["Type"]:
        problems.append("Type is required.")
    elif record["Type"] == "BANK" and not record["BankAccountNumber"]:
        problems.append("Bank account number is required.")
    if record["TaxType"] and desk.books.rate(record["TaxType"]) is None:
        problems.append(f"The TaxType code '{record['TaxType']}' does not exist.")
    if problems:
        raise Invalid(*problems)


def remove_account(desk: Desk, number: str) -> Record:
    """Take an account away that nothing uses. Raises Invalid."""
    account, books = desk.books["accounts"][number], desk.books
    used = any(row["AccountID"] == number for row in books["payments"].values()) or any(
        line["AccountCode"] == account["Code"]
        for kind in ("invoices", "creditnotes")
        for row in books[kind].values()
        for line in row["Lines"]
    )
    if used or account["SystemAccount"]:
        raise Invalid("This account is in use and cannot be deleted; it can be archived.")
    books.put("accounts", number, None)
    return account | {"Status": "DELETED"}


def save_rate(desk: Desk, sent: Mapping[str, object], *, create: bool) -> Record:
    """Create a tax rate, or change the one of that type or name. Raises Invalid."""
    books = desk.books
    name, kind = reading.text(sent, "Name", 50), reading.text(sent, "TaxType")
    by_name = books.tables["taxrates"].one("name", fold(name)) if name else None
    old = (books["taxrates"].get(kind) if kind else None) or by_name
    if old and create:
        raise Invalid(f"The tax rate name '{name}' is already in use." if by_name else "The TaxType is already in use.")
    if not old and not name:
        raise Invalid("Name is required.")
    if by_name and old and by_name["TaxType"] != old["TaxType"]:
        raise Invalid(f"The tax rate name '{name}' is already in use.")
    report = reading.choice(sent, "ReportTaxType", REPORTS)
    record = dict(old) if old else _blank_rate(desk, report)
    record["Name"] = name or record["Name"]
    record["ReportTaxType"] = report or record["ReportTaxType"]
    record["Status"] = reading.choice(sent, "Status", ("ACTIVE", "DELETED", "ARCHIVED")) or record["Status"]
    parts = reading.objects(sent, "TaxComponents")
    if parts is not None:
        record["TaxComponents"] = [_component(part) for part in parts]
        rate = sum((part["Rate"] for part in record["TaxComponents"]), Decimal(0))
        record["DisplayTaxRate"] = record["EffectiveRate"] = rounded(rate, 4)
    if not record["TaxComponents"]:
        raise Invalid("A tax rate needs at least one tax component.")
    return desk.keep("taxrates", record, "Edited" if old else "Created")


def _blank_rate(desk: Desk, report: str | None) -> Record:
    if report is None:
        raise Invalid("ReportTaxType is required.")
    taken = desk.books["taxrates"]
    kind = next(code for code in (f"TAX{count:03}" for count in range(1, 1000)) if code not in taken)
    sales = report in OUTPUTS
    sides = {"CanApplyToExpenses": not sales, "CanApplyToRevenue": sales}
    both = dict.fromkeys(("CanApplyToAssets", "CanApplyToEquity", "CanApplyToLiabilities"), True)
    return {"TaxType": kind, "Name": None, "ReportTaxType": report, "Status": "ACTIVE", **both, **sides} | {
        "TaxComponents": [],
        "DisplayTaxRate": Decimal(0),
        "EffectiveRate": Decimal(0),
    }


def _component(part: Mapping[str, object]) -> Record:
    name, rate = reading.text(part, "Name", 50), reading.number(part, "Rate")
    if not name or rate is None or not 0 <= rate <= 100:
        raise Invalid("A tax component needs a Name and a Rate from 0 to 100.")
    extra = {key: bool(reading.flag(part, key)) for key in ("IsCompound", "IsNonRecoverable")}
    return {"Name": name, "Rate": rounded(rate, 4), **extra}
