"""Hints: webhooks over the real wire, a page that is opened, and what a cycle makes of them, whatever their order."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import time
from collections.abc import Callable
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from instep.billing.actions.claims import Claim
from instep.connect.actions.hints import set_hint_key
from instep.connect.apply.connection_state import keep_access
from instep.connect.errors import NoHints
from instep.connect.models import Connection, Hint, Observation
from instep.connect.place import bench_of
from instep.connect.protocols import TryLater
from instep.connect.scheduler import due
from instep.connect.secrets import open_, seal
from instep.connectors.xero.hooks import SIGNATURE, read_hints
from instep.kernel.errors import NotAllowed, NotFound
from tests.billing.conftest import Practice, practice
from tests.cast import PASSWORD
from tests.connect.rig import Rig
from tests.connectors.conftest import sandbox_of
from tests.connectors.xero_stage import TENANT
from tests.transfer.conftest import books
from tests.transfer.rig import Books

__all__ = ["Practice", "books", "practice", "sandbox_of"]
KEY = "wHk3y/abc+=="


def signed(body: bytes, key: str = KEY) -> str:
    return base64.b64encode(hmac.new(key.encode(), body, hashlib.sha256).digest()).decode()


def event(number: str, category: str = "CONTACT", at: str = "2030-01-01T00:00:00.000", **more: Any) -> dict[str, Any]:
    """As Xero tells of one record."""
    told = {"resourceId": number, "eventCategory": category, "eventType": "UPDATE", "eventDateUtc": at}
    return {**told, "tenantId": TENANT, "tenantType": "ORGANISATION", **more}


@pytest.fixture
def hooked(books: Books) -> Books:
    """Running, everything read, with a key for webhooks."""
    books.connect()
    set_hint_key(books.connection.pk, by=books.practice.by, key=KEY)
    Connection.objects.update(state="active", linked_at=books.clock())
    books.cycle()
    Connection.objects.update(next_poll_at="2100-01-01T00:00:00Z")
    return books


def post(books: Books, *events: dict[str, Any], signature: str = "", body: bytes = b"") -> int:
    body = body or json.dumps({"events": events, "firstEventSequence": 1, "lastEventSequence": 1}).encode()
    answer = Client(enforce_csrf_checks=True).post(
        reverse("hooks:hook", args=[books.connection.key]),
        body,
        content_type="application/json",
        headers={SIGNATURE: signature or signed(body)},
    )
    assert not answer.cookies
    assert answer.content == b""
    return answer.status_code


def pushed(books: Books) -> dict[str, int]:
    """The calls of a cycle that no poll is due for."""
    before = books.calls()
    waits = [poll for c, poll in due(books.clock()) if c.pk == books.connection.pk]
    if waits:
        assert waits == [False]
        books.cycle(poll=False)
    return {name: n - before.get(name, 0) for name, n in books.calls().items() if n != before.get(name, 0)}


def seen(books: Books, number: str) -> str:
    return str(Observation.objects.get(remote_type="contacts", remote_id=number).raw["Name"])


def contact(books: Books, name: str = "Harbour") -> str:
    """A contact of theirs that we know."""
    [number] = books.stage.plant("Contacts", {"Name": name})
    Connection.objects.update(next_poll_at=None)
    books.cycle()
    Connection.objects.update(next_poll_at="2100-01-01T00:00:00Z")
    return number


def rename(books: Books, number: str, name: str) -> None:
    books.stage.do("save", "contacts", id=number, fields={"Name": name})


# --- the door -------------------------------------------------------------------------------------------------------


def test_signatures_are_those_that_somebody_else_computed() -> None:
    shared = Path(os.environ.get("INSTEP_SHARED", "../shared")) / "remotes" / "specs" / "hmac_vectors.json"
    if not shared.exists():
        pytest.skip("no folder of outside data: set INSTEP_SHARED")
    known = json.loads(shared.read_text())["xero_webhook"]
    for vector in known["vectors"]:
        told = {SIGNATURE: vector["x-xero-signature"]}
        assert read_hints(told, vector["raw_body"].encode(), known["key"]) == []


@pytest.mark.django_db
def test_the_door_keeps_what_is_signed_and_nothing_else(hooked: Books) -> None:
    number = contact(hooked)
    assert post(hooked, event(number), signature="forged") == 401
    assert post(hooked, event(number), signature=signed(b"another body")) == 401
    assert not Hint.objects.exists()
    assert post(hooked) == 200, "the intent to receive"
    assert post(hooked, body=b"no json at all") == 400
    assert post(hooked, body=b" " * 300_000) == 413
    assert post(hooked, event(number, tenantId="22222222-2222-4222-8222-222222222222")) == 200
    assert (
        post(
            hooked,
            event(number, "SUBSCRIPTION"),
            event("../x"),
            event(number, "CREDITNOTE", data={"Type": "ACCPAYCREDIT"}),
        )
        == 200
    )
    assert not Hint.objects.exists(), "about others, or about nothing that we keep in step"
    for _ in range(100):
        assert post(hooked, event(number), event(number)) == 200
    assert Hint.objects.count() == 1

    client, by = Client(), hooked.practice.by
    assert client.get(reverse("hooks:hook", args=[hooked.connection.key])).status_code == 405
    assert (
        client.post(reverse("hooks:hook", args=["nobody"]), b"{}", content_type="application/json").status_code == 404
    )
    Connection.objects.update(state="paused")
    assert post(hooked, event(number, at="2030-01-01T00:00:01.000")) == 200
    assert Hint.objects.count() == 1, "when it goes on it looks at everything"
    set_hint_key(hooked.connection.pk, by=by, key="")
    assert post(hooked, event(number)) == 401, "no key, no trust"
    with pytest.raises(NotFound):
        set_hint_key(hooked.connection.pk, by=hooked.practice.cast.odo, key="x")
    with pytest.raises(NotAllowed):
        set_hint_key(hooked.connection.pk, by=hooked.practice.cast.cy, key="x")


@pytest.mark.django_db
def test_the_key_outlives_a_sign_in_and_a_remote_without_webhooks_has_none(hooked: Books, rig: Rig) -> None:
    hooked.access_again()
    assert post(hooked, event(contact(hooked))) == 200
    rig.connect()
    with pytest.raises(NoHints):
        set_hint_key(rig.connection.pk, by=rig.ada, key="x")


@pytest.mark.django_db
def test_a_key_that_is_set_while_access_is_renewed_costs_neither(hooked: Books) -> None:
    bench = bench_of(Connection.objects.get(pk=hooked.connection.pk))  # as the cycle knows it, with its request out
    fresh = {**open_(bench.connection.sealed_secret), "refresh_token": "the-next"}
    set_hint_key(hooked.connection.pk, by=hooked.practice.by, key="another")
    with transaction.atomic():
        keep_access(bench, seal(fresh))

    stored = Connection.objects.get(pk=hooked.connection.pk).sealed_secret
    assert (open_(stored)["refresh_token"], open_(stored)["webhook_key"]) == ("the-next", "another")
    bench.connection.refresh_from_db()
    hooked.access_again()
    with pytest.raises(TryLater), transaction.atomic():
        keep_access(bench, seal(fresh))  # somebody signed in anew: that stands


# --- the real wire --------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_over_the_wire_a_change_there_is_here_after_one_call(live_server: Any, hooked: Books) -> None:
    sandbox, number = hooked.stage.sandbox, contact(hooked)
    url = f"{live_server.url}{reverse('hooks:hook', args=[hooked.connection.key])}"
    told = sandbox.ask("hooks", {"url": url, "key": KEY, "intent": True})
    assert told["intent"] == [200, 401, 200, 401]
    rename(hooked, number, "Harbour & Sons")
    assert eventually(Hint.objects.exists)
    assert pushed(hooked) == {"list contacts": 1}
    assert seen(hooked, number) == "Harbour & Sons"
    assert not Hint.objects.exists()
    assert pushed(hooked) == {}

    sandbox.ask("hooks", {"url": url, "key": "another"})
    rename(hooked, number, "Harbour Ltd")
    assert eventually(lambda: 401 in sandbox.ask("hooks")["answers"])
    assert pushed(hooked) == {}, "a forged hint moves nothing"
    sandbox.ask("hooks", {"url": ""})


@pytest.mark.django_db(transaction=True)
def test_what_we_write_ourselves_costs_no_call_when_it_comes_back_as_a_hint(live_server: Any, hooked: Books) -> None:
    sandbox = hooked.stage.sandbox
    [phase] = hooked.stages(1000)
    hooked.practice.invoice(claims=[Claim(phase=phase.pk)])
    url = f"{live_server.url}{reverse('hooks:hook', args=[hooked.connection.key])}"
    sandbox.ask("hooks", {"url": url, "key": KEY})
    hooked.transfer()
    Connection.objects.update(next_poll_at="2100-01-01T00:00:00Z")
    assert eventually(lambda: Hint.objects.filter(remote_type="invoices").exists())
    sandbox.ask("hooks", {"url": ""})
    assert pushed(hooked) == {}
    assert not Hint.objects.exists()


def eventually(what: Callable[[], bool], seconds: float = 10) -> bool:
    until = time.monotonic() + seconds
    while not what():
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


# --- by level -------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_order_repetition_and_loss_of_hints_change_nothing(hooked: Books) -> None:
    numbers = [contact(hooked, name) for name in ("Acme", "Bell", "Cove")]
    final = []
    for turn, order in enumerate(permutations(range(3))):
        for n, number in enumerate(numbers):
            rename(hooked, number, f"Turn {turn} of {n}")
        stamps = [f"2030-01-01T00:00:{turn:02}.{n:03}" for n in range(3)]
        told = [event(numbers[n], at=stamps[n]) for n in order[: 2 if turn % 2 else 3]]  # every other time one is lost
        for each in told * (1 + turn):
            assert post(hooked, each) == 200
        assert pushed(hooked) == {"list contacts": 1}, "one reading for all of them"
        if turn % 2:
            Connection.objects.update(next_poll_at=None)
            hooked.cycle()  # the poll finds what no hint spoke of
            Connection.objects.update(next_poll_at="2100-01-01T00:00:00Z")
        final.append([seen(hooked, number).removeprefix(f"Turn {turn} of ") for number in numbers])
    assert final == [["0", "1", "2"]] * 6


@pytest.mark.django_db
def test_a_list_that_is_cheaper_waits_until_what_changed_must_show_there(hooked: Books) -> None:
    assert post(hooked, event("55d84274-a3da-4829-a7c0-0cab601b95cc", "CREDITNOTE")) == 200
    assert pushed(hooked) == {}, "nothing shows yet"
    assert due(hooked.clock()) == []
    hooked.wait(11)
    assert pushed(hooked) == {"list creditnotes": 1}
    assert not Hint.objects.exists()


@pytest.mark.django_db
def test_an_open_page_asks_for_its_record_once_a_minute_and_another_firm_for_nothing(rig: Rig) -> None:
    firm = rig.organisation("Acme")
    rig.connect()
    rig.settle()
    remote = rig.record("companies", "Acme")["id"]
    client, url = Client(), reverse("organisations:record", args=[firm.pk])
    client.login(email=rig.cast.users["ada"].email, password=PASSWORD)
    client.get(url)
    assert not Hint.objects.exists(), "it was seen a moment ago"
    Observation.objects.update(seen_at=rig.clock().replace(year=2020))
    Connection.objects.update(next_poll_at="2100-01-01T00:00:00Z")
    for _ in range(3):
        assert client.get(url).status_code == 200
    assert Hint.objects.get().remote_id == str(remote)
    rig.edit("companies", remote, name="Acme Ltd")
    before = rig.calls()
    assert [poll for _, poll in due(rig.clock())] == [False]
    rig.cycle(poll=False)
    after = {name: n - before.get(name, 0) for name, n in rig.calls().items() if n != before.get(name, 0)}
    assert after == {"read companies": 1}
    firm.refresh_from_db()
    assert firm.name == "Acme Ltd"
    client.get(url)
    assert not Hint.objects.exists()

    Observation.objects.update(seen_at=rig.clock().replace(year=2020))
    other = Client()
    other.login(email=rig.cast.users["odo"].email, password=PASSWORD)
    assert other.get(url).status_code == 404
    assert not Hint.objects.exists()
