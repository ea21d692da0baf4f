"""The settings of billing: what a new document begins with."""

from __future__ import annotations

from instep.base.settings.declared import Setting, declare
from instep.billing.states import TaxBasis
from instep.kernel.tax import TaxMode


def _percent(value: int) -> str | None:
    return None if 0 <= value <= 1000 * 10_000 else "give 0 to 1000 percent, times 10,000"


def _days(value: int) -> str | None:
    return None if 0 <= value <= 365 else "give 0 to 365 days"


TERMS_DAYS: Setting[int] = declare(
    Setting("billing.terms_days", int, 14, "Days until an invoice is due", problem=_days)
)
TAX_BASIS: Setting[str] = declare(
    Setting("billing.tax_basis", str, TaxBasis.EXCLUSIVE.value, "Prices on invoices", choices=tuple(TaxBasis))
)
TAX_MODE: Setting[str] = declare(
    Setting("billing.tax_mode", str, TaxMode.LINE.value, "Tax is rounded for each", choices=tuple(TaxMode))
)
TAX_CODE: Setting[str] = declare(Setting("billing.tax_code", str, "GST", "Tax of new lines: code"))
TAX_RATE: Setting[int] = declare(
    Setting("billing.tax_rate", int, 100_000, "Tax of new lines: percent times 10,000", problem=_percent)
)
ISSUER_ADDRESS: Setting[str] = declare(Setting("billing.issuer_address", str, "", "The firm's address on invoices"))
ISSUER_TAX_NUMBER: Setting[str] = declare(
    Setting("billing.issuer_tax_number", str, "", "The firm's tax number on invoices")
)
PAYMENT_DETAILS: Setting[str] = declare(Setting("billing.payment_details", str, "", "How to pay, on invoices"))
EDIT_ISSUED_TEXTS: Setting[bool] = declare(
    Setting("billing.edit_issued_texts", bool, False, "Free texts of real invoices may be changed")
)
DOCUMENT_SETTINGS = (
    *(TERMS_DAYS, TAX_BASIS, TAX_MODE, TAX_CODE, TAX_RATE),
    *(ISSUER_ADDRESS, ISSUER_TAX_NUMBER, PAYMENT_DETAILS),
)
"""Read once for each new document."""
