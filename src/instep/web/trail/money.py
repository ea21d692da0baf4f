"""Money in the trail: rates for those alone who may see them, amounts and figures of documents as people write them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from instep.base.audit.models import AuditEntry

RATES_SET = "staff.rate_set"
SEE_RATES = "see rates"
_RATE = re.compile(r"(cost|charge)_rate in ([A-Z]{3}) from (\d{4}-\d\d-\d\d)")
_SCALED = (" price", " quantity", " tax_rate")
_PAGES = {"invoice": "billing:invoice", "credit_note": "billing:invoice", "payment": "billing:payment"}


@dataclass(frozen=True, slots=True)
class RateField:
    """A rate as the journal names it."""

    of: str
    currency: str
    since: str


def rate_field(name: str) -> RateField | None:
    """What a changed field says of a rate; None for any other field."""
    found = _RATE.fullmatch(name)
    return RateField(found[1], found[2], found[3]) if found else None


def rate_label(name: str) -> str:
    """ "Costs an hour, AUD, from 2025-07-11"; "" for a field that is no rate."""
    rate = rate_field(name)
    if rate is None:
        return ""
    words = {"currency": rate.currency, "since": rate.since}
    if rate.of == "cost":
        return _("Costs an hour, %(currency)s, from %(since)s") % words
    return _("Should bring an hour, %(currency)s, from %(since)s") % words


def figure(name: str, value: Any) -> Any:
    """A figure at scale 4 in plain digits: rates, prices, quantities, tax rates; anything else as it stands."""
    if type(value) is int and (rate_field(name) or name.endswith(_SCALED)):
        text = f"{Decimal(value).scaleb(-4):f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    return value


def shown_to(may_see_rates: bool, entry: AuditEntry) -> Mapping[str, Any]:
    """The changes of an entry that this person may read."""
    return {} if entry.event == RATES_SET and not may_see_rates else entry.changes


def page_of(kind: str, key: int) -> str:
    """The page of a document or payment; "" for other kinds."""
    return reverse(_PAGES[kind], args=[key]) if kind in _PAGES else ""
