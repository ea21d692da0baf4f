"""A total that the package works out otherwise than we did: told with both, until it is mended or may stay so."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest
from django.test import Client
from django.urls import reverse

from instep.base.audit.models import AuditEntry
from instep.billing.actions.claims import Claim
from instep.billing.models import Document
from instep.connect.models import OpKind
from instep.connect.protocols import Reply, Request, Transport
from instep.connect.queries import held
from tests.billing.conftest import aud
from tests.cast import PASSWORD
from tests.transfer.rig import Books

pytestmark = pytest.mark.django_db
BOTH = "Total AUD\N{NO-BREAK SPACE}1,100.00 here, AUD\N{NO-BREAK SPACE}1,100.01 in Xero"


@dataclass
class Rounds:
    """A package whose sums of invoices come out by `cents` higher than its lines say."""

    inner: Transport
    cents: Callable[[], int]

    def send(self, request: Request) -> Reply:
        reply = self.inner.send(request)
        if not request.path.startswith("Invoices") or reply.status != 200:
            return reply
        said = json.loads(reply.body)
        for each in said.get("Invoices", ()):
            for name in ("TotalTax", "Total"):
                each[name] = round(each[name] + self.cents() / 100, 2)
        return replace(reply, body=json.dumps(said).encode())


@pytest.fixture
def off(books: Books) -> list[int]:
    """By how many cents it is off; the test may change it."""
    cents = [1]
    books.wire = lambda inner: Rounds(inner, lambda: cents[0])
    return cents


@pytest.fixture
def invoice(books: Books, off: list[int]) -> Document:
    """Sent, and one cent higher there."""
    [phase] = books.stages(1000)
    invoice = books.practice.invoice(claims=[Claim(phase=phase.pk)])
    assert invoice.total == aud(1100)
    books.connect()
    books.transfer()
    return invoice


def reason(client: Client, url: str) -> str:
    page = client.get(url, follow=True).content.decode()
    return page.replace("&nbsp;", "\N{NO-BREAK SPACE}").replace("&#x27;", "'")


@pytest.mark.capability("D-35", "X-03")
def test_a_total_that_differs_is_held_with_both_on_every_page_and_asked_again_until_somebody_says_so(
    books: Books, invoice: Document, off: list[int]
) -> None:
    link = books.link("invoice", invoice.pk)
    assert (link.state, link.held_code) == ("live", "differs")
    assert link.held_facts["values"]["Total"] == ["AUD\xa01,100.00", "AUD\xa01,100.01"]
    client = Client()
    client.login(email=books.practice.cast.users["ada"].email, password=PASSWORD)
    waiting = reverse("connect:held", args=[books.connection.pk]) + f"?record={link.pk}"
    for url in (reverse("billing:invoice", args=[invoice.pk]), waiting):
        assert BOTH in reason(client, url)
    assert "Leave it so" in reason(client, waiting)

    # Neither a cycle nor a preview lets it go by itself.
    for _ in range(2):
        books.wait(60)
        books.cycle()
        [row] = books.rows(books.preview())
        assert (row.op, row.errors[0]["code"]) == (OpKind.HOLD, "differs")
    assert BOTH in reason(client, reverse("transfer:page", args=[books.connection.pk]))

    client.post(reverse("connect:decide_held", args=[link.pk]), {"choice": "accept"})
    assert books.preview() is None
    books.cycle()
    link.refresh_from_db()
    assert (link.held_code, link.base_a["total"]["minor"], link.base_b["total"]) == ("", 110000, "1100.01 AUD")
    told = AuditEntry.objects.get(event="link.decided")
    assert told.changes["Total"] == ["AUD\xa01,100.00", "AUD\xa01,100.01"]

    # It was that cent, and no other.
    off[0] = 2
    books.stage.do("save", "invoices", id=link.remote_id, fields={"Reference": "PO 9"})
    books.wait(60)
    books.preview()
    assert [li.pk for li in held(books.practice.firm)] == [link.pk]


@pytest.mark.capability("X-03")
def test_a_total_that_was_mended_there_asks_nothing_any_more(books: Books, invoice: Document, off: list[int]) -> None:
    off[0] = 0
    link = books.link("invoice", invoice.pk)
    books.stage.do("save", "invoices", id=link.remote_id, fields={"DueDate": "2025-04-20"})
    books.stage.do("save", "invoices", id=link.remote_id, fields={"DueDate": invoice.due_on.isoformat()})
    books.wait(60)
    assert books.preview() is None
    books.cycle()
    assert not held(books.practice.firm).exists()
