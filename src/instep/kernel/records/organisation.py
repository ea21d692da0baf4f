"""The organisation as it travels: a company, or a person in business."""

from __future__ import annotations

from instep.kernel.records.kinds import FieldType, Kind, RecordField

ORGANISATION = Kind(
    key="organisation",
    label="Organisation",
    fields=(
        RecordField("name", FieldType.TEXT, "Name", max_length=200, required=True),
        RecordField("email", FieldType.EMAIL, "Email", max_length=254),
        RecordField("phone", FieldType.PHONE, "Phone", max_length=60),
        RecordField("mobile", FieldType.PHONE, "Mobile", max_length=60),
        RecordField("website", FieldType.URL, "Website", max_length=500),
        RecordField("linkedin", FieldType.URL, "LinkedIn", max_length=500),
        RecordField("tax_number", FieldType.TAX_NUMBER, "Tax number", max_length=50),
        RecordField("address", FieldType.MULTILINE, "Address"),
        RecordField("code", FieldType.TEXT, "Client code", max_length=20),
        RecordField("stage", FieldType.CHOICE, "Stage"),
        RecordField("is_supplier", FieldType.FLAG, "Supplier"),
        RecordField("is_person", FieldType.FLAG, "Person"),
        RecordField("deep_link", FieldType.URL, "Link to the record", max_length=500),
    ),
)
