"""Contacts and where they worked."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine

from instep.base.audit.models import AuditEntry
from instep.base.ownership.errors import FieldOwned
from instep.base.ownership.owners import set_owners
from instep.base.records.outcomes import Edit
from instep.crm.actions.contacts import (
    archive_contact,
    create_contact,
    create_contacts,
    move_contact,
    remove_contact,
    restore_contact,
    update_contact,
    update_contacts,
)
from instep.crm.actions.organisations import create_organisation
from instep.crm.errors import NoSuchOrganisation
from instep.crm.models import Contact, Employment
from instep.crm.queries import contact_details, contact_list, contact_page
from instep.kernel.errors import BadValue, NotAllowed, NotFound, StaleVersion
from tests.cast import Cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def firms(cast: Cast) -> list[int]:
    """The ids of three organisations."""
    return [create_organisation(name=name, by=cast.bo).sure().pk for name in ("Alpha", "Beta", "Gamma")]


def history(cast: Cast, contact: int) -> list[tuple[str, dt.date | None, dt.date | None]]:
    """(organisation, since, until), newest first."""
    rows = contact_details(cast.firm.pk, contact).employments
    return [(row.organisation.name, row.since, row.until) for row in rows]


@pytest.mark.capability("E-17")
def test_a_contact_is_reached_from_its_organisation_and_by_search(cast: Cast, firms: list[int]) -> None:
    values = {"role": "Director", "email": "mary@alpha.example", "phone": "02 9876 5432", "mobile": "0412 345 678"}
    row = create_contact(first_name="Mary Jane", last_name="O'Neil", organisation=firms[0], by=cast.cy, **values).sure()
    assert {name: getattr(row, name) for name in values} == values
    assert list(contact_list(cast.firm.pk, organisation=firms[0])) == [row]
    assert list(contact_list(cast.firm.pk, organisation=firms[1])) == []
    for text in ("oneil", "mary j", "mary@alpha.example"):
        assert contact_page(cast.firm.pk, search=text).rows == [row]
    assert history(cast, row.pk) == [("Alpha", None, None)]


@pytest.mark.capability("A-20", "E-17")
def test_a_contact_that_moves_stays_one_contact_and_its_history_is_kept(cast: Cast, firms: list[int]) -> None:
    row = create_contact(first_name="Mary", role="Clerk", organisation=firms[0], by=cast.bo).sure()
    day = dt.date(2026, 3, 31)
    moved = move_contact(row.pk, to=firms[1], on=day, role="Director", by=cast.bo, expected_version=1).sure()
    assert (moved.pk, moved.organisation_id, moved.role, moved.version) == (row.pk, firms[1], "Director", 2)
    assert Contact.objects.of(cast.firm).count() == 1
    assert history(cast, row.pk) == [("Beta", day, None), ("Alpha", None, day)]
    entry = AuditEntry.objects.of(cast.firm).get(event="contact.moved")
    assert entry.changes == {"role": ["Clerk", "Director"], "organisation": [firms[0], firms[1]]}
    with pytest.raises(BadValue, match="2026-03-31"):
        move_contact(row.pk, to=firms[2], on=dt.date(2026, 3, 1), by=cast.bo)
    assert not move_contact(row.pk, to=firms[1], by=cast.bo).changed
    # On the day of arrival they may move on.
    passing = create_contact(first_name="Pat", by=cast.bo).sure()
    for to in firms[:2]:
        move_contact(passing.pk, to=to, on=day, by=cast.bo)
    assert history(cast, passing.pk) == [("Beta", day, None), ("Alpha", day, day)]
    # A remote that says so is a move on the day we hear of it, at the firm's place; leaving for nowhere is one too.
    with time_machine.travel(dt.datetime(2026, 6, 30, 20, 0, tzinfo=dt.UTC), tick=False):
        update_contacts([Edit(row.pk, {"organisation": firms[2]})], by=cast.system)
        move_contact(row.pk, to=None, by=cast.bo)
    here = dt.date(2026, 7, 1)
    assert history(cast, row.pk) == [("Gamma", here, here), ("Beta", day, here), ("Alpha", None, day)]
    back = move_contact(row.pk, to=firms[0], on=dt.date(2026, 8, 1), by=cast.bo).sure()
    assert (back.organisation_id, len(history(cast, row.pk))) == (firms[0], 4)


def test_a_contact_may_be_at_no_organisation_but_not_at_another_firms(cast: Cast, firms: list[int]) -> None:
    row = create_contact(first_name="Cher", by=cast.bo).sure()
    assert not Employment.objects.exists()
    foreign = create_organisation(name="Quill client", by=cast.odo).sure()
    for chosen in (foreign.pk, 10**30, "1", True):
        with pytest.raises(NoSuchOrganisation):
            update_contact(row.pk, by=cast.bo, changes={"organisation": chosen})
    assert update_contact(row.pk, by=cast.bo, changes={"organisation": firms[0]}).changed


def test_a_change_of_name_or_number_follows_the_rules_of_every_record(cast: Cast, firms: list[int]) -> None:
    row = create_contact(first_name="Mary", last_name="O'Neil", phone="0412 345 678", by=cast.bo).sure()
    with pytest.raises(BadValue, match="Name"):
        update_contact(row.pk, by=cast.bo, changes={"first_name": "", "last_name": None})
    with pytest.raises(StaleVersion):
        update_contact(row.pk, by=cast.bo, changes={"first_name": "X"}, expected_version=7)
    assert not update_contact(row.pk, by=cast.system, changes={"phone": "+61412345678", "role": None}).changed
    set_owners(cast.firm.pk, "contact", [row.pk], ["name"], owner="tiny+", owner_key="connection:7")
    with pytest.raises(FieldOwned):
        update_contact(row.pk, by=cast.bo, changes={"last_name": "Lee"})
    assert update_contact(row.pk, by=cast.bo, changes={"last_name": "O'Neil", "role": "Lead"}).sure().version == 2


def test_archived_contacts_leave_the_lists_and_removed_ones_take_their_history_along(
    cast: Cast, firms: list[int]
) -> None:
    outcomes = create_contacts(
        [{"first_name": "Ann", "last_name": "Zed", "organisation": firms[0]}, {"last_name": "Lee"}], by=cast.bo
    )
    ann, lee = (outcome.sure() for outcome in outcomes)
    assert list(contact_list(cast.firm.pk)) == [lee, ann]
    archive_contact(ann.pk, by=cast.bo)
    assert (list(contact_list(cast.firm.pk)), list(contact_list(cast.firm.pk, archived=True))) == ([lee], [ann])
    assert restore_contact(ann.pk, by=cast.bo).sure().archived_at is None
    remove_contact(ann.pk, by=cast.bo)
    assert not Employment.objects.exists()
    assert contact_page(cast.firm.pk, search="ann").rows == []


def test_another_firm_sees_and_reaches_nothing(cast: Cast, firms: list[int]) -> None:
    row = create_contact(first_name="Mary", organisation=firms[0], by=cast.bo).sure()
    for attempt in (
        lambda: update_contact(row.pk, by=cast.odo, changes={"first_name": "Mine"}),
        lambda: move_contact(row.pk, to=None, by=cast.odo),
        lambda: archive_contact(row.pk, by=cast.odo),
        lambda: restore_contact(row.pk, by=cast.odo),
        lambda: remove_contact(row.pk, by=cast.odo),
        lambda: contact_details(cast.other_firm.pk, row.pk),
    ):
        with pytest.raises(NotFound):
            attempt()
    assert contact_page(cast.other_firm.pk, search="mary").rows == []
    support = cast.cy.__class__(cast.firm.pk, cast.cy.kind, cast.cy.user_id, None, "Sue", frozenset({"see contacts"}))
    with pytest.raises(NotAllowed):
        create_contact(first_name="Bea", by=support)
