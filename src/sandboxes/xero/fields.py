"""Every field that the stand-in answers or takes: its type, limit, who writes it, and how well the fact is founded."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Mark(StrEnum):
    """How well a fact is founded."""

    DOCUMENTED = "documented"
    RECORDED = "recorded"
    ASSUMED = "assumed"


class Type(StrEnum):
    """How a value travels in JSON."""

    GUID = "guid"
    TEXT = "text"
    CHOICE = "choice"
    FLAG = "flag"
    WHOLE = "whole"
    DATE = "date"
    TIME = "time"
    RATE = "rate"
    AMOUNT = "amount"
    LIST = "list"
    OBJECT = "object"


@dataclass(frozen=True, slots=True)
class Field:
    """One field. `remark` stands where one mark is not enough."""

    name: str
    type: Type
    mark: Mark = Mark.DOCUMENTED
    limit: int | None = None
    read_only: bool = False
    required: bool = False
    remark: str = ""


def _some(
    kind: Type,
    names: str,
    *,
    limit: int | None = None,
    read_only: bool = False,
    required: bool = False,
    remark: str = "",
) -> tuple[Field, ...]:
    mark = Mark.DOCUMENTED
    return tuple(Field(name, kind, mark, limit, read_only, required, remark) for name in names.split())


RESOURCES: dict[str, tuple[Field, ...]] = {
    "Organisation": (
        *_some(Type.GUID, "OrganisationID", read_only=True),
        *_some(
            Type.TEXT,
            "Name LegalName TaxNumber RegistrationNumber ShortCode DefaultSalesTax DefaultPurchasesTax",
            read_only=True,
        ),
        *_some(
            Type.CHOICE,
            "Version OrganisationType OrganisationEntityType OrganisationStatus BaseCurrency CountryCode Timezone "
            "SalesTaxBasis SalesTaxPeriod Class Edition",
            read_only=True,
        ),
        *_some(Type.FLAG, "PaysTax IsDemoCompany", read_only=True),
        *_some(Type.WHOLE, "FinancialYearEndDay FinancialYearEndMonth", read_only=True),
        *_some(Type.DATE, "PeriodLockDate EndOfYearLockDate", read_only=True),
        *_some(Type.TIME, "CreatedDateUTC", read_only=True),
    ),
    "Accounts": (
        *_some(Type.GUID, "AccountID"),
        *_some(Type.TEXT, "Code", limit=10, required=True),
        *_some(Type.TEXT, "Name", limit=150, required=True),
        *_some(Type.CHOICE, "Type", required=True),
        *_some(Type.CHOICE, "Status"),
        *_some(Type.TEXT, "TaxType BankAccountNumber"),
        *_some(Type.TEXT, "Description", limit=4000),
        *_some(Type.CHOICE, "CurrencyCode"),
        *_some(Type.FLAG, "EnablePaymentsToAccount ShowInExpenseClaims"),
        *_some(Type.CHOICE, "Class SystemAccount", read_only=True),
        *_some(Type.TIME, "UpdatedDateUTC", read_only=True),
    ),
    "TaxRates": (
        *_some(Type.TEXT, "Name", limit=50, required=True, remark="documented; the limit is assumed"),
        *_some(Type.TEXT, "TaxType"),
        *_some(Type.CHOICE, "ReportTaxType Status"),
        *_some(Type.LIST, "TaxComponents", required=True),
        *_some(
            Type.FLAG,
            "CanApplyToAssets CanApplyToEquity CanApplyToExpenses CanApplyToLiabilities CanApplyToRevenue",
            read_only=True,
        ),
        *_some(Type.RATE, "DisplayTaxRate EffectiveRate", read_only=True),
    ),
    "Items": (
        *_some(Type.GUID, "ItemID"),
        *_some(Type.TEXT, "Code", limit=30, required=True),
        *_some(Type.TEXT, "Name", limit=50),
        *_some(Type.TEXT, "Description PurchaseDescription", limit=4000),
        *_some(Type.FLAG, "IsSold IsPurchased"),
        *_some(Type.OBJECT, "SalesDetails PurchaseDetails"),
        *_some(Type.FLAG, "IsTrackedAsInventory", read_only=True),
        *_some(Type.TIME, "UpdatedDateUTC", read_only=True),
    ),
    "Contacts": (
        *_some(Type.GUID, "ContactID"),
        *_some(Type.TEXT, "ContactNumber AccountNumber CompanyNumber TaxNumber", limit=50),
        *_some(Type.TEXT, "Name", limit=255, required=True),
        *_some(Type.TEXT, "FirstName LastName EmailAddress", limit=255),
        *_some(Type.CHOICE, "ContactStatus DefaultCurrency"),
        *_some(
            Type.TEXT,
            "BankAccountDetails AccountsReceivableTaxType AccountsPayableTaxType "
            "SalesDefaultAccountCode PurchasesDefaultAccountCode",
        ),
        *_some(Type.LIST, "Addresses", remark="documented; both always recorded"),
        *_some(Type.LIST, "Phones", remark="documented; all always recorded"),
        *_some(Type.LIST, "ContactPersons"),
        *_some(Type.OBJECT, "PaymentTerms"),
        *_some(Type.FLAG, "IsCustomer IsSupplier HasAttachments", read_only=True),
        *_some(Type.TIME, "UpdatedDateUTC", read_only=True),
    ),
    "Invoices": (
        *_some(Type.GUID, "InvoiceID"),
        *_some(Type.TEXT, "InvoiceNumber", limit=255),
        *_some(Type.CHOICE, "Type Status LineAmountTypes CurrencyCode"),
        *_some(Type.OBJECT, "Contact", required=True),
        *_some(Type.LIST, "LineItems"),
        *_some(Type.DATE, "Date DueDate ExpectedPaymentDate"),
        *_some(Type.TEXT, "Reference Url", limit=255, remark="documented; the limit is assumed"),
        *_some(Type.RATE, "CurrencyRate"),
        *_some(Type.FLAG, "SentToContact"),
        *_some(
            Type.AMOUNT, "SubTotal TotalTax Total TotalDiscount AmountDue AmountPaid AmountCredited", read_only=True
        ),
        *_some(Type.DATE, "FullyPaidOnDate", read_only=True),
        *_some(Type.LIST, "Payments CreditNotes Prepayments Overpayments", read_only=True),
        *_some(Type.FLAG, "HasAttachments IsDiscounted HasErrors", read_only=True),
        *_some(Type.TIME, "UpdatedDateUTC", read_only=True),
    ),
    "LineItems": (
        *_some(Type.GUID, "LineItemID"),
        *_some(Type.TEXT, "Description", limit=4000, remark="documented; the limit is assumed"),
        *_some(Type.RATE, "Quantity UnitAmount DiscountRate"),
        *_some(Type.AMOUNT, "LineAmount TaxAmount DiscountAmount"),
        *_some(Type.TEXT, "ItemCode", limit=30),
        *_some(Type.TEXT, "AccountCode TaxType"),
        *_some(Type.GUID, "AccountID"),
        *_some(Type.OBJECT, "Item", read_only=True),
        *_some(Type.LIST, "Tracking", remark="documented; tracking categories are not built"),
    ),
    "CreditNotes": (
        *_some(Type.GUID, "CreditNoteID"),
        *_some(Type.TEXT, "CreditNoteNumber Reference", limit=255, remark="documented; the limit is assumed"),
        *_some(Type.CHOICE, "Type Status LineAmountTypes CurrencyCode"),
        *_some(Type.OBJECT, "Contact", required=True),
        *_some(Type.LIST, "LineItems"),
        *_some(Type.DATE, "Date DueDate"),
        *_some(Type.RATE, "CurrencyRate"),
        *_some(Type.AMOUNT, "SubTotal TotalTax Total RemainingCredit AppliedAmount", read_only=True),
        *_some(Type.DATE, "FullyPaidOnDate", read_only=True),
        *_some(Type.LIST, "Allocations Payments", read_only=True),
        *_some(Type.FLAG, "SentToContact HasAttachments HasErrors", read_only=True),
        *_some(Type.TIME, "UpdatedDateUTC", read_only=True),
    ),
    "Allocations": (
        *_some(Type.GUID, "AllocationID", read_only=True),
        *_some(Type.AMOUNT, "Amount", required=True),
        *_some(Type.DATE, "Date", required=True),
        *_some(Type.OBJECT, "Invoice", required=True),
        *_some(Type.FLAG, "IsDeleted", read_only=True),
    ),
    "Payments": (
        *_some(Type.GUID, "PaymentID", read_only=True),
        *_some(Type.OBJECT, "Invoice CreditNote"),
        *_some(Type.OBJECT, "Account", required=True),
        *_some(Type.DATE, "Date", required=True),
        *_some(Type.AMOUNT, "Amount", required=True),
        *_some(Type.TEXT, "Reference", limit=255, remark="documented; the limit is assumed"),
        *_some(Type.RATE, "CurrencyRate"),
        *_some(Type.AMOUNT, "BankAmount", read_only=True),
        *_some(Type.FLAG, "IsReconciled"),
        *_some(Type.CHOICE, "Status"),
        *_some(Type.CHOICE, "PaymentType", read_only=True),
        *_some(Type.FLAG, "HasAccount", read_only=True),
        *_some(Type.TIME, "UpdatedDateUTC", read_only=True),
    ),
}


def listing() -> list[dict[str, object]]:
    """Every field as plain data, for people and programs."""
    return [
        {
            "resource": resource,
            "field": field.name,
            "type": field.type.value,
            "limit": field.limit,
            "read_only": field.read_only,
            "required": field.required,
            "mark": field.mark.value,
            "remark": field.remark,
        }
        for resource, fields in RESOURCES.items()
        for field in fields
    ]


def table() -> str:
    """The listing as text in columns."""
    head = ("resource", "field", "type", "limit", "written by", "mark", "remark")
    rows = [head] + [
        (
            str(row["resource"]),
            str(row["field"]),
            str(row["type"]),
            str(row["limit"] or ""),
            "Xero" if row["read_only"] else "anyone",
            str(row["mark"]),
            str(row["remark"]),
        )
        for row in listing()
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
    return "\n".join(line.rstrip() for line in lines)
