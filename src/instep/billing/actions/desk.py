"""What the actions on drafts share: fetch and lock, store, journal."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from instep.base.audit.log import record
from instep.base.identity.actor import Actor
from instep.base.outbox.notices import announce
from instep.base.records.texts import one_date
from instep.billing.documents.settling import STORED_ON_DOCUMENT, STORED_ON_LINE, settle
from instep.billing.errors import EmptyDocument, NotADraft
from instep.billing.models import Document, Line
from instep.costs.errors import PeriodLocked
from instep.costs.settings import closed_until
from instep.kernel.errors import BadValue, NotFound, StaleVersion

PRICED = ("quantity", "unit", "price", "minutes", "agreed", *STORED_ON_LINE)


def lock_document(document_id: int, by: Actor, expected_version: int | None = None) -> Document:
    """The document, locked until the transaction ends. Raises NotFound, StaleVersion."""
    rows = Document.objects.select_for_update(no_key=True)
    document = rows.get_of(by.firm_id, document_id, what="invoice")
    if expected_version is not None and document.version != expected_version:
        raise StaleVersion(what="invoice")
    return document


def lock_draft(document_id: int, by: Actor, expected_version: int | None = None) -> tuple[Document, list[Line]]:
    """A draft and its lines in order. Raises NotAllowed, NotFound, StaleVersion, NotADraft."""
    by.must("edit invoices")
    document = lock_document(document_id, by, expected_version)
    if not document.is_draft:
        raise NotADraft(document=str(document))
    return document, lines_of(document)


def lines_of(document: Document) -> list[Line]:
    """The lines in order."""
    return list(Line.objects.of(document.firm_id).filter(document=document).order_by("position"))


def one_of(lines: Iterable[Line], line_id: int) -> Line:
    """The line with this id; NotFound otherwise."""
    found = next((line for line in lines if line.pk == line_id), None)
    if found is None:
        raise NotFound(what="line")
    return found


def store_draft(
    document: Document,
    lines: Sequence[Line],
    event: str,
    changes: Mapping[str, Any],
    *,
    by: Actor,
    touched: Sequence[str] = (),
) -> Document:
    """Settle the draft, store it and its lines (those that are in the database), and journal it."""
    before = document.total_minor
    settle(document, lines)
    store_lines(lines, PRICED)
    document.version += 1
    document.save(update_fields=[*touched, *STORED_ON_DOCUMENT, "version"])
    noted = dict(changes)
    if document.total_minor != before:
        noted["total"] = [before, document.total_minor]
    record(f"{document.kind}.{event}", by=by, kind=document.kind, record_id=document.pk, changes=noted)
    return document


def store_lines(lines: Sequence[Line], names: Sequence[str]) -> None:
    """Write these fields of lines that are in the database."""
    Line.objects.rewrite(lines, names)


def check_open_period(firm: Any, on: dt.date) -> None:
    """Raise PeriodLocked for a date in a closed period. One query."""
    until = closed_until(firm)
    if until is not None and on <= until:
        raise PeriodLocked(on=on, closed_until=until)


def a_date(value: Any, label: str) -> dt.date:
    """A date that has to be given."""
    found = one_date(value, label)
    if found is None:
        raise BadValue(field=label, problem="give a date, such as 2026-03-31")
    return found


def must_have_lines(lines: Sequence[Line]) -> None:
    """Raise EmptyDocument without lines."""
    if not lines:
        raise EmptyDocument()


def tell(document: Document, event: str, changes: Mapping[str, Any], *, by: Actor, note: str = "") -> None:
    """Journal what happened to an issued document, and announce it to whoever keeps in step."""
    record(f"{document.kind}.{event}", by=by, kind=document.kind, record_id=document.pk, changes=changes, note=note)
    announce(document.firm_id, document.kind, document.pk)
