"""Looks at the package that are cut short: what was read is not read again, and nobody calls before they may."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from instep.billing.actions.claims import Claim
from instep.connect.cycle import preview
from instep.connect.errors import AskedToWait
from instep.connect.inbox.outbox import fan_out
from instep.connect.models import Connection, Intent, Plan
from instep.connect.models.plans import OPEN_INTENTS
from instep.connect.protocols import BadReply, Reply, Request, Transport, TryLater
from instep.connect.registry import transport_to
from tests.billing.conftest import aud
from tests.transfer.rig import Books
from tests.transfer.test_faults import bill, same, size

__all__ = ["size"]
pytestmark = pytest.mark.django_db
LISTS = 8
EVERY = 5
OF_ANY_KIND: tuple[dict[str, Any], ...] = (
    {"every": 6 * EVERY, "do": "status", "status": 503, "headers": {"Retry-After": "2"}},
    {"every": 5 * EVERY, "do": "status", "status": 500},
    {"every": 4 * EVERY, "do": "status", "status": 429, "headers": {"Retry-After": "2"}, "body": ""},
    {"every": 3 * EVERY, "do": "drop_before"},
    {"every": 2 * EVERY, "do": "truncate"},
    {"every": EVERY, "do": "drop_after"},
)


class Dying:
    """The process ends at one of its calls, as by `kill -9`."""

    def __init__(self, inner: Transport, call: int) -> None:
        self.inner, self.left = inner, call

    def send(self, request: Request) -> Reply:
        self.left -= 1
        if not self.left:
            raise KeyboardInterrupt
        return self.inner.send(request)


def look(books: Books, wrap: Callable[[Transport], Transport] = lambda inner: inner) -> Plan | None:
    """Somebody presses Preview."""
    while fan_out(now=books.clock()):
        pass
    connection = Connection.objects.get(pk=books.connection.pk)
    transport = wrap(transport_to(books.stage.address))
    return preview(connection, holder="p", transport=transport, clock=books.clock)


def pressed(books: Books) -> Plan | None:
    """Pressed until it is made."""
    for _ in range(12):
        try:
            return look(books)
        except (TryLater, BadReply):
            continue
        except AskedToWait:
            books.wait(3)
    raise AssertionError("the preview does not end")


def calls(books: Books, since: dict[str, int]) -> int:
    now = books.calls()
    return sum(now.values()) - sum(since.values())


@pytest.fixture
def connected(books: Books) -> Books:
    """One invoice that is to be sent."""
    [phase] = books.stages(1000)
    books.practice.invoice(claims=[Claim(phase=phase.pk)])
    books.connect()
    return books


@pytest.mark.capability("X-04", "X-05")
@pytest.mark.parametrize("dies", [False, True], ids=["faults", "deaths"])
def test_a_preview_goes_on_with_what_it_has_not_read_and_the_next_one_reads_everything(
    connected: Books, dies: bool
) -> None:
    books, begun = connected, connected.calls()
    if dies:
        for _ in range(2):
            with pytest.raises(KeyboardInterrupt):
                look(books, wrap=lambda inner: Dying(inner, 4))
    else:
        books.stage.sandbox.faults({"operation": "*", "every": 3, "do": "drop_before"})
    plan = pressed(books)
    assert plan is not None
    assert {row.kind for row in books.rows(plan)} == {"organisation", "item", "invoice"}
    assert calls(books, begun) == LISTS + (0 if dies else 3)

    books.stage.sandbox.faults()
    begun = books.calls()
    books.stage.do("save", "accounts", fields={"Code": "299", "Name": "New", "Type": "REVENUE"})
    again = look(books)
    assert (calls(books, begun), again is not None) == (LISTS, True)
    assert Connection.objects.get(pk=books.connection.pk).looking_since is None


def test_a_look_that_was_cut_short_long_ago_is_begun_anew(connected: Books) -> None:
    with pytest.raises(KeyboardInterrupt):
        look(connected, wrap=lambda inner: Dying(inner, 6))
    connected.late += timedelta(minutes=11)
    begun = connected.calls()
    look(connected)
    assert calls(connected, begun) == LISTS


@pytest.mark.capability("D-31", "X-05")
def test_nobody_previews_before_the_time_that_the_package_named(connected: Books) -> None:
    books = connected
    limit = {"do": "status", "status": 429, "headers": {"Retry-After": "40"}, "body": ""}
    books.stage.sandbox.faults({"operation": "list items", "call": 1, "times": 1, **limit})
    with pytest.raises(TryLater):
        look(books)
    until = Connection.objects.get(pk=books.connection.pk).resume_at
    assert until is not None
    begun = books.calls()
    with pytest.raises(AskedToWait, match=r"before \d\d:\d\d:\d\d on .* called too often in a minute"):
        look(books)
    assert calls(books, begun) == 0
    books.wait(41)
    assert look(books) is not None
    stands = Connection.objects.get(pk=books.connection.pk)
    assert (stands.resume_at, stands.trouble) == (None, "")
    # Four lists were read before the pause: organisation, accounts, tax rates, contacts.
    assert calls(books, begun) == LISTS - 4


@pytest.mark.capability("D-33", "X-04", "X-05")
def test_a_fault_in_every_fifth_call_of_any_kind_leaves_each_document_once_and_comes_to_an_end(
    books: Books, size: int
) -> None:
    invoices = bill(books, 9)
    books.connect()
    books.stage.sandbox.faults(*({"operation": "*", **fault} for fault in OF_ANY_KIND))
    turns = 0
    plan = pressed(books)
    while plan is not None or Intent.objects.filter(state__in=OPEN_INTENTS).exists():
        if plan is not None:
            books.send(plan)
        while books.connection.state and Plan.objects.filter(state__in=("approved", "applying")).exists():
            turns += 1
            assert turns < 60, "it does not come to its end"
            books.wait(3)
            books.cycle()
        books.wait(25)  # past the time in which a write without an answer may still show
        while books.cycle().trouble:
            books.wait(3)
        plan = pressed(books)
    assert same(books, invoices)
    assert (len(books.stored("contacts")), len(books.stored("items"))) == (1, 1)
    assert aud(0) < sum((i.total for i in invoices), aud(0))
