"""Payments: what they pay, what is left, and what a package's edits and deletions do."""

from __future__ import annotations

import datetime as dt

import pytest

from instep.base.audit.queries import history_of
from instep.base.identity.actor import Actor
from instep.base.outbox.models import OutboxRow
from instep.billing.actions.allocations import allocate_payment
from instep.billing.actions.claims import Claim
from instep.billing.actions.credits import cancel_invoice
from instep.billing.actions.payments import change_payment, record_payment, remove_payment
from instep.billing.errors import (
    AlreadyCredited,
    CreditBeforeInvoice,
    NoSuchClient,
    NotAnInvoice,
    OverAllocated,
    OverPaid,
    PaymentRemoved,
    ReasonNeeded,
)
from instep.billing.models import Allocation, Document, Payment
from instep.billing.queries.balances import debtors, standing_of, unapplied
from instep.billing.queries.documents import document_details, payment_page
from instep.kernel.errors import BadValue, NotAllowed, NotFound, WrongState
from instep.kernel.money import Money
from tests.base.threads import together
from tests.billing.conftest import Practice, aud

MARCH, APRIL, MAY = dt.date(2025, 3, 31), dt.date(2025, 4, 30), dt.date(2025, 5, 31)


def invoice(practice: Practice, net: int, dated_on: dt.date = MARCH) -> Document:
    """An issued invoice of this much before tax."""
    claims = [Claim(practice.hourly.pk, amount=aud(net), tick=False)]
    return practice.invoice(dated_on, claims=claims)


@pytest.mark.capability("B-08", "T-18")
@pytest.mark.django_db
def test_one_receipt_pays_three_invoices_and_keeps_what_is_left(practice: Practice) -> None:
    by, firm = practice.by, practice.firm
    first, second, third = (invoice(practice, net) for net in (10, 20, 30))
    shares = {first.pk: aud(11), second.pk: aud(22), third.pk: aud(10)}
    payment = record_payment(by=by, received_on=APRIL, amount=aud(50), allocations=shares, reference="EFT").sure()
    assert unapplied(firm, [payment]) == {payment.pk: aud(7)}
    assert [standing_of(firm, one).is_paid for one in (first, second, third)] == [True, True, False]
    assert [(row.pk, row.open_minor) for row in debtors(firm, on=APRIL)] == [(third.pk, 23_00)]
    assert [row.pk for row in debtors(firm, on=MARCH)] == [first.pk, second.pk, third.pk]
    with pytest.raises(OverPaid, match=r"AUD\s23\.00 that is open on invoice INV-0003"):
        record_payment(by=by, received_on=APRIL, amount=aud(99), allocations={third.pk: aud("23.01")})
    with pytest.raises(OverAllocated, match=r"17\.00"):
        allocate_payment(payment.pk, {first.pk: aud(11), second.pk: aud(22), third.pk: aud(18)}, by=by)
    payment = allocate_payment(payment.pk, {third.pk: aud(33)}, by=by)
    assert [standing_of(firm, one).open for one in (first, second, third)] == [aud(11), aud(22), aud(0)]
    assert unapplied(firm, [payment]) == {payment.pk: aud(17)}
    assert document_details(firm, third.pk).allocations[0].payment == payment


@pytest.mark.capability("B-07", "B-16", "B-17", "X-18")
@pytest.mark.django_db
def test_a_package_records_amends_and_removes_its_payment_by_its_own_id(practice: Practice) -> None:
    firm = practice.firm
    books = Actor.connection(practice.cast.firm, 7, "Books")
    bill = invoice(practice, 90)

    def recorded(amount: str, on: dt.date = APRIL) -> tuple[Payment, bool]:
        outcome = record_payment(
            by=books,
            received_on=on,
            amount=aud(amount),
            allocations={bill.pk: aud(amount)},
            source="books:7",
            source_key="P-1",
        )
        return outcome.sure(), outcome.changed

    payment, changed = recorded("95.00")
    assert (changed, standing_of(firm, bill).open) == (True, aud(4))
    assert recorded("95.00") == (payment, False)
    assert recorded("96.00") == (payment, True)
    assert Payment.objects.count() == Allocation.objects.count() == 1
    change_payment(payment.pk, by=books, changes={"amount": aud(99), "received_on": MAY})
    assert (standing_of(firm, bill).open, Allocation.objects.get().on) == (aud(0), MAY)
    assert not change_payment(payment.pk, by=books, changes={"amount": aud(99)}).changed
    gone = remove_payment(payment.pk, by=books, reason="Deleted in the books").sure()
    assert (standing_of(firm, bill).open, unapplied(firm, [gone])) == (aud(99), {payment.pk: aud(0)})
    assert not remove_payment(payment.pk, by=books, reason="Again").changed
    with pytest.raises(PaymentRemoved):
        recorded("99.00")
    entry = history_of(practice.cast.firm, "payment", payment.pk)[0]
    assert (entry.event, entry.note) == ("payment.removed", "Deleted in the books")
    assert entry.changes["allocations"] == [{str(bill.pk): {"minor": 99_00, "currency": "AUD"}}, {}]
    assert [payment_page(firm).rows, len(payment_page(firm, removed=None).rows)] == [[], 1]
    assert OutboxRow.objects.filter(kind="invoice", record_id=bill.pk).exists()


@pytest.mark.capability("B-07")
@pytest.mark.django_db
def test_money_without_an_invoice_is_unapplied_and_bad_money_is_refused(practice: Practice) -> None:
    by, firm, client = practice.by, practice.firm, practice.client.pk
    loose = record_payment(by=by, received_on=APRIL, amount=aud(100), client=client).sure()
    assert unapplied(firm, [loose]) == {loose.pk: aud(100)}
    practice.time(60)
    draft = practice.draft()
    good = {"by": by, "received_on": APRIL, "amount": aud(10)}
    for bad, refusal in (
        ({}, NoSuchClient),
        ({"client": 10**9}, NoSuchClient),
        ({"client": client, "amount": aud(0)}, BadValue),
        ({"client": client, "amount": aud(-1)}, BadValue),
        ({"client": client, "source": "books:7"}, BadValue),
        ({"client": client, "allocations": {10**9: aud(1)}}, NotFound),
        ({"allocations": {draft.pk: aud(1)}}, NotAnInvoice),
        ({"client": client, "by": practice.cast.bo}, NotAllowed),
        ({"client": client, "by": practice.cast.odo}, NoSuchClient),
    ):
        with pytest.raises(refusal):
            record_payment(**{**good, **bad})
    assert Payment.objects.count() == 1
    with pytest.raises(NotFound):
        remove_payment(loose.pk, by=practice.cast.odo, reason="Mine")
    with pytest.raises(ReasonNeeded):
        remove_payment(loose.pk, by=by, reason=" ")
    foreign = record_payment(by=by, received_on=APRIL, amount=Money.from_minor(1, "NZD"), client=client).sure()
    assert foreign.currency == "NZD"


@pytest.mark.capability("B-10", "B-11", "B-15", "T-06")
@pytest.mark.django_db
def test_a_cancelled_invoice_owes_nothing_and_is_cancelled_once_with_a_reason(practice: Practice) -> None:
    by, firm = practice.by, practice.firm
    bill = invoice(practice, 90)
    with pytest.raises(ReasonNeeded):
        cancel_invoice(bill.pk, by=by, on=APRIL, reason="")
    with pytest.raises(CreditBeforeInvoice, match="2025-03-31"):
        cancel_invoice(bill.pk, by=by, on=dt.date(2025, 3, 30), reason="Too early")
    with pytest.raises(NotAllowed):
        cancel_invoice(bill.pk, by=practice.cast.cy, on=APRIL, reason="Mine")
    note = cancel_invoice(bill.pk, by=by, on=MARCH, reason="Wrong client")
    assert Allocation.objects.get().credit == note
    assert (note.net, note.tax, note.tax_by_document_minor) == (-bill.net, -bill.tax, -bill.tax_by_document_minor)
    details = document_details(firm, bill.pk)
    assert (details.standing.open, details.standing.is_paid, details.credits) == (aud(0), False, [note])
    (line,) = document_details(firm, note.pk).lines
    assert (line.net_minor, line.shown_quantity, line.credits) == (-90_00, -1, details.lines[0])
    assert list(debtors(firm, on=MARCH)) == []
    with pytest.raises((AlreadyCredited, WrongState)):
        cancel_invoice(bill.pk, by=by, on=APRIL, reason="Again")
    with pytest.raises(NotAnInvoice):
        cancel_invoice(note.pk, by=by, on=APRIL, reason="Undo")
    with pytest.raises(OverPaid):
        record_payment(by=by, received_on=APRIL, amount=aud(99), allocations={bill.pk: aud(1)})


@pytest.mark.capability("B-10", "X-18")
@pytest.mark.django_db(transaction=True)
def test_two_payments_and_a_cancelling_at_the_same_moment_never_settle_more_than_there_is(practice: Practice) -> None:
    by, firm = practice.by, practice.firm

    def attempt(work: object) -> str:
        try:
            work()  # type: ignore[operator]
        except Exception as refusal:
            return type(refusal).__name__
        return ""

    for turn in range(4):
        bill = invoice(practice, 90)

        def pay(key: str, bill: Document = bill) -> None:
            share = {bill.pk: aud(99)}
            record_payment(by=by, received_on=APRIL, amount=aud(99), allocations=share, source="books", source_key=key)

        works = [
            lambda turn=turn: pay(f"{turn}a"),
            lambda turn=turn: pay(f"{turn}b"),
            lambda bill=bill: cancel_invoice(bill.pk, by=by, on=APRIL, reason="Wrong"),
        ]
        done = together(3, lambda number, works=works: attempt(works[number]))
        assert done.count("") == 1, done
        assert set(done) <= {"", "OverPaid", "PaymentsAllocated"}, done
        assert standing_of(firm, bill).open == aud(0)
    together(
        3,
        lambda _: record_payment(
            by=by, received_on=APRIL, amount=aud(1), client=practice.client.pk, source="books", source_key="same"
        ),
    )
    assert Payment.objects.filter(source_key="same").count() == 1
