"""Bringing the amounts of a draft in step with its lines. In memory: the actions store what changed."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from instep.billing.documents.arithmetic import Taxable, TaxPolicy, Totals, scaled_amount, totals_of
from instep.billing.models import Document, Line
from instep.billing.models.documents import SCALE
from instep.billing.states import TaxBasis
from instep.costs.pricing import priced
from instep.kernel.money import Money, exponent
from instep.kernel.tax import TaxMode

STORED_ON_LINE = ("amount_minor", "net_minor", "tax_minor")
STORED_ON_DOCUMENT = ("net_minor", "tax_minor", "total_minor", "tax_by_line_minor", "tax_by_document_minor")


def policy_of(document: Document) -> TaxPolicy:
    """The tax policy that the document carries."""
    return TaxPolicy(TaxBasis(document.tax_basis), TaxMode(document.tax_mode))


def settle(document: Document, lines: Sequence[Line]) -> Totals:
    """Work out every amount of the draft from its lines' quantities and prices; `lines` are all of them, in order."""
    currency = document.currency
    for line in lines:
        line.amount_minor = scaled_amount(line.quantity, line.price, currency)
    totals = totals_of(
        [Taxable(Money.from_minor(line.amount_minor, currency), line.tax_code, line.tax_percent) for line in lines],
        policy_of(document),
        currency,
    )
    for line, (net, tax) in zip(lines, totals.lines, strict=True):
        line.net_minor, line.tax_minor = net.minor, tax.minor
    document.net_minor, document.tax_minor, document.total_minor = (
        totals.net.minor,
        totals.tax.minor,
        totals.total.minor,
    )
    document.tax_by_line_minor, document.tax_by_document_minor = (
        totals.tax_by_line.minor,
        totals.tax_by_document.minor,
    )
    return totals


def shown(document: Document, line: Line, net_minor: int) -> int:
    """What has to stand on the line so that `net_minor` is left without tax: the same, or with tax where prices hold
    it."""
    if document.tax_basis != TaxBasis.INCLUSIVE:
        return net_minor
    net = Money.from_minor(net_minor, document.currency)
    return net_minor + (net * (line.tax_percent / Decimal(100))).minor


def price_as_one(document: Document, line: Line, net_minor: int) -> None:
    """Price the line as one of something: 1 x the amount."""
    line.quantity, line.unit = SCALE, ""
    line.price = shown(document, line, net_minor) * SCALE // 10 ** exponent(document.currency)


def price_by_time(document: Document, line: Line, minutes: int, minute_rates: int, rate: int | None) -> None:
    """Price the line by the time ticked to it: `minute_rates` is the sum of minutes x hourly rate.

    Hours times rate are shown where they make the exact amount, which wants one `rate` for all the time (None: several)
    and hours that four decimals can write; otherwise 1 x the amount.
    """
    line.minutes = minutes
    amount = priced(minute_rates, document.currency)
    price_as_one(document, line, amount)
    hours, rest = divmod(minutes * SCALE, 60)
    if rate is None or rest or document.tax_basis == TaxBasis.INCLUSIVE:
        return
    if scaled_amount(hours, rate, document.currency) == amount:
        line.quantity, line.unit, line.price = hours, "hour", rate
