"""The eyes of the check on documents: a sum that differs by a cent, one that is missing, doubled, or paid elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from instep.billing.actions.claims import Claim
from instep.billing.models import Document
from instep.cli.demo.check.money.cancelled import Cancelled
from instep.cli.demo.check.money.compare import compare
from instep.cli.demo.check.money.figures import MoneyFigures
from instep.cli.demo.sandbox import Ledger
from tests.billing.conftest import aud, practice
from tests.connectors.conftest import sandbox_of
from tests.transfer.conftest import books
from tests.transfer.rig import Books

__all__ = ["books", "practice", "sandbox_of"]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ledger(books: Books) -> Iterator[Ledger]:
    with Ledger(int(books.stage.sandbox.address.rpartition(":")[2])) as door:
        yield door


def test_every_difference_between_the_books_is_seen(books: Books, ledger: Ledger) -> None:
    [phase] = books.stages(1000)
    invoices = [books.practice.invoice(claims=[Claim(phase=phase.pk, amount=aud(amount))]) for amount in (100, 50)]
    books.connect()
    books.settle()
    row = books.practice.cast.firm
    found = compare(row, ledger, "acme")
    assert (found.documents, found.sum_here, found.sum_there) == (2, 16_500, 16_500)
    assert (found.copies, found.differences) == ([], [])

    Document.objects.filter(pk=invoices[0].pk).update(total_minor=11_001, tax_minor=1_001)
    [there] = [one for one in books.stored("invoices") if one["InvoiceNumber"] == invoices[1].number]
    paid: dict[str, Any] = {"Invoice": {"InvoiceID": there["InvoiceID"]}, "Account": {"Code": "090"}}
    ledger.edit("acme", "payments", fields=paid | {"Amount": "10.05", "Date": "2025-04-10"})
    unsent = books.practice.invoice(claims=[Claim(phase=phase.pk, amount=aud(7))])
    found = compare(row, ledger, "acme")
    assert found.sum_here - found.sum_there == 1 + 770
    told = "\n".join(found.differences)
    for number in (invoices[0].number, invoices[1].number, unsent.number):
        assert f"{number}: net" in told
    assert "here, 1005 there" in told


def test_the_figures_of_documents_name_each_fault() -> None:
    good = MoneyFigures(
        batch=50, writing_calls=11, fewest_calls=10, lost_calls=1, restarts=1, read_faults=9, write_faults=2,
        cancelled=Cancelled(invoices=2, credited=2, minutes=90, back=90),
    )  # fmt: skip
    assert good.problems() == []
    bad = MoneyFigures(batch=50, writing_calls=12, fewest_calls=10, quiet_calls=9, quiet_minimum=8, quiet_writes=1)
    bad.compared.sum_here, bad.compared.copies, bad.compared.differences = 1, ["x"], ["y"]
    assert len(bad.problems()) == 9
