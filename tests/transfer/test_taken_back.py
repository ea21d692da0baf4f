"""Money and credits that are taken back in the package: seen there, shown in a preview, taken back here."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from instep.base.audit.models import AuditEntry
from instep.base.ownership.errors import FieldOwned
from instep.billing.actions.claims import Claim
from instep.billing.actions.credit_shares import take_back_credit
from instep.billing.actions.credits import cancel_invoice
from instep.billing.errors import ReasonNeeded
from instep.billing.models import Allocation, Document
from instep.billing.queries.balances import standing_of
from instep.connect.models import Observation, OpKind
from instep.connect.queries import held
from instep.kernel.errors import NotFound
from tests.billing.conftest import aud
from tests.transfer.rig import Books

pytestmark = pytest.mark.django_db


@pytest.fixture
def cancelled(books: Books) -> Document:
    """An invoice over 1,100.00 that was cancelled: the invoice, its credit and what is set against it are in Xero."""
    [phase] = books.stages(1000)
    invoice = books.practice.invoice(claims=[Claim(phase=phase.pk)])
    cancel_invoice(invoice.pk, by=books.practice.by, on=dt.date(2025, 4, 2), reason="Wrong client")
    books.connect()
    books.settle()
    return invoice


def credit_there(books: Books) -> dict[str, Any]:
    [credit] = books.stored("creditnotes")
    return credit


def take_back_there(books: Books) -> None:
    credit = credit_there(books)
    [use] = credit["Allocations"]
    fields = {"AllocationID": use["AllocationID"]}
    books.stage.do("delete", "creditnotes", id=credit["CreditNoteID"], fields=fields)


@pytest.mark.capability("B-11", "B-17", "D-25")
@pytest.mark.parametrize("seconds", [60, 1200], ids=["asked for", "told by its credit note"])
def test_an_allocation_taken_back_there_is_shown_and_taken_back_here(
    books: Books, cancelled: Document, seconds: int
) -> None:
    [share] = Allocation.objects.all()
    with pytest.raises(FieldOwned, match="Xero"):
        take_back_credit(share.pk, by=books.practice.by, reason="a slip")
    take_back_there(books)
    books.wait(seconds)
    books.cycle()  # it reads, and changes nothing by itself
    assert books.calls().get("read creditnotes", 0) == (1 if seconds < 600 else 0)
    [seen] = Observation.objects.filter(remote_type="credit-allocations")
    assert (seen.raw["Status"], seen.raw["Number"], seen.marker) == ("DELETED", None, "")
    plan = books.preview()
    [row] = books.rows(plan)
    assert (row.kind, row.op, row.local_id) == ("credit_allocation", OpKind.UPDATE_HERE, share.pk)
    assert standing_of(books.practice.firm, cancelled).open == aud(0)
    books.send(plan)
    standing = standing_of(books.practice.firm, cancelled)
    assert (standing.credited, standing.open) == (aud(0), aud(1100))
    assert AuditEntry.objects.filter(event="credit.taken_back").count() == 2

    # Nothing comes of it again, and nothing of ours is sent once more.
    books.wait(60)
    assert books.preview() is None
    books.cycle()
    assert not held(books.practice.firm).exists()
    assert credit_there(books)["RemainingCredit"] == 1100


@pytest.mark.capability("B-11")
def test_a_credit_is_taken_off_here_with_a_reason_by_who_may_and_of_ones_own_firm(books: Books) -> None:
    [phase] = books.stages(1000)
    invoice = books.practice.invoice(claims=[Claim(phase=phase.pk)])
    cancel_invoice(invoice.pk, by=books.practice.by, on=dt.date(2025, 4, 2), reason="Wrong client")
    [share] = Allocation.objects.all()
    with pytest.raises(ReasonNeeded):
        take_back_credit(share.pk, by=books.practice.by, reason=" ")
    with pytest.raises(NotFound):
        take_back_credit(share.pk, by=books.practice.cast.odo, reason="Mine")
    take_back_credit(share.pk, by=books.practice.by, reason="Set against the wrong one")
    assert standing_of(books.practice.firm, invoice).open == aud(1100)
    with pytest.raises(NotFound):
        take_back_credit(share.pk, by=books.practice.by, reason="Again")
