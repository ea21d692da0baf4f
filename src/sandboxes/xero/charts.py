"""What an organisation has on its first day: accounts and tax rates of Australia and of the United Kingdom."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from sandboxes.xero.accounts import APPLIES, CLASSES
from sandboxes.xero.desk import Desk
from sandboxes.xero.store import Record

_ALL = ("ASSET", "EQUITY", "EXPENSE", "LIABILITY", "REVENUE")
_SALES, _BUYS = ("ASSET", "EQUITY", "LIABILITY", "REVENUE"), ("ASSET", "EQUITY", "LIABILITY", "EXPENSE")
_CAPITAL, _IMPORTS = ("ASSET",), ("ASSET", "EXPENSE", "LIABILITY")


@dataclass(frozen=True, slots=True)
class Base:
    """A country's beginnings. Rates: type, name, report, per cent, classes. Accounts: code, name, type, tax."""

    settings: dict[str, object]
    rates: tuple[tuple[str, str, str, str, tuple[str, ...]], ...]
    accounts: tuple[tuple[str, str, str, str], ...]


def _own(country: str, currency: str, zone: str, *, end: tuple[int, int]) -> dict[str, object]:
    return {
        "Version": country,
        "CountryCode": "GB" if country == "UK" else country,
        "BaseCurrency": currency,
        "Currencies": [currency],
        "Timezone": zone,
        "FinancialYearEndDay": end[0],
        "FinancialYearEndMonth": end[1],
        "SalesTaxBasis": "ACCRUALS",
        "SalesTaxPeriod": "QUARTERLY",
    }


_SHARED_ACCOUNTS = (
    ("400", "Advertising", "EXPENSE", "buy"),
    ("404", "Bank Fees", "EXPENSE", "none"),
    ("408", "Cleaning", "EXPENSE", "buy"),
    ("412", "Consulting & Accounting", "EXPENSE", "buy"),
    ("420", "Entertainment", "EXPENSE", "buy"),
    ("425", "Freight & Courier", "EXPENSE", "buy"),
    ("429", "General Expenses", "EXPENSE", "buy"),
    ("433", "Insurance", "EXPENSE", "buy"),
    ("453", "Office Expenses", "EXPENSE", "buy"),
    ("461", "Printing & Stationery", "EXPENSE", "buy"),
    ("469", "Rent", "EXPENSE", "buy"),
    ("477", "Wages and Salaries", "EXPENSE", "none"),
    ("485", "Subscriptions", "EXPENSE", "buy"),
    ("493", "Travel - National", "EXPENSE", "buy"),
    ("710", "Office Equipment", "FIXED", "capital"),
    ("880", "Owner A Drawings", "EQUITY", "none"),
)


def _chart(sell: str, buy: str, capital: str, none: str) -> tuple[tuple[str, str, str, str], ...]:
    words = {"sell": sell, "buy": buy, "capital": capital, "none": none}
    front = (
        ("090", "Business Bank Account", "BANK", "none"),
        ("091", "Business Savings Account", "BANK", "none"),
        ("200", "Sales", "REVENUE", "sell"),
        ("202", "Reimbursed Expenses", "REVENUE", "sell"),
        ("260", "Other Revenue", "REVENUE", "sell"),
        ("310", "Cost of Goods Sold", "DIRECTCOSTS", "buy"),
        ("320", "Sub-consultants", "DIRECTCOSTS", "buy"),
    )
    return tuple((code, name, kind, words[tax]) for code, name, kind, tax in (*front, *_SHARED_ACCOUNTS))


BASES = {
    "AU": Base(
        _own("AU", "AUD", "EAUSTRALIASTANDARDTIME", end=(30, 6)),
        (
            ("OUTPUT", "GST on Income", "OUTPUT", "10", _SALES),
            ("INPUT", "GST on Expenses", "INPUT", "10", _BUYS),
            ("EXEMPTOUTPUT", "GST Free Income", "EXEMPTOUTPUT", "0", _SALES),
            ("EXEMPTEXPENSES", "GST Free Expenses", "EXEMPTEXPENSES", "0", _BUYS),
            ("BASEXCLUDED", "BAS Excluded", "BASEXCLUDED", "0", _ALL),
            ("INPUTTAXED", "Input Taxed", "INPUTTAXED", "0", _SALES),
            ("CAPEXINPUT", "GST on Capital", "CAPEXINPUT", "10", _CAPITAL),
            ("GSTONIMPORTS", "GST on Imports", "GSTONIMPORTS", "0", _IMPORTS),
            ("NONE", "No Tax", "NONE", "0", _ALL),
        ),
        _chart("OUTPUT", "INPUT", "CAPEXINPUT", "BASEXCLUDED"),
    ),
    "UK": Base(
        _own("UK", "GBP", "GMTSTANDARDTIME", end=(31, 3)),
        (
            ("OUTPUT2", "20% (VAT on Income)", "OUTPUT", "20", _SALES),
            ("INPUT2", "20% (VAT on Expenses)", "INPUT", "20", _BUYS),
            ("RROUTPUT", "5% (VAT on Income)", "OUTPUT", "5", _SALES),
            ("RRINPUT", "5% (VAT on Expenses)", "INPUT", "5", _BUYS),
            ("ZERORATEDOUTPUT", "Zero Rated Income", "OUTPUT", "0", _SALES),
            ("ZERORATEDINPUT", "Zero Rated Expenses", "INPUT", "0", _BUYS),
            ("EXEMPTOUTPUT", "Exempt Income", "EXEMPTOUTPUT", "0", _SALES),
            ("EXEMPTEXPENSES", "Exempt Expenses", "EXEMPTEXPENSES", "0", _BUYS),
            ("NONE", "No VAT", "NONE", "0", _ALL),
        ),
        _chart("OUTPUT2", "INPUT2", "INPUT2", "NONE"),
    ),
}


def begin(desk: Desk, base: Base, account_id: dict[str, str]) -> None:
    """The tax rates and accounts of the first day; `account_id` gives each account's id by its code."""
    part = "GST" if base.settings["BaseCurrency"] == "AUD" else "VAT"
    for kind, name, report, rate, classes in base.rates:
        per_cent = Decimal(f"{rate}.0000")
        parts = [{"Name": part, "Rate": per_cent, "IsCompound": False, "IsNonRecoverable": False}]
        record: Record = {"TaxType": kind, "Name": name, "ReportTaxType": report, "Status": "ACTIVE"}
        record |= {field: of in classes for of, field in APPLIES.items()}
        record |= {"DisplayTaxRate": per_cent, "EffectiveRate": per_cent, "TaxComponents": parts}
        desk.keep("taxrates", record, "Created")
    for code, name, kind, tax in base.accounts:
        bank = kind == "BANK"
        account: Record = {"AccountID": account_id[code], "Code": code, "Name": name, "Type": kind, "TaxType": tax}
        account |= {"Status": "ACTIVE", "Class": CLASSES[kind], "SystemAccount": None, "Description": None}
        account |= {"BankAccountNumber": f"062000{code}12345" if bank else None, "ShowInExpenseClaims": False}
        account |= {"CurrencyCode": base.settings["BaseCurrency"] if bank else None}
        # Money may also go to and from the owner, as in Xero's own demo company.
        account["EnablePaymentsToAccount"] = bank or code == "880"
        desk.keep("accounts", account, "Created")
