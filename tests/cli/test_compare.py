"""The check's own eyes: it sees a field that differs, a record that is missing, doubled or lost."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from instep.cli.demo.check import compare
from instep.cli.demo.check.edits import Edited, Editor, lost
from instep.cli.demo.check.figures import Figures
from instep.cli.demo.sandbox import Sandbox
from instep.connect.models import Link
from tests.connect.rig import Rig

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def sandbox(rig: Rig) -> Iterator[Sandbox]:
    with Sandbox(int(rig.address.rpartition(":")[2])) as door:
        yield door


def sides_of(rig: Rig, sandbox: Sandbox) -> tuple[Any, Any]:
    return compare.read_sides(rig.connection, sandbox, rig.account)


@pytest.fixture
def linked(rig: Rig) -> Rig:
    """Acme with a contact and a job, in step with tiny+."""
    acme = rig.organisation("Acme", phone="03 9123 4567", stage="client", code="ACM")
    rig.contact("Mary Jane", "O'Neil", organisation=acme.pk, email="mj@acme.example")
    rig.job("House", acme, status="active", scope="One\n\nTwo")
    rig.connect()
    rig.settle()
    return rig


@pytest.mark.capability("X-12")
def test_two_sides_in_step_are_equal_and_every_kind_of_difference_is_seen(linked: Rig, sandbox: Sandbox) -> None:
    bench, sides = sides_of(linked, sandbox)
    compared, found = compare.differences(bench, sides)
    assert (found, compare.duplicates(sides, {})) == ([], [])
    assert compared > 30

    company = linked.record("companies", "Acme")
    linked.edit("companies", company["id"], office_phone="+61 3 9123 4567")  # another way to write it
    _, sides = sides_of(linked, sandbox)
    assert compare.differences(bench, sides)[1] == []

    linked.edit("companies", company["id"], office_phone="03 9999 9999")
    linked.edit("projects", linked.record("projects", "House")["id"], client_company=None)
    linked.organisation("Only Here")
    sandbox.seed({"accounts": [{"key": linked.account, "records": {"contacts": [{"name": "Only There"}]}}]})
    _, sides = sides_of(linked, sandbox)
    told = {(d["kind"], d["label"], d["field"]) for d in compare.differences(bench, sides)[1]}
    assert told == {
        ("organisation", "Acme", "phone"),
        ("job", "House", "client"),
        ("organisation", "Only Here", "(only here)"),
        ("contact", "Only There", "(only there)"),
    }
    Link.objects.filter(kind="organisation").update(remote_id="999")
    _, sides = sides_of(linked, sandbox)
    assert ("organisation", "Acme", "(missing there)") in {
        (d["kind"], d["label"], d["field"]) for d in compare.differences(bench, sides)[1]
    }


def test_a_record_made_twice_is_seen_by_its_mark_and_by_its_name(linked: Rig, sandbox: Sandbox) -> None:
    _, sides = sides_of(linked, sandbox)
    before = compare.names_of(sides)
    twin = {key: linked.record("companies", "Acme")[key] for key in ("name", "remote_id")}
    sandbox.seed({"accounts": [{"key": linked.account, "records": {"companies": [twin]}}]})
    _, sides = sides_of(linked, sandbox)
    found = compare.duplicates(sides, before)
    assert len(found) == 2
    assert "with the mark" in found[0]
    assert "2 called “acme” there, 1 expected" in found[1]


def test_edits_fall_on_fields_of_their_own_and_a_lost_one_is_seen(linked: Rig, sandbox: Sandbox) -> None:
    for number in range(6):
        linked.organisation(f"Firm {number}")
    linked.settle()
    bench, sides = sides_of(linked, sandbox)
    made = Editor(bench, sides, sandbox, linked.account, seed=5).make(30)
    assert len({(edit.link_id, edit.field) for edit in made}) == 30
    assert sum(edit.here for edit in made) == 15
    linked.settle()
    bench, sides = sides_of(linked, sandbox)
    assert lost(bench, sides, made) == []
    assert compare.differences(bench, sides)[1] == []

    never = Edited(True, "organisation", made[0].link_id, "phone", "+61212345678", "Nobody typed it")
    assert len(lost(bench, sides, [*made, never])) == 1


def test_the_figures_name_each_fault() -> None:
    good = Figures(
        records=100, linked=99, first_calls=510, first_minimum=505, quiet_calls=4, quiet_minimum=4, restarts=1
    )
    assert good.faults() == []
    bad = Figures(
        records=100, linked=90, first_calls=530, first_minimum=505, quiet_calls=5, quiet_minimum=4,
        duplicates=["x"], differences=[{}], edits_lost=["y"], second_run_writes=1,
    )  # fmt: skip
    assert len(bad.faults()) == 8
    small = Figures(records=9, linked=9, first_calls=29, first_minimum=24, looked_again=5, restarts=1)
    assert small.first_ratio == 1.0
    small.quiet_calls = small.quiet_minimum = 4
    assert small.as_json()["ok"]
