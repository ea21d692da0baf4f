"""Amounts of issued documents in the shared words: never worked out again, only said."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from instep.billing.models import Document, Line
from instep.billing.states import TaxBasis

INCOME = "sales"
"""The one account of ours that lines of sales go to, until a firm tells them apart."""
NO_TAX = "none"
"""The tax code of lines that name none."""


def money(minor: int, currency: str) -> dict[str, Any]:
    """As the shared words hold it."""
    return {"minor": minor, "currency": currency}


def head_amounts(document: Document, sign: int) -> dict[str, Any]:
    """Net, tax and total; `sign` -1 turns the amounts of a credit note round, which every package keeps above zero."""
    return {
        "currency": document.currency,
        "amounts": TaxBasis(document.tax_basis).value,
        "net": money(sign * document.net_minor, document.currency),
        "tax": money(sign * document.tax_minor, document.currency),
        "total": money(sign * document.total_minor, document.currency),
    }


def rows_of(document: Document, lines: Sequence[Line], sign: int) -> list[dict[str, Any]]:
    """The lines. Their taxes add up to the document's, to the cent: where that was rounded on the document, the largest
    line carries the difference, so that a package that adds up lines comes to the same total (trap 13)."""
    taxes = [sign * line.tax_minor for line in lines]
    if lines:
        largest = max(range(len(lines)), key=lambda n: abs(lines[n].net_minor))
        taxes[largest] += sign * document.tax_minor - sum(taxes)
    return [_row(document, line, sign, tax) for line, tax in zip(lines, taxes, strict=True)]


def _row(document: Document, line: Line, sign: int, tax: int) -> dict[str, Any]:
    amount = sign * line.amount_minor
    # The quantity stays above zero, as packages want it; what is taken off is a price below zero.
    quantity, price = abs(line.shown_quantity), abs(line.shown_price)
    price = -price if amount < 0 else price
    return {
        "description": line.description or None,
        "quantity": plain(quantity),
        "unit_price": plain(price),
        "net": money(amount, document.currency),
        "tax": money(tax, document.currency),
        "tax_code": line.tax_code or NO_TAX,
        "account": INCOME,
        "item": line.job_id,
    }


def plain(number: Decimal) -> str:
    """In plain digits, without zeros behind: "7.5"."""
    return f"{number.normalize():f}" if number else "0"
