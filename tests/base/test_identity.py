"""Users, firms, memberships and what an actor may do."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import pytest
import time_machine
from django.contrib.auth import authenticate

import instep
from instep.base.audit.models import AuditEntry
from instep.base.firms.actions.firms import change_firm, create_firm
from instep.base.firms.actions.members import end_membership, grant_membership
from instep.base.firms.actions.users import bootstrap_administrator, choose_password, create_user, reset_password
from instep.base.identity.actor import Actor
from instep.base.identity.errors import (
    AlreadyMember,
    EmailTaken,
    FirmKeyTaken,
    LastOwner,
    MemberElsewhere,
    OwnRole,
    WrongUser,
)
from instep.base.identity.models import Membership, User
from instep.base.identity.permissions import EVERY_RIGHT, RIGHTS, ROLE_RIGHTS, MembershipKind, Role
from instep.base.identity.queries import membership_in, memberships_of
from instep.base.numbering.series import preview_number
from instep.kernel.errors import BadValue, NotAllowed, NotFound, WrongState
from tests.cast import PASSWORD, Cast, actor, member

pytestmark = pytest.mark.django_db


@pytest.mark.capability("E-46")
def test_a_user_signs_in_with_the_email_in_any_case_and_no_second_user_can_have_it(cast: Cast) -> None:
    assert authenticate(username="ADA@Banksia-Bell.example", password=PASSWORD) == cast.users["ada"]
    assert authenticate(username="ada@banksia-bell.example", password="wrong") is None
    with pytest.raises(EmailTaken):
        create_user(email=" Ada@BANKSIA-bell.example", name="Another Ada", by=cast.ada)
    with pytest.raises(NotAllowed):
        create_user(email="new@banksia-bell.example", name="New", by=cast.bo)
    for email, name, password in [("nonsense", "N", None), ("n@n.example", " ", None), ("n@n.example", "N", "short")]:
        with pytest.raises(BadValue):
            create_user(email=email, name=name, password=password, by=cast.ada)
    assert User.objects.count() == 4


@pytest.mark.capability("E-05")
def test_the_first_administrator_reaches_users_and_settings_but_no_work(cast: Cast) -> None:
    user, password = bootstrap_administrator(cast.firm, email="Administrator@banksia-bell.example")
    assert user.must_change_password is False  # the row as read before; the stored one says:
    user.refresh_from_db()
    assert user.must_change_password
    assert authenticate(username=user.email, password=password) == user
    by = actor(cast.firm, user)
    assert {right for right in RIGHTS if by.can(right)} == {
        "use tools",
        "manage users",
        "appoint owners",
        "see settings",
        "edit settings",
    }
    for right in ("see jobs", "edit jobs", "see contacts", "see connections", "import records"):
        with pytest.raises(NotAllowed):
            by.must(right)
    newcomer = create_user(email="dee@banksia-bell.example", name="Dee", by=by)
    grant_membership(newcomer, by=by, role=Role.OWNER)
    # Again: the same account with another password, and nobody else's account.
    again, second = bootstrap_administrator(cast.firm, email=user.email)
    assert again == user
    assert second != password
    assert authenticate(username=user.email, password=password) is None
    with pytest.raises(EmailTaken):
        bootstrap_administrator(cast.firm, email="ada@banksia-bell.example")
    chosen = choose_password(again, password="something long enough", by=by)
    assert not chosen.must_change_password


def test_a_password_is_reset_only_by_those_above_and_only_within_one_firm(cast: Cast) -> None:
    administrator = actor(cast.firm, member(cast.firm, "Eve", Role.ADMINISTRATOR))
    one_time = reset_password(cast.users["cy"], by=administrator)
    assert authenticate(username="cy@banksia-bell.example", password=one_time).must_change_password
    with pytest.raises(NotAllowed):
        reset_password(cast.users["ada"], by=administrator)
    with pytest.raises(NotFound):
        reset_password(cast.users["odo"], by=cast.ada)
    grant_membership(cast.users["cy"], by=cast.odo, role=Role.STAFF)
    with pytest.raises(MemberElsewhere):
        reset_password(cast.users["cy"], by=cast.ada)
    with pytest.raises(WrongUser):
        choose_password(cast.users["cy"], password="something long enough", by=cast.ada)
    entry = AuditEntry.objects.of(cast.firm).filter(event="user.password_reset").get()
    assert one_time not in repr(entry.__dict__)


def test_a_membership_counts_from_its_first_day_up_to_its_end(cast: Cast) -> None:
    day = dt.date(2026, 3, 2)
    guest = create_user(email="guest@quill.example", name="Guest", by=cast.odo)
    with pytest.raises(BadValue):
        grant_membership(guest, by=cast.odo, role=Role.SUPPORT, kind=MembershipKind.SUPPORT, since=day)
    grant_membership(guest, by=cast.odo, role="support", kind="support", since=day, until=day + dt.timedelta(days=2))
    live = [bool(memberships_of(guest, day + dt.timedelta(days=n))) for n in (-1, 0, 1, 2)]
    assert live == [False, True, True, False]
    with pytest.raises(AlreadyMember):
        grant_membership(guest, by=cast.odo, role=Role.STAFF, since=day + dt.timedelta(days=1))
    grant_membership(guest, by=cast.odo, role=Role.STAFF, since=day + dt.timedelta(days=2))
    with pytest.raises(NotFound):
        membership_in(cast.firm, guest)


def test_today_is_the_day_at_the_firm(cast: Cast) -> None:
    with time_machine.travel("2026-03-01 20:00:00+00:00", tick=False):  # already the 2nd in Melbourne
        assert cast.firm.today() == dt.date(2026, 3, 2)
        assert cast.other_firm.today() == dt.date(2026, 3, 1)


def test_roles_are_given_and_ended_by_those_who_may(cast: Cast) -> None:
    dee = create_user(email="dee@banksia-bell.example", name="Dee", by=cast.ada)
    administrator = actor(cast.firm, member(cast.firm, "Eve", Role.ADMINISTRATOR))
    with pytest.raises(NotAllowed):
        grant_membership(dee, by=cast.bo, role=Role.STAFF)
    with pytest.raises(NotAllowed):
        grant_membership(dee, by=administrator, role=Role.OWNER)
    with pytest.raises(OwnRole):
        grant_membership(cast.users["ada"], by=cast.ada, role=Role.MANAGER)
    with pytest.raises(BadValue):
        grant_membership(dee, by=cast.ada, role="emperor")
    with pytest.raises(BadValue):
        grant_membership(dee, by=cast.ada, role=Role.OWNER, kind=MembershipKind.CLIENT)
    own = membership_in(cast.firm, cast.users["ada"])
    with pytest.raises(LastOwner):
        end_membership(own, by=cast.ada)
    with pytest.raises(NotFound):
        end_membership(own, by=cast.odo)
    grant_membership(dee, by=cast.ada, role=Role.OWNER)
    end_membership(own, by=cast.ada)
    assert memberships_of(cast.users["ada"]) == []
    with pytest.raises(WrongState):
        end_membership(own, by=actor(cast.firm, dee))


def test_an_actor_has_the_rights_of_its_role_and_reaches_only_its_firm(cast: Cast) -> None:
    assert cast.ada.permissions == EVERY_RIGHT
    cast.bo.must("edit jobs")
    with pytest.raises(NotAllowed, match="edit jobs"):
        cast.cy.must("edit jobs")
    connection = Actor.connection(cast.firm, 3, "tiny+")
    assert (connection.key, cast.ada.key, cast.system.key) == (
        "connection:3",
        f"user:{cast.users['ada'].pk}",
        "system",
    )
    connection.must("edit organisations")
    with pytest.raises(NotAllowed):
        connection.must("edit settings")
    with pytest.raises(NotAllowed):
        cast.ada.must("edit everything that nobody declared")
    with pytest.raises(NotFound):
        cast.odo.must("manage users", of=membership_in(cast.firm, cast.users["cy"]))
    assert all(rights <= EVERY_RIGHT for rights in ROLE_RIGHTS.values())
    assert set(ROLE_RIGHTS) == set(Role)


def test_rows_of_another_firm_are_not_there(cast: Cast) -> None:
    theirs = membership_in(cast.other_firm, cast.users["odo"])
    assert Membership.objects.get_of(cast.other_firm, theirs.pk) == theirs
    for pk in (theirs.pk, "x", None, 2**70, -1, [1]):
        with pytest.raises(NotFound, match="membership"):
            Membership.objects.get_of(cast.firm, pk, what="membership")


def test_a_firm_is_made_with_its_series_and_changed_within_reason(cast: Cast) -> None:
    assert [preview_number(cast.firm.pk, key) for key in ("job", "project", "client")] == ["J0001", "P0001", "C0001"]
    with pytest.raises(FirmKeyTaken):
        create_firm(key="quill", name="Q")
    for bad in ({"key": "Bad Key"}, {"currency": "aud"}, {"zone": "Mars/Base"}, {"vocabulary": "navy"}, {"name": " "}):
        with pytest.raises(BadValue):
            create_firm(**{"key": "fine", "name": "Fine", **bad})
    changed = change_firm(cast.firm, by=cast.ada, vocabulary="agency", name="Banksia & Bell")
    assert changed.vocabulary == "agency"
    with pytest.raises(NotAllowed):
        change_firm(cast.firm, by=cast.bo, name="Bo & Co")
    for bad in ({"currency": "GBP"}, {"key": "x"}, {"zone": "Mars/Base"}):
        with pytest.raises(BadValue):
            change_firm(cast.firm, by=cast.ada, **bad)
    entry = AuditEntry.objects.of(cast.firm).get(event="firm.changed")
    assert (entry.actor_name, entry.changes) == ("Ada", {"vocabulary": ["architecture", "agency"]})


def test_every_right_that_the_code_asks_for_is_declared() -> None:
    asked = re.compile(r"""(?:\.(?:must|can)\(\s*|\bright\s*=\s*)"([a-z]+(?: [a-z]+)+)\"""")
    sources = Path(instep.__file__).parent.rglob("*.py")
    named = {right for source in sources for right in asked.findall(source.read_text(encoding="utf-8"))}
    assert {"manage users", "edit settings"} <= named
    assert named <= EVERY_RIGHT
