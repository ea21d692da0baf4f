"""Making drafts real: the number, the effect of the ticks, and what may still change afterwards (E-26)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from instep.base.identity.actor import Actor
from instep.base.numbering.series import make_series, next_number
from instep.base.records.texts import one_text
from instep.base.settings.declared import get_setting
from instep.billing.actions.claims import check_takes_invoice
from instep.billing.actions.desk import (
    a_date,
    check_open_period,
    lines_of,
    lock_document,
    must_have_lines,
    store_lines,
    tell,
)
from instep.billing.actions.drafts import TEXTS
from instep.billing.actions.lines import DESCRIPTION
from instep.billing.documents.copies import due
from instep.billing.documents.settling import STORED_ON_DOCUMENT, STORED_ON_LINE, settle
from instep.billing.errors import ClientNeeded, NotAboveZero, NotADraft, NumberGiven, TextsAreFixed
from instep.billing.models import Document, Line, Tick
from instep.billing.settings import EDIT_ISSUED_TEXTS
from instep.billing.states import DOCUMENT_MOVES, SERIES, DocumentState
from instep.costs.actions.closing import close_costs
from instep.crm.models import Organisation
from instep.crm.states import Dealing, allows
from instep.jobs.models import Phase
from instep.kernel.errors import BadValue, NotFound


@transaction.atomic
def make_invoice_real(
    document_id: int,
    *,
    by: Actor,
    on: dt.date | None = None,
    expected_version: int | None = None,
    now: dt.datetime | None = None,
) -> Document:
    """Give the draft the next number of its series and fix it (E-26): its ticks become effective from its date on, so
    that their costs leave work in progress, and it is announced to whoever keeps in step.

    `on` sets the date, which the due date follows. The number is taken in this transaction: when it does not succeed,
    nobody misses one. Raises NotAllowed, NotFound, StaleVersion, NotADraft, EmptyDocument, NotAboveZero, ClientNeeded,
    TakesNoInvoice, PeriodLocked, BadValue.
    """
    by.must("issue invoices")
    document = lock_document(document_id, by, expected_version)
    if not document.is_draft:
        raise NotADraft(document=str(document))
    if on is not None:
        document.dated_on = a_date(on, "Date")
        document.due_on = due(document.dated_on, document.terms_days)
    lines = lines_of(document)
    before = [_amounts(line) for line in lines]
    _check(document, lines)
    store_lines([line for line, held in zip(lines, before, strict=True) if _amounts(line) != held], STORED_ON_LINE)
    put_in_force(document, lines)
    give_number(document, DocumentState.REAL, now=now)
    changes = {"number": [None, document.number], "dated_on": [None, document.dated_on]}
    tell(document, "made_real", {**changes, "total": [None, document.total_minor]}, by=by)
    return document


def _amounts(line: Line) -> list[int]:
    return [getattr(line, name) for name in STORED_ON_LINE]


def put_in_force(document: Document, lines: Sequence[Line]) -> None:
    """Make the ticks of these lines effective from the date of the document on."""
    ticks = Tick.objects.of(document.firm_id).filter(line__in=[line.pk for line in lines])
    ticks.update(real_on=document.dated_on)
    close_costs(document.firm_id, ticks.values("cost"), on=document.dated_on)


def give_number(document: Document, state: DocumentState, *, now: dt.datetime | None) -> None:
    """Take the next number and store the document as issued. Late in the transaction: others wait for the number."""
    DOCUMENT_MOVES.check(DocumentState(document.state), state)
    try:
        document.number = next_number(document.firm_id, document.kind)
    except NotFound:
        set_up_numbers(document.firm_id)
        document.number = next_number(document.firm_id, document.kind)
    document.state = state.value
    document.made_real_at = now or timezone.now()
    document.version += 1
    touched = ["number", "state", "made_real_at", "version", "dated_on", "due_on", *STORED_ON_DOCUMENT]
    try:
        with transaction.atomic():
            document.save(update_fields=touched)
    except IntegrityError:
        taken = Document.objects.of(document.firm_id).filter(kind=document.kind, number=document.number)
        if not taken.exists():
            raise
        raise NumberGiven(number=document.number) from None


def set_up_numbers(firm: Any) -> None:
    """Make the firm's number series for documents, those that are not there yet."""
    for key, form in SERIES.items():
        make_series(firm, key, **form)


@transaction.atomic
def edit_issued_texts(
    document_id: int,
    *,
    by: Actor,
    changes: Mapping[str, str],
    lines: Mapping[int, str] | None = None,
    expected_version: int | None = None,
) -> Document:
    """Change free texts of an issued document: reference, notes, addresses and names as `change_draft` takes them, and
    descriptions by line id. Never dates, amounts or tax (trap 6).

    Off in every firm until the setting "Free texts of real invoices may be changed" is on. Raises NotAllowed,
    TextsAreFixed, NotFound, StaleVersion, BadValue.
    """
    by.must("edit issued texts")
    if not get_setting(by.firm_id, EDIT_ISSUED_TEXTS):
        raise TextsAreFixed()
    document = lock_document(document_id, by, expected_version)
    if document.is_draft:
        raise BadValue(field="Texts", problem="this is a draft; change it as one")
    noted: dict[str, Any] = {}
    for name, value in changes.items():
        field = TEXTS.get(name)
        if field is None:
            raise BadValue(field=name, problem="only free texts can change on an issued document")
        text = one_text(value, field)
        if field.required and not text:
            raise BadValue(field=field.label, problem="it cannot be empty")
        if text != getattr(document, name):
            noted[name] = [getattr(document, name), text]
            setattr(document, name, text)
    noted |= _describe(document, lines or {})
    if noted:
        document.version += 1
        document.save(update_fields=[*(name for name in noted if name in TEXTS), "version"])
        tell(document, "texts_changed", noted, by=by)
    return document


def _describe(document: Document, texts: Mapping[int, str]) -> dict[str, Any]:
    noted: dict[str, Any] = {}
    lines = {line.pk: line for line in lines_of(document)} if texts else {}
    for pk, value in texts.items():
        if pk not in lines:
            raise NotFound(what="line")
        line, text = lines[pk], one_text(value, DESCRIPTION)
        if text != line.description:
            noted[f"line {line.position} description"] = [line.description, text]
            line.description = text
            line.save(update_fields=["description"])
    return noted


def _check(document: Document, lines: Sequence[Line]) -> None:
    must_have_lines(lines)
    check_open_period(document.firm_id, document.dated_on)
    client = Organisation.objects.get(pk=document.client_id)
    if not allows(client.stage, Dealing.INVOICE):
        raise ClientNeeded(client=client.name)
    phases = Phase.objects.of(document.firm_id).filter(pk__in={line.phase_id for line in lines if line.phase_id})
    for phase in phases.select_related("job__status"):
        check_takes_invoice(phase)
    settle(document, lines)
    if document.total_minor <= 0:
        raise NotAboveZero(total=document.total.written)
