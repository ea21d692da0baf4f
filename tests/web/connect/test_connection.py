"""One connection: how it stands, pausing and ending it, its field map, its settings, and who may do what."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.urls import URLPattern, reverse

from instep.base.firms.actions.members import end_membership, grant_membership
from instep.base.identity.models import Membership
from instep.base.identity.permissions import Role
from instep.connect.models import Connection, Plan, Run
from instep.web.connect import urls
from tests.web.connect.desk import HTMX, Desk, readable

pytestmark = pytest.mark.django_db
SHEET = Path(__file__).parents[3] / "docs" / "reference" / "remotes" / "tinyplus.md"


@pytest.mark.capability("X-04")
def test_the_overview_counts_linked_records_by_kind_and_says_how_it_stands(desk: Desk) -> None:
    acme = desk.rig.organisation("Acme", stage="client", code="ACM")
    desk.rig.job("House", acme, status="active")
    desk.linked()

    page = desk.ada.get(desk.url("overview"))

    counts = {row["kind"]: row["count"] for row in page.context["linked"]}
    assert counts == {"staff": 1, "organisation": 1, "contact": 0, "job": 1}
    text = readable(page)
    assert "Everything that is linked says the same here and in tiny+." in text
    assert "no unsent edit" in desk.text("/")


@pytest.mark.capability("A-30", "A-11")
def test_a_sync_that_is_asked_for_is_seen_to_happen_and_writes_no_echo(desk: Desk) -> None:
    desk.rig.organisation("Acme")
    desk.linked()
    writes = desk.rig.writes()
    assert desk.ada.post(desk.url("sync"), headers=HTMX).headers["HX-Refresh"] == "true"
    assert "begins as soon as a worker is free" in desk.text(desk.url("now"))
    assert 'hx-trigger="every 1s"' in desk.ada.get(desk.url("now")).content.decode()

    desk.cycle()

    assert 'hx-trigger="every 5s"' in desk.ada.get(desk.url("now")).content.decode()
    assert desk.rig.writes() == writes, "what the sync itself wrote is no edit"


def test_pausing_is_undone_from_its_own_toast(desk: Desk) -> None:
    desk.linked()
    desk.ada.post(desk.url("pause"))
    page = desk.ada.get(desk.url("overview"))
    assert "Resume tiny+" in page.content.decode()
    assert "Changes on both sides are collected" in readable(page)

    desk.ada.post(desk.url("start"))

    assert desk.connection.state == "active"


def test_disconnecting_keeps_links_and_connecting_again_brings_what_changed_meanwhile(desk: Desk) -> None:
    acme = desk.rig.organisation("Acme")
    desk.linked()
    link = desk.rig.link("organisation", acme.pk)
    desk.ada.post(desk.url("end"))
    assert desk.connection.sealed_secret == ""
    assert "Records and links stay" in desk.ada.get(reverse("connect:home")).content.decode()
    desk.rig.organisation("Made meanwhile")

    desk.linked()

    assert Connection.objects.count() == 1
    assert desk.rig.link("organisation", acme.pk).remote_id == link.remote_id
    assert desk.rig.record("companies", "Made meanwhile")


def test_how_often_it_looks_is_set_and_a_bad_number_stays_in_the_form(desk: Desk) -> None:
    desk.connect()
    desk.ada.post(desk.url("pace"), {"poll_seconds": "120"})
    assert desk.connection.poll_seconds == 120

    answer = desk.ada.post(desk.url("pace"), {"poll_seconds": "3"})

    assert answer.status_code == 422
    assert 'value="3"' in answer.content.decode()
    assert "Give a whole number of seconds from 15 to 86400." in readable(answer)


def test_the_field_map_says_who_owns_each_field_in_the_firms_words(desk: Desk) -> None:
    desk.connect()

    text = desk.text(desk.url("fields"))

    assert "Number project_number Instep owns it; an edit in tiny+ is put back." in text
    assert "Project manager assigned_user Kept in step both ways." in text
    assert "Changed on both sides: its owner; without one, a person." in text
    assert "Handler" not in text


def test_the_marks_of_remote_fields_are_those_of_the_fact_sheet(desk: Desk) -> None:
    desk.connect()
    shown = {
        (group["theirs"], row["theirs"]): row["mark"]
        for group in desk.ada.get(desk.url("fields")).context["groups"]
        for row in group["rows"]
    }
    sheet = _marks()

    assert len(shown) == 35
    for (resource, name), mark in shown.items():
        # A project's status is two fields of the remote, one of them assumed.
        wanted = sheet.get((resource, name)) or sheet["every record", name] if name != "status" else "assumed"
        assert mark == wanted, (resource, name)


def _marks() -> dict[tuple[str, str], str]:
    """{(resource, field): mark} from the tables of the fact sheet; mixed and qualified marks count as assumed."""
    found: dict[tuple[str, str], str] = {}
    resource = ""
    for line in SHEET.read_text().splitlines():
        if line.startswith("### "):
            resource = line[4:].strip().lower().replace(" ", "-").replace("on-every-record", "every record")
        cells = [cell.strip() for cell in line.strip("|").split("|")] if line.startswith("|") else []
        if resource and len(cells) == 3 and cells[2] not in ("Mark", "---"):
            mark = "documented" if cells[2].startswith(("documented", "fields documented", "rule documented")) else ""
            for name in re.findall(r"`([a-z_]+)`", cells[0]):
                found[resource, name] = mark or ("documented" if cells[2] == "" else "assumed")
    return found


def test_an_entry_of_a_list_stands_for_one_of_the_other_and_no_more(desk: Desk) -> None:
    desk.connect()
    refused = desk.ada.post(desk.url("join"), {"domain": "job_status", "ours": "new_one", "theirs": "won"})
    assert refused.status_code == 422
    assert "“won” stands for another entry already" in readable(refused)
    assert 'value="won"' in refused.content.decode(), "what was typed stays"

    desk.ada.post(desk.url("part"), {"domain": "job_status", "ours": "won"})
    desk.ada.post(desk.url("join"), {"domain": "job_status", "ours": "active", "theirs": "won"})

    assert "Active won" in desk.text(desk.url("fields"))


# --- who may -----------------------------------------------------------------------------------------------------


def everything(desk: Desk) -> list[str]:
    """Every address of the area that names something of the firm."""
    desk.rig.organisation("Parish of St Columb")
    desk.rig.seed(companies=[{"name": "Parish of St Columb"}])
    desk.linked()
    run, plan = Run.objects.all()[0], Plan.objects.all()[0]
    link = desk.rig.link("organisation", desk.rig.organisation("x").pk - 1)
    keys = {
        "run": run.pk,
        "run_now": run.pk,
        "run_bar": run.pk,
        "journal": run.pk,
        "approve": plan.pk,
        "begun": plan.pk,
    }
    keys |= {"decide_held": link.pk, "decide_conflict": 1, "take_back": 1, "put_back": 1}
    found = []
    for pattern in urls.urlpatterns:
        assert isinstance(pattern, URLPattern)
        name = str(pattern.name)
        if name in ("home", "new", "test", "sign_in", "back", "choose_account", "inbox", "decide_field"):
            continue  # these name nothing of a firm
        more = {"row": [plan.pk, 1], "compare": [link.pk, "1"]}.get(name, [keys.get(name, desk.connection.pk)])
        found.append(reverse(f"connect:{name}", args=more))
    return found


def test_an_outsider_finds_nothing_at_any_address(desk: Desk) -> None:
    addresses = everything(desk)
    odo = desk.as_user("odo")
    assert len(addresses) >= 30

    for url in addresses:
        for answer in (odo.get(url), odo.post(url, {"choice": "again", "keep": "ours", "token": "x"})):
            assert answer.status_code in (404, 405), (url, answer.status_code)
        assert 404 in (odo.get(url).status_code, odo.post(url, {"choice": "again", "keep": "ours"}).status_code), url
    assert "tiny+ · banksia" not in odo.get(reverse("connect:home")).content.decode()
    assert desk.connection.state == "active"


def test_staff_without_the_right_see_the_sentence_and_nothing_else(desk: Desk) -> None:
    addresses = everything(desk)
    cy = desk.as_user("cy")

    for url in [*addresses, reverse("connect:home"), reverse("connect:new", args=["tinyplus"])]:
        answer = cy.get(url)
        if answer.status_code == 405:
            answer = cy.post(url)
        assert answer.status_code == 403, url
        assert "You need the right to" in readable(answer)


def test_a_manager_runs_and_decides_but_neither_connects_nor_ends(desk: Desk) -> None:
    desk.linked()
    bo = desk.as_user("bo")

    assert bo.post(desk.url("sync")).status_code == 302
    assert bo.post(desk.url("make_preview")).status_code == 302
    for url in (desk.url("pause"), desk.url("end"), desk.url("pace"), desk.url("token"), "/connections/new/tinyplus/"):
        answer = bo.post(url)
        assert answer.status_code == 403
        assert "You need the right to manage connections." in readable(answer)
    text = desk.text(desk.url("settings"), bo)
    assert "changing needs the right to manage connections" in text
    assert "Disconnect tiny+" not in text


def test_who_may_only_look_sees_reasons_without_buttons(desk: Desk) -> None:
    everything(desk)
    cast = desk.rig.cast
    cy = Membership.objects.get(user=cast.users["cy"])
    end_membership(cy, by=cast.ada)
    until = cast.firm.today().replace(year=cast.firm.today().year + 1)
    grant_membership(cast.users["cy"], by=cast.ada, role=Role.SUPPORT, kind="support", until=until)

    text = desk.text(desk.url("held"), desk.as_user("cy"))

    assert "has the same name" in text
    assert "deciding needs the right to run connections" in text
    assert "It is this one" not in text
