"""What depends on something that stays behind stays behind with it, and the preview says so (D-17)."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from instep.billing.actions.claims import Claim, draft_from_job
from instep.billing.actions.credits import cancel_invoice
from instep.billing.actions.issuing import make_invoice_real
from instep.billing.models import Document
from instep.connect.models import OpKind, OpState, Plan, PlanOp
from instep.jobs.actions.jobs import create_job
from instep.jobs.models import Phase
from tests.billing.conftest import aud
from tests.transfer.rig import Books

pytestmark = pytest.mark.django_db
KINDS = ("contacts", "items", "invoices", "creditnotes")


def there(books: Books) -> dict[str, int]:
    return {kind: len(books.stored(kind)) for kind in KINDS}


def states(plan: Plan | None) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for op in PlanOp.objects.filter(plan=plan):
        found.setdefault(op.kind, set()).add(op.state)
    return found


def other_invoice(books: Books, dated_on: dt.date) -> Document:
    """An invoice of another job of the same client."""
    by = books.practice.by
    client = books.practice.client.pk
    job = create_job(by=by, name="Annexe", client=client, status="active", fee=aud(500)).sure()
    claims = [Claim(phase=Phase.objects.get(job=job).pk)]
    return make_invoice_real(draft_from_job(job.pk, by=by, dated_on=dated_on, claims=claims).pk, by=by)


@pytest.fixture
def cancelled(books: Books) -> Document:
    """An invoice and its credit, neither of them sent."""
    [phase] = books.stages(1000)
    invoice = books.practice.invoice(claims=[Claim(phase=phase.pk)])
    cancel_invoice(invoice.pk, by=books.practice.by, on=dt.date(2025, 4, 2), reason="Wrong client")
    books.connect()
    return invoice


@pytest.mark.capability("B-11", "D-07", "D-17")
def test_an_invoice_left_out_leaves_its_credit_and_all_that_only_they_need(books: Books, cancelled: Document) -> None:
    plan = books.preview()
    [row] = books.rows(plan, "invoice")
    books.send(plan, skipped=(row.no,))
    assert there(books) == dict.fromkeys(KINDS, 0)
    assert set().union(*states(plan).values()) == {OpState.SKIPPED}
    [credit] = books.rows(plan, "credit_note")
    assert "depends on" in credit.result
    books.settle()
    assert there(books) == dict.fromkeys(KINDS, 1)
    assert books.stored("invoices")[0]["AmountDue"] == 0


@pytest.mark.capability("D-07", "D-17")
def test_what_is_left_out_takes_nothing_along_that_others_need(books: Books, cancelled: Document) -> None:
    other_invoice(books, dt.date(2025, 3, 31))
    plan = books.preview()
    [credit] = books.rows(plan, "credit_note")
    books.send(plan, skipped=(credit.no,))
    assert there(books) == {"contacts": 1, "items": 2, "invoices": 2, "creditnotes": 0}
    books.settle()
    assert there(books)["creditnotes"] == 1


@pytest.mark.capability("D-07", "D-21")
def test_a_held_invoice_holds_its_credit_and_nothing_is_made_for_it_alone(books: Books, cancelled: Document) -> None:
    late = other_invoice(books, dt.date(2025, 5, 31))
    books.stage.do("settings", "", fields={"PeriodLockDate": "2025-04-30"})
    plan = books.preview()
    rows: dict[Any, PlanOp] = {(op.kind, op.local_id): op for op in books.rows(plan)}
    assert rows["invoice", cancelled.pk].errors[0]["code"] == "locked"
    [credit] = books.rows(plan, "credit_note")
    assert (credit.op, credit.errors[0]["code"]) == (OpKind.HOLD, "waits")
    idle = rows["item", books.practice.job.pk]
    assert (idle.op, idle.state) == (OpKind.CREATE_THERE, OpState.SKIPPED)
    assert "stays behind" in idle.result
    books.send(plan, skipped=tuple(op.no for op in rows.values() if op.op == OpKind.HOLD))
    assert [i["InvoiceNumber"] for i in books.stored("invoices")] == [late.number]
    assert there(books) == {"contacts": 1, "items": 1, "invoices": 1, "creditnotes": 0}

    books.stage.do("settings", "", fields={"PeriodLockDate": None})
    books.settle()
    assert there(books) == {"contacts": 1, "items": 2, "invoices": 2, "creditnotes": 1}


@pytest.mark.capability("B-11", "D-33")
def test_a_credit_does_not_go_without_the_invoice_that_was_refused_on_the_way(
    books: Books, cancelled: Document
) -> None:
    plan = books.preview()
    [row] = books.rows(plan, "invoice")
    row.body["LineItems"][0]["AccountCode"] = "9999"  # somebody archived the account meanwhile
    row.save(update_fields=["body"])
    books.send(plan)
    assert (states(plan)["invoice"], states(plan)["credit_note"]) == ({OpState.FAILED}, {OpState.STALE})
    assert there(books)["creditnotes"] == 0
    books.settle()
    assert there(books) == dict.fromkeys(KINDS, 1)
