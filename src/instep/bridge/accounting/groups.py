"""What a transfer to an accounting package is shown by: seven groups, and what they need beside them (D-02)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Group:
    """One grouping row: `kinds` are the records it counts; `with_kinds` go along with them and are not counted."""

    key: str
    label: Any
    kinds: tuple[str, ...] = ()
    with_kinds: tuple[str, ...] = ()


GROUPS: Final = (
    Group("invoices", _("Invoices"), ("invoice",)),
    Group("credits", _("Credits"), ("credit_note",), ("credit_allocation",)),
    Group("export_payments", _("Export payments")),
    Group("import_payments", _("Import payments"), ("payment",)),
    Group("bills", _("Bills")),
    Group("bill_payments", _("Bill payments")),
    Group("staff_expenses", _("Staff expenses")),
)
BESIDE: Final = Group("beside", _("Contacts and items"), ("organisation", "item"))
"""Made or changed because documents need them; a row of their own when one of them needs a person."""
