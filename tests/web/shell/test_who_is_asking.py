"""Who may see what: sign-in, firms, outsiders, one-time passwords."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from django.test import Client

from instep.base.firms.actions.members import end_membership, grant_membership
from instep.base.firms.actions.users import create_user, reset_password
from instep.base.identity.actor import Actor
from instep.base.identity.permissions import MembershipKind, Role
from instep.base.identity.queries import membership_in
from instep.staff.models import StaffResource
from tests.cast import PASSWORD, Cast

SignIn = Callable[[str], Client]


def test_a_stranger_is_sent_to_sign_in_and_back(site: None, db: None) -> None:
    answer = Client().get("/staff/?q=kit")
    assert answer.status_code == 302
    assert answer["Location"] == "/accounts/login/?next=/staff/%3Fq%3Dkit"


def test_a_fragment_asked_for_after_sign_out_leads_back_to_the_page_around_it(site: None, db: None) -> None:
    answer = Client().get("/staff/", headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/staff/?q=k"})
    assert answer["HX-Redirect"] == "/accounts/login/?next=/staff/%3Fq%3Dk"


def test_a_user_signs_in_by_email_whatever_its_case(cast: Cast, site: None) -> None:
    client = Client()
    answer = client.post("/accounts/login/", {"login": "Ada@Banksia-Bell.example", "password": PASSWORD})
    assert answer.status_code == 302
    assert client.get("/", follow=True).status_code == 200


def test_nobody_can_sign_up(site: None, db: None) -> None:
    answer = Client().get("/accounts/signup/")
    assert b"Accounts are made by your firm" in answer.content
    Client().post("/accounts/signup/", {"email": "new@example.com", "password1": PASSWORD})
    assert not Client().login(email="new@example.com", password=PASSWORD)


def test_a_user_without_a_firm_sees_one_clear_page(cast: Cast, as_user: SignIn) -> None:
    cast.users["nobody"] = create_user(email="nobody@example.com", name="No Body", password=PASSWORD, by=cast.ada)
    answer = as_user("nobody").get("/staff/")
    assert answer.status_code == 403
    assert "nobody@example.com" in answer.text
    assert "Ask an administrator" in answer.text


def test_a_client_of_the_firm_has_no_business_here(cast: Cast, as_user: SignIn) -> None:
    user = cast.users["client"] = create_user(email="c@example.com", name="Clie Nt", password=PASSWORD, by=cast.ada)
    grant_membership(user, by=cast.system, kind=MembershipKind.CLIENT, role=Role.CLIENT)
    answer = as_user("client").get("/")
    assert answer.status_code == 403
    assert "in no firm yet" in answer.text


@pytest.mark.usefixtures("people")
def test_the_page_is_of_the_users_own_firm(as_user: SignIn) -> None:
    assert "Kit Abbott" in as_user("cy").get("/staff/").text
    outside = as_user("odo").get("/staff/").text
    assert "Kit" not in outside
    assert "Out Sider" in outside


def test_another_firms_record_is_answered_like_one_that_never_was(as_user: SignIn, people: list[StaffResource]) -> None:
    client = as_user("odo")
    theirs, nobodys = client.get(f"/staff/{people[0].pk}/"), client.get("/staff/999999/")
    assert theirs.status_code == nobodys.status_code == 404
    assert "There is no such staff resource in this firm" in theirs.text
    edit = client.post(f"/staff/{people[0].pk}/field/email/", {"value": "mine@odo.example"})
    assert edit.status_code == 404
    assert StaffResource.objects.get(pk=people[0].pk).email == people[0].email


def test_the_chosen_firm_is_kept_and_only_a_members(cast: Cast, as_user: SignIn, people: list[StaffResource]) -> None:
    by = Actor.system(cast.other_firm, "set-up")
    grant_membership(cast.users["ada"], by=by, role=Role.MANAGER)
    ada, cy = as_user("ada"), as_user("cy")
    ada.post("/shell/firm", {"firm": cast.other_firm.pk})
    assert "Out Sider" in ada.get("/staff/").text
    assert cy.post("/shell/firm", {"firm": cast.other_firm.pk}).status_code == 404
    assert cy.post("/shell/firm", {"firm": "x"}).status_code == 404
    assert "Kit Abbott" in cy.get("/staff/").text
    end_membership(membership_in(cast.other_firm, cast.users["ada"]), by=by)
    assert "Kit Abbott" in ada.get("/staff/").text


def test_words_and_clock_are_the_firms(cast: Cast, as_user: SignIn) -> None:
    # Half past midnight in Melbourne, still the day before in London.
    with time_machine.travel(dt.datetime(2027, 3, 31, 13, 30, tzinfo=dt.UTC), tick=False):
        melbourne = as_user("ada").get("/styleguide/").text
        london = as_user("odo").get("/styleguide/").text
    assert "1 Apr 2027, 12:28" in melbourne
    assert "31 Mar 2027, 14:28" in london
    assert "Projects, stages, a project manager" in melbourne
    assert "Jobs, phases, a handler" in london


@pytest.mark.capability("E-05")
def test_a_one_time_password_opens_nothing_but_the_choice_of_ones_own(cast: Cast, site: None) -> None:
    password = reset_password(cast.users["cy"], by=cast.ada)
    client = Client()
    client.post("/accounts/login/", {"login": "cy@banksia-bell.example", "password": password})
    assert client.get("/staff/")["Location"] == "/accounts/password/change/"
    assert "for once only" in client.get("/accounts/password/change/").text
    fresh = "a much longer secret"
    client.post("/accounts/password/change/", {"oldpassword": password, "password1": fresh, "password2": fresh})
    assert client.get("/staff/").status_code == 200
    assert not Client().login(email="cy@banksia-bell.example", password=password)


def test_the_rail_shows_what_works_and_what_the_role_may_see(cast: Cast, as_user: SignIn) -> None:
    cast.users["boot"] = create_user(email="boot@example.com", name="Boot", password=PASSWORD, by=cast.ada)
    grant_membership(cast.users["boot"], by=cast.ada, role=Role.BOOTSTRAP)
    rail = as_user("ada").get("/styleguide/").text
    assert 'href="/staff/" data-go="s"' in rail
    assert 'data-go="j"' not in rail
    assert 'data-go="s"' not in as_user("boot").get("/styleguide/").text
    assert as_user("ada").get("/")["Location"] == "/staff/"
    assert "opens no area" in as_user("boot").get("/").text


def test_the_living_page_of_parts_is_for_who_administers(as_user: SignIn) -> None:
    assert as_user("ada").get("/styleguide/").status_code == 200
    assert as_user("cy").get("/styleguide/").status_code == 404


def test_the_theme_is_kept_and_set_by_the_server(as_user: SignIn) -> None:
    client = as_user("ada")
    client.post("/shell/theme", {"theme": "dark"})
    assert '<html lang="en-au" data-theme="dark">' in client.get("/staff/").text
    client.post("/shell/theme", {"theme": '"><script>'})
    assert "data-theme=" not in client.get("/staff/").text.split("<head>")[0]


def test_the_palette_finds_places_and_records_of_the_firm(as_user: SignIn, people: list[StaffResource]) -> None:
    found = as_user("ada").get("/shell/find?q=abb").text
    assert f'href="/staff/{people[0].pk}/"' in found
    assert "Kit Abbott" not in as_user("odo").get("/shell/find?q=abb").text
    assert 'href="/staff/"' in as_user("ada").get("/shell/find").text
    assert "Nothing is called “&lt;b&gt;”" in as_user("ada").get("/shell/find?q=<b>").text


def test_a_forgotten_password_is_chosen_anew_by_mail(cast: Cast, site: None, settings: Any, mailoutbox: Any) -> None:
    settings.SITE_ADDRESS = "https://instep.example/"
    client = Client()
    for asked in ("cy@banksia-bell.example", "stranger@example.com"):
        client.post("/accounts/password/reset/", {"email": asked})
    assert [mail.to for mail in mailoutbox] == [["cy@banksia-bell.example"]]
    found = re.search(r"https://instep\.example(/accounts/password/reset/key/\S+)", mailoutbox[0].body)
    assert found
    assert mailoutbox[0].subject.endswith("Choose a new password")
    page = client.get(found[1], follow=True)
    fresh = "a much longer secret"
    client.post(page.redirect_chain[-1][0], {"password1": fresh, "password2": fresh})
    assert Client().login(email="cy@banksia-bell.example", password=fresh)
    assert "This link no longer works" in Client().get(found[1], follow=True).text


def test_nobody_changes_their_own_email(as_user: SignIn) -> None:
    answer = as_user("cy").post("/accounts/email/", {"email": "me@elsewhere.example", "action_add": ""})
    assert answer.status_code == 405
    assert "Ask an administrator" in as_user("cy").get("/accounts/email/").text
