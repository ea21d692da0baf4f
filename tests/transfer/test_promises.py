"""What a person is asked about a transfer, once and for what they saw; and what goes on without them."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import transaction

from instep.billing.actions.claims import Claim
from instep.billing.actions.payments import record_payment, remove_payment
from instep.billing.models import Document, Payment
from instep.connect.actions.connections import disconnect
from instep.connect.apply.connection_state import keep_access
from instep.connect.models import Connection, Dirty, Intent, JournalEntry, Link, Observation, OpKind, OpState, PlanOp
from instep.connect.place import bench_of
from instep.connect.protocols import TryLater
from instep.connect.queries import held
from instep.crm.actions.organisations import create_organisation, update_organisation
from instep.jobs.actions.jobs import create_job, update_job
from tests.billing.conftest import aud
from tests.transfer.rig import Books

pytestmark = pytest.mark.django_db(transaction=True)
LINE = {"Description": "Other work", "Quantity": 1, "UnitAmount": 500, "AccountCode": "200", "TaxType": "OUTPUT"}
OTHERS = {"Type": "ACCREC", "Status": "AUTHORISED", "Date": "2025-03-31", "DueDate": "2025-04-14", "LineItems": [LINE]}
PAID = {"Account": {"Code": "090"}, "Date": "2025-04-10"}


@pytest.fixture
def invoice(books: Books) -> Document:
    """One stage, billed whole: 1,000.00 and 10 % GST."""
    [phase] = books.stages(1000)
    return books.practice.invoice(claims=[Claim(phase=phase.pk)])


def settled(books: Books) -> dict[str, str]:
    """Connected, everything sent; the invoice there, as it can be named in a payment."""
    books.connect()
    books.settle()
    [there] = books.stored("invoices")
    return {"InvoiceID": there["InvoiceID"]}


@pytest.mark.capability("D-25", "D-07", "B-07")
def test_what_others_keep_in_the_same_books_is_no_business_of_ours(books: Books, invoice: Document) -> None:
    settled(books)
    [client] = books.stage.plant("Contacts", {"Name": "Stranger", "ContactNumber": "S-1"})
    head = {**OTHERS, "Contact": {"ContactID": client}, "InvoiceNumber": "OTHER-1"}
    [other] = books.stage.plant("Invoices", head)
    payment = books.stage.do("save", "payments", fields={**PAID, "Invoice": {"InvoiceID": other}, "Amount": 40})
    books.wait(60)
    assert books.preview() is None
    books.cycle()
    assert not Payment.objects.exists()
    assert not held(books.practice.firm).exists()
    assert not Observation.objects.filter(pending=True).exists()
    assert not Dirty.objects.exists()
    assert Connection.objects.get(pk=books.connection.pk).in_step_at is not None
    books.stage.do("delete", "payments", id=payment["PaymentID"])
    books.wait(60)
    books.cycle()
    assert not Link.objects.exclude(held_code="").exists()


@pytest.mark.capability("B-05", "B-07")
def test_a_document_joined_by_a_person_brings_the_payments_that_waited_for_it(books: Books, invoice: Document) -> None:
    [client] = books.stage.plant("Contacts", {"Name": "Acme", "ContactNumber": "ACME"})
    head = {**OTHERS, "Contact": {"ContactID": client}, "InvoiceNumber": invoice.number}
    [other] = books.stage.plant("Invoices", head)
    books.stage.do("save", "payments", fields={**PAID, "Invoice": {"InvoiceID": other}, "Amount": 40})
    books.connect()
    plan = books.preview()
    [row] = books.rows(plan, "invoice")
    assert f"same number: “{invoice.number}”" in row.errors[0]["sentence"]
    books.send(plan, skipped=(row.no,))
    books.decide("invoice", invoice.pk, "link", other)
    books.settle()
    assert [p.amount for p in Payment.objects.all()] == [aud(40)]
    assert len(books.stored("invoices")) == 1


@pytest.mark.capability("D-36")
def test_what_was_accepted_is_what_was_seen_and_a_later_change_is_asked_about(books: Books, invoice: Document) -> None:
    there = settled(books)["InvoiceID"]
    books.stage.do("save", "invoices", id=there, fields={"Reference": "PO 9"})
    books.wait(60)
    books.preview()
    books.decide("invoice", invoice.pk, "accept")
    books.stage.do("save", "invoices", id=there, fields={"Status": "VOIDED"})
    books.wait(60)
    [row] = books.rows(books.preview(), "invoice")
    assert (row.op, row.errors[0]["code"]) == (OpKind.HOLD, "changed_there")
    assert row.errors[0]["sentence"].startswith("It was voided in the remote")
    assert [link.local_id for link in held(books.practice.firm)] == [invoice.pk]

    books.decide("invoice", invoice.pk, "accept")
    assert books.preview() is None
    books.cycle()
    link = books.link("invoice", invoice.pk)
    assert (link.held_code, link.decision, link.base_b["number"]) == ("", {}, f"{invoice.number} (voided)")


@pytest.mark.capability("D-36")
def test_a_change_that_was_taken_back_there_asks_nothing_any_more(books: Books, invoice: Document) -> None:
    there = settled(books)["InvoiceID"]
    [was] = books.stored("invoices")
    for reference in ("PO 9", was["Reference"]):
        books.stage.do("save", "invoices", id=there, fields={"Reference": reference})
        books.wait(60)
        books.preview()
    assert not held(books.practice.firm).exists()


@pytest.mark.capability("D-07")
def test_what_goes_along_and_needs_a_person_can_be_left_out_and_what_was_left_for_good_asks_no_more(
    books: Books, invoice: Document
) -> None:
    settled(books)
    update_job(books.practice.job.pk, by=books.practice.by, changes={"name": "Library " * 8})
    books.practice.time(60)
    books.practice.invoice()
    plan = books.preview()
    [item] = books.rows(plan, "item")
    assert item.errors[0]["code"] == "too_long"
    books.send(plan, skipped=(item.no,))
    assert len(books.stored("invoices")) == 2


def test_a_record_that_was_ignored_blocks_nothing(books: Books, invoice: Document) -> None:
    books.stage.plant("Contacts", {"Name": "Acme", "ContactNumber": "OLD-7"})
    books.connect()
    books.preview()
    books.decide("organisation", books.practice.client.pk, "ignore")
    plan = books.preview()
    [waiting] = books.rows(plan, "invoice")
    books.send(plan, skipped=(waiting.no,))
    assert books.link("organisation", books.practice.client.pk).held_code == "ignored"
    again = [row for row in books.rows(books.preview()) if row.state != OpState.SKIPPED]
    assert {row.kind for row in again} == {"invoice"}
    assert books.stored("items") == []


@pytest.mark.capability("B-07", "D-25")
def test_a_payment_that_was_refused_here_comes_back_with_the_next_preview(books: Books, invoice: Document) -> None:
    there = settled(books)
    by = books.practice.by
    mine = record_payment(
        by=by, received_on=dt.date(2025, 4, 5), amount=aud(1100), allocations={invoice.pk: aud(1100)}
    ).sure()
    books.stage.do("save", "payments", fields={**PAID, "Invoice": there, "Amount": 1100})
    books.wait(60)
    plan = books.preview()
    books.send(plan)
    [row] = books.rows(plan, "payment")
    assert row.state == OpState.FAILED
    remove_payment(mine.pk, by=by, reason="Entered twice")
    books.transfer()
    assert [p.source != "" for p in Payment.objects.filter(removed_at=None)] == [True]
    assert not held(books.practice.firm).exists()


LIMITS = (
    (429, {"Retry-After": "3", "X-Rate-Limit-Problem": "minute"}, ""),
    (403, {}, '{"Title": "Forbidden", "Status": 403, "Detail": "AuthenticationUnsuccessful"}'),
)


@pytest.mark.capability("D-31", "D-33")
@pytest.mark.parametrize(("status", "headers", "body"), LIMITS, ids=["limit", "access ended"])
def test_what_was_approved_goes_on_when_the_package_lets_us_in_again(
    books: Books, status: int, headers: dict[str, str], body: str
) -> None:
    [phase] = books.stages(100_000)
    for n in range(3):
        books.practice.invoice(claims=[Claim(phase=phase.pk, amount=aud(10 + n))])
    books.connect()
    fault = {"do": "status", "status": status, "headers": headers, "body": body}
    books.stage.sandbox.faults({"operation": "put invoices", "call": 1, "times": 1, **fault})
    plan = books.preview()
    assert books.send(plan).trouble
    assert {row.state for row in books.rows(plan, "invoice")} == {OpState.PROPOSED}
    books.wait(10)
    books.access_again()
    books.cycle()
    assert {row.state for row in books.rows(plan, "invoice")} == {OpState.APPLIED}
    assert sorted(i["Total"] for i in books.stored("invoices")) == [11, 12.1, 13.2]


@pytest.mark.capability("D-31", "D-33")
@pytest.mark.parametrize(("status", "headers", "body"), LIMITS, ids=["limit", "access ended"])
def test_a_change_that_was_approved_goes_on_too_and_under_the_note_that_it_had(
    books: Books, invoice: Document, status: int, headers: dict[str, str], body: str
) -> None:
    settled(books)
    by, handler = books.practice.by, books.practice.hana.pk
    other = create_organisation(name="Other", stage="client", code="OTHER", default_handler=handler, by=by).sure()
    books.practice.job = create_job(by=by, name="Shed", client=other.pk, status="active").sure()
    [phase] = books.stages(500)
    books.practice.invoice(claims=[Claim(phase=phase.pk)])
    books.settle()
    for client in (books.practice.client, other):
        update_organisation(client.pk, by=by, changes={"phone": "03 9123 4567"})
    fault = {"do": "status", "status": status, "headers": headers, "body": body}
    books.stage.sandbox.faults({"operation": "update contacts", "call": 1, "times": 2, **fault})
    plan = books.preview()
    assert books.send(plan).trouble
    for _ in range(2):
        assert [row.state for row in books.rows(plan)] == [OpState.PROPOSED] * 2
        books.wait(10)
        books.access_again()
        books.cycle()
    assert [(row.state, row.result) for row in books.rows(plan)] == [(OpState.APPLIED, "")] * 2
    assert [intent.attempts for intent in Intent.objects.filter(op_kind=OpKind.UPDATE_THERE).order_by("id")] == [3, 1]
    assert all("9123" in str(contact["Phones"]) for contact in books.stored("contacts"))


@pytest.mark.capability("X-22")
def test_an_answer_that_repeats_our_secrets_puts_them_on_no_page(books: Books, invoice: Document) -> None:
    books.connect()
    secrets = [books.stage.secret[name] for name in ("access_token", "client_secret", "refresh_token")]
    message = f"Not with {' '.join(secrets)}"
    body = f'{{"Elements": [{{"ValidationErrors": [{{"Message": "{message}"}}]}}]}}'
    fault = {"operation": "put contacts", "every": 1, "do": "status", "status": 400, "body": body}
    books.stage.sandbox.faults(fault)
    books.transfer()
    kept = [
        *JournalEntry.objects.values_list("detail", flat=True),
        *Intent.objects.values_list("detail", flat=True),
        *PlanOp.objects.values_list("result", flat=True),
        *Link.objects.values_list("held_reason", flat=True),
    ]
    assert sum("Not with [hidden]" in text for text in kept) == 4
    assert not [text for text in kept if any(secret in text for secret in secrets)]


@pytest.mark.capability("X-22")
def test_an_access_renewed_while_the_connection_was_ended_is_not_kept(books: Books) -> None:
    books.connect()
    bench = bench_of(Connection.objects.get(pk=books.connection.pk))
    disconnect(books.connection.pk, by=books.practice.by)
    with pytest.raises(TryLater), transaction.atomic():
        keep_access(bench, "1:renewed")
    assert Connection.objects.get(pk=books.connection.pk).sealed_secret == ""
