"""An undo of a transfer: what stands in the books stays, with what it needs."""

from __future__ import annotations

import pytest

from instep.billing.actions.claims import Claim
from instep.connect.actions.decisions import approve_plan
from instep.connect.actions.undo import plan_undo
from instep.connect.models import Meter, PlanOp, Run
from instep.connect.registry import transport_to
from tests.transfer.rig import Books

pytestmark = pytest.mark.django_db


@pytest.mark.capability("D-10")
def test_a_document_that_was_sent_is_not_undone_nor_the_contact_it_names(books: Books) -> None:
    invoice = books.practice.invoice(claims=[Claim(phase=phase.pk) for phase in books.stages(1000)])
    books.connect()
    books.transfer()
    run = Run.objects.order_by("-id")[0]
    before, counted = books.calls(), Meter.objects.get(dimension="day").used

    plan = plan_undo(run.pk, by=books.practice.by, transport=transport_to(books.stage.address), clock=books.clock)

    made = sum(books.calls().values()) - sum(before.values())
    assert Meter.objects.get(dimension="day").used == counted + made, "calls of a plan count as any others"
    rows = {op.kind: (op.state, op.errors[0]["code"]) for op in PlanOp.objects.filter(plan=plan)}
    assert rows == {
        "invoice": ("skipped", "stands"),
        "item": ("skipped", "needed"),
        "organisation": ("skipped", "needed"),
    }
    [left] = PlanOp.objects.filter(plan=plan, kind="invoice")
    assert "credit note" in left.errors[0]["sentence"]
    approve_plan(plan.pk, by=books.practice.by)
    books.cycle()
    [there] = books.stored("invoices")
    assert (there["InvoiceNumber"], there["Status"]) == (invoice.number, "AUTHORISED")
    written = {name for name, n in books.calls().items() if n != before.get(name, 0) and name.startswith(("cr", "upd"))}
    assert written == set()
