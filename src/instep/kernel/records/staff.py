"""The staff resource as it travels."""

from __future__ import annotations

from instep.kernel.records.kinds import FieldType, Kind, RecordField

STAFF = Kind(
    key="staff",
    label="Staff resource",
    fields=(
        RecordField("name", FieldType.NAME, "Name", max_length=200, required=True),
        RecordField("email", FieldType.EMAIL, "Email", max_length=254),
        RecordField("phone", FieldType.PHONE, "Phone", max_length=60),
        RecordField("mobile", FieldType.PHONE, "Mobile", max_length=60),
        RecordField("job_title", FieldType.TEXT, "Job title", max_length=200),
        RecordField("deep_link", FieldType.URL, "Link to the record", max_length=500),
    ),
)
