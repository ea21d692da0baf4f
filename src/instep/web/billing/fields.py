"""The fields of a document, edited in place: all of a draft; of an issued one its texts, where the firm allows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.urls import reverse

from instep.base.settings.declared import get_setting
from instep.billing.actions.drafts import TEXTS, change_draft
from instep.billing.actions.issuing import edit_issued_texts
from instep.billing.models import Document
from instep.billing.settings import EDIT_ISSUED_TEXTS
from instep.billing.states import DocumentKind
from instep.crm.models import Contact
from instep.kernel.records.kinds import FieldType
from instep.web.billing.words import basis_words, labels, mode_words
from instep.web.components.inline import EditField, FieldEdit, RecordFields
from instep.web.shell.request import FirmRequest

TERMS = ("dated_on", "terms_days", "due_on", "reference", "tax_basis", "tax_mode")
ADDRESS = ("client_name", "client_address", "client_tax_number", "contact", "contact_email")
WORDS = ("notes", "payment_details")


def document_fields(request: FirmRequest, document: Document) -> RecordFields:
    """The fields as they may be edited now. One query where the texts of an issued document may be."""
    draft = document.is_draft
    right = "edit invoices" if draft else "edit issued texts"
    texts = draft or (request.actor.can(right) and get_setting(request.actor.firm_id, EDIT_ISSUED_TEXTS))
    said = labels(request.terms)
    own = [
        EditField("dated_on", FieldType.DATE, required=True, editable=draft),
        EditField("terms_days", FieldType.WHOLE, required=True, editable=draft),
        EditField("due_on", FieldType.DATE, editable=False),
        EditField("contact", FieldType.REF, choices=_contacts, editable=draft),
        EditField("tax_basis", FieldType.CHOICE, required=True, choices=_bases, editable=draft),
        EditField("tax_mode", FieldType.CHOICE, required=True, choices=_modes, editable=draft),
        *(EditField.of(TEXTS[name], editable=texts) for name in TEXTS if name != "contact_name"),
    ]
    return RecordFields(
        kind=document.kind,
        url_name="billing:field",
        fields=[replace(each, label=said[each.name]) for each in own],
        read=_read,
        save=_save,
        right=right,
        labels=_labels,
    )


def names_of(document: Document) -> dict[str, Sequence[str]]:
    """{part of the page: its fields}."""
    terms = TERMS
    if document.kind == DocumentKind.CREDIT_NOTE:
        terms = tuple(name for name in TERMS if name not in ("terms_days", "due_on"))
    return {"terms": terms, "address": ADDRESS, "words": WORDS}


def _contacts(request: FirmRequest, record: Document) -> Sequence[tuple[str, str]]:
    """The people of the client where one is being chosen; else the one there is, which costs no query."""
    now = [(str(record.contact.pk), record.contact.name)] if record.contact else []
    if not ("edit" in request.GET or request.method == "POST"):
        return now or [("", "")]
    rows = Contact.objects.of(record.firm_id).filter(organisation=record.client_id, archived_at=None)
    found = [(str(row.pk), row.name) for row in rows.order_by("last_name", "first_name", "pk")[:200]]
    return found if not now or now[0] in found else [*now, *found]


def _bases(request: FirmRequest, record: Document) -> Sequence[tuple[str, Any]]:
    return list(basis_words().items())


def _modes(request: FirmRequest, record: Document) -> Sequence[tuple[str, Any]]:
    return list(mode_words().items())


def _read(record: Document) -> dict[str, Any]:
    return {
        **{name: getattr(record, name) for name in TEXTS},
        "dated_on": record.dated_on.isoformat(),
        "due_on": record.due_on.isoformat(),
        "terms_days": record.terms_days,
        "contact": record.contact_id,
        "tax_basis": record.tax_basis,
        "tax_mode": record.tax_mode,
    }


def _labels(record: Document) -> dict[str, tuple[str, str]]:
    if record.contact is None or record.contact_id is None:
        return {}
    return {"contact": (record.contact_name, reverse("contacts:record", args=[record.contact_id]))}


def _save(edit: FieldEdit) -> Any:
    changes = {edit.name: edit.value}
    if edit.record.is_draft:
        return change_draft(edit.record.pk, by=edit.by, changes=changes, expected_version=edit.expected_version)
    return edit_issued_texts(edit.record.pk, by=edit.by, changes=changes, expected_version=edit.expected_version)
