"""From an hour to a paid invoice in the package and back (source 003), by actions on one side and hand on the other."""

from __future__ import annotations

import datetime as dt

import pytest

from instep.base.ownership.errors import FieldOwned
from instep.billing.actions.allocations import unallocate_payments
from instep.billing.actions.claims import Claim
from instep.billing.actions.credits import cancel_invoice
from instep.billing.actions.payments import change_payment, remove_payment
from instep.billing.models import Document, Payment
from instep.billing.queries.balances import standing_of
from instep.billing.queries.wip import wip
from instep.connect.errors import RowsNeedYou
from instep.connect.models import JournalEntry, OpKind, OpState, PlanOp
from tests.billing.conftest import aud
from tests.transfer.rig import Books

pytestmark = pytest.mark.django_db
SAID = ("Description", "ItemCode", "LineAmount", "TaxType")
QUIET = ("organisation", "accounts", "tax-rates", "contacts", "items", "invoices", "credit-notes", "payments")


@pytest.fixture
def invoice(books: Books) -> Document:
    """Four stages, each billed whole: 6,400.00 and 10 % GST."""
    phases = books.stages(1000, 2000, 3000, 400)
    return books.practice.invoice(claims=[Claim(phase=phase.pk) for phase in phases])


@pytest.mark.capability("B-04", "B-06", "D-01", "D-07", "D-10", "D-13")
def test_four_stages_are_four_lines_with_one_contact_and_the_job_as_their_item(books: Books, invoice: Document) -> None:
    books.practice.time(60)
    books.practice.draft()  # no draft travels
    books.connect(mapped=False)

    before = books.preview()
    [row] = books.rows(before, "invoice")
    assert row.op == OpKind.HOLD
    said = [error["sentence"] for error in row.errors]
    assert [text.split("“")[1].split("”")[0] for text in said] == ["GST", "sales"]
    with pytest.raises(RowsNeedYou):
        books.send(before)
    assert books.stored("invoices") == []

    books.map()
    books.transfer()
    [there] = books.stored("invoices")
    assert (there["InvoiceNumber"], there["Status"], there["Type"]) == (invoice.number, "AUTHORISED", "ACCREC")
    assert (there["SubTotal"], there["TotalTax"], there["Total"]) == (6400, 640, 7040)
    assert (there["DateString"][:10], there["DueDateString"][:10]) == ("2025-03-31", "2025-04-14")
    lines = [
        (line["Description"], line["ItemCode"], line["LineAmount"], line["TaxType"]) for line in there["LineItems"]
    ]
    names = (("Concept", 1000), ("Design", 2000), ("Documents", 3000), ("On site", 400))
    number = books.practice.job.number
    assert lines == [(name, number, amount, "OUTPUT") for name, amount in names]
    [contact] = [c for c in books.stored("contacts") if c["ContactID"] == there["Contact"]["ContactID"]]
    assert (contact["Name"], contact["ContactNumber"]) == ("Acme", "ACME")
    assert [item["Code"] for item in books.stored("items")] == [number]


@pytest.mark.capability("B-05", "X-16")
def test_what_was_sent_is_never_sent_again_and_a_quiet_run_makes_one_call_a_record_type(
    books: Books, invoice: Document
) -> None:
    books.connect()
    books.transfer()
    books.wait(60)
    assert books.preview() is None
    outcome = books.cycle()
    assert outcome.calls == {f"list {name}": 1 for name in QUIET}
    assert len(books.stored("invoices")) == 1
    sent = JournalEntry.objects.filter(kind="invoice", side="there")
    assert [(entry.op, entry.outcome) for entry in sent] == [(OpKind.CREATE_THERE, "done")]
    assert JournalEntry.objects.filter(kind="invoice").exclude(side="there").count() == 0


@pytest.mark.capability("B-07", "B-16", "B-17")
def test_a_payment_entered_there_pays_the_invoice_here_and_its_edits_and_end_travel(
    books: Books, invoice: Document
) -> None:
    books.connect()
    books.transfer()
    [there] = books.stored("invoices")
    paid = {"Invoice": {"InvoiceID": there["InvoiceID"]}, "Account": {"Code": "090"}, "Date": "2025-04-10"}
    payment = books.stage.do("save", "payments", fields=paid | {"Amount": 40})
    books.wait(60)
    books.transfer()
    standing = standing_of(books.practice.firm, invoice)
    assert (standing.paid, standing.open) == (aud(40), aud(7000))
    [here] = Payment.objects.all()
    assert (here.received_on, here.source_key) == (dt.date(2025, 4, 10), payment["PaymentID"])
    # Who keeps it says so to every hand but its own (house rule 7).
    for change in (
        lambda: change_payment(here.pk, by=books.practice.by, changes={"amount": aud(41)}),
        lambda: remove_payment(here.pk, by=books.practice.by, reason="a slip"),
        lambda: unallocate_payments(invoice.pk, by=books.practice.by),
    ):
        with pytest.raises(FieldOwned, match="Xero"):
            change()

    books.wait(60)
    books.stage.do("delete", "payments", id=payment["PaymentID"])
    books.stage.do("save", "payments", fields=paid | {"Amount": 7040})
    books.wait(60)
    plan = books.preview()
    assert sorted(op.op for op in books.rows(plan, "payment")) == [OpKind.CREATE_HERE, OpKind.UPDATE_HERE]
    books.send(plan)
    books.settle()
    standing = standing_of(books.practice.firm, invoice)
    assert (standing.paid, standing.open) == (aud(7040), aud(0))
    here.refresh_from_db()
    assert here.removed_at is not None
    assert Payment.objects.filter(removed_at=None).count() == 1


@pytest.mark.capability("B-10", "B-11", "B-15", "E-45", "E-50")
def test_a_cancelled_invoice_becomes_a_credit_allocated_there_and_its_hours_go_back(books: Books) -> None:
    books.practice.time(120, on=dt.date(2025, 3, 3))
    invoice = books.practice.invoice()
    books.connect()
    books.transfer()
    assert wip(books.practice.firm, on=dt.date(2025, 4, 1)) == []
    cancel_invoice(invoice.pk, by=books.practice.by, on=dt.date(2025, 4, 2), reason="Wrong client")
    assert wip(books.practice.firm, on=dt.date(2025, 4, 1)) == []
    [back] = wip(books.practice.firm, on=dt.date(2025, 4, 2))
    assert back.minutes == 120

    plan = books.preview()
    assert [op.kind for op in books.rows(plan)] == ["credit_note", "credit_allocation"]
    books.send(plan)
    [credit] = books.stored("creditnotes")
    assert (credit["Reference"], credit["Total"], credit["RemainingCredit"]) == (invoice.number, 220, 0)
    assert [(line["Quantity"], line["UnitAmount"]) for line in credit["LineItems"]] == [(2, 100)]
    [there] = books.stored("invoices")
    assert (there["AmountDue"], there["AmountCredited"]) == (0, 220)
    assert books.preview() is None


@pytest.mark.capability("B-05")
def test_a_first_connection_adopts_what_is_there_by_number_and_total_and_asks_about_a_number_alone(
    books: Books, invoice: Document
) -> None:
    books.practice.time(60)
    other = books.practice.invoice()
    contact = books.stage.plant("Contacts", {"Name": "Acme", "ContactNumber": "ACME"})[0]
    line = {"Description": "All", "Quantity": 1, "AccountCode": "200", "TaxType": "OUTPUT"}
    head = {"Type": "ACCREC", "Contact": {"ContactID": contact}, "Status": "AUTHORISED", "Date": "2025-03-31"}
    head |= {"DueDate": "2025-04-14"}
    books.stage.plant(
        "Invoices",
        head | {"InvoiceNumber": invoice.number, "LineItems": [line | {"UnitAmount": 6400}]},
        head | {"InvoiceNumber": other.number, "LineItems": [line | {"UnitAmount": 5}]},
    )
    books.connect()
    plan = books.preview()
    by_number = {op.label.split(" ")[0]: op for op in books.rows(plan, "invoice") if op.local_id is not None}
    assert by_number[invoice.number].op == OpKind.LINK
    assert by_number[other.number].op == OpKind.HOLD
    assert by_number[other.number].errors[0]["code"] == "possible_match"
    books.send(plan, skipped=tuple(op.no for op in books.rows(plan) if op.op == OpKind.HOLD))
    assert len(books.stored("invoices")) == 2
    assert books.calls().get("put invoices", 0) == 0
    assert len(books.stored("contacts")) == 1


@pytest.mark.capability("D-34")
def test_what_changed_between_preview_and_sending_comes_back_for_review(books: Books, invoice: Document) -> None:
    books.connect()
    plan = books.preview()
    cancel_invoice(invoice.pk, by=books.practice.by, on=dt.date(2025, 4, 2), reason="Too early")
    Document.objects.filter(pk=invoice.pk).update(reference="PO 7")  # as an edit of a text would
    books.send(plan)
    [row] = books.rows(plan, "invoice")
    assert row.state == OpState.STALE
    assert books.stored("invoices") == []
    again = books.preview()
    assert [op.kind for op in books.rows(again)] == ["invoice", "credit_note", "credit_allocation"]
    books.send(again)
    [there] = books.stored("invoices")
    assert there["Reference"] == "PO 7"
    assert there["AmountDue"] == 0


def test_rows_that_are_left_out_come_back_and_take_along_what_only_they_need(books: Books, invoice: Document) -> None:
    books.connect()
    plan = books.preview()
    [row] = books.rows(plan, "invoice")
    books.send(plan, skipped=(row.no,))
    assert (books.stored("invoices"), books.stored("contacts"), books.stored("items")) == ([], [], [])
    assert {op.state for op in PlanOp.objects.filter(plan=plan)} == {OpState.SKIPPED}
    books.transfer()
    assert len(books.stored("invoices")) == 1


@pytest.mark.capability("D-12", "D-13")
def test_a_namesake_is_asked_about_an_archived_one_told_and_what_an_update_does_not_name_stays(
    books: Books, invoice: Document
) -> None:
    persons = [{"FirstName": "Mia", "LastName": "Chen", "EmailAddress": "mia@acme.example"}]
    [other] = books.stage.plant("Contacts", {"Name": "Acme", "ContactNumber": "OLD-7", "ContactPersons": persons})
    books.connect()
    plan = books.preview()
    [row] = books.rows(plan, "organisation")
    assert (row.op, row.errors[0]["code"]) == (OpKind.HOLD, "possible_match")
    [waiting] = books.rows(plan, "invoice")
    assert waiting.errors[0]["code"] == "waits"

    # A person says that it is the one: its number is ours from then on, and its people stay.
    books.send(plan, skipped=(row.no, waiting.no))
    books.decide("organisation", books.practice.client.pk, "link", other)
    books.transfer()
    [contact] = books.stored("contacts")
    assert (contact["ContactNumber"], contact["ContactPersons"][0]["FirstName"]) == ("ACME", "Mia")
    assert [i["Contact"]["ContactID"] for i in books.stored("invoices")] == [other]


@pytest.mark.capability("D-13")
def test_an_archived_contact_of_that_name_is_told_before_anything_is_sent(books: Books, invoice: Document) -> None:
    [old] = books.stage.plant("Contacts", {"Name": "Other", "ContactNumber": "ACME"})
    books.stage.do("save", "contacts", id=old, fields={"ContactStatus": "ARCHIVED"})
    books.connect()
    plan = books.preview()
    [row] = books.rows(plan, "organisation")
    assert row.op == OpKind.HOLD
    assert books.calls().get("put contacts", 0) == 0


@pytest.mark.capability("D-11")
def test_a_contact_with_our_name_and_code_is_used_whatever_its_case_and_spaces(books: Books, invoice: Document) -> None:
    [there] = books.stage.plant("Contacts", {"Name": "ACME  ", "ContactNumber": "acme"})
    books.connect()
    plan = books.preview()
    assert books.rows(plan, "organisation")[0].op == OpKind.LINK
    books.send(plan)
    assert [i["Contact"]["ContactID"] for i in books.stored("invoices")] == [there]
    assert len(books.stored("contacts")) == 1


@pytest.mark.capability("D-12", "D-13")
def test_a_namesake_that_should_be_another_client_is_told_before_anything_is_sent(
    books: Books, invoice: Document
) -> None:
    [other] = books.stage.plant("Contacts", {"Name": "ACME", "ContactNumber": "OLD-7"})
    books.connect()
    books.preview()
    books.decide("organisation", books.practice.client.pk, "create")
    plan = books.preview()
    [row] = books.rows(plan, "organisation")
    assert (row.op, row.errors[0]["code"]) == (OpKind.HOLD, "name_taken")
    assert "Link this client" in row.errors[0]["sentence"]
    with pytest.raises(RowsNeedYou):
        books.send(plan)
    assert books.calls().get("put contacts", 0) == 0
    facts = books.link("organisation", books.practice.client.pk).held_facts
    assert [c["record"] for c in facts["candidates"]] == [other]
    books.decide("organisation", books.practice.client.pk, "link", other)
    books.settle()
    assert [i["Contact"]["ContactID"] for i in books.stored("invoices")] == [other]
