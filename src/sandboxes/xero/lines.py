"""The lines of a document: what is filled in, what is checked, and the arithmetic of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from sandboxes.xero import reading
from sandboxes.xero.accounts import APPLIES
from sandboxes.xero.books import fold
from sandboxes.xero.desk import Desk, new_id
from sandboxes.xero.money import ZERO, rounded, tax_of
from sandboxes.xero.problems import Invalid
from sandboxes.xero.store import Record

# What a line keeps where an update of it does not say; its amounts are computed anew.
_STAYS = ("Description", "Quantity", "UnitAmount", "ItemCode", "AccountCode", "TaxType", "DiscountRate")
_STAYS = (*_STAYS, "DiscountAmount", "Tracking")


@dataclass(frozen=True, slots=True)
class Terms:
    """What the document says for all of its lines; `complete` wants an account on each."""

    amounts: str  # Exclusive, Inclusive or NoTax
    sales: bool
    discounts: bool
    complete: bool
    keeps_tax: bool = (
        False  # the amounts mean what they meant: a line that is as it was keeps its tax, even a given one
    )


def build(desk: Desk, sent: list[Mapping[str, object]], terms: Terms, old: list[Record]) -> list[Record]:
    """The lines as stored: one with a known id is that line, changed; any other is new. Raises Invalid."""
    there = {line["LineItemID"]: line for line in old}
    problems: list[str] = []
    lines: list[Record] = []
    for line in sent:
        known = there.pop(reading.guid(line.get("LineItemID")) or "", None)
        try:
            lines.append(_line(desk, line, terms, known))
        except Invalid as problem:
            problems += [message for message in problem.messages if message not in problems]
    if problems:
        raise Invalid(*problems)
    return lines


def again(desk: Desk, old: list[Record], terms: Terms) -> list[Record]:
    """The same lines under other terms."""
    return build(desk, [{"LineItemID": line["LineItemID"]} for line in old], terms, old)


def _line(desk: Desk, sent: Mapping[str, object], terms: Terms, known: Record | None) -> Record:
    line = _read(desk, sent, known)
    _fill(desk, line, sent, terms, known)
    if not line["Description"] and line["LineAmount"] is None and line["UnitAmount"] is None:
        raise Invalid("Description is required for a line item.")
    if line["LineAmount"] is None and line["UnitAmount"] is None:
        line |= {"LineAmount": ZERO, "TaxAmount": ZERO}  # a line of text
        return line
    # A stored price may have four decimals already; only what is sent now is rounded.
    _amount(line, terms, desk.decimals if "UnitAmount" in sent or known is None else 4)
    _tax(desk, line, terms, known)
    return line


def _read(desk: Desk, sent: Mapping[str, object], known: Record | None) -> Record:
    line: Record = {"LineItemID": known["LineItemID"] if known else new_id()}
    kept = {name: known.get(name) for name in _STAYS} if known else dict.fromkeys(_STAYS)
    for name, limit in (("Description", 4000), ("ItemCode", 30), ("AccountCode", None), ("TaxType", None)):
        line[name] = reading.text(sent, name, limit) if name in sent else kept[name]
    for name in ("Quantity", "UnitAmount", "DiscountRate", "DiscountAmount"):
        line[name] = reading.number(sent, name) if name in sent else kept[name]
    line["LineAmount"], line["TaxAmount"] = reading.number(sent, "LineAmount"), reading.number(sent, "TaxAmount")
    tracking = reading.objects(sent, "Tracking")
    line["Tracking"] = [dict(part) for part in tracking] if tracking is not None else (kept["Tracking"] or [])
    if "AccountCode" not in sent and sent.get("AccountID"):
        account = desk.books["accounts"].get(reading.guid(sent["AccountID"]) or "")
        if account is None:
            raise Invalid("The account of a line could not be found.")
        line["AccountCode"] = account["Code"]
    return line


def _fill(desk: Desk, line: Record, sent: Mapping[str, object], terms: Terms, known: Record | None) -> None:
    """Take from the item what the line does not say."""
    line["ItemID"] = None
    if not line["ItemCode"]:
        return
    item = desk.books.tables["items"].one("code", fold(line["ItemCode"]))
    if item is None:
        raise Invalid(f"Item code '{line['ItemCode']}' is not valid")
    line["ItemID"] = item["ItemID"]
    if known and known.get("ItemCode") == line["ItemCode"]:
        return
    details = item["SalesDetails" if terms.sales else "PurchaseDetails"]
    line["Description"] = line["Description"] or item["Description" if terms.sales else "PurchaseDescription"]
    if line["UnitAmount"] is None and line["LineAmount"] is None:
        line["UnitAmount"] = details.get("UnitPrice")
    line["AccountCode"] = line["AccountCode"] or details.get("AccountCode")
    line["TaxType"] = line["TaxType"] or details.get("TaxType")


def _amount(line: Record, terms: Terms, decimals: int) -> None:
    rate, cut = line["DiscountRate"], line["DiscountAmount"]
    if (rate or cut) and not terms.discounts:
        raise Invalid("Discounts are not supported on this document.")
    if rate is not None and not 0 <= rate <= 100:
        raise Invalid("DiscountRate must be from 0 to 100.")
    price, quantity, told = line["UnitAmount"], line["Quantity"], line["LineAmount"]
    if price is None:
        quantity = Decimal(1) if quantity is None else quantity
        price = told / quantity if quantity else told
    elif quantity is None:
        quantity = told / price if told is not None and price and not (rate or cut) else Decimal(1)
    if max(abs(price), abs(quantity), abs(price * quantity)) >= reading.LARGEST:
        raise Invalid("The amount of a line is too large.")
    price, quantity = rounded(price, decimals), rounded(quantity, 4)
    expected = price * quantity
    if rate:
        expected -= expected * rate / 100
    expected = rounded(expected - (cut or 0))
    if told is not None and not (rate or cut) and (line["UnitAmount"] is None or line["Quantity"] is None):
        expected = rounded(told)  # the part that was left out follows from it, rounded
    if told is not None and rounded(told) != expected:
        raise Invalid(f"The line total {rounded(told)} does not match the expected line total {expected}")
    line |= {"UnitAmount": price, "Quantity": quantity, "LineAmount": expected}
    for name in ("DiscountRate", "DiscountAmount"):
        if line[name] is not None:
            line[name] = rounded(line[name], 2)


def _tax(desk: Desk, line: Record, terms: Terms, known: Record | None) -> None:
    """Account and tax type belong together; the tax is the line's own, to the cent."""
    code = line["AccountCode"]
    account = desk.books.account(code) if code else None
    if code and (account is None or account["Status"] != "ACTIVE" or account["Type"] == "BANK"):
        raise Invalid(f"Account code '{code}' is not a valid code for this document.")
    if account is None and terms.complete:
        raise Invalid("Account code must be specified")
    line["AccountID"] = account["AccountID"] if account else None
    if account:
        line["AccountCode"] = account["Code"]
    if terms.amounts == "NoTax":
        line |= {"TaxType": "NONE", "TaxAmount": ZERO}
        return
    kind = line["TaxType"] or (account["TaxType"] if account else None)
    if kind is None:
        line["TaxAmount"] = rounded(line["TaxAmount"] or ZERO)
        return
    rate = desk.books["taxrates"].get(kind)
    if rate is None or rate["Status"] != "ACTIVE":
        raise Invalid(f"The TaxType code '{kind}' does not exist or cannot be used for this type of transaction.")
    if account and not rate[APPLIES[account["Class"]]]:
        raise Invalid(f"The TaxType code '{kind}' cannot be used with account code '{code}'")
    line["TaxType"] = kind
    as_it_was = known and all(known.get(name) == line[name] for name in ("LineAmount", "TaxType", "AccountCode"))
    if line["TaxAmount"] is None and known and as_it_was and terms.keeps_tax:
        line["TaxAmount"] = known["TaxAmount"]
    elif line["TaxAmount"] is None:
        half = str(desk.switches["half_cent"])
        line["TaxAmount"] = tax_of(line["LineAmount"], rate["EffectiveRate"], terms.amounts == "Inclusive", half)
    else:
        line["TaxAmount"] = rounded(line["TaxAmount"])


def totals(lines: list[Record], amounts: str) -> Record:
    """SubTotal, TotalTax and Total of a document."""
    sum_of = sum((line["LineAmount"] for line in lines), ZERO)
    tax = sum((line["TaxAmount"] for line in lines), ZERO)
    before = sum_of - tax if amounts == "Inclusive" else sum_of
    gross = ZERO
    for line in lines:
        if line.get("DiscountRate") or line.get("DiscountAmount"):
            gross += rounded(line["UnitAmount"] * line["Quantity"]) - line["LineAmount"]
    return {"SubTotal": before, "TotalTax": tax, "Total": before + tax, "TotalDiscount": gross}
