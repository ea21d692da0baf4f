"""Beginning, changing and deleting drafts (E-25)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db import transaction

from instep.base.audit.log import record
from instep.base.identity.actor import Actor
from instep.base.identity.queries import firm_of
from instep.base.records.texts import one_choice, one_text
from instep.billing.actions.desk import a_date, lock_draft, store_draft
from instep.billing.documents.copies import Copies, client_of, copy_client, due
from instep.billing.models import Document, Line, Tick
from instep.billing.states import DocumentKind, TaxBasis
from instep.crm.models import Contact, Organisation
from instep.kernel.currencies import exponent
from instep.kernel.errors import BadValue
from instep.kernel.records.kinds import FieldType, RecordField
from instep.kernel.tax import TaxMode

TEXTS: dict[str, RecordField] = {
    "reference": RecordField("reference", FieldType.TEXT, "Reference", max_length=200),
    "notes": RecordField("notes", FieldType.MULTILINE, "Notes", max_length=4000),
    "client_name": RecordField("client_name", FieldType.TEXT, "Name", max_length=200, required=True),
    "client_address": RecordField("client_address", FieldType.MULTILINE, "Address", max_length=1000),
    "client_tax_number": RecordField("client_tax_number", FieldType.TEXT, "Tax number", max_length=50),
    "contact_name": RecordField("contact_name", FieldType.TEXT, "Contact", max_length=410),
    "contact_email": RecordField("contact_email", FieldType.EMAIL, "Email", max_length=254),
    "payment_details": RecordField("payment_details", FieldType.MULTILINE, "How to pay", max_length=4000),
}
_CHANGEABLE = frozenset({*TEXTS, "dated_on", "terms_days", "contact", "tax_basis", "tax_mode", "client"})


def begin_draft(
    by: Actor,
    client: Organisation,
    *,
    dated_on: Any,
    contact: int | None,
    reference: str,
    notes: str,
    currency: str | None,
    terms_days: int | None,
) -> tuple[Document, Copies]:
    """A new draft in memory, with its copies; nothing is stored yet."""
    by.must("edit invoices")
    firm = firm_of(by.firm_id)
    copies = Copies(firm)
    document = Document(firm_id=by.firm_id, kind=DocumentKind.INVOICE.value, currency=currency or firm.currency)
    exponent(document.currency)
    copies.begin(document, client, _contact(by, contact))
    document.reference = one_text(reference, TEXTS["reference"])
    document.notes = one_text(notes, TEXTS["notes"])
    document.dated_on = a_date(dated_on, "Date")
    document.terms_days = copies.terms_days if terms_days is None else _days(terms_days)
    document.due_on = due(document.dated_on, document.terms_days)
    return document, copies


def note_created(document: Document, count: int, by: Actor) -> None:
    """Journal a new draft."""
    changes = {
        "client": [None, document.client_id],
        "dated_on": [None, document.dated_on],
        "lines": [None, count],
        "total": [None, document.total_minor],
    }
    record("invoice.drafted", by=by, kind=document.kind, record_id=document.pk, changes=changes)


@transaction.atomic
def create_draft(
    *,
    by: Actor,
    client: int,
    dated_on: dt.date,
    contact: int | None = None,
    reference: str = "",
    notes: str = "",
    currency: str | None = None,
    terms_days: int | None = None,
) -> Document:
    """Begin an empty draft invoice for an organisation: no number, no figure moves (E-25).

    Names, addresses, tax policy and terms are copied from the client and the settings; `currency` is the firm's and
    `terms_days` the setting's unless given. Raises NotAllowed, NoSuchClient, NotFound for the contact, BadValue.
    """
    by.must("edit invoices")
    document, _ = begin_draft(
        by,
        client_of(by.firm_id, client),
        dated_on=dated_on,
        contact=contact,
        reference=reference,
        notes=notes,
        currency=currency,
        terms_days=terms_days,
    )
    document.save(force_insert=True)
    note_created(document, 0, by)
    return document


@transaction.atomic
def change_draft(
    document_id: int, *, by: Actor, changes: Mapping[str, Any], expected_version: int | None = None
) -> Document:
    """Change the fields given of a draft: dated_on, terms_days (both move the due date), contact (id or None), client
    (an id: only to copy its details afresh, it must be the same one), reference, notes, client_name, client_address,
    client_tax_number, contact_name, contact_email, payment_details, tax_basis exclusive|inclusive|no_tax, tax_mode
    line|document.

    Raises NotAllowed, NotFound, StaleVersion, NotADraft, BadValue.
    """
    document, lines = lock_draft(document_id, by, expected_version)
    unknown = changes.keys() - _CHANGEABLE
    if unknown:
        raise BadValue(field=min(unknown), problem="a draft has no such field that could be changed")
    before = {name: getattr(document, name) for name in _stored(document)}
    if "client" in changes:
        if changes["client"] != document.client_id:
            raise BadValue(field="Client", problem="begin a new draft for another client")
        copy_client(document, client_of(by.firm_id, document.client_id), _contact(by, document.contact_id))
    _apply(document, changes, by)
    after = {name: getattr(document, name) for name in before}
    noted = {name: [before[name], after[name]] for name in before if before[name] != after[name]}
    if not noted:
        return document
    return store_draft(document, lines, "changed", noted, by=by, touched=list(noted))


@transaction.atomic
def delete_draft(document_id: int, *, by: Actor, expected_version: int | None = None) -> None:
    """Delete a draft; what was ticked to it is free again, and no number is missing.

    Raises NotAllowed, NotFound, StaleVersion, NotADraft.
    """
    document, lines = lock_draft(document_id, by, expected_version)
    Tick.objects.of(by.firm_id).filter(line__in=lines).delete()
    Line.objects.of(by.firm_id).filter(document=document).delete()
    pk, kind = document.pk, document.kind
    changes = {"total": [document.total_minor, None], "lines": [len(lines), None]}
    document.delete()
    record("invoice.draft_deleted", by=by, kind=kind, record_id=pk, changes=changes)


def _stored(document: Document) -> list[str]:
    return [*TEXTS, "dated_on", "terms_days", "due_on", "contact_id", "tax_basis", "tax_mode"]


def _apply(document: Document, changes: Mapping[str, Any], by: Actor) -> None:
    for name, field in TEXTS.items():
        if name in changes:
            text = one_text(changes[name], field)
            if field.required and not text:
                raise BadValue(field=field.label, problem="it cannot be empty")
            setattr(document, name, text)
    if "contact" in changes:
        contact = _contact(by, changes["contact"])
        document.contact = contact
        document.contact_name = contact.name if contact else ""
        document.contact_email = contact.email if contact else ""
    if "dated_on" in changes:
        document.dated_on = a_date(changes["dated_on"], "Date")
    if "terms_days" in changes:
        document.terms_days = _days(changes["terms_days"])
    document.due_on = due(document.dated_on, document.terms_days)
    if "tax_basis" in changes:
        document.tax_basis = one_choice(changes["tax_basis"], TaxBasis, "Prices")
    if "tax_mode" in changes:
        document.tax_mode = one_choice(changes["tax_mode"], TaxMode, "Tax")


def _contact(by: Actor, contact_id: int | None) -> Contact | None:
    return None if contact_id is None else Contact.objects.get_of(by.firm_id, contact_id, what="contact")


def _days(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= 365:
        raise BadValue(field="Terms", problem="give 0 to 365 days")
    return value
