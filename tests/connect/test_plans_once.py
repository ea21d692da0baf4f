"""A plan is carried out once, as it was shown, while it is still about the same thing; what moved is skipped (b.10)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from instep.connect.actions.connections import mark_for_first_link
from instep.connect.actions.decisions import approve_plan
from instep.connect.errors import PlanNotOpen
from instep.connect.marks import marker_for
from instep.connect.models import Connection, Plan, PlanOp, ValueMap
from instep.connect.protocols import Reply, Request, Transport
from instep.connect.registry import connector_for
from instep.connect.translate import put_in
from instep.crm.actions.organisations import archive_organisation, update_organisation
from instep.crm.models import Organisation
from tests.connect.rig import Rig

pytestmark = pytest.mark.django_db


@dataclass
class Wire:
    """Keeps every write as it leaves."""

    inner: Transport
    sent: list[tuple[str, str]] = field(default_factory=list)

    def send(self, request: Request) -> Reply:
        if request.method in ("POST", "PATCH", "PUT", "DELETE"):
            self.sent.append((f"{request.method} {request.path}", (request.body or b"").decode()))
        return self.inner.send(request)


def previewed(rig: Rig) -> Plan:
    rig.connect(start=False)
    mark_for_first_link(rig.connection.pk, by=rig.ada)
    plan = rig.preview()
    assert plan is not None
    return plan


def carried_out(rig: Rig) -> list[tuple[str, str]]:
    """A cycle; the writes that left."""
    wires: list[Wire] = []

    def wrap(inner: Transport) -> Transport:
        wires.append(Wire(inner))
        return wires[-1]

    rig.cycle(wrap=wrap)
    return wires[0].sent


@pytest.mark.capability("X-16", "X-17")
def test_what_is_sent_is_the_rows_of_the_plan_less_those_that_are_told_as_skipped(rig: Rig) -> None:
    acme, gone = rig.organisation("Acme", phone="03 9123 4567"), rig.organisation("Gone")
    lee = rig.contact("Lee", "Wong", organisation=acme.pk)
    rig.contact("Mo", "Hill", organisation=gone.pk)
    rig.seed(companies=[{"name": "Theirs", "mobile": "0412 345 678"}])
    plan = previewed(rig)
    planned = list(PlanOp.objects.filter(plan=plan).order_by("no"))
    approve_plan(plan.pk, by=rig.ada)
    archive_organisation(gone.pk, by=rig.ada)

    sent = carried_out(rig)

    after = {op.no: op for op in PlanOp.objects.filter(plan=plan).order_by("no")}
    skipped = {(op.label, op.state) for op in after.values() if op.state != "applied"}
    assert skipped == {("Gone", "stale"), ("Mo Hill", "stale")}, "and its dependent with it"
    assert "was skipped too" in next(op.result for op in after.values() if op.label == "Mo Hill")
    ids = {("contact", lee.pk): rig.link("contact", lee.pk).remote_id or ""}
    ids |= {("organisation", acme.pk): rig.link("organisation", acme.pk).remote_id or ""}
    ids |= {("staff", rig.handler.pk): rig.link("staff", rig.handler.pk).remote_id or ""}
    there = [op for op in planned if op.op in ("create_there", "update_there") and after[op.no].state == "applied"]
    assert Counter(sent) == Counter(_as_sent(rig, op, ids) for op in there), "each body as it was shown"
    assert [op.body for op in after.values()] == [op.body for op in planned], "the rows are never computed again"
    names = {r["name"] for r in [*rig.records("companies"), *rig.records("contacts")]}
    assert names == {"Acme", "Lee Wong", "Theirs"}


def _as_sent(rig: Rig, op: PlanOp, ids: dict[tuple[str, int], str]) -> tuple[str, str]:
    """The request of a planned row, as the connector makes it."""
    connector, body = connector_for("tinyplus"), put_in(op.body, ids)
    if op.op == "update_there":
        request = connector.ask_update(op.remote_type, op.remote_id, body, version=None)
    else:
        marker = marker_for(rig.connection.key, op.kind, op.local_id or 0, 1)
        request = connector.ask_create(op.remote_type, body, marker=marker)
    return f"{request.method} {request.path}", (request.body or b"").decode()


@pytest.mark.capability("X-19")
def test_a_plan_of_the_empty_state_is_carried_out_once(rig: Rig) -> None:
    """Terraform's hole: with nothing known before, the same plan made everything twice."""
    for name in ("Acme", "Beta"):
        rig.organisation(name)
    plan = previewed(rig)
    assert plan.lineage
    approve_plan(plan.pk, by=rig.ada)
    with pytest.raises(PlanNotOpen) as said:
        approve_plan(plan.pk, by=rig.cast.bo)
    assert said.value.code == "plan_not_open"
    assert len(carried_out(rig)) >= 2
    with pytest.raises(PlanNotOpen):
        approve_plan(plan.pk, by=rig.ada)
    # Even a plan that comes back to life finds no row that is not done.
    Plan.objects.filter(pk=plan.pk).update(state="approved")
    assert carried_out(rig) == []
    assert sorted(r["name"] for r in rig.records("companies")) == ["Acme", "Beta"]


def _older(rig: Rig, plan: Plan) -> None:
    Plan.objects.filter(pk=plan.pk).update(expires_at=rig.clock() - timedelta(seconds=1))


def _other_account(rig: Rig, plan: Plan) -> None:
    Connection.objects.update(tenant="another account")


def _restored(rig: Rig, plan: Plan) -> None:
    Connection.objects.update(epoch=2, adopted_epoch=2)


def _other_map(rig: Rig, plan: Plan) -> None:
    ValueMap.objects.filter(domain="job_status").first().delete()


@pytest.mark.parametrize("move", [_older, _other_account, _restored, _other_map])
@pytest.mark.parametrize("approved", [False, True])
def test_a_plan_ends_with_its_time_its_account_and_its_maps(
    rig: Rig, move: Callable[[Rig, Plan], None], approved: bool
) -> None:
    acme = rig.organisation("Acme")
    plan = previewed(rig)
    if approved:
        approve_plan(plan.pk, by=rig.ada)
    move(rig, plan)

    if not approved:
        with pytest.raises(PlanNotOpen) as said:
            approve_plan(plan.pk, by=rig.ada)
        assert said.value.facts["state"] == "out of date"
        assert rig.writes() == 0
        return
    update_organisation(acme.pk, by=rig.ada, changes={"phone": "03 9123 4567"})
    rig.cycle()
    plan.refresh_from_db()
    assert plan.state == "expired"
    assert set(PlanOp.objects.filter(plan=plan).values_list("state", flat=True)) == {"skipped"}, "and may still be seen"
    assert Organisation.objects.get().phone == "03 9123 4567"
