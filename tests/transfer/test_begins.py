"""The day from which a connection carries: what is older is left alone on both sides, and taken up when it moves."""

from __future__ import annotations

import datetime as dt

import pytest

from instep.billing.actions.claims import Claim
from instep.billing.actions.credits import cancel_invoice
from instep.billing.models import Document, Payment
from instep.billing.queries.balances import standing_of
from instep.connect.actions.adjust import begin_on
from instep.connect.actions.decisions import approve_plan
from instep.connect.errors import PlanNotOpen
from instep.connect.models import Connection, Dirty, Link, Observation, Plan, PlanOp
from instep.connect.queries import held
from instep.connect.queries.older import left_alone_count
from instep.kernel.errors import NotAllowed, NotFound
from tests.billing.conftest import aud
from tests.transfer.rig import Books

pytestmark = pytest.mark.django_db
LINE = {"Description": "Other work", "Quantity": 1, "UnitAmount": 500, "AccountCode": "200", "TaxType": "OUTPUT"}
OTHERS = {"Type": "ACCREC", "Status": "AUTHORISED", "Date": "2024-03-31", "DueDate": "2024-04-14", "LineItems": [LINE]}
PAID = {"Account": {"Code": "090"}}
APRIL = dt.date(2025, 4, 1)


def begin(books: Books, on: dt.date | None) -> None:
    begin_on(books.connection.pk, by=books.practice.by, on=on)


def alone(books: Books) -> int:
    return left_alone_count(Connection.objects.get(pk=books.connection.pk))


def shown(plan: Plan | None) -> list[str]:
    return [op.kind for op in PlanOp.objects.filter(plan=plan).order_by("no") if op.state != "skipped"]


@pytest.fixture
def old(books: Books) -> list[Document]:
    """Invoices of March (cancelled in March) and of April; in Xero an invoice of 2024 with payments of two years."""
    phases = books.stages(1000, 500)
    march = books.practice.invoice(claims=[Claim(phase=phases[0].pk)])
    cancel_invoice(march.pk, by=books.practice.by, on=dt.date(2025, 3, 31), reason="Wrong client")
    april = books.practice.invoice(dt.date(2025, 4, 1), claims=[Claim(phase=phases[1].pk)])
    books.connect()
    [client] = books.stage.plant("Contacts", {"Name": "Stranger", "ContactNumber": "S-1"})
    [other] = books.stage.plant("Invoices", OTHERS | {"Contact": {"ContactID": client}, "InvoiceNumber": "OTHER-1"})
    for on in ("2024-05-01", "2025-05-01"):
        paid = {**PAID, "Invoice": {"InvoiceID": other}, "Amount": 40, "Date": on}
        books.stage.do("save", "payments", fields=paid)
    return [march, april]


@pytest.mark.capability("D-18")
def test_what_is_older_is_neither_sent_nor_asked_about_and_is_counted(books: Books, old: list[Document]) -> None:
    march, april = old
    begin(books, APRIL)
    plan = books.preview()
    assert shown(plan) == ["organisation", "item", "invoice"]
    assert alone(books) == 4, "an invoice, its credit, and two payments of an invoice of theirs"
    assert not Link.objects.filter(kind__in=("payment", "credit_note", "credit_allocation")).exists()
    books.send(plan)
    assert [i["InvoiceNumber"] for i in books.stored("invoices")] == ["OTHER-1", april.number]
    assert books.stored("creditnotes") == []
    assert books.preview() is None
    assert not held(books.practice.firm).exists()
    assert not Dirty.objects.exists()
    assert not Observation.objects.filter(pending=True).exists()

    # Back by a month: it is all shown, and nothing goes before it is approved.
    begin(books, dt.date(2025, 3, 1))
    plan = books.preview()
    assert shown(plan) == ["invoice", "credit_note", "credit_allocation"]
    assert len(books.stored("invoices")) == 2
    books.send(plan)
    assert {i["InvoiceNumber"] for i in books.stored("invoices")} == {"OTHER-1", march.number, april.number}
    assert alone(books) == 2, "the payments of 2024's invoice"
    assert books.preview() is None


@pytest.mark.capability("D-18")
def test_what_is_linked_is_not_touched_by_the_date_and_what_waited_is_let_go(books: Books, old: list[Document]) -> None:
    _march, april = old
    books.settle()
    assert Link.objects.filter(kind="payment", held_code="waits").count() == 2
    begin(books, dt.date(2025, 6, 1))
    assert books.preview() is None
    books.cycle()
    assert not Link.objects.exclude(held_code="").exists()
    there = books.link("invoice", april.pk).remote_id
    fields = {**PAID, "Invoice": {"InvoiceID": there}, "Amount": 50, "Date": "2025-04-20"}
    payment = books.stage.do("save", "payments", fields=fields)
    books.wait(60)
    books.transfer()
    assert standing_of(books.practice.firm, april).paid == aud(50), "it goes with its invoice"
    books.stage.do("delete", "payments", id=payment["PaymentID"])
    books.wait(60)
    books.transfer()
    assert Payment.objects.get().removed_at is not None
    assert alone(books) == 2


@pytest.mark.capability("D-18")
def test_the_day_is_set_by_who_may_and_ends_a_preview_that_was_made_before(books: Books, old: list[Document]) -> None:
    plan = books.preview()
    assert plan is not None
    cast = books.practice.cast
    for by, refusal in ((cast.odo, NotFound), (cast.cy, NotAllowed)):
        with pytest.raises(refusal):
            begin_on(books.connection.pk, by=by, on=APRIL)
    begin(books, APRIL)
    with pytest.raises(PlanNotOpen):
        approve_plan(plan.pk, by=books.practice.by)
    assert len(books.stored("invoices")) == 1


@pytest.mark.capability("D-07", "D-18")
def test_nothing_is_made_or_asked_for_an_invoice_that_is_left_out_for_good(books: Books) -> None:
    [phase] = books.stages(1000)
    invoice = books.practice.invoice(claims=[Claim(phase=phase.pk)])
    client = books.stage.plant("Contacts", {"Name": "Stranger", "ContactNumber": "S-1"})[0]
    books.stage.plant("Invoices", OTHERS | {"Contact": {"ContactID": client}, "InvoiceNumber": invoice.number})
    books.connect()
    assert books.preview() is not None
    books.decide("invoice", invoice.pk, "ignore")
    plan = books.preview()
    assert shown(plan) == ["invoice"], "it says that it is left out"
    books.send(plan)
    assert books.preview() is None
    assert (books.stored("items"), len(books.stored("contacts"))) == ([], 1)

    # Brought back, it takes along what was passed over for it.
    books.decide("invoice", invoice.pk, "again")
    books.preview()
    books.decide("invoice", invoice.pk, "create")
    assert shown(books.preview()) == ["organisation", "item", "invoice"]


@pytest.mark.capability("D-18")
def test_a_credit_of_an_older_invoice_says_what_it_takes(books: Books) -> None:
    [phase] = books.stages(1000)
    march = books.practice.invoice(claims=[Claim(phase=phase.pk)])
    cancel_invoice(march.pk, by=books.practice.by, on=dt.date(2025, 4, 2), reason="Wrong client")
    books.connect()
    begin(books, APRIL)
    plan = books.preview()
    assert shown(plan) == ["credit_note"]
    [row] = books.rows(plan, "credit_note")
    assert "older than the first day" in row.errors[0]["sentence"]
    assert row.severity == "person"
    begin(books, None)
    books.settle()
    assert len(books.stored("creditnotes")) == 1
