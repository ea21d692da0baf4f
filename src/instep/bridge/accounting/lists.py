"""The lists of ours that an accounting package has a list of its own for: accounts and tax codes."""

from __future__ import annotations

from typing import Any

from instep.base.settings.declared import get_setting
from instep.billing.models import Line
from instep.billing.settings import TAX_CODE
from instep.bridge.accounting.amounts import INCOME, NO_TAX


def lists_of_documents(firm_id: Any) -> dict[str, dict[str, str]]:
    """{field of a line: {our key: what it is called}}: the account that sales go to, and the tax codes in use."""
    codes = set(Line.objects.of(firm_id).order_by().values_list("tax_code", flat=True).distinct())
    used = sorted({code for code in codes if code} | {get_setting(firm_id, TAX_CODE)})
    return {"account": {INCOME: "Sales"}, "tax_code": {**{code: code for code in used}, NO_TAX: "No tax"}}
