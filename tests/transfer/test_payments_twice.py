"""Money that was typed by hand on both sides: taken once, and a person is asked where it is not certain."""

from __future__ import annotations

import datetime as dt

import pytest

from instep.billing.actions.claims import Claim
from instep.billing.actions.payments import record_payment
from instep.billing.models import Document, Payment
from instep.billing.queries.balances import standing_of
from instep.connect.actions.decisions import decide_held
from instep.connect.models import Link, OpKind
from instep.connect.queries import held
from tests.billing.conftest import aud
from tests.transfer.rig import Books

pytestmark = pytest.mark.django_db


@pytest.fixture
def invoice(books: Books) -> Document:
    """An invoice over 1,100.00, sent; 100.00 of it typed as received on 10 April, here."""
    [phase] = books.stages(1000)
    invoice = books.practice.invoice(claims=[Claim(phase=phase.pk)])
    books.connect()
    books.settle()
    return invoice


def type_here(books: Books, invoice: Document, day: int, amount: int = 100, reference: str = "") -> Payment:
    return record_payment(
        by=books.practice.by,
        received_on=dt.date(2025, 4, day),
        amount=aud(amount),
        allocations={invoice.pk: aud(amount)},
        reference=reference,
    ).sure()


def type_there(books: Books, day: int, amount: int = 100, reference: str = "") -> str:
    [there] = books.stored("invoices")
    fields = {"Invoice": {"InvoiceID": there["InvoiceID"]}, "Account": {"Code": "090"}, "Amount": amount}
    fields |= {"Date": f"2025-04-{day:02}", **({"Reference": reference} if reference else {})}
    return str(books.stage.do("save", "payments", fields=fields)["PaymentID"])


def paid(books: Books, invoice: Document) -> object:
    return standing_of(books.practice.firm, invoice).paid


@pytest.mark.capability("B-07", "B-16", "D-25")
def test_a_payment_much_alike_is_asked_about_and_the_answer_holds(books: Books, invoice: Document) -> None:
    type_here(books, invoice, 5, reference="DD 1")  # too long before
    mine = type_here(books, invoice, 10)
    theirs = type_there(books, 13, reference="From the bank")
    books.wait(60)
    plan = books.preview()
    [row] = books.rows(plan)
    assert (row.kind, row.op, row.remote_id) == ("payment", OpKind.HOLD, theirs)
    assert row.errors[0]["code"] == "possible_match"
    assert "same amount and invoice" in row.errors[0]["sentence"]
    [link] = held(books.practice.firm)
    assert [c["record"] for c in link.held_facts["candidates"]] == [str(mine.pk)]
    books.send(plan, skipped=(row.no,))
    assert paid(books, invoice) == aud(200)

    decide_held(link.pk, by=books.practice.by, choice="link", local_id=mine.pk)
    books.settle()
    mine.refresh_from_db()
    assert (mine.received_on.day, mine.reference) == (13, "From the bank")
    assert paid(books, invoice) == aud(200)
    assert Payment.objects.count() == 2

    # One more of that amount is another one: the first is linked by now.
    type_there(books, 13)
    books.wait(60)
    [row] = books.rows(books.preview())
    assert row.op == OpKind.CREATE_HERE


@pytest.mark.capability("B-07", "B-16")
def test_another_payment_that_only_looks_alike_is_taken_when_a_person_says_so(books: Books, invoice: Document) -> None:
    type_here(books, invoice, 10)
    type_there(books, 9)
    books.wait(60)
    books.preview()
    [link] = held(books.practice.firm)
    decide_held(link.pk, by=books.practice.by, choice="create")
    books.settle()
    assert paid(books, invoice) == aud(200)
    assert not held(books.practice.firm).exists()


@pytest.mark.capability("B-07", "B-16")
def test_the_same_to_the_letter_is_one_payment_unless_there_is_another_like_it(books: Books, invoice: Document) -> None:
    mine = type_here(books, invoice, 10, reference="INV 1 part")
    theirs = type_there(books, 10, reference="inv 1 part")
    one, two = (type_here(books, invoice, 20, 50, "twice") for _ in range(2))
    type_there(books, 20, 50, "twice")
    books.wait(60)
    plan = books.preview()
    rows = {row.op: row for row in books.rows(plan, "payment")}
    assert (rows[OpKind.LINK].local_id, rows[OpKind.LINK].remote_id) == (mine.pk, theirs)
    assert rows[OpKind.HOLD].errors[0]["code"] == "ambiguous_match"
    books.send(plan, skipped=(rows[OpKind.HOLD].no,))
    assert Link.objects.get(kind="payment", local_id=mine.pk).remote_id == theirs
    assert paid(books, invoice) == aud(200)
    assert {one.pk, two.pk} == {int(c["record"]) for c in held(books.practice.firm)[0].held_facts["candidates"]}


@pytest.mark.capability("B-17")
def test_a_payment_made_anew_there_with_the_same_values_asks_nothing(books: Books, invoice: Document) -> None:
    first = type_there(books, 10, reference="A")
    books.wait(60)
    books.transfer()
    books.stage.do("delete", "payments", id=first)
    type_there(books, 10, reference="A")
    books.wait(60)
    plan = books.preview()
    assert sorted(row.op for row in books.rows(plan)) == [OpKind.CREATE_HERE, OpKind.UPDATE_HERE]
    books.send(plan)
    books.settle()
    assert paid(books, invoice) == aud(100)
