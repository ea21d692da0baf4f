"""The job as it travels: others call it a project."""

from __future__ import annotations

from instep.kernel.records.kinds import FieldType, Kind, RecordField

JOB = Kind(
    key="job",
    label="Job",
    fields=(
        RecordField("name", FieldType.TEXT, "Name", max_length=300, required=True),
        RecordField("status", FieldType.CHOICE, "Status"),
        RecordField("number", FieldType.TEXT, "Number", max_length=60),
        RecordField("client", FieldType.REF, "Client", ref="organisation"),
        RecordField("job_type", FieldType.CHOICE, "Type"),
        RecordField("handler", FieldType.REF, "Handler", ref="staff"),
        RecordField("address", FieldType.MULTILINE, "Address"),
        RecordField("fee", FieldType.MONEY, "Fee"),
        RecordField("scope", FieldType.MULTILINE, "Scope"),
        RecordField("deep_link", FieldType.URL, "Link to the record", max_length=500),
    ),
)
