"""Staff resources through their actions."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from instep.base.audit.models import AuditEntry
from instep.base.identity.permissions import Role
from instep.base.outbox.models import OutboxRow
from instep.base.ownership.errors import FieldOwned
from instep.base.ownership.owners import set_owners
from instep.base.records.outcomes import Edit
from instep.kernel.errors import BadValue, NotAllowed, NotFound, StaleVersion
from instep.staff.actions.resources import (
    activate_staff,
    create_staff,
    create_staff_many,
    deactivate_staff,
    update_staff,
    update_staff_many,
)
from instep.staff.errors import NoSuchMember, UserHasResource
from instep.staff.models import StaffResource
from instep.staff.queries import possible_handlers, staff_by_id, staff_list, staff_of_user, staff_page
from instep.staff.states import StaffKind
from tests.cast import Cast, member

pytestmark = pytest.mark.django_db


@pytest.mark.capability("E-42")
def test_a_resource_works_with_or_without_a_user_and_a_user_is_one_resource(cast: Cast) -> None:
    ghost = create_staff(first_name="Gina", last_name="Ghost", by=cast.bo).sure()
    assert (ghost.user_id, ghost.kind, ghost.active, ghost.name) == (None, "person", True, "Gina Ghost")
    cy = cast.users["cy"]
    resource = create_staff(first_name="Cy", user=cy.pk, by=cast.bo).sure()
    assert staff_of_user(cast.firm.pk, cy.pk) == resource
    with pytest.raises(UserHasResource, match="Cy"):
        update_staff(ghost.pk, by=cast.bo, changes={"user": cy.pk})
    with pytest.raises(NoSuchMember):
        create_staff(first_name="Odo", user=cast.users["odo"].pk, by=cast.bo)
    former = member(cast.firm, "Fred", Role.STAFF, until=cast.firm.today() + dt.timedelta(days=1))
    with time_machine.travel(timezone.now() + dt.timedelta(days=2)), pytest.raises(NoSuchMember):
        create_staff(first_name="Fred", user=former.pk, by=cast.bo)
    update_staff(resource.pk, by=cast.bo, changes={"user": None})
    assert update_staff(ghost.pk, by=cast.bo, changes={"user": cy.pk}).sure().user_id == cy.pk


def test_a_pool_has_no_user_and_is_no_handler(cast: Cast) -> None:
    pool = create_staff(first_name="Drafting", kind="pool", by=cast.bo).sure()
    with pytest.raises(BadValue, match="pool"):
        update_staff(pool.pk, by=cast.bo, changes={"user": cast.users["cy"].pk})
    person = create_staff(first_name="Ann", by=cast.bo).sure()
    gone = create_staff(first_name="Zed", active=False, by=cast.bo).sure()
    assert list(possible_handlers(cast.firm.pk)) == [person]
    assert set(staff_list(cast.firm.pk, active=None)) == {pool, person, gone}
    assert list(staff_list(cast.firm.pk, kind=StaffKind.POOL)) == [pool]


def test_a_change_writes_the_version_the_journal_and_the_outbox_and_no_change_writes_nothing(cast: Cast) -> None:
    row = create_staff(first_name="Ann", last_name="Lee", phone="0412 345 678", by=cast.bo).sure()
    outcome = update_staff(row.pk, by=cast.bo, changes={"last_name": "Li", "job_title": "Drafter"}, expected_version=1)
    assert (outcome.changed, outcome.sure().version, outcome.sure().sort_name) == (True, 2, "li ann")
    entry = AuditEntry.objects.of(cast.firm).filter(kind="staff").order_by("-id")[0]
    assert (entry.event, entry.record_id, entry.actor_name) == ("staff.updated", row.pk, "Bo")
    assert entry.changes == {"last_name": ["Lee", "Li"], "job_title": [None, "Drafter"]}
    with pytest.raises(StaleVersion):
        update_staff(row.pk, by=cast.bo, changes={"email": "ann@x.example"}, expected_version=1)
    before = AuditEntry.objects.count(), OutboxRow.objects.get(kind="staff").version
    same = update_staff(row.pk, by=cast.bo, changes={"last_name": " Li ", "email": None}, expected_version=2)
    assert (same.changed, same.sure().version) == (False, 2)
    assert (AuditEntry.objects.count(), OutboxRow.objects.get(kind="staff").version) == before


def test_another_way_of_writing_a_number_is_a_change_for_a_person_and_none_for_a_connection(cast: Cast) -> None:
    row = create_staff(first_name="Ann", phone="0412 345 678", by=cast.bo).sure()
    assert not update_staff(row.pk, by=cast.system, changes={"phone": "+61412345678"}).changed
    assert update_staff(row.pk, by=cast.bo, changes={"phone": "+61 412 345 678"}).sure().phone == "+61 412 345 678"


def test_who_leaves_is_deactivated_and_may_come_back(cast: Cast) -> None:
    row = create_staff(first_name="Ann", by=cast.bo).sure()
    assert not deactivate_staff(row.pk, by=cast.bo).sure().active
    assert list(staff_list(cast.firm.pk)) == []
    assert activate_staff(row.pk, by=cast.bo).sure().active
    events = AuditEntry.objects.of(cast.firm).filter(kind="staff").order_by("id").values_list("event", flat=True)
    assert list(events) == ["staff.created", "staff.deactivated", "staff.activated"]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({}, "Name"),
        ({"first_name": " \t"}, "Name"),
        ({"first_name": "x" * 201}, "First name"),
        ({"first_name": ["Ann"]}, "First name"),
        ({"first_name": "Ann", "email": "not an address"}, "Email"),
        ({"first_name": "Ann", "kind": "robot"}, "Kind"),
        ({"first_name": "Ann", "active": "yes"}, "Active"),
        ({"first_name": "Ann", "shoe_size": "44"}, "shoe_size"),
    ],
)
def test_what_a_field_cannot_hold_is_refused_with_the_fields_name(
    cast: Cast, values: dict[str, Any], field: str
) -> None:
    with pytest.raises(BadValue) as refusal:
        create_staff(by=cast.bo, **values)
    assert refusal.value.facts["field"] == field
    assert not StaffResource.objects.exists()


@pytest.mark.parametrize("user", [[1], "1", 10**30, True, -1])
def test_a_user_that_is_no_id_is_refused_not_a_fault(cast: Cast, user: Any) -> None:
    with pytest.raises(NoSuchMember):
        create_staff(first_name="Ann", user=user, by=cast.bo)


def test_a_field_kept_elsewhere_is_refused_to_people_and_open_to_its_keeper(cast: Cast) -> None:
    row = create_staff(first_name="Ann", by=cast.bo).sure()
    set_owners(cast.firm.pk, "staff", [row.pk], ["name"], owner="tiny+", owner_key="connection:7")
    with pytest.raises(FieldOwned, match="tiny"):
        update_staff(row.pk, by=cast.bo, changes={"first_name": "Anne"})
    assert update_staff(row.pk, by=cast.bo, changes={"first_name": "Ann", "job_title": "Lead"}).changed
    keeper = cast.system.__class__.connection(cast.firm, 7, "tiny+")
    assert update_staff(row.pk, by=keeper, changes={"first_name": "Anne"}).sure().first_name == "Anne"


def test_a_bulk_action_keeps_good_rows_refuses_bad_ones_and_journals_once(cast: Cast) -> None:
    outcomes = create_staff_many([{"first_name": "Ann"}, {}, {"first_name": "Bea"}], by=cast.bo)
    assert [outcome.id is not None for outcome in outcomes] == [True, False, True]
    assert isinstance(outcomes[1].refusal, BadValue)
    ann, bea = outcomes[0].sure(), outcomes[2].sure()
    (entry,) = AuditEntry.objects.of(cast.firm).filter(event="staff.created")
    assert entry.record_id is None
    assert entry.changes == {str(ann.pk): {"first_name": [None, "Ann"]}, str(bea.pk): {"first_name": [None, "Bea"]}}
    assert OutboxRow.objects.of(cast.firm).filter(kind="staff").count() == 2
    edits = [
        Edit(ann.pk, {"email": "ann@x.example"}, 1),
        Edit(bea.pk, {"email": "bea@x.example"}, 9),
        Edit(10**30, {"email": "nobody@x.example"}),
        Edit(bea.pk, {"first_name": "Bea"}),
    ]
    updated = update_staff_many(edits, by=cast.bo)
    codes = [outcome.refusal.code if outcome.refusal else outcome.changed for outcome in updated]
    assert codes == [True, "stale_version", "not_found", False]


def test_two_edits_of_one_record_in_a_bulk_action_come_one_after_the_other(cast: Cast) -> None:
    ann = create_staff(first_name="Ann", by=cast.bo).sure()
    edits = [Edit(ann.pk, {"email": "a@x.example"}), Edit(ann.pk, {"email": "b@x.example", "phone": "1"})]
    assert all(outcome.changed for outcome in update_staff_many(edits, by=cast.bo))
    ann.refresh_from_db()
    assert (ann.email, ann.phone, ann.version) == ("b@x.example", "1", 3)
    entry = AuditEntry.objects.of(cast.firm).get(event="staff.updated")
    assert (entry.record_id, entry.changes) == (ann.pk, {"email": [None, "b@x.example"], "phone": [None, "1"]})


def test_rows_cost_no_queries_of_their_own(cast: Cast) -> None:
    def statements(count: int) -> int:
        with CaptureQueriesContext(connection) as queries:
            create_staff_many([{"first_name": f"Ann{n}"} for n in range(count)], by=cast.bo)
        return len(queries)

    assert statements(40) == statements(2)


def test_rights_and_firms_are_kept_apart(cast: Cast) -> None:
    row = create_staff(first_name="Ann", by=cast.bo).sure()
    with pytest.raises(NotAllowed):
        create_staff(first_name="Bea", by=cast.cy)
    with pytest.raises(NotFound):
        update_staff(row.pk, by=cast.odo, changes={"first_name": "X"})
    with pytest.raises(NotFound):
        deactivate_staff(row.pk, by=cast.odo)
    with pytest.raises(NotFound):
        staff_by_id(cast.other_firm.pk, row.pk)
    assert staff_page(cast.other_firm.pk, search="ann").rows == []


def test_lists_are_by_last_name_and_search_finds_the_beginnings_of_words(cast: Cast) -> None:
    for first, last in (("Ann", "Lee"), ("Bea", "de Vries"), ("Zoë", "O'Neil"), ("Cy", "")):
        create_staff(first_name=first, last_name=last, email=f"{first.lower()}@x.example", by=cast.bo)
    names = [row.name for row in staff_list(cast.firm.pk)]
    assert names == ["Cy", "Bea de Vries", "Ann Lee", "Zoë O'Neil"]

    def found(text: str) -> list[str]:
        return [row.first_name for row in staff_page(cast.firm.pk, search=text).rows]

    assert found("LE") == ["Ann"]
    assert found("oneil zoe") == ["Zoë"]
    assert found("vri be") == ["Bea"]
    assert found("ea") == []
    assert found("bea@x.ex") == ["Bea"]
    assert found("%") == found("_") == []
    assert len(found(" ")) == 4
    update_staff(staff_list(cast.firm.pk, search="lee")[0].pk, by=cast.bo, changes={"last_name": "Moss"})
    assert (found("lee"), found("moss")) == ([], ["Ann"])
