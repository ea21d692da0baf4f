"""The payment of a client as it travels: what of it went to one invoice."""

from __future__ import annotations

from instep.kernel.records.kinds import FieldType, Kind, RecordField

STATES = ("live", "removed")

PAYMENT = Kind(
    key="payment",
    label="Payment",
    fields=(
        RecordField("invoice", FieldType.REF, "Invoice", ref="invoice", required=True),
        RecordField("on", FieldType.DATE, "Date", required=True),
        RecordField("amount", FieldType.MONEY, "Amount", required=True),
        RecordField("reference", FieldType.TEXT, "Reference", max_length=255),
        RecordField("state", FieldType.CHOICE, "State", required=True),
    ),
)
"""`state` is "live" or "removed": a payment that was taken back is told, it does not vanish."""
