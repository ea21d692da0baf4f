"""The contact as it travels: a human at an organisation."""

from __future__ import annotations

from instep.kernel.records.kinds import FieldType, Kind, RecordField

CONTACT = Kind(
    key="contact",
    label="Contact",
    fields=(
        RecordField("name", FieldType.NAME, "Name", max_length=200, required=True),
        RecordField("role", FieldType.TEXT, "Role", max_length=200),
        RecordField("email", FieldType.EMAIL, "Email", max_length=254),
        RecordField("phone", FieldType.PHONE, "Direct phone", max_length=60),
        RecordField("mobile", FieldType.PHONE, "Mobile", max_length=60),
        RecordField("office_phone", FieldType.PHONE, "Office phone", max_length=60),
        RecordField("website", FieldType.URL, "Website", max_length=500),
        RecordField("linkedin", FieldType.URL, "LinkedIn", max_length=500),
        RecordField("organisation", FieldType.REF, "Organisation", ref="organisation"),
        RecordField("deep_link", FieldType.URL, "Link to the record", max_length=500),
    ),
)
