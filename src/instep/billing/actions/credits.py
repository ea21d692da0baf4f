"""Crediting invoices: the one way in which every credit process is carried out (B-15)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.db.models import OuterRef, Subquery

from instep.base.identity.actor import Actor
from instep.base.records.texts import one_text
from instep.billing.actions.desk import a_date, check_open_period, lines_of, lock_document, tell
from instep.billing.actions.issuing import give_number
from instep.billing.credits.cancel import Cancel
from instep.billing.credits.process import CreditPlan, CreditProcess
from instep.billing.documents.settling import STORED_ON_DOCUMENT
from instep.billing.errors import CreditBeforeInvoice, NotAnInvoice, ReasonNeeded
from instep.billing.models import Allocation, Document, Line, Tick
from instep.billing.queries.balances import standing_of
from instep.billing.states import DOCUMENT_MOVES, DocumentKind, DocumentState
from instep.costs.actions.closing import reopen_costs
from instep.kernel.records.kinds import FieldType, RecordField

_REASON = RecordField("reason", FieldType.MULTILINE, "Reason", max_length=1000)
_COPIED = (
    *("client_id", "contact_id", "currency", "reference", "client_name", "client_address", "client_tax_number"),
    *("contact_name", "contact_email", "issuer_name", "issuer_address", "issuer_tax_number", "payment_details"),
    *("tax_basis", "tax_mode"),
)


def cancel_invoice(
    document_id: int,
    *,
    by: Actor,
    on: dt.date,
    reason: str,
    expected_version: int | None = None,
    now: dt.datetime | None = None,
) -> Document:
    """Cancel an invoice; the credit note of its full value that this made (B-10).

    The credit note is real at once, dated `on`, with its own number and the reason, allocated to the invoice, whose
    balance is then nothing and whose state is cancelled. Its costs are work in progress again from `on`; figures of
    earlier days stay. Raises NotAllowed, NotFound, StaleVersion, NotAnInvoice, ReasonNeeded, CreditBeforeInvoice,
    PaymentsAllocated ("unallocate them first"), AlreadyCredited, PeriodLocked, WrongState for a cancelled one.
    """
    return credit_invoice(
        document_id, Cancel(), by=by, on=on, reason=reason, expected_version=expected_version, now=now
    )


@transaction.atomic
def credit_invoice(
    document_id: int,
    process: CreditProcess,
    *,
    by: Actor,
    on: dt.date,
    reason: str,
    expected_version: int | None = None,
    now: dt.datetime | None = None,
) -> Document:
    """Carry out a credit process; the credit note. Refusals: those of `cancel_invoice` and of the process."""
    by.must("issue invoices")
    invoice = lock_document(document_id, by, expected_version)
    if invoice.kind != DocumentKind.INVOICE or invoice.is_draft:
        raise NotAnInvoice(document=str(invoice))
    why = one_text(reason, _REASON)
    if not why:
        raise ReasonNeeded()
    dated_on = a_date(on, "Date")
    if dated_on < invoice.dated_on:
        raise CreditBeforeInvoice(document=str(invoice), dated_on=invoice.dated_on)
    check_open_period(by.firm_id, dated_on)
    process.check(invoice, standing_of(by.firm_id, invoice))
    plan = process.plan(invoice, lines_of(invoice))
    DOCUMENT_MOVES.check(DocumentState(invoice.state), plan.after)
    credit = _write_note(invoice, process, plan, dated_on, why)
    _return(credit, plan)
    _allocate(credit, invoice)
    give_number(credit, DocumentState.REAL, now=now)
    _note(credit, invoice, plan, by)
    return credit


def _write_note(
    invoice: Document, process: CreditProcess, plan: CreditPlan, dated_on: dt.date, reason: str
) -> Document:
    credit = Document(
        firm_id=invoice.firm_id,
        kind=DocumentKind.CREDIT_NOTE.value,
        credits=invoice,
        credit_key=process.key.value,
        reason=reason,
        dated_on=dated_on,
        due_on=dated_on,
        **{name: getattr(invoice, name) for name in _COPIED},
    )
    _sum(credit, invoice, plan.lines)
    credit.save(force_insert=True)
    for line in plan.lines:
        line.document = credit
    Line.objects.bulk_create(plan.lines)
    return credit


def _sum(credit: Document, invoice: Document, lines: Sequence[Line]) -> None:
    """The totals of the credit are the sums of its lines; in full, they are the invoice's own in both tax modes."""
    credit.net_minor = sum(line.net_minor for line in lines)
    credit.tax_minor = sum(line.tax_minor for line in lines)
    credit.total_minor = credit.net_minor + credit.tax_minor
    credit.tax_by_line_minor = credit.tax_by_document_minor = credit.tax_minor
    if credit.total_minor == -invoice.total_minor:
        for name in STORED_ON_DOCUMENT:
            setattr(credit, name, -getattr(invoice, name))


def _return(credit: Document, plan: CreditPlan) -> None:
    """Give the ticks back as of the credit's date, and let their costs be work in progress again."""
    firm = credit.firm_id
    ticks = Tick.objects.of(firm).filter(line__in=list(plan.returned), returned_on=None)
    if plan.costs is not None:
        ticks = ticks.filter(cost__in=list(plan.costs))
    crediting = Line.objects.of(firm).filter(document=credit, credits=OuterRef("line"))
    ticks.update(returned_on=credit.dated_on, returned_by=Subquery(crediting.values("pk")[:1]))
    reopen_costs(firm, Tick.objects.of(firm).filter(returned_by__document=credit).values("cost"))


def _allocate(credit: Document, invoice: Document) -> None:
    if credit.total_minor:
        Allocation.objects.create(
            firm_id=credit.firm_id,
            document=invoice,
            credit=credit,
            on=credit.dated_on,
            amount_minor=-credit.total_minor,
        )


def _note(credit: Document, invoice: Document, plan: CreditPlan, by: Actor) -> None:
    changes: dict[str, Any] = {
        "number": [None, credit.number],
        "credits": [None, str(invoice)],
        "total": [None, credit.total_minor],
    }
    tell(credit, "made_real", changes, by=by, note=credit.reason)
    before = invoice.state
    invoice.state = plan.after.value
    invoice.version += 1
    invoice.save(update_fields=["state", "version"])
    tell(invoice, plan.after.value, {"state": [before, invoice.state]}, by=by, note=f"{credit}: {credit.reason}")
