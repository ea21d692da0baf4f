"""Rows 1 to 6 and 34: what a remote answers, or does not, to each kind of call; and what people do meanwhile."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from instep.billing.actions.claims import Claim
from instep.connect.models import Conflict, Connection, ConnectionState, Intent, OpState, PlanOp
from instep.connect.models.plans import OPEN_INTENTS
from instep.connect.scheduler import due
from instep.connect.secrets import open_, seal
from instep.crm.actions.organisations import update_organisation
from instep.crm.models import Organisation
from tests.connect.rig import Rig
from tests.faults.ends import calm, same
from tests.transfer.rig import Books

pytestmark = pytest.mark.django_db

LIMIT = {"do": "status", "status": 429, "headers": {"Retry-After": "40"}}


def work_of_each_kind(rig: Rig) -> None:
    """One linked record that was changed here, one that was changed there, and one that is new."""
    first, second = rig.organisation("Acme"), rig.organisation("Beta")
    rig.connect()
    rig.settle()
    rig.wait(60)
    update_organisation(first.pk, by=rig.ada, changes={"phone": "03 9123 4567"})
    rig.edit("companies", rig.link("organisation", second.pk).remote_id or "", office_phone="03 9765 4321")
    rig.organisation("Gamma")


@pytest.mark.capability("X-13")
@pytest.mark.parametrize("operation", ["list companies", "create companies", "update companies"])
def test_a_limit_at_any_call_stops_all_calls_until_the_time_it_names(rig: Rig, operation: str) -> None:
    work_of_each_kind(rig)
    rig.faults({"operation": operation, "call": 1, "times": 1, **LIMIT})
    outcome = rig.cycle()
    assert "pause" in outcome.trouble
    assert [line["do"] for line in rig.http.get(f"{rig.address}/_sandbox/faults").json()["faults"]] == []
    asked, now = rig.calls(), rig.clock()
    assert due(now + timedelta(seconds=30)) == [], "nobody calls before"
    assert [c.pk for c, _ in due(now + timedelta(seconds=45))] == [rig.connection.pk]
    assert rig.calls() == asked
    assert not PlanOp.objects.filter(state__in=(OpState.FAILED, OpState.UNKNOWN)).exists(), "nothing counts as failed"
    assert not Intent.objects.filter(state__in=OPEN_INTENTS).exists(), "nothing is in doubt: the limit was definite"
    calm(rig)
    same(rig)


BODIES = (
    '{"error": "Not today."}',
    '{"success": false, "errors": {"name": ["is wrong"]}}',
    "null",
    '{"id": 0, "name": "Acme"}',
    '{"id": 17, "name": "Ac',
    "[]",
)
"""Of status 200, every one of them. As a list, the last one says that there is nothing."""


@pytest.mark.capability("X-05", "X-15")
@pytest.mark.parametrize("operation", ["list companies", "create companies", "update companies"])
def test_a_success_that_says_nothing_of_the_kind_is_no_success(rig: Rig, operation: str) -> None:
    ours = [rig.organisation(f"Org {n}") for n in range(len(BODIES))]
    rig.connect()
    if not operation.startswith("create"):
        rig.settle()
        rig.wait(60)
        for each in ours:
            update_organisation(each.pk, by=rig.ada, changes={"phone": "03 9123 4567"})
    said = {"operation": operation, "times": 1, "do": "status", "status": 200}
    rig.faults(*({**said, "call": n, "body": body} for n, body in enumerate(BODIES, start=1)))
    rig.cycle()
    if not operation.startswith("list"):
        doubts = Intent.objects.filter(state__in=OPEN_INTENTS).count()
        assert 0 < doubts <= len(BODIES), "each that was sent is in doubt until it is read back"
    for _ in BODIES:
        rig.late += timedelta(seconds=5)
        rig.cycle()
    assert rig.http.get(f"{rig.address}/_sandbox/faults").json()["faults"] == [], "each was said"
    assert not Organisation.objects.filter(archived_at__isnull=False).exists()
    calm(rig)
    same(rig)


@pytest.mark.capability("X-05", "X-10")
@pytest.mark.parametrize("both", [False, True], ids=["there alone", "on both sides"])
def test_an_edit_between_the_lost_answer_and_the_reading_back_is_kept(rig: Rig, both: bool) -> None:
    acme = rig.organisation("Acme", phone="03 9000 0000")
    rig.connect()
    rig.faults({"operation": "create companies", "call": 1, "times": 1, "do": "drop_after"})
    rig.cycle()
    rig.wait(3)
    rig.edit("companies", rig.record("companies", "Acme")["id"], office_phone="03 9111 1111")
    if both:
        update_organisation(acme.pk, by=rig.ada, changes={"phone": "03 9222 2222"})
    calm(rig)
    assert len(rig.records("companies")) == 1
    acme.refresh_from_db()
    if both:
        conflict = Conflict.objects.get(state="open")
        assert {conflict.ours, conflict.theirs} == {"03 9222 2222", "03 9111 1111"}
        assert acme.phone != rig.record("companies", "Acme")["office_phone"], "neither was overwritten"
    else:
        assert acme.phone == "03 9111 1111"
        same(rig)


# --- the books -------------------------------------------------------------------------------------------------------


@pytest.fixture
def ready(books: Books) -> Books:
    [phase] = books.stages(1000)
    books.practice.invoice(claims=[Claim(phase=phase.pk)])
    books.connect()
    return books


@pytest.mark.capability("X-13", "X-14")
@pytest.mark.parametrize("fault", [LIMIT, {"do": "drop_before"}, {"do": "status", "status": 500}], ids=str)
def test_trouble_while_access_is_renewed_is_a_pause_and_asks_nobody(ready: Books, fault: dict[str, Any]) -> None:
    plan = ready.preview()
    connection = Connection.objects.get(pk=ready.connection.pk)
    connection.sealed_secret = seal({**open_(connection.sealed_secret), "access_token": "tok-long-gone"})
    connection.save(update_fields=["sealed_secret"])
    ready.stage.sandbox.faults({"operation": "token", "call": 1, "times": 1, **fault})
    ready.send(plan)
    connection.refresh_from_db()
    assert connection.state == ConnectionState.ACTIVE
    assert connection.resume_at is not None
    if fault is LIMIT:
        assert connection.resume_at > ready.clock() + timedelta(seconds=35)
    assert not Intent.objects.filter(state__in=OPEN_INTENTS).exists()
    assert ready.stored("invoices") == []
    ready.wait(60)
    ready.cycle()
    assert len(ready.stored("invoices")) == 1, "the approved plan goes on by itself"


@pytest.mark.capability("D-16")
def test_a_period_that_is_locked_after_the_preview_refuses_the_document_with_the_reason(ready: Books) -> None:
    plan = ready.preview()
    ready.stage.do("settings", "", fields={"PeriodLockDate": (ready.clock().date() + timedelta(days=30)).isoformat()})
    ready.send(plan)
    [row] = ready.rows(plan, "invoice")
    assert row.state == OpState.FAILED
    assert "lock" in row.result.lower()
    assert ready.stored("invoices") == []
    ready.stage.do("settings", "", fields={"PeriodLockDate": None})
    ready.settle()
    assert len(ready.stored("invoices")) == 1
