"""The inventory item as it travels: one for each job, so that a package can tell sales by job."""

from __future__ import annotations

from instep.kernel.records.kinds import FieldType, Kind, RecordField

ITEM = Kind(
    key="item",
    label="Item",
    fields=(
        RecordField("code", FieldType.TEXT, "Code", max_length=50, required=True),
        RecordField("name", FieldType.TEXT, "Name", max_length=300),
    ),
)
