"""What decides a field, and the firm's own word about its field map: whole cycles over the wire, and the pure rules."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from instep.base.notices.queries import notices_of
from instep.base.ownership.owners import set_owners
from instep.connect import registry
from instep.connect.actions.connections import pause_sync, start_sync
from instep.connect.actions.decisions import approve_plan
from instep.connect.actions.maps import change_rule, go_back_to
from instep.connect.errors import PlanNotOpen
from instep.connect.fieldmap import Field, Mark, RecordMap, Way
from instep.connect.models import Conflict, Connection, FieldRule, JournalEntry, MapVersion, Plan, PlanOp
from instep.connect.policies import SKEW, Policy, Told, default_policy, offered, verdict
from instep.connect.queries import effects_of, map_rows
from instep.connect.registry import connector_for
from instep.connect.rules import ways_allowed
from instep.connect.telling import Authored
from instep.crm.actions.organisations import update_organisation
from instep.crm.models import Organisation
from instep.kernel.errors import BadValue, NotAllowed, NotFound
from instep.kernel.records.organisation import ORGANISATION
from tests.connect.rig import Rig
from tests.connect.test_races import linked

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def field(name: str, **more: Any) -> Field:
    return Field(name, f"their_{name}", **more)


ORG = RecordMap(ORGANISATION, "companies", 1, (field("name"), field("tax_number"), field("phone"), field("address")))


# --- pure ------------------------------------------------------------------------------------------------------------


@pytest.mark.capability("X-08")
@pytest.mark.parametrize(
    ("policy", "ours", "theirs", "told", "keep", "merged"),
    [
        (Policy.OURS, "a", "b", Told(owner="theirs"), "ours", None),
        (Policy.THEIRS, "a", "b", Told(), "theirs", None),
        (Policy.ASK, "a", "b", Told(owner="ours"), "", None),
        ("of another release", "a", "b", Told(), "", None),
        (Policy.OWNER, "a", "b", Told(owner="ours"), "ours", None),
        (Policy.OWNER, "a", "b", Told(), "", None),
        (Policy.NEWEST, "a", "b", Told(ours_at=NOON, theirs_at=NOON + SKEW * 2), "theirs", None),
        (Policy.NEWEST, "a", "b", Told(ours_at=NOON + SKEW * 2, theirs_at=NOON), "ours", None),
        (Policy.NEWEST, "a", "b", Told(ours_at=NOON, theirs_at=NOON + SKEW), "", None),
        (Policy.NEWEST, "a", "b", Told(ours_at=NOON), "", None),
        (Policy.NEWEST, "a", "b", Told(ours_at=NOON, theirs_at=NOON + SKEW * 2, owner="ours"), "ours", None),
        (Policy.LONGEST, "a b", "a  b", Told(), "", None),
        (Policy.LONGEST, "longer", "short", Told(), "ours", None),
        (Policy.LONGEST, None, "short", Told(), "theirs", None),
        (Policy.UNION, "One\nTwo", "two\nThree\n", Told(), "both", "One\nTwo\nThree"),
        (Policy.UNION, ["a"], ["b", "a"], Told(), "both", ["a", "b"]),
        (Policy.UNION, "One", None, Told(), "", None),
    ],
)
def test_a_policy_is_a_function_of_what_is_known(
    policy: str, ours: Any, theirs: Any, told: Told, keep: str, merged: Any
) -> None:
    found = verdict(policy, ours=ours, theirs=theirs, told=told)

    assert (found.keep, found.merged) == (keep, merged)


@pytest.mark.capability("X-08")
def test_what_a_field_begins_with_and_what_it_is_offered() -> None:
    name, tax, phone, address = ORG.fields

    assert default_policy(ORG, phone, newest=False) is Policy.OWNER
    assert default_policy(ORG, phone, newest=True) is Policy.NEWEST
    assert {default_policy(ORG, f, newest=True) for f in (name, tax)} == {Policy.OWNER}
    assert Policy.NEWEST not in offered(ORG, phone, newest=False), "only where both sides say when"
    assert Policy.UNION in offered(ORG, address, newest=False)
    assert not {Policy.UNION, Policy.LONGEST} & set(offered(ORG, name, newest=True))
    assert offered(ORG, field("phone", way=Way.PULL), newest=True) == [Policy.OWNER, Policy.IGNORE]
    assert offered(ORG, field("phone", way=Way.ONCE), newest=True) == [], "it cannot conflict, and is never written"


class Shortened:
    """Drops half: it keeps no law."""

    def to_theirs(self, ours: Any, *, known: Any, place: Any) -> Any:
        return ours[:2] if ours else ours

    def to_ours(self, theirs: Any, *, known: Any, place: Any) -> Any:
        return theirs

    def canon_theirs(self, theirs: Any, *, place: Any) -> Any:
        return theirs


@pytest.mark.capability("X-21")
def test_a_way_that_the_lens_does_not_allow_is_not_offered() -> None:
    lossy = RecordMap(ORGANISATION, "c", 1, (field("phone", way=Way.PUSH, lens=Shortened()), field("name")))

    assert ways_allowed(lossy, lossy.fields[0]) == ["push", "off"]
    assert "both" in ways_allowed(ORG, ORG.fields[2])
    assert "off" not in ways_allowed(ORG, ORG.fields[0]), "nothing is made without a name"
    assert "pull" not in ways_allowed(ORG, ORG.fields[0])
    with pytest.raises(ValueError, match="one way"):
        RecordMap(ORGANISATION, "c", 1, (field("phone", way=Way.SEED_THERE, lens=Shortened()),))


# --- whole cycles ----------------------------------------------------------------------------------------------------


def both_edit(rig: Rig, ours: str, theirs: str, name: str = "phone", there: str = "office_phone") -> Organisation:
    """Ada and somebody there change one field of a linked organisation; the cycles run."""
    acme = Organisation.objects.filter(name="Acme").first() or linked(rig, **{name: "03 9000 0000"})[0]
    update_organisation(acme.pk, by=rig.ada, changes={name: ours})
    rig.edit("companies", rig.link("organisation", acme.pk).remote_id or "", **{there: theirs})
    rig.settle()
    return acme


def rule(name: str, policy: str) -> None:
    FieldRule.objects.filter(pair__kind="organisation", ours=name).update(conflict_policy=policy)


@pytest.mark.capability("X-08", "X-09", "A-31")
@pytest.mark.parametrize(("policy", "kept"), [("ours", "03 9111 1111"), ("theirs", "03 9222 2222")])
def test_a_policy_decides_keeps_both_values_and_tells_the_author(rig: Rig, policy: str, kept: str) -> None:
    linked(rig, phone="03 9000 0000")
    rule("phone", policy)
    acme = both_edit(rig, "03 9111 1111", "03 9222 2222")

    acme.refresh_from_db()
    assert (acme.phone, rig.record("companies", "Acme")["office_phone"]) == (kept, kept)
    closed = Conflict.objects.get()
    assert (closed.state, closed.decision, closed.policy, closed.decided_by) == ("decided", policy, policy, "")
    assert (closed.ours, closed.theirs) == ("03 9111 1111", "03 9222 2222")
    assert closed.ours_by == "Ada"
    assert closed.ours_at is not None
    row = PlanOp.objects.filter(changes__0__why=f"policy:{policy}").get()
    assert row.preconditions["decided"][0]["decision"] == policy
    [notice] = notices_of(rig.ada)
    assert "Acme, Phone" in notice.sentence
    assert notice.path == f"/organisations/{acme.pk}/"
    assert not notices_of(rig.cast.odo)
    assert rig.cycle().rows == 0


def test_what_a_policy_puts_together_arrives_on_both_sides(rig: Rig) -> None:
    linked(rig, address="1 Bay St")
    rule("address", "union")
    acme = both_edit(rig, "1 Bay St\nLevel 2", "1 Bay St\nMelbourne", "address", "physical_address")

    together = "1 Bay St\nLevel 2\nMelbourne"
    assert rig.record("companies", "Acme")["physical_address"] == together
    assert Conflict.objects.get().decision == "both"
    update_organisation(acme.pk, by=rig.ada, changes={"phone": "03 9111 1111"})
    rig.settle()
    assert Conflict.objects.count() == 1
    assert rig.record("companies", "Acme")["physical_address"] == together


def test_who_keeps_the_field_is_the_one_that_stays(rig: Rig) -> None:
    acme, _ = linked(rig, phone="03 9000 0000")
    rule("phone", "newest")
    both_edit(rig, "03 9111 1111", "03 9222 2222")
    assert Conflict.objects.get().state == "open", "the remote does not say when: a person"

    set_owners(acme.firm_id, "organisation", [acme.pk], ["phone"], owner="Books", owner_key="connection:999")
    rig.edit("companies", rig.link("organisation", acme.pk).remote_id or "", office_phone="03 9333 3333")
    rig.settle()

    assert rig.record("companies", "Acme")["office_phone"] == "03 9111 1111"
    closed = Conflict.objects.get()
    assert (closed.state, closed.decision, closed.theirs) == ("decided", "ours", "03 9333 3333")


class Telling:
    """The connector, of a remote that says when each value was set and by whom."""

    def __init__(self, inner: Any, at: datetime) -> None:
        self._inner, self._at, self.tells_times = inner, at, ("companies",)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def author(self, remote_type: str, fields: Any, name: str) -> Authored:
        return Authored("Bo", self._at, "bo@banksia-bell.example")


@pytest.mark.capability("X-08", "X-09")
def test_the_newest_wins_where_both_sides_say_when_and_both_authors_are_told(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = Telling(connector_for("tinyplus"), rig.clock() + timedelta(hours=1))
    monkeypatch.setitem(registry._connectors, "tinyplus", later)
    linked(rig, phone="03 9000 0000")
    assert FieldRule.objects.get(pair__kind="organisation", ours="phone").conflict_policy == "newest"
    acme = both_edit(rig, "03 9111 1111", "03 9222 2222")

    acme.refresh_from_db()
    assert acme.phone == "03 9222 2222"
    closed = Conflict.objects.get()
    assert (closed.decision, closed.theirs_by) == ("theirs", "Bo")
    assert [len(notices_of(person)) for person in (rig.ada, rig.cast.bo)] == [1, 1]


# --- the firm's own map ----------------------------------------------------------------------------------------------


@pytest.mark.capability("X-21")
def test_a_changed_map_is_a_version_and_is_seen_on_linked_records_before_it_is_used(rig: Rig) -> None:
    acme = linked(rig, phone="03 9000 0000")[0]
    remote_id = rig.link("organisation", acme.pk).remote_id or ""
    before = rig.preview()
    with pytest.raises(NotAllowed):
        change_rule(rig.connection.pk, by=rig.cast.bo, kind="organisation", field="phone", way="pull")
    with pytest.raises(NotFound):
        change_rule(rig.connection.pk, by=rig.cast.odo, kind="organisation", field="phone", way="pull")
    with pytest.raises(BadValue):
        change_rule(rig.connection.pk, by=rig.ada, kind="organisation", field="deep_link", way="both")
    assert not MapVersion.objects.exists()

    change_rule(rig.connection.pk, by=rig.ada, kind="organisation", field="phone", way="pull")
    update_organisation(acme.pk, by=rig.ada, changes={"phone": "03 9111 1111", "mobile": "0412 345 678"})
    writes = rig.writes()
    rig.cycle()
    rig.cycle()

    assert before is None or Plan.objects.get(pk=before.pk).state == "aborted"
    assert rig.writes() == writes, "nothing is written before somebody has seen it"
    acme.refresh_from_db()
    assert acme.phone == "03 9111 1111"
    plan = Plan.objects.get(connection=rig.connection, state="proposed")
    told = {(each.field, each.here, each.there) for each in effects_of(acme.firm_id, plan.pk)}
    assert told == {("phone", 1, 0), ("mobile", 0, 1)}
    rig.approve()
    rig.settle()

    assert Connection.objects.get().review == ""
    acme.refresh_from_db()
    assert (acme.phone, rig.record("companies", "Acme")["mobile"]) == ("03 9000 0000", "0412 345 678")
    with pytest.raises(Exception, match="tiny"):
        update_organisation(acme.pk, by=rig.ada, changes={"phone": "03 9222 2222"})
    first, second = MapVersion.objects.order_by("no")
    assert (first.no, first.changes, second.made_by) == (1, [], "Ada")
    assert second.changes == [{"kind": "organisation", "field": "phone", "what": "way", "from": "both", "to": "pull"}]
    assert remote_id


@pytest.mark.capability("X-21")
def test_a_field_that_is_switched_off_stays_as_it_is_on_both_sides_and_comes_back(rig: Rig) -> None:
    acme = linked(rig, phone="03 9000 0000")[0]
    change_rule(rig.connection.pk, by=rig.ada, kind="organisation", field="phone", way="off")
    rig.settle()  # nothing differs, so nobody is asked
    assert Connection.objects.get().review == ""
    update_organisation(acme.pk, by=rig.ada, changes={"phone": "03 9111 1111"})
    rig.edit("companies", rig.link("organisation", acme.pk).remote_id or "", mobile="0412 345 678")
    rig.settle()
    acme.refresh_from_db()
    assert (rig.record("companies", "Acme")["office_phone"], acme.mobile) == ("03 9000 0000", "0412 345 678")
    assert (
        next(row for row in map_rows(rig.connection) if row.name == "phone" and row.kind == "organisation").way == "off"
    )

    go_back_to(rig.connection.pk, by=rig.ada, no=1)
    rig.cycle()
    rig.approve()
    rig.settle()

    assert rig.record("companies", "Acme")["office_phone"] == "03 9111 1111"
    assert [v.no for v in MapVersion.objects.order_by("no")] == [1, 2, 3]


@pytest.mark.capability("X-21")
def test_a_plan_of_another_map_is_not_carried_out(rig: Rig) -> None:
    acme = linked(rig, phone="03 9000 0000")[0]
    update_organisation(acme.pk, by=rig.ada, changes={"phone": "03 9111 1111"})
    plan = rig.preview()
    assert plan is not None
    FieldRule.objects.filter(pair__kind="organisation", ours="phone").update(conflict_policy="theirs")

    with pytest.raises(PlanNotOpen):
        approve_plan(plan.pk, by=rig.ada)


@pytest.mark.capability("A-34")
def test_after_a_pause_what_was_collected_is_seen_first(rig: Rig) -> None:
    acme = linked(rig, phone="03 9000 0000")[0]
    pause_sync(rig.connection.pk, by=rig.ada)
    start_sync(rig.connection.pk, by=rig.ada)
    rig.cycle()
    assert Connection.objects.get().review == "", "nothing was collected, so nobody is asked"
    pause_sync(rig.connection.pk, by=rig.ada)
    update_organisation(acme.pk, by=rig.ada, changes={"phone": "03 9111 1111"})
    rig.edit("companies", rig.link("organisation", acme.pk).remote_id or "", mobile="0412 345 678")

    start_sync(rig.connection.pk, by=rig.ada)
    writes = rig.writes()
    rig.cycle(poll=False)
    rig.cycle()
    rig.cycle()

    assert rig.writes() == writes
    acme.refresh_from_db()
    assert acme.mobile == ""
    plan = rig.approve()
    assert {(e.field, e.here, e.there) for e in effects_of(acme.firm_id, plan.pk)} == {
        ("phone", 0, 1),
        ("mobile", 1, 0),
    }
    rig.settle()
    acme.refresh_from_db()
    assert (acme.mobile, rig.record("companies", "Acme")["office_phone"]) == ("0412 345 678", "03 9111 1111")


@pytest.mark.capability("X-21")
def test_a_changed_map_that_is_let_go_on_after_a_pause_has_its_new_owner(rig: Rig) -> None:
    acme = linked(rig, phone="03 9000 0000")[0]
    change_rule(rig.connection.pk, by=rig.ada, kind="organisation", field="phone", way="pull")
    pause_sync(rig.connection.pk, by=rig.ada)
    start_sync(rig.connection.pk, by=rig.ada)
    assert Connection.objects.get().review == "map"
    rig.settle()

    with pytest.raises(Exception, match="tiny"):
        update_organisation(acme.pk, by=rig.ada, changes={"phone": "03 9222 2222"})


@pytest.mark.capability("A-13")
def test_what_instep_gave_first_is_kept_there_from_then_on(rig: Rig) -> None:
    acme = linked(rig)[0]
    change_rule(rig.connection.pk, by=rig.ada, kind="organisation", field="website", way="seed_there")
    rig.settle()
    update_organisation(acme.pk, by=rig.ada, changes={"website": "https://acme.example"})
    rig.settle()
    assert rig.record("companies", "Acme")["website"]
    assert rig.link("organisation", acme.pk).phase["website"] == "steady"
    with pytest.raises(Exception, match="tiny"):
        update_organisation(acme.pk, by=rig.ada, changes={"website": "https://other.example"})

    rig.edit("companies", rig.link("organisation", acme.pk).remote_id or "", website="https://new.example")
    rig.settle()

    acme.refresh_from_db()
    assert acme.website == "https://new.example"


@pytest.mark.capability("X-21")
def test_an_edit_where_a_field_is_not_owned_is_put_back_or_left_and_noted(rig: Rig) -> None:
    acme, remote_id = linked(rig, phone="03 9000 0000")
    change_rule(rig.connection.pk, by=rig.ada, kind="organisation", field="phone", way="push")
    rig.settle()
    rig.edit("companies", remote_id, office_phone="03 9222 2222")
    rig.settle()
    assert rig.record("companies", "Acme")["office_phone"] == "03 9000 0000"

    with pytest.raises(BadValue):
        change_rule(rig.connection.pk, by=rig.ada, kind="organisation", field="phone", policy="longest")
    change_rule(rig.connection.pk, by=rig.ada, kind="organisation", field="phone", policy="ignore")
    rig.settle()
    rig.edit("companies", remote_id, office_phone="03 9222 2222")
    rig.settle()

    acme.refresh_from_db()
    assert (acme.phone, rig.record("companies", "Acme")["office_phone"]) == ("03 9000 0000", "03 9222 2222")
    noted = JournalEntry.objects.get(outcome="left")
    assert (noted.side, noted.fields) == ("there", {"phone": ["03 9000 0000", "03 9222 2222"]})
    assert not Conflict.objects.exists()
    update_organisation(acme.pk, by=rig.ada, changes={"phone": "03 9333 3333"})
    rig.settle()
    assert rig.record("companies", "Acme")["office_phone"] == "03 9333 3333"
    change_rule(rig.connection.pk, by=rig.ada, kind="organisation", field="phone", way="both", policy="ignore")
    assert FieldRule.objects.get(pair__kind="organisation", ours="phone").conflict_policy == "owner"


def test_the_marks_of_a_map_stay_with_it(rig: Rig) -> None:
    rig.connect()
    assert {row.mark for row in map_rows(rig.connection)} <= {mark.value for mark in Mark}
    assert all(row.lens and row.ways for row in map_rows(rig.connection))
