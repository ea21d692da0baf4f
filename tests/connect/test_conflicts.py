"""Deciding conflicts: one, many, taken back, put back; who set each value is told, and nobody else is asked."""

from __future__ import annotations

from typing import Any

import pytest

from instep.base.audit.queries import history_of
from instep.base.notices.queries import notices_of, unread_count
from instep.base.notices.telling import read_notices
from instep.connect.actions.conflicts import resolve_conflict, resolve_field, restore_loser, take_back
from instep.connect.errors import NotPutBack
from instep.connect.models import Conflict, Link
from instep.crm.actions.contacts import update_contact
from instep.crm.actions.organisations import archive_organisation, update_organisation
from instep.crm.models import Organisation
from instep.kernel.errors import NotAllowed, NotFound
from tests.connect.rig import Rig
from tests.connect.test_races import linked

pytestmark = pytest.mark.django_db


def in_conflict(rig: Rig, name: str = "Acme", by: Any = None) -> tuple[Organisation, str, Conflict]:
    acme, remote_id = linked(rig, name, phone="03 9000 0000")
    update_organisation(acme.pk, by=by or rig.ada, changes={"phone": "03 9111 1111"})
    rig.edit("companies", remote_id, office_phone="03 9222 2222")
    rig.settle()
    return acme, remote_id, Conflict.objects.get(link__local_id=acme.pk)


def there(rig: Rig, name: str = "Acme") -> str:
    return rig.record("companies", name)["office_phone"]


@pytest.mark.capability("X-07", "X-09", "X-10")
def test_while_it_is_open_the_field_stands_still_others_flow_and_who_set_ours_is_known(rig: Rig) -> None:
    acme, remote_id, conflict = in_conflict(rig)
    assert (conflict.ours_by, conflict.theirs_by, conflict.theirs_at) == ("Ada", "", None)
    since = conflict.ours_at
    update_organisation(acme.pk, by=rig.cast.bo, changes={"phone": "03 9333 3333", "mobile": "0412 345 678"})
    rig.edit("companies", remote_id, website="https://acme.example")
    rig.settle()

    acme.refresh_from_db()
    assert (acme.website, rig.record("companies", "Acme")["mobile"]) == ("https://acme.example", "0412 345 678")
    assert (acme.phone, there(rig)) == ("03 9333 3333", "03 9222 2222")
    again = Conflict.objects.get()
    assert again.pk == conflict.pk
    assert (again.ours, again.ours_by, again.base_ours) == ("03 9333 3333", "Bo", conflict.base_ours)
    assert again.ours_at != since

    rig.edit("companies", remote_id, office_phone="03 9333 3333")
    rig.settle()
    assert Conflict.objects.get().state == "settled"


@pytest.mark.capability("X-09")
@pytest.mark.parametrize(("keep", "loser"), [("ours", "03 9222 2222"), ("theirs", "03 9111 1111")])
def test_the_value_that_lost_is_put_back_by_one_click_and_travels(rig: Rig, keep: str, loser: str) -> None:
    acme, _remote_id, conflict = in_conflict(rig, by=rig.cast.bo)
    resolve_conflict(conflict.pk, by=rig.ada, keep=keep)
    [told] = notices_of(rig.cast.bo)
    assert "Ada decided" in told.sentence
    assert (unread_count(rig.cast.bo), unread_count(rig.ada)) == (1, 0), "who decides knows it"
    rig.settle()
    with pytest.raises(NotFound):
        restore_loser(conflict.pk, by=rig.cast.odo)
    with pytest.raises(NotAllowed):
        restore_loser(conflict.pk, by=rig.cast.cy)

    restore_loser(conflict.pk, by=rig.cast.bo)
    rig.settle()

    acme.refresh_from_db()
    assert (acme.phone, there(rig)) == (loser, loser)
    conflict.refresh_from_db()
    assert (conflict.state, conflict.restored_by) == ("decided", "Bo")
    assert conflict.restored_at is not None
    newest = history_of(acme.firm_id, "organisation", acme.pk)[:2]
    assert {entry.actor_name for entry in newest} == {"Bo"}
    assert read_notices(rig.cast.bo, now=rig.clock()) == 1
    assert unread_count(rig.cast.bo) == 0


@pytest.mark.capability("X-09")
def test_a_choice_is_taken_back_before_it_travels_and_put_back_after_that(rig: Rig) -> None:
    acme, _remote_id, conflict = in_conflict(rig)
    resolve_conflict(conflict.pk, by=rig.ada, keep="ours")

    assert take_back(conflict.pk, by=rig.ada).state == "open"
    assert rig.link("organisation", acme.pk).held_code == "conflict"
    writes = rig.writes()
    rig.settle()
    assert rig.writes() == writes
    assert (Conflict.objects.get().state, there(rig)) == ("open", "03 9222 2222")

    resolve_conflict(conflict.pk, by=rig.ada, keep="ours")
    rig.settle()
    assert there(rig) == "03 9111 1111"
    assert take_back(conflict.pk, by=rig.ada).restored_by == "Ada"
    rig.settle()
    acme.refresh_from_db()
    assert (acme.phone, there(rig)) == ("03 9222 2222", "03 9222 2222")


@pytest.mark.capability("X-09")
def test_all_conflicts_of_one_field_are_decided_by_one_click_and_told_in_one_entry(rig: Rig) -> None:
    orgs = [in_conflict(rig, f"Org {n}")[0] for n in range(3)]
    link = Link.objects.get(local_id=orgs[0].pk, kind="organisation")
    about: dict[str, Any] = {"kind": "organisation", "field": "phone", "keep": "theirs"}
    assert resolve_field(rig.connection.pk, by=rig.cast.odo, **about) == [], "another firm has none of these"
    with pytest.raises(NotAllowed):
        resolve_field(rig.connection.pk, by=rig.cast.cy, **about)

    assert len(resolve_field(rig.connection.pk, by=rig.ada, **about)) == 3
    rig.settle()

    assert set(Organisation.objects.values_list("phone", flat=True)) == {"03 9222 2222"}
    assert not Conflict.objects.filter(state="open").exists()
    entries = [e for e in history_of(link.firm_id, "organisation", orgs[1].pk) if e.event == "conflict.resolved"]
    assert [set(e.changes) for e in entries] == [{str(org.pk) for org in orgs}]


@pytest.mark.capability("X-09")
def test_who_set_a_field_that_is_kept_in_parts_is_known_too(rig: Rig) -> None:
    acme = rig.organisation("Acme")
    lee = rig.contact("Lee", "Wong", organisation=acme.pk)
    rig.connect()
    rig.settle()
    update_contact(lee.pk, by=rig.cast.bo, changes={"last_name": "Wang"})
    rig.edit("contacts", rig.link("contact", lee.pk).remote_id or "", name="Lee Wing")
    rig.settle()

    assert Conflict.objects.get().ours_by == "Bo"


def test_what_cannot_be_put_back_says_why(rig: Rig) -> None:
    acme, _remote_id, conflict = in_conflict(rig)
    resolve_conflict(conflict.pk, by=rig.ada, keep="ours")
    rig.settle()
    archive_organisation(acme.pk, by=rig.ada)

    with pytest.raises(NotPutBack, match="put away"):
        restore_loser(conflict.pk, by=rig.ada)

    conflict.refresh_from_db()
    assert conflict.restored_at is None
