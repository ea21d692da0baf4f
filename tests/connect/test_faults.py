"""What remotes and processes do to us: lost replies, limits, ended tokens, deaths. Nothing lost, nothing doubled."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from instep.base.identity.actor import Actor
from instep.connect.actions.connections import connect_remote, replace_token
from instep.connect.errors import AlreadyConnected, RemoteRefused, TenantChanged
from instep.connect.limits.lease import LeaseLost, take
from instep.connect.models import Connection, ConnectionState, Dirty, Intent, Link, Run
from instep.crm.actions.organisations import update_organisation
from instep.crm.models import Organisation
from instep.kernel.errors import BadValue, NotAllowed
from tests.connect.rig import TOKEN, Cut, CutTransport, Rig

pytestmark = pytest.mark.django_db


def equal_and_single(rig: Rig) -> None:
    """Every organisation is there exactly once, with our values."""
    there = rig.records("companies")
    assert sorted(r["name"] for r in there) == sorted(Organisation.objects.values_list("name", flat=True))
    phones = dict(Organisation.objects.values_list("name", "phone"))
    assert all((r["office_phone"] or "") == phones[r["name"]] for r in there)
    assert not Dirty.objects.exists()


def calm(rig: Rig) -> None:
    """Time passes and faults end; then the engine is left to itself."""
    rig.faults()
    rig.late += timedelta(minutes=10)
    for _ in range(4):
        rig.cycle()
        rig.late += timedelta(minutes=1)


@pytest.mark.capability("X-05", "X-19")
@pytest.mark.parametrize("after", [False, True], ids=["before it reached them", "after it took effect"])
@pytest.mark.parametrize("operation", ["create companies", "update companies", "list companies"])
@pytest.mark.parametrize("call", [1, 3])
def test_a_death_at_a_call_leaves_no_duplicate_and_no_loss(rig: Rig, operation: str, call: int, after: bool) -> None:
    ids = [rig.organisation(f"Org {i}").pk for i in range(4)]
    rig.connect()
    if operation == "update companies":
        rig.settle()
        for i in ids:
            update_organisation(i, by=rig.ada, changes={"phone": "03 9123 4567"})
    nth = 1 if operation.startswith("list") else call

    with pytest.raises(Cut):
        rig.cycle(wrap=lambda inner: CutTransport(inner, operation, nth, after))
    calm(rig)

    equal_and_single(rig)
    assert not Intent.objects.filter(state__in=["intended", "unknown"]).exists()
    assert Run.objects.filter(state="running").count() == 0


@pytest.mark.capability("X-05")
@pytest.mark.parametrize(
    "fault",
    [
        {"do": "drop_before"},
        {"do": "drop_after"},
        {"do": "truncate"},
        {"do": "html"},
        {"do": "status", "status": 500},
        {"do": "status", "status": 503, "headers": {"Retry-After": "7"}},
    ],
    ids=lambda f: f"{f['do']} {f.get('status', '')}",
)
@pytest.mark.parametrize("operation", ["create companies", "update companies", "*"])
def test_trouble_in_every_third_call_leaves_both_sides_equal(rig: Rig, operation: str, fault: dict[str, Any]) -> None:
    ids = [rig.organisation(f"Org {i}").pk for i in range(7)]
    rig.connect()
    if operation == "update companies":
        rig.settle()
        for i in ids:
            update_organisation(i, by=rig.ada, changes={"phone": "03 9123 4567"})
    rig.faults({"every": 3, "operation": operation, **fault})

    for _ in range(5):
        rig.cycle()
        rig.late += timedelta(seconds=30)
    calm(rig)

    equal_and_single(rig)


def test_a_limit_pauses_the_connection_until_the_time_it_names(rig: Rig) -> None:
    rig.organisation("Acme")
    rig.connect()
    limit = {"do": "status", "status": 429, "headers": {"Retry-After": "40"}}
    rig.faults({"call": 1, "operation": "create companies", "times": 1, **limit})

    rig.cycle()
    paused = Connection.objects.get()

    assert paused.resume_at is not None
    assert paused.resume_at > rig.clock() + timedelta(seconds=35)
    assert paused.state == ConnectionState.ACTIVE
    calm(rig)
    equal_and_single(rig)


def test_an_ended_token_stops_the_connection_loses_nothing_and_goes_on_with_a_new_one(rig: Rig) -> None:
    rig.organisation("Acme")
    rig.connect()
    rig.faults({"every": 1, "operation": "*", "do": "status", "status": 401})
    rig.cycle()
    stopped = Connection.objects.get()
    assert stopped.state == ConnectionState.NEEDS_PERSON
    assert "sign in" in stopped.trouble
    assert TOKEN not in stopped.trouble

    rig.faults()
    replace_token(stopped.pk, by=rig.ada, secret={"access_token": TOKEN})
    if Connection.objects.get().state == ConnectionState.SETUP:
        from instep.connect.actions.connections import start_sync

        start_sync(stopped.pk, by=rig.ada)
    calm(rig)

    equal_and_single(rig)


@pytest.mark.capability("X-22")
def test_the_token_is_sealed_and_never_told(rig: Rig) -> None:
    rig.organisation("Acme")
    connection = rig.connect()
    rig.cycle()

    assert TOKEN not in connection.sealed_secret
    stored = " ".join(str(list(model.objects.values())) for model in (Connection, Run, Intent, Link))
    assert TOKEN not in stored


def test_a_token_of_another_account_is_refused(rig: Rig) -> None:
    connection = rig.connect()
    other = {
        "key": "elsewhere",
        "name": "Elsewhere",
        "tokens": [{"token": "other", "scope": "readwrite"}],
        "records": {"team-members": [{"name": "Zed"}]},
    }
    rig.post("seed", {"accounts": [other]})

    def connect(token: str) -> None:
        connect_remote(
            rig.cast.firm.pk,
            by=rig.ada,
            provider="tinyplus",
            secret={"access_token": token},
            address=f"{rig.address}/v2/",
        )

    with pytest.raises(TenantChanged):
        replace_token(connection.pk, by=rig.ada, secret={"access_token": "other"})
    with pytest.raises(AlreadyConnected):
        connect(TOKEN)
    with pytest.raises(RemoteRefused):
        connect("wrong")
    with pytest.raises(BadValue):
        connect(" ")
    with pytest.raises(NotAllowed):
        connect_remote(rig.cast.firm.pk, by=rig.cast.cy, provider="tinyplus", secret={"access_token": TOKEN})


def test_one_writer_at_a_time_and_the_late_one_touches_nothing(rig: Rig) -> None:
    rig.organisation("Acme")
    connection = rig.connect()
    first = take(connection, holder="w1", clock=rig.clock)
    assert first is not None

    assert take(connection, holder="w2", clock=rig.clock) is None, "it is held"
    assert rig.cycle(holder="w2").ran is False
    again = take(connection, holder="w1", clock=rig.clock)
    assert again is not None
    assert again.fencing == first.fencing + 1, "who restarts under its own name takes it at once"
    with pytest.raises(LeaseLost):
        rig_fence(first)
    rig.late += timedelta(seconds=16)
    other = take(connection, holder="w2", clock=rig.clock)
    assert other is not None, "a dead holder is followed after fifteen seconds"
    with pytest.raises(LeaseLost):
        again.ensure()


def rig_fence(holding: Any) -> None:
    from django.db import transaction

    with transaction.atomic():
        holding.fence()


def test_changes_are_carried_to_every_connection_and_acknowledged_by_each_alone(rig: Rig) -> None:
    from instep.connect.inbox.outbox import fan_out

    acme = rig.organisation("Acme")
    rig.connect()
    rig.settle()
    update_organisation(acme.pk, by=rig.ada, changes={"phone": "1"})
    fan_out(now=rig.clock())
    version = Dirty.objects.get().version
    update_organisation(acme.pk, by=rig.ada, changes={"phone": "2"})
    fan_out(now=rig.clock())

    assert Dirty.objects.get().version == version + 1, "a second change moves the row on"
    rig.settle()
    assert not Dirty.objects.exists()


def test_another_firm_sees_none_of_it(rig: Rig) -> None:
    from instep.connect.queries import card, cards
    from instep.kernel.errors import NotFound

    connection = rig.connect()
    outsider: Actor = rig.cast.odo

    assert cards(outsider.firm_id) == []
    with pytest.raises(NotFound):
        card(outsider.firm_id, connection.pk)
    with pytest.raises(NotFound):
        replace_token(connection.pk, by=outsider, secret={"access_token": TOKEN})
