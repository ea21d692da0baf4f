"""The way of an hour: recorded, unbilled, drafted, real, paid; and cancelled."""

from __future__ import annotations

import datetime as dt

import pytest

from instep.billing.actions.allocations import unallocate_payments
from instep.billing.actions.claims import draft_from_job
from instep.billing.actions.credits import cancel_invoice
from instep.billing.actions.issuing import make_invoice_real
from instep.billing.actions.payments import record_payment
from instep.billing.errors import PaymentsAllocated
from instep.billing.models import Document
from instep.billing.queries.balances import debtors, standing_of
from instep.billing.queries.documents import document_details
from instep.billing.queries.unbilled import unbilled_costs
from instep.billing.queries.wip import wip, wip_now
from instep.billing.states import DocumentState
from instep.costs.actions.time import change_time, record_time, submit_time
from instep.costs.errors import CostHeld
from tests.billing.conftest import Practice, aud

MARCH, APRIL = dt.date(2025, 3, 31), dt.date(2025, 4, 30)


@pytest.mark.capability("B-10", "B-15", "E-25", "E-26", "E-45", "E-50", "T-05", "T-18")
@pytest.mark.django_db
def test_the_way_of_an_hour_from_the_timesheet_to_the_credit_note(practice: Practice) -> None:
    by, firm, job = practice.by, practice.firm, practice.job
    cost = record_time(
        by=by, staff=practice.hana.pk, phase=practice.hourly.pk, on=dt.date(2025, 3, 3), minutes=90
    ).sure()
    assert wip_now(firm) == []
    submit_time([cost.pk], by=by)[0].sure()
    open_now = wip(firm, on=MARCH)
    assert open_now == [(job.pk, practice.hourly.pk, 1, 90, 150_00, 60_00)]
    assert [row.pk for row in unbilled_costs(firm, job.pk)] == [cost.pk]

    draft = draft_from_job(job.pk, by=by, dated_on=MARCH)
    assert (draft.net, draft.tax, draft.total, draft.number) == (aud(150), aud(15), aud(165), "")
    assert wip(firm, on=MARCH) == open_now
    assert not unbilled_costs(firm, job.pk).exists()
    with pytest.raises(CostHeld, match="draft invoice for Acme"):
        change_time(cost.pk, by=by, changes={"minutes": 30})

    invoice = make_invoice_real(draft.pk, by=by)
    assert (invoice.number, invoice.due_on) == ("INV-0001", dt.date(2025, 4, 14))
    assert wip(firm, on=MARCH) == [] == wip_now(firm)
    assert wip(firm, on=dt.date(2025, 3, 30)) == open_now
    (line,) = document_details(firm, invoice.pk).lines
    assert (line.shown_quantity, line.unit, line.shown_price, line.description) == (1.5, "hour", 100, "On site")

    payment = record_payment(by=by, received_on=APRIL, amount=aud(95), allocations={invoice.pk: aud(95)}).sure()
    assert (payment.client, standing_of(firm, invoice).open) == (practice.client, aud(70))
    assert [(row.pk, row.open_minor) for row in debtors(firm, on=APRIL)] == [(invoice.pk, 70_00)]
    with pytest.raises(PaymentsAllocated, match="Unallocate"):
        cancel_invoice(invoice.pk, by=by, on=APRIL, reason="Billed too early")
    unallocate_payments(invoice.pk, by=by)

    note = cancel_invoice(invoice.pk, by=by, on=APRIL, reason="Billed too early")
    assert (note.number, note.total, note.credits, note.reason) == ("CN-0001", aud(-165), invoice, "Billed too early")
    invoice = Document.objects.get(pk=invoice.pk)
    assert (invoice.state, standing_of(firm, invoice).open) == (DocumentState.CANCELLED, aud(0))
    assert wip(firm, on=dt.date(2025, 4, 29)) == []
    assert wip(firm, on=APRIL) == open_now == wip_now(firm)
    assert wip(firm, on=dt.date(2025, 3, 30)) == open_now
    change_time(cost.pk, by=by, changes={"minutes": 60}).sure()
