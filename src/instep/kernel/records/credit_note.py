"""The credit note as it travels, and what of it goes against which invoice."""

from __future__ import annotations

from instep.kernel.records.document import HEAD
from instep.kernel.records.kinds import FieldType, Kind, RecordField

CREDIT_NOTE = Kind(
    key="credit_note",
    label="Credit note",
    fields=(*HEAD, RecordField("invoice", FieldType.REF, "Credits", ref="invoice", required=True)),
)

CREDIT_ALLOCATION = Kind(
    key="credit_allocation",
    label="Allocation of a credit",
    fields=(
        RecordField("number", FieldType.TEXT, "Documents", max_length=130, required=True),
        RecordField("credit_note", FieldType.REF, "Credit note", ref="credit_note", required=True),
        RecordField("invoice", FieldType.REF, "Invoice", ref="invoice", required=True),
        RecordField("on", FieldType.DATE, "Date", required=True),
        RecordField("amount", FieldType.MONEY, "Amount", required=True),
        RecordField("state", FieldType.CHOICE, "State", required=True),
    ),
)
"""`number` is the two documents' numbers with a slash between: by it an allocation that is there already is known.
`state` is "live" or "removed", as of a payment: what was taken back is told, it does not vanish."""
