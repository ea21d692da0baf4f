"""Which invoices a payment pays: allocating and unallocating (B-08)."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction

from instep.base.audit.log import record
from instep.base.identity.actor import Actor
from instep.base.outbox.notices import announce, announce_many
from instep.base.ownership.owners import check_editable
from instep.billing.errors import NotAnInvoice, OtherCurrency, OverAllocated, OverPaid, PaymentRemoved
from instep.billing.models import Allocation, Document, Payment
from instep.billing.queries.balances import standings
from instep.billing.states import DocumentKind
from instep.kernel.errors import BadValue, NotFound, StaleVersion
from instep.kernel.money import Money


@transaction.atomic
def allocate_payment(
    payment_id: int, shares: Mapping[int, Money], *, by: Actor, expected_version: int | None = None
) -> Payment:
    """Bring the allocations of a payment to {invoice id: amount}: the whole set, {} unallocates everything.

    Raises NotAllowed, NotFound, StaleVersion, PaymentRemoved, NotAnInvoice, OverPaid, OverAllocated, OtherCurrency,
    FieldOwned for a payment that a package keeps.
    """
    by.must("record payments")
    payment = Payment.objects.select_for_update(no_key=True).get_of(by.firm_id, payment_id, what="payment")
    if expected_version is not None and payment.version != expected_version:
        raise StaleVersion(what="payment")
    if payment.removed_at is not None:
        raise PaymentRemoved(payment=str(payment))
    before = allocations_of(payment)
    if before == dict(shares):
        return payment
    check_editable(by, "payment", payment.pk, ["invoice"])
    put_allocations(payment, shares)
    payment.version += 1
    payment.save(update_fields=["version"])
    changes = {
        "allocations": [{str(pk): held.as_json() for pk, held in part.items()} for part in (before, dict(shares))]
    }
    record("payment.allocated", by=by, kind="payment", record_id=payment.pk, changes=changes)
    announce(by.firm_id, "payment", payment.pk)
    announce_many(by.firm_id, "invoice", {*before, *shares})
    return payment


def unallocate_payments(document_id: int, *, by: Actor) -> list[Payment]:
    """Take every payment off an invoice, which leaves them unapplied, so that it can be cancelled; those payments."""
    rows = Allocation.objects.of(by.firm_id).filter(document=document_id, payment__isnull=False)
    done: list[Payment] = []
    with transaction.atomic():
        for payment_id in rows.order_by("payment").values_list("payment", flat=True):
            payment = Payment.objects.get_of(by.firm_id, payment_id, what="payment")
            left = {pk: held for pk, held in allocations_of(payment).items() if pk != document_id}
            done.append(allocate_payment(payment_id, left, by=by))
    return done


def allocations_of(payment: Payment) -> dict[int, Money]:
    """{invoice id: amount} of a payment."""
    rows = Allocation.objects.of(payment.firm_id).filter(payment=payment).order_by("document")
    return {pk: Money.from_minor(minor, payment.currency) for pk, minor in rows.values_list("document", "amount_minor")}


def put_allocations(payment: Payment, shares: Mapping[int, Money]) -> None:
    """Bring the stored allocations of a locked payment to `shares`, within what it holds and what the invoices are open
    for; the invoices are locked."""
    for money in shares.values():
        if not isinstance(money, Money) or money.minor <= 0:
            raise BadValue(field="Allocation", problem="give an amount above nothing, with its currency")
    firm = payment.firm_id
    rows = Document.objects.of(firm).filter(pk__in=list(shares)).select_for_update(no_key=True).order_by("pk")
    documents = {document.pk: document for document in rows}
    Allocation.objects.of(firm).filter(payment=payment).delete()
    left = payment.amount
    open_on = {pk: standing.open for pk, standing in standings(firm, documents.values()).items()}
    for pk, money in sorted(shares.items()):
        document = documents.get(pk)
        if document is None:
            raise NotFound(what="invoice")
        _check(document, payment, money, open_on[pk])
        if money > left:
            raise OverAllocated(given=money.written, unapplied=left.written)
        left = left - money
    Allocation.objects.bulk_create(
        Allocation(firm_id=firm, document_id=pk, payment=payment, on=payment.received_on, amount_minor=money.minor)
        for pk, money in sorted(shares.items())
    )


def _check(document: Document, payment: Payment, money: Money, still_open: Money) -> None:
    if document.kind != DocumentKind.INVOICE or document.is_draft:
        raise NotAnInvoice(document=str(document))
    if not document.currency == payment.currency == money.currency:
        given = payment.currency if payment.currency != document.currency else money.currency
        raise OtherCurrency(what="The payment", currency=document.currency, given=given)
    if money > still_open:
        raise OverPaid(document=str(document), open=still_open.written, given=money.written)
