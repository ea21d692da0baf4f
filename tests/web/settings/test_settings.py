"""The settings: the firm and its words, statuses, types, number formats, people, the audit log."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, reverse

from instep.base.audit.models import AuditEntry
from instep.base.identity.errors import MemberElsewhere
from instep.base.identity.models import Firm, Membership, User
from instep.base.settings.declared import get_setting
from instep.jobs.actions.jobs import update_job
from instep.jobs.models import JobStatus
from instep.jobs.queries import statuses_of
from instep.jobs.settings import DEFAULT_HANDLER
from instep.web.settings import urls
from tests.cast import Cast
from tests.web.connect.desk import HTMX, readable
from tests.web.records.world import World

pytestmark = pytest.mark.django_db
LIST = {**HTMX, "HX-Target": "entries"}


def names(cast: Cast) -> list[str]:
    return [row.name for row in statuses_of(cast.firm.pk)]


# --- the firm ----------------------------------------------------------------------------------------------------


def test_the_firm_is_changed_and_what_was_typed_stays_when_it_is_refused(cast: Cast, ada: Client) -> None:
    place = {"part": "place", "name": "Banksia", "country": "NZ", "zone": "Pacific/Auckland", "phone_region": "NZ"}
    assert ada.post("/settings/", place).status_code == 302
    assert Firm.objects.get(pk=cast.firm.pk).zone == "Pacific/Auckland"

    refused = ada.post("/settings/", place | {"name": "New name", "zone": "Nowhere/Land"})

    assert refused.status_code == 422
    assert "Give a time zone such as Australia/Melbourne." in readable(refused)
    assert 'value="New name"' in refused.content.decode()
    assert 'value="Nowhere/Land"' in refused.content.decode()
    assert Firm.objects.get(pk=cast.firm.pk).name == "Banksia"


def test_the_words_are_shown_in_an_example_before_they_are_chosen_and_then_on_every_page(
    world: World, ada: Client
) -> None:
    shown = readable(ada.get("/settings/words/?vocabulary=agency"))
    assert "Job 2231 for a client has three phases, and each of them its stages." in shown
    assert "Jobs" not in ada.get("/settings/").content.decode()

    ada.post("/settings/", {"part": "words", "vocabulary": "agency"})

    page = ada.get("/settings/statuses/")
    assert "Every job has one of these." in readable(page)
    assert "Job statuses" in readable(page)


def test_who_handles_work_that_names_nobody_is_chosen_among_the_staff(world: World, ada: Client) -> None:
    ada.post("/settings/", {"part": "work", "handler": str(world.handler.pk), "first_phase": "Concept"})
    assert get_setting(world.cast.firm, DEFAULT_HANDLER) == world.handler.pk

    refused = ada.post("/settings/", {"part": "work", "handler": "9999", "first_phase": "Concept"})

    assert refused.status_code == 422
    assert get_setting(world.cast.firm, DEFAULT_HANDLER) == world.handler.pk


# --- lists -------------------------------------------------------------------------------------------------------


@pytest.mark.capability("T-01")
def test_statuses_are_added_renamed_ordered_and_retired_below_the_six_types(world: World, ada: Client) -> None:
    cast = world.cast
    added = ada.post("/settings/statuses/new/", {"name": "Shortlisted", "type": "proposal", "likelihood": "70"})
    assert added.status_code == 302
    row = JobStatus.objects.get(firm=cast.firm, name="Shortlisted")
    assert names(cast)[-1] == "Shortlisted"

    ada.post(reverse("settings:rename_status", args=[row.pk]), {"name": "On the shortlist", "likelihood": "80"})
    for _ in range(3):
        ada.post(reverse("settings:move_status", args=[row.pk, "up"]), headers=LIST)
    assert names(cast)[-4] == "On the shortlist"
    row.refresh_from_db()
    assert (row.key, row.type, row.likelihood) == ("shortlisted", "proposal", 80)

    ada.post(reverse("settings:default_status", args=[row.pk]), headers=LIST)
    refused = ada.post(reverse("settings:retire_status", args=[row.pk]), headers=LIST)
    assert "Make another one the default first" in refused.headers["HX-Trigger"]
    first = statuses_of(cast.firm.pk)[0]
    retired = ada.post(reverse("settings:retire_status", args=[first.pk]), headers=LIST)
    assert reverse("settings:restore_status", args=[first.pk]) in retired.headers["HX-Trigger"], "undo in the toast"
    assert first.name not in names(cast)
    assert f'id="status-{first.pk}"' not in retired.content.decode()
    ada.post(reverse("settings:restore_status", args=[first.pk]))
    assert first.name in names(cast)


@pytest.mark.capability("T-01")
def test_each_status_says_what_its_type_allows_and_how_much_work_has_it(world: World, ada: Client) -> None:
    text = readable(ada.get("/settings/statuses/"))

    assert "Proposal: takes time, no invoices" in text
    assert "Pending invoice: takes invoices, no new time" in text
    assert re.search(r"Active: takes time and invoices \d+ project", text)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"name": "", "type": "active"}, "It cannot be empty."),
        ({"name": "X", "type": "elsewhere"}, "Choose one of the six types."),
        ({"name": "X", "type": "active", "likelihood": "50"}, "Only a proposal has one."),
        ({"name": "X", "type": "proposal", "likelihood": "many"}, "Give a whole number of percent from 0 to 100."),
    ],
)
def test_a_refused_status_keeps_what_was_typed(world: World, ada: Client, typed: dict[str, str], sentence: str) -> None:
    answer = ada.post("/settings/statuses/new/", typed, headers=LIST)

    assert answer.status_code == 422
    assert sentence in readable(answer)
    assert f'value="{typed["name"]}"' in answer.content.decode()


def test_types_of_work_are_added_renamed_retired_and_brought_back(world: World, ada: Client) -> None:
    ada.post("/settings/types/new/", {"name": "Housing"}, headers=LIST)
    page = ada.get("/settings/types/")
    key = page.context["rows"][0]["row"].pk
    ada.post(reverse("settings:rename_type", args=[key]), {"name": "Homes"}, headers=LIST)
    assert "Homes" in readable(ada.get("/settings/types/"))
    refused = ada.post(reverse("settings:rename_type", args=[key]), {"name": " "}, headers=LIST)
    assert refused.status_code == 422

    ada.post(reverse("settings:retire_type", args=[key]), headers=LIST)
    assert not ada.get("/settings/types/").context["rows"]
    ada.post(reverse("settings:restore_type", args=[key]), headers=LIST)
    assert ada.get("/settings/types/").context["rows"]


@pytest.mark.capability("T-03")
def test_the_next_number_is_shown_while_one_types_and_counts_from_there(world: World, ada: Client) -> None:
    typed = {"prefix": "BB", "width": "5", "suffix": "-26", "next": "120"}
    assert readable(ada.get("/settings/numbers/job/next/", typed)) == "BB00120-26"
    assert readable(ada.get("/settings/numbers/job/next/", typed | {"width": "x"})) == "not a number yet"

    ada.post("/settings/numbers/job/", typed)
    shown = {row["key"]: row["shown"] for row in ada.get("/settings/numbers/").context["rows"]}
    assert shown["job"] == "BB00120-26"
    refused = ada.post("/settings/numbers/job/", typed | {"next": "3"})

    assert refused.status_code == 422
    assert "Numbers below 120 are already given; choose it or a higher one." in readable(refused)
    assert 'value="3"' in refused.content.decode()


# --- people ------------------------------------------------------------------------------------------------------


@pytest.mark.capability("E-46")
def test_an_invited_person_gets_a_one_time_password_that_is_shown_once(cast: Cast, ada: Client) -> None:
    said = {"name": "Dee", "email": "Dee@bb.example", "role": "manager"}

    answer = ada.post("/settings/people/invite/", said)

    password = answer.context["once"]["password"]
    assert password in answer.content.decode()
    assert "no-store" in answer.headers["Cache-Control"]
    dee = User.objects.get(email="dee@bb.example")
    assert dee.check_password(password)
    assert dee.must_change_password
    assert Membership.objects.get(user=dee).role == "manager"
    assert password not in ada.get("/settings/people/").content.decode()
    assert not [entry for entry in AuditEntry.objects.all() if password in str(entry.changes) + entry.note]


def test_an_invitation_that_fails_half_way_makes_nobody(
    cast: Cast, ada: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(user: User, **how: Any) -> str:
        raise MemberElsewhere(name=user.name)

    monkeypatch.setattr("instep.web.settings.people.reset_password", refused)

    answer = ada.post("/settings/people/invite/", {"name": "Dee", "email": "dee@bb.example", "role": "staff"})

    assert answer.status_code == 409
    assert not User.objects.filter(name="Dee").exists()


def test_an_invitation_that_is_refused_makes_nobody_and_keeps_what_was_typed(cast: Cast, ada: Client) -> None:
    answer = ada.post("/settings/people/invite/", {"name": "Dee", "email": "no address", "role": "staff"})
    assert answer.status_code == 422
    assert "Give an email address such as ada@example.com." in readable(answer)
    assert 'value="no address"' in answer.content.decode()
    twice = ada.post("/settings/people/invite/", {"name": "Cy", "email": cast.users["cy"].email, "role": "staff"})
    assert twice.status_code == 409
    assert "Cy is already a member of this firm." in readable(twice)

    assert not User.objects.filter(name="Dee").exists()


def test_somebody_from_another_firm_gets_the_role_and_keeps_the_password(cast: Cast, ada: Client) -> None:
    odo = cast.users["odo"]
    before = odo.password

    answer = ada.post("/settings/people/invite/", {"name": "Odo", "email": odo.email, "role": "staff"})

    assert answer.status_code == 302
    odo.refresh_from_db()
    assert odo.password == before
    assert Membership.objects.get(user=odo, firm=cast.firm).role == "staff"


def test_roles_change_and_end_and_the_last_owner_stays(cast: Cast, ada: Client) -> None:
    cy = Membership.objects.get(user=cast.users["cy"])
    ada.post(reverse("settings:change_role", args=[cy.pk]), {"role": "bookkeeper"})
    now = Membership.objects.get(user=cast.users["cy"], until=None)
    assert now.role == "bookkeeper"
    ada.post(reverse("settings:end_membership", args=[now.pk]))
    assert "Cy" not in readable(ada.get("/settings/people/")).split("Invite", 1)[0]
    mine = Membership.objects.get(user=cast.users["ada"])

    answer = ada.post(reverse("settings:end_membership", args=[mine.pk]))

    assert answer.status_code == 409
    assert "Ada is the only owner. Make another member an owner first." in readable(answer)


def test_roles_are_told_with_their_rights_in_sentences(cast: Cast, ada: Client) -> None:
    text = readable(ada.get("/settings/people/"))

    assert "Connect and disconnect other systems and change how they sync" in text
    assert "First administrator Sets the house up" in text


# --- the audit log -----------------------------------------------------------------------------------------------


def test_the_log_names_people_records_and_fields_and_is_narrowed_by_each(world: World, ada: Client) -> None:
    update_job(world.job.pk, by=world.cast.bo, changes={"name": "Library extension"})
    text = readable(ada.get("/settings/log/"))
    assert "Library extension Project changed" in text
    assert f"Name: {world.job.name} → Library extension" in text

    bo = ada.get("/settings/log/", {"person": f"user:{world.cast.users['bo'].pk}"})
    assert {row.cells[1] for row in bo.context["rows"]} == {"Bo"}
    made = readable(ada.get("/settings/log/", {"kind": "organisation", "event": "created"}))
    assert "City of Yarra Client made" in made or "City of Yarra Organisation made" in made
    assert "Project" not in made.split("From and to", 1)[1]
    one = ada.get("/settings/log/", {"kind": "job", "record": str(world.job.pk)})
    assert one.context["rows"]
    assert all("Library extension" in row.cells[2] for row in one.context["rows"])


def test_the_log_is_read_page_by_page_within_its_budget(world: World, ada: Client) -> None:
    for n in range(60):
        update_job(world.job.pk, by=world.cast.ada, changes={"name": f"Name {n}"})

    with CaptureQueriesContext(connection) as asked:
        page = ada.get("/settings/log/")

    assert len(asked) <= 8, [query["sql"][:80] for query in asked]
    assert len(page.context["rows"]) == 50
    assert ada.get(page.context["next_url"]).context["rows"]


# --- who may -----------------------------------------------------------------------------------------------------


def test_an_outsider_finds_nothing_of_another_firm(
    world: World, ada: Client, signed_in: Callable[[str], Client]
) -> None:
    ada.post("/settings/types/new/", {"name": "Housing"})
    kinds: dict[str, Any] = {
        "status": statuses_of(world.cast.firm.pk)[1].pk,
        "type": ada.get("/settings/types/").context["rows"][0]["row"].pk,
        "": Membership.objects.get(user=world.cast.users["cy"]).pk,
    }
    odo = signed_in("odo")
    tried = 0
    for pattern in urls.urlpatterns:
        assert isinstance(pattern, URLPattern)
        name, route = str(pattern.name), str(pattern.pattern)
        if "<int:key>" not in route:
            continue
        key = next(kinds[kind] for kind in kinds if kind in name)
        more = [key, "down"] if "<slug:way>" in route else [key]
        answer = odo.post(reverse(f"settings:{name}", args=more), {"name": "Taken", "role": "staff"})
        assert answer.status_code == 404, name
        tried += 1
    assert tried == 13


def test_a_manager_looks_and_changes_nothing_and_staff_do_not_look(
    world: World, signed_in: Callable[[str], Client]
) -> None:
    bo, cy = signed_in("bo"), signed_in("cy")
    for url in ("/settings/", "/settings/statuses/", "/settings/types/", "/settings/numbers/", "/settings/people/"):
        assert bo.get(url).status_code == 200
        assert cy.get(url).status_code == 403
    for url in ("/settings/statuses/new/", "/settings/types/new/", "/settings/numbers/job/"):
        assert bo.post(url, {"name": "X"}).status_code == 403
    assert bo.post("/settings/people/invite/", {"name": "X"}).status_code == 403
    assert bo.post("/settings/", {"part": "words", "vocabulary": "agency"}).status_code == 403
