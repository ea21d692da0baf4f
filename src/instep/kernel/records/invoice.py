"""The sales invoice as it travels: real ones only, as they were issued."""

from __future__ import annotations

from instep.kernel.records.document import HEAD
from instep.kernel.records.kinds import FieldType, Kind, RecordField

INVOICE = Kind(
    key="invoice",
    label="Invoice",
    fields=(*HEAD, RecordField("due_on", FieldType.DATE, "Due date")),
)
