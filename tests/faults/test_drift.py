"""Rows 20 and 21: a remote whose records look otherwise from one day to the next, or that shows less of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from instep.connect.models import Link
from instep.connect.protocols import Reply, Request, Transport
from instep.crm.actions.organisations import update_organisation
from instep.crm.models import Organisation
from instep.jobs.models import Job
from tests.connect.rig import Rig
from tests.faults.ends import same

pytestmark = pytest.mark.django_db


@dataclass
class Drifting:
    """Shows each record of a type as `change` leaves it."""

    inner: Transport
    resource: str
    change: Callable[[dict[str, Any]], Any]

    def send(self, request: Request) -> Reply:
        reply = self.inner.send(request)
        if reply.status not in (200, 201) or not request.operation.endswith(f" {self.resource}"):
            return reply
        said = json.loads(reply.body)
        for record in said if isinstance(said, list) else [said]:
            self.change(record)
        return replace(reply, body=json.dumps(said).encode())


def drifted(rig: Rig, resource: str, change: Callable[[dict[str, Any]], Any]) -> Any:
    return rig.cycle(wrap=lambda inner: Drifting(inner, resource, change))


def linked(rig: Rig) -> tuple[Organisation, Organisation]:
    first = rig.organisation("Acme", phone="03 9000 0001", website="https://acme.example")
    second = rig.organisation("Beta", phone="03 9000 0002")
    rig.connect()
    rig.settle()
    rig.wait(60)
    return first, second


@pytest.mark.capability("X-12")
@pytest.mark.parametrize(
    "change",
    [
        lambda record: record.pop("office_phone", None),
        lambda record: record.update(telephone=record.pop("office_phone", None)),
    ],
    ids=["not shown any more", "under another name"],
)
def test_a_field_that_is_not_shown_says_nothing_and_the_others_flow(rig: Rig, change: Any) -> None:
    first, second = linked(rig)
    rig.edit("companies", rig.record("companies", "Acme")["id"], website="https://new.example")
    update_organisation(second.pk, by=rig.ada, changes={"name": "Beta & Co", "phone": "03 9000 0022"})
    drifted(rig, "companies", change)
    first.refresh_from_db()
    assert (first.phone, first.website) == ("03 9000 0001", "https://new.example")
    assert rig.record("companies", "Acme")["office_phone"] == "03 9000 0001"
    assert rig.record("companies", "Beta & Co")["office_phone"] == "03 9000 0022"
    rig.wait(60)
    assert drifted(rig, "companies", change).rows == 0, "it comes to rest as it is"
    rig.wait(60)
    rig.settle()
    same(rig)


@pytest.mark.capability("X-12")
@pytest.mark.parametrize("value", [{"number": "1"}, ["1"], True], ids=str)
def test_a_field_of_another_type_is_told_and_nothing_is_taken_from_that_page(rig: Rig, value: Any) -> None:
    first, second = linked(rig)
    rig.edit("companies", rig.record("companies", "Acme")["id"], website="https://new.example")
    update_organisation(second.pk, by=rig.ada, changes={"name": "Beta & Co"})
    outcome = drifted(rig, "companies", lambda record: record.update(office_phone=value))
    assert "cannot be understood" in outcome.trouble
    assert dict(Organisation.objects.values_list("name", "phone")) == {
        "Acme": "03 9000 0001",
        "Beta & Co": "03 9000 0002",
    }
    assert [r["name"] for r in rig.records("companies")] == ["Acme", "Beta"], "nothing is written on such a picture"
    rig.wait(600)
    rig.settle()
    first.refresh_from_db()
    assert first.website == "https://new.example"
    same(rig)


@pytest.mark.capability("X-12")
def test_a_value_that_nobody_knows_is_held_and_the_others_flow(rig: Rig) -> None:
    client = rig.organisation("Acme")
    odd, plain = rig.job("Odd", client), rig.job("Plain", client)
    rig.connect()
    rig.settle()
    rig.wait(60)
    before = odd.status
    for name in ("Odd", "Plain"):
        rig.edit("projects", rig.record("projects", name)["id"], description=f"{name} told")

    def dormant(record: dict[str, Any]) -> None:
        if record["name"] == "Odd":
            record["record_status"] = "dormant"

    drifted(rig, "projects", dormant)
    odd, plain = (Job.objects.get(pk=each.pk) for each in (odd, plain))
    assert odd.status == before
    assert "Plain told" in plain.scope
    held = Link.objects.get(kind="job", local_id=odd.pk)
    assert held.held_code != ""
    assert "dormant" in f"{held.held_reason} {held.held_facts}"
    rig.wait(60)
    rig.edit("projects", rig.record("projects", "Odd")["id"], description="Odd told again")
    rig.settle()
    odd.refresh_from_db()
    assert "Odd told again" in odd.scope
    assert Link.objects.get(pk=held.pk).held_code == ""
