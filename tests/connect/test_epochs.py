"""Our database goes back in time, or is copied: nothing is made twice or lost in silence, and a copy only looks."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection as database
from django.db import transaction
from django.utils import timezone

from instep.base.audit.models import AuditEntry
from instep.connect.actions.connections import start_sync, sync_now
from instep.connect.actions.decisions import approve_plan
from instep.connect.actions.epochs import ID_GAP, going_back, take_over
from instep.connect.actions.hints import Heard, take_hints
from instep.connect.apply.epochs import RESTORED
from instep.connect.cycle import preview
from instep.connect.errors import NoCopy, ReadOnlyCopy
from instep.connect.installation import here
from instep.connect.limits.lease import switched_on
from instep.connect.models import Conflict, Connection, ConnectionState, Cursor, Intent, LinkState, Plan, PlanState
from instep.connect.protocols import RemoteTrouble, Reply, Request
from instep.connect.scheduler import due
from instep.crm.actions.organisations import update_organisation
from instep.crm.models import Organisation
from instep.kernel.errors import NotAllowed, NotFound
from tests.billing.conftest import practice
from tests.connect.rig import Rig
from tests.connectors.conftest import sandbox_of
from tests.transfer.conftest import books
from tests.transfer.rig import Books

__all__ = ["books", "practice", "sandbox_of"]
pytestmark = pytest.mark.django_db


def put_back(backup: str) -> None:
    """The database is as it was at the savepoint, and knows that it went back."""
    transaction.savepoint_rollback(backup)
    with database.cursor() as cursor:
        for statement in going_back(database.vendor, now=timezone.now()):
            cursor.execute(statement)


def current(rig: Rig) -> Connection:
    return Connection.objects.get(pk=rig.connection.pk)


@pytest.mark.capability("A-18", "A-34")
def test_after_going_back_nothing_is_made_twice_and_nothing_is_lost_in_silence(rig: Rig) -> None:
    known = [rig.organisation(f"Known {n:02}", phone="03 9000 0000") for n in range(20)]
    rig.connect()
    rig.settle()
    by_us, by_them, both = (known[0].pk, known[1].pk, known[2].pk)
    waiting = rig.organisation("Waiting Co")
    update_organisation(both, by=rig.ada, changes={"phone": "03 9111 1111"})
    backup = transaction.savepoint()

    for n in range(10):
        rig.organisation(f"Since {n:02}", phone="03 9222 2222")
    rig.settle()
    there = {pk: rig.link("organisation", pk).remote_id or "" for pk in (by_us, by_them, both, waiting.pk)}
    update_organisation(by_us, by=rig.ada, changes={"phone": "03 9333 3333"})
    rig.edit("companies", there[by_them], office_phone="03 9444 4444")
    rig.settle()
    rig.edit("companies", there[both], office_phone="03 9555 5555")
    rig.edit("companies", there[waiting.pk], name="Waited Long Enough")
    rig.settle()
    rig.wait(30)
    kept = {r["id"]: r["name"] for r in rig.records("companies")}
    assert len(kept) == 31

    put_back(backup)
    assert Organisation.objects.count() == 21
    assert (current(rig).epoch, current(rig).adopted_epoch) == (2, 1)
    late = rig.organisation("Late Co")  # by somebody who was faster than the sync
    assert late.pk > ID_GAP
    writes = rig.writes()
    rig.cycle(poll=False)
    assert rig.writes() == writes, "nothing is sent before somebody has seen it"
    assert Organisation.objects.count() == 22
    shown = Plan.objects.get(connection=rig.connection, state=PlanState.PROPOSED)
    assert (current(rig).review, current(rig).adopted_epoch) == (RESTORED, 2)
    assert (shown.counts["create_there"], shown.counts["create_here"], shown.counts["link"]) == (1, 10, 1)

    rig.approve()
    rig.settle()
    assert {r["id"]: r["name"] for r in rig.records("companies") if r["id"] in kept} == kept
    names = sorted(r["name"] for r in rig.records("companies"))
    assert names == sorted([*kept.values(), "Late Co"])
    ours = dict(Organisation.objects.values_list("pk", "name"))
    assert sorted(ours.values()) == sorted(n if n != "Waited Long Enough" else ours[waiting.pk] for n in names)
    joined = rig.link("organisation", waiting.pk)
    assert (joined.state, joined.remote_id) == (LinkState.LIVE, there[waiting.pk])
    phones = {pk: Organisation.objects.get(pk=pk).phone for pk in (by_us, by_them, both)}
    assert phones == {by_us: "03 9333 3333", by_them: "03 9444 4444", both: "03 9111 1111"}
    back = Organisation.objects.get(name="Since 03")
    assert back.pk > ID_GAP
    assert rig.record("companies", "Since 03")["external_url"].endswith(f"/organisations/{back.pk}/")
    open_ = {c.field: (c.ours, c.theirs) for c in Conflict.objects.filter(state="open", link__local_id=both)}
    assert open_ == {"phone": ("03 9111 1111", "03 9555 5555")}


def test_a_look_that_is_cut_short_adopts_nothing_and_is_gone_on_with(rig: Rig) -> None:
    rig.organisation("Acme")
    rig.connect()
    rig.settle()
    backup = transaction.savepoint()
    rig.organisation("Since")
    rig.settle()
    put_back(backup)
    rig.faults({"do": "status", "operation": "list contacts", "call": 1, "status": 503})
    rig.cycle()
    assert current(rig).adopted_epoch == 1
    assert not switched_on(rig.cast.firm.pk, rig.connection.pk)
    Connection.objects.filter(pk=rig.connection.pk).update(review="")
    assert not switched_on(rig.cast.firm.pk, rig.connection.pk), "the epoch alone is enough"
    read = Cursor.objects.get(connection=rig.connection, remote_type="companies").read_here_at
    assert read is not None
    rig.wait(10)
    calls = rig.calls().get("list companies", 0)
    rig.cycle()
    assert current(rig).adopted_epoch == 2
    assert rig.calls().get("list companies", 0) == calls, "what was read in this epoch is not read again"


class Deaf:
    """A remote that must not be called."""

    def __init__(self) -> None:
        self.seen: list[Request] = []

    def send(self, request: Request) -> Reply:
        self.seen.append(request)
        return Reply(401, {}, b"{}")


@pytest.mark.capability("A-34")
def test_a_copy_of_the_database_only_looks_until_somebody_says_it_is_the_real_one(rig: Rig) -> None:
    acme = rig.organisation("Acme", phone="03 9000 0000")
    rig.connect()
    rig.settle()
    update_organisation(acme.pk, by=rig.ada, changes={"phone": "03 9111 1111"})
    Connection.objects.update(environment="of another installation", next_poll_at=None)
    before, calls = rig.record("companies", "Acme"), sum(rig.calls().values())

    assert due(rig.clock() + timedelta(hours=1)) == []
    assert rig.cycle().ran is False
    assert sum(rig.calls().values()) == calls
    assert take_hints(current(rig).key, {}, b"{}", now=rig.clock()) is Heard.UNKNOWN
    for refused in (start_sync, sync_now):
        with pytest.raises(ReadOnlyCopy):
            refused(rig.connection.pk, by=rig.ada)
    plan = rig.preview()
    assert plan is not None, "looking is allowed"
    with pytest.raises(ReadOnlyCopy):
        approve_plan(plan.pk, by=rig.ada)
    assert not switched_on(rig.cast.firm.pk, rig.connection.pk)
    assert rig.record("companies", "Acme") == before

    with pytest.raises(NotAllowed):
        take_over(rig.connection.pk, by=rig.cast.cy)
    with pytest.raises(NotFound):
        take_over(rig.connection.pk, by=rig.cast.odo)
    take_over(rig.connection.pk, by=rig.ada)
    assert current(rig).environment == here()
    assert AuditEntry.objects.filter(event="connection.taken_over", record_id=rig.connection.pk).count() == 1
    with pytest.raises(NoCopy):
        take_over(rig.connection.pk, by=rig.ada)
    rig.cycle()
    assert current(rig).review == RESTORED
    assert rig.record("companies", "Acme") == before, "what the real one did meanwhile is looked at first"
    rig.approve()
    rig.settle()
    assert rig.record("companies", "Acme")["office_phone"] == "03 9111 1111"
    assert Intent.objects.filter(connection=rig.connection).count() >= 2


def test_a_copy_leaves_the_access_of_the_real_one_alone(books: Books) -> None:
    books.connect()
    Connection.objects.update(environment="of another installation")
    remote = Deaf()
    with pytest.raises(RemoteTrouble, match="copy of another installation"):
        preview(
            Connection.objects.get(pk=books.connection.pk),
            holder="w1",
            transport=remote,
            clock=lambda: books.clock() + timedelta(days=1),  # the access has ended
        )
    assert [request.operation for request in remote.seen] == ["list organisation"], "asked once, and never renewed"
    assert Connection.objects.get(pk=books.connection.pk).state != ConnectionState.NEEDS_PERSON
