"""Invoices, credit notes, what of a credit goes where, and payments: bodies out of the words, words out of answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from instep.connect.protocols import RemoteRecord, Values
from instep.connectors.xero import wire
from instep.connectors.xero.lenses import money_parts

SALE: Final = "ACCREC"
CREDIT: Final = "ACCRECCREDIT"
RECEIVED: Final = "ACCRECPAYMENT"
DECIMALS: Final = 4
"""Most decimals of a quantity and, with `unitdp=4`, of a price."""
_CENT: Final = Decimal("0.01")
_COMPUTED: Final = frozenset({"SubTotal", "TotalTax", "Total"})
_HEAD: Final = ("Date", "DueDate", "Reference", "CurrencyCode", "LineAmountTypes")
TAKEN_BACK: Final[Mapping[str, Any]] = {"Status": "DELETED", "Number": None}
"""What an allocation says that its credit note shows no longer: it is not taken for a live one of that number."""
_ENDED: Final = {"VOIDED": "voided", "DELETED": "deleted"}


# --- out --------------------------------------------------------------------------------------------------------------


def invoice_body(fields: Values) -> dict[str, Any]:
    """A sales invoice as it is issued. What Xero computes is not sent."""
    return _body(fields, SALE, "InvoiceNumber")


def credit_note_body(fields: Values) -> dict[str, Any]:
    return _body(fields, CREDIT, "CreditNoteNumber")


def _body(fields: Values, type_: str, number: str) -> dict[str, Any]:
    unknown = set(fields) - {number, "Contact", "LineItems", "Url", *_HEAD, *_COMPUTED}
    if unknown:
        raise ValueError(f"{type_}: {sorted(unknown)} cannot be written")
    # More than its id would change the contact itself.
    body: dict[str, Any] = {
        "Type": type_,
        "Status": "AUTHORISED",
        number: fields.get(number),
        "Contact": {"ContactID": fields["Contact"]},
        **{name: fields.get(name) for name in _HEAD},
    }
    if str(fields.get("Url") or "").startswith(("https://", "http://")):
        body["Url"] = fields["Url"]
    body["LineItems"] = [line_body(row) for row in fields.get("LineItems") or ()]
    return {name: value for name, value in body.items() if value not in (None, "")}


def line_body(row: Mapping[str, Any]) -> dict[str, Any]:
    """One line. Text alone stays text alone; of any other line the amount holds.

    Xero refuses a line whose amount is not quantity times price, and knows four decimals of each: where ours says more
    than that, or an amount alone, it goes as one piece at that amount.
    """
    quantity, price = _decimal(row.get("Quantity")), _decimal(row.get("UnitAmount"))
    amount, tax = _amount(row.get("LineAmount")), _amount(row.get("TaxAmount"))
    if not quantity and not amount and not tax:
        return {"Description": row.get("Description") or "-"}
    if amount is not None and not _adds_up(quantity, price, amount):
        quantity, price = Decimal(1), amount
    line = {
        "Description": row.get("Description"),
        "Quantity": quantity,
        "UnitAmount": price,
        "LineAmount": amount,
        "TaxType": row.get("TaxType"),
        "TaxAmount": tax,
        "AccountCode": row.get("AccountCode"),
        "ItemCode": row.get("ItemCode"),
    }
    return {name: value for name, value in line.items() if value not in (None, "")}


def _adds_up(quantity: Decimal | None, price: Decimal | None, amount: Decimal) -> bool:
    if quantity is None or price is None:
        return False
    fits = all(value == round(value, DECIMALS) for value in (quantity, price))
    return fits and (quantity * price).quantize(_CENT, ROUND_HALF_UP) == amount


def _decimal(value: Any) -> Decimal | None:
    return None if value in (None, "") else Decimal(value)


def _amount(value: Any) -> Decimal | None:
    return None if value in (None, "") else money_parts(value)[0]


def allocation_body(fields: Values) -> dict[str, Any]:
    """What of the credit note in the path goes against one invoice."""
    amount, _ = money_parts(fields["Amount"])
    return {"Invoice": {"InvoiceID": fields["Invoice"]}, "Amount": amount, "Date": fields["Date"]}


# --- in ---------------------------------------------------------------------------------------------------------------


def invoice_fields(element: Mapping[str, Any]) -> dict[str, Any]:
    return {**_fields(element, "InvoiceNumber"), **_days(element, "DueDate"), "Url": wire.text(element, "Url")}


def credit_note_fields(element: Mapping[str, Any]) -> dict[str, Any]:
    return _fields(element, "CreditNoteNumber")


def _fields(element: Mapping[str, Any], number: str) -> dict[str, Any]:
    currency = wire.text(element, "CurrencyCode")
    fields: dict[str, Any] = {
        number: shown_number(element, number),
        "Contact": (wire.text(wire.inner(element, "Contact"), "ContactID") or "").lower() or None,
        **_days(element, "Date"),
        **{name: wire.text(element, name) for name in ("Reference", "LineAmountTypes", "Status")},
        "CurrencyCode": currency,
        **{name: wire.money(element, name, currency) for name in sorted(_COMPUTED)},
    }
    if "LineItems" in element:
        fields["LineItems"] = [_line(row, currency) for row in wire.rows(element, "LineItems")]
    return fields


def shown_number(element: Mapping[str, Any], number: str) -> str | None:
    """The number, with "(voided)" behind it when the document was: it is neither taken for a live one, nor does what
    happened to it there go unseen. The number itself stays taken."""
    ended = _ENDED.get(wire.text(element, "Status") or "")
    bare = wire.text(element, number)
    return f"{bare} ({ended})" if bare and ended else bare


def _line(row: Mapping[str, Any], currency: str | None) -> dict[str, Any]:
    line = {
        "Description": wire.text(row, "Description"),
        "Quantity": wire.digits(row, "Quantity"),
        "UnitAmount": wire.digits(row, "UnitAmount"),
        "LineAmount": wire.money(row, "LineAmount", currency),
        "TaxAmount": wire.money(row, "TaxAmount", currency),
        "TaxType": wire.text(row, "TaxType"),
        "AccountCode": wire.text(row, "AccountCode"),
        "ItemCode": wire.text(row, "ItemCode"),
    }
    if not wire.number(row, "LineAmount") and not (line["AccountCode"] or line["ItemCode"]):
        line = {"Description": line["Description"]}  # Xero fills a line of text with noughts
    return {name: value for name, value in line.items() if value is not None}


def _days(element: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {name: wire.day(element, name)}


def allocations(credit_note: Mapping[str, Any]) -> Iterator[RemoteRecord]:
    """What of this credit note went where: one record for each invoice, so that its id is known before Xero gives one.

    Two allocations to one invoice are one record with their sum, dated by the last.
    """
    by_invoice: dict[str, list[Mapping[str, Any]]] = {}
    for row in wire.rows(credit_note, "Allocations"):
        if not wire.flag(row, "IsDeleted"):
            by_invoice.setdefault(wire.identifier(wire.inner(row, "Invoice"), "InvoiceID"), []).append(row)
    own, currency = wire.identifier(credit_note, "CreditNoteID"), wire.text(credit_note, "CurrencyCode")
    for invoice, rows in by_invoice.items():
        amount = sum((wire.number(row, "Amount") or Decimal(0) for row in rows), Decimal(0))
        fields = {
            "CreditNote": own,
            "Invoice": invoice,
            "Date": max((d for row in rows if (d := wire.day(row, "Date"))), default=None),
            "Amount": wire.money({"Amount": amount}, "Amount", currency),
            "Status": "AUTHORISED",
        }
        numbers = (
            wire.text(credit_note, "CreditNoteNumber"),
            wire.text(wire.inner(rows[-1], "Invoice"), "InvoiceNumber"),
        )
        if all(numbers):
            fields["Number"] = "/".join(n for n in numbers if n)
        yield RemoteRecord(
            "credit-allocations",
            f"{own}/{invoice}",
            fields,
            stamp=wire.moment(credit_note, "UpdatedDateUTC"),
            marker=fields.get("Number"),
        )


def payment_fields(element: Mapping[str, Any]) -> dict[str, Any]:
    """A payment of a sales invoice. The account is its code, else its name: bank accounts may have no code."""
    invoice, account = wire.inner(element, "Invoice"), wire.inner(element, "Account")
    names = (wire.text(account, name) for name in ("Code", "Name", "AccountID"))
    return {
        "Invoice": wire.identifier(invoice, "InvoiceID"),
        **_days(element, "Date"),
        "Amount": wire.money(element, "Amount", wire.text(invoice, "CurrencyCode")),
        "Reference": wire.text(element, "Reference"),
        "Account": next((name for name in names if name), None),
        "Status": wire.text(element, "Status"),
    }
