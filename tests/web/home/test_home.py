"""Home: what is out of step and what waits for me, at once, in twelve queries."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from instep.base.firms.actions.users import bootstrap_administrator
from instep.base.tasks.models import Executor
from instep.connect.inbox.outbox import fan_out
from instep.connect.models import Conflict, Run, RunState
from instep.crm.actions.organisations import update_organisation
from tests.cast import Cast
from tests.web.connect.desk import HTMX, Desk, readable

pytestmark = pytest.mark.django_db
MOST = 12


def look(client: Client) -> tuple[str, str]:
    """(title, words) of the page, within its budget."""
    with CaptureQueriesContext(connection) as asked:
        answer = client.get("/")
    assert answer.status_code == 200
    assert len(asked) <= MOST, [query["sql"][:100] for query in asked]
    return str(answer.context["heading"]), readable(answer)


def trouble(desk: Desk) -> None:
    """A conflict, several held records of both sides, and a job whose references are shown."""
    acme = desk.rig.organisation("Acme", email="old@acme.example", stage="client", code="ACM")
    for n in range(8):
        desk.rig.organisation(f"Parish {n}")
    desk.rig.seed(companies=[{"name": f"Parish {n}"} for n in range(8)])
    desk.linked()
    update_organisation(acme.pk, by=desk.rig.ada, changes={"email": "ours@acme.example"})
    desk.rig.edit("companies", desk.rig.record("companies", "Acme")["id"], email_address="theirs@acme.example")
    desk.cycle()


def test_before_anything_is_connected_it_says_how_to_begin(desk: Desk) -> None:
    title, words = look(desk.ada)

    assert title == "Nothing is connected yet"
    assert "Connect tiny+" in words
    assert "What changed lately" in words


def test_when_all_is_well_it_says_so_and_shows_what_changed_lately(desk: Desk) -> None:
    desk.rig.organisation("Acme")
    desk.linked()
    Executor.objects.create(name="w", session="s", beat_at=timezone.now())

    title, words = look(desk.ada)

    assert title == "Everything is in step"
    assert "Acme: Organisation made" in words
    assert "last in step" in words
    assert "no unsent edit" in words
    assert "No worker is running" not in words


def test_what_waits_is_there_with_its_reason_and_the_button_that_settles_it(desk: Desk) -> None:
    trouble(desk)

    title, words = look(desk.ada)

    assert title == "9 things wait for you"
    assert "theirs@acme.example" in words
    assert "Keep tiny+'s" in words
    assert "has the same name: “Parish 0”" in words
    assert "All 8 held records of tiny+ · banksia" in words
    row = Conflict.objects.get()
    answer = desk.ada.post(reverse("connect:decide_conflict", args=[row.pk]), {"keep": "ours"}, headers=HTMX)
    assert answer.status_code == 200
    assert look(desk.ada)[0] == "8 things wait for you"


def test_a_run_under_way_shows_its_progress_and_asks_again(desk: Desk) -> None:
    desk.rig.organisation("Acme")
    desk.linked()
    Run.objects.update(state=RunState.RUNNING, done=5, total=10, beat_at=timezone.now())

    answer = desk.ada.get("/")
    run = Run.objects.order_by("-id")[0]

    assert "5 of 10 rows" in readable(answer)
    assert f'hx-get="{reverse("connect:run_bar", args=[run.pk])}"' in answer.content.decode()
    bar = desk.ada.get(reverse("connect:run_bar", args=[run.pk]), headers=HTMX)
    assert 'hx-trigger="every 1s"' in bar.content.decode()


def test_without_a_worker_it_says_that_nothing_travels(desk: Desk) -> None:
    desk.linked()

    assert "No worker is running, so nothing travels" in look(desk.ada)[1]


def test_an_unsent_edit_is_told_with_its_age(desk: Desk) -> None:
    acme = desk.rig.organisation("Acme")
    desk.linked()
    update_organisation(acme.pk, by=desk.rig.ada, changes={"phone": "03 9123 4567"})
    fan_out(now=timezone.now() - timezone.timedelta(minutes=7))

    title, words = look(desk.ada)
    assert title == "One change is on its way"
    assert "the oldest edit from 7 min ago" in words


@pytest.mark.capability("E-05")
def test_the_first_account_begins_at_the_settings_and_sees_no_work(
    cast: Cast, signed_in: Callable[[str], Client]
) -> None:
    user, password = bootstrap_administrator(cast.firm, email="first@bb.example")
    user.must_change_password = False
    user.save()
    cast.users["first"] = user
    first = signed_in("first")

    assert password
    assert first.get("/").url == reverse("settings:home")
    page = first.get(reverse("settings:people"))
    assert page.status_code == 200
    rail = page.content.decode().split("i-rail__list", 1)[1].split("</nav>", 1)[0]
    assert rail.count("data-go") == 1
    assert first.get(reverse("connect:home")).status_code == 403
    assert first.get(reverse("settings:log")).status_code == 403


def test_staff_without_a_part_in_connections_are_led_to_their_work(desk: Desk) -> None:
    title, words = look(desk.as_user("cy"))

    assert title == "Home"
    assert "Projects" in words


def test_the_dot_of_the_top_bar_says_the_same_and_leads_here(desk: Desk) -> None:
    def dot() -> str:
        with CaptureQueriesContext(connection) as asked:
            answer = desk.ada.get(reverse("shell:health"), headers=HTMX)
        assert len(asked) <= 4  # three of them say who is asking
        return answer.content.decode()

    assert dot() == ""
    trouble(desk)
    assert "9 wait" in dot()
    assert 'href="/"' in dot()


def test_no_page_waits_for_the_dot_and_nobody_is_sent_away_by_it(desk: Desk) -> None:
    trouble(desk)
    with CaptureQueriesContext(connection) as asked:
        page = desk.ada.get(reverse("settings:numbers")).content.decode()
    told = page.split("data-health", 1)[1].split("</div>", 1)[0]

    assert f'hx-get="{reverse("shell:health")}" hx-trigger="load, look"' in told
    assert f'href="{reverse("connect:home")}"' in told  # without a script it leads there all the same
    assert [query["sql"] for query in asked if "connect_" in query["sql"]] == []
    assert "data-health" not in desk.as_user("cy").get(reverse("jobs:list")).content.decode()
    assert desk.as_user("cy").get(reverse("shell:health")).content == b""
    signed_out = Client().get(reverse("shell:health"), headers=HTMX)
    assert (signed_out.status_code, signed_out.content) == (200, b"")
    assert not signed_out.has_header("HX-Redirect")
