"""Answers that are lost, refused or cut short while documents travel: nothing twice, nothing missing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from instep.billing.actions.claims import Claim
from instep.billing.models import Document
from instep.connect import registry
from instep.connect.models import Intent, IntentState, OpState
from instep.connect.protocols import Reply, Request, Transport, TryLater
from instep.connectors.xero.connector import Xero
from instep.kernel.money import Money
from tests.billing.conftest import aud
from tests.transfer.rig import Books

pytestmark = pytest.mark.django_db


class OneByOne(Xero):
    """As for a package that takes one document a call."""

    capabilities = {name: replace(each, batch_max=1) for name, each in Xero.capabilities.items()}


@pytest.fixture(params=[50, 1], ids=["batches", "one by one"])
def size(request: pytest.FixtureRequest) -> Iterator[int]:
    """How many documents one call takes."""
    kept = registry.connector_for("xero")
    if request.param == 1:
        registry._connectors["xero"] = OneByOne()
    yield request.param
    registry._connectors["xero"] = kept


def bill(books: Books, count: int) -> list[Document]:
    """So many invoices over 10.00 and up, each of its own amount."""
    [phase] = books.stages(100_000)
    return [books.practice.invoice(claims=[Claim(phase=phase.pk, amount=aud(10 + n))]) for n in range(count)]


def same(books: Books, invoices: list[Document]) -> bool:
    """Whether the package holds exactly these, each once, to the cent."""
    there = sorted((i["InvoiceNumber"], round(i["Total"] * 100)) for i in books.stored("invoices"))
    return there == sorted((i.number, i.total_minor) for i in invoices)


FAULTS: tuple[dict[str, Any], ...] = (
    {"do": "drop_after"},
    {"do": "drop_before"},
    {"do": "truncate"},
    {"do": "html"},
    {"do": "status", "status": 500},
    {"do": "status", "status": 429, "headers": {"Retry-After": "3", "X-Rate-Limit-Problem": "minute"}, "body": ""},
)


@pytest.mark.capability("D-33", "X-04")
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault['do']} {fault.get('status', '')}".strip())
def test_a_fault_in_every_other_creation_leaves_each_document_once(
    books: Books, size: int, fault: dict[str, Any]
) -> None:
    invoices = bill(books, 6)
    books.connect()
    when = {"every": 2} if size == 1 else {"call": 1, "times": 1}
    books.stage.sandbox.faults({"operation": "put invoices", **when, **fault})
    books.transfer()
    for _ in range(30):
        books.wait(400)  # past what the package remembers of a key
        plan = books.preview()
        outcome = books.cycle() if plan is None else books.send(plan)
        if plan is None and outcome.rows == 0 and not outcome.trouble and same(books, invoices):
            break
    assert all(line["struck"] for line in books.stage.sandbox.ask("faults")["faults"])  # one that is spent is gone
    assert same(books, invoices)
    assert not Intent.objects.filter(state__in=(IntentState.INTENDED, IntentState.UNKNOWN)).exists()


@pytest.mark.capability("D-33")
def test_a_document_that_is_refused_stays_behind_with_the_packages_own_words(books: Books, size: int) -> None:
    invoices = bill(books, 4)
    books.connect()
    plan = books.preview()
    # Somebody archives the account meanwhile, for one of the four: its line says another one.
    rows = books.rows(plan, "invoice")
    rows[1].body["LineItems"][0]["AccountCode"] = "9999"
    rows[1].save(update_fields=["body"])
    books.send(plan)
    assert same(books, [invoices[0], *invoices[2:]])
    states = [row.state for row in books.rows(plan, "invoice")]
    assert states == [OpState.APPLIED, OpState.FAILED, OpState.APPLIED, OpState.APPLIED]
    assert "9999" in books.rows(plan, "invoice")[1].result
    books.settle()
    assert same(books, invoices)


@dataclass
class Recording:
    """Keeps what left, and may die at a call."""

    inner: Transport
    dies_at: int = 0
    after: bool = False
    sent: list[Request] = field(default_factory=list)

    def send(self, request: Request) -> Reply:
        if request.method != "GET":
            self.sent.append(request)
        if request.method != "GET" and len(self.sent) == self.dies_at:
            if self.after:
                self.inner.send(request)
            raise KeyboardInterrupt
        return self.inner.send(request)


@pytest.mark.capability("D-09", "X-05")
def test_what_the_preview_shows_is_exactly_what_is_sent(books: Books) -> None:
    bill(books, 3)
    books.connect()
    plan = books.preview()
    shown = [row.body for row in books.rows(plan, "invoice")]
    recording: list[Recording] = []

    def wrap(inner: Transport) -> Transport:
        recording.append(Recording(inner))
        return recording[0]

    books.send(plan, wrap=wrap)
    [request] = [each for each in recording[0].sent if each.operation == "create invoices"]
    sent = json.loads(request.body or b"")["Invoices"]
    contact, item = books.stored("contacts")[0]["ContactID"], books.practice.job.number
    assert len(sent) == len(shown) == 3
    for body, element in zip(shown, sent, strict=True):
        assert body["Contact"]["$ref"][0] == "organisation"
        assert element["Contact"] == {"ContactID": contact}
        assert (element["InvoiceNumber"], element["DueDate"][:10]) == (body["InvoiceNumber"], body["DueDate"])
        [line], [was] = element["LineItems"], body["LineItems"]
        assert line["ItemCode"] == item
        assert Money.from_minor(round(line["LineAmount"] * 100), "AUD") == aud(was["LineAmount"].split(" ")[0])
        assert {name: line[name] for name in ("Description", "AccountCode", "TaxType")} == {
            name: was[name] for name in ("Description", "AccountCode", "TaxType")
        }


@pytest.mark.capability("X-04")
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("call", [1, 2, 3])
def test_a_death_at_any_write_leaves_no_second_copy(books: Books, call: int, after: bool) -> None:
    invoices = bill(books, 3)
    books.connect()
    plan = books.preview()
    with pytest.raises(KeyboardInterrupt):
        books.send(plan, wrap=lambda inner: Recording(inner, call, after))
    for _ in range(10):
        books.wait(400)
        try:
            outcome = books.cycle(holder="w2")
            again = books.preview()
        except TryLater:
            continue
        if again is not None:
            books.send(again, holder="w2")
        elif not outcome.trouble and same(books, invoices):
            break
    assert same(books, invoices)
    assert (len(books.stored("contacts")), len(books.stored("items"))) == (1, 1)
