"""Transfers by page: who may see and send, what is shown, and signing in at the remote."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from instep.base.firms.actions.members import grant_membership
from instep.base.identity.actor import Actor
from instep.base.identity.permissions import Role
from instep.billing.actions.claims import Claim
from instep.billing.actions.credits import cancel_invoice
from instep.connect.models import Connection, Plan
from instep.crm.actions.organisations import update_organisation
from instep.jobs.actions.jobs import update_job
from tests.billing.conftest import practice
from tests.connectors.conftest import sandbox_of
from tests.connectors.xero_stage import APP
from tests.transfer.conftest import books
from tests.transfer.rig import Books
from tests.web.connect.desk import readable

__all__ = ["books", "practice", "sandbox_of"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def plan(books: Books) -> Plan:
    """A preview with one invoice that needs nobody."""
    [phase] = books.stages(1000)
    books.practice.invoice(claims=[Claim(phase=phase.pk)])
    books.connect()
    found = books.preview()
    assert found is not None
    return found


@pytest.mark.capability("B-03")
def test_an_outsider_finds_nothing_and_staff_without_the_right_neither_see_nor_send(
    books: Books, plan: Plan, signed_in: Callable[[str], Client]
) -> None:
    urls = [
        reverse("transfer:page", args=[books.connection.pk]),
        reverse("transfer:line", args=[plan.pk, 1]),
    ]
    send = reverse("transfer:send", args=[plan.pk])
    odo, cy = signed_in("odo"), signed_in("cy")
    assert [odo.get(url).status_code for url in urls] == [404, 404]
    assert odo.post(send, {"line": "3"}).status_code == 404
    assert [cy.get(url).status_code for url in urls] == [403, 403]
    assert cy.post(send, {"line": "3"}).status_code == 403
    plan.refresh_from_db()
    assert plan.state == "proposed"
    assert books.stored("invoices") == []


@pytest.mark.capability("D-02", "D-06", "D-08")
def test_the_groups_are_seven_with_counts_and_totals_and_cost_the_same_queries_for_any_number_of_lines(
    books: Books, signed_in: Callable[[str], Client]
) -> None:
    [phase] = books.stages(100_000)
    for _ in range(2):
        books.practice.invoice(claims=[Claim(phase=phase.pk, percent=1)])
    books.connect()
    books.preview()
    ada, url = signed_in("ada"), reverse("transfer:page", args=[books.connection.pk])

    def asked() -> tuple[int, list[tuple[str, int]]]:
        ada.get(url)
        with CaptureQueriesContext(database) as captured:
            groups = ada.get(url).context["groups"]
        return len(captured), [(group.key, group.count) for group in groups]

    few, shown = asked()
    assert [key for key, _count in shown][:7] == [
        *("invoices", "credits", "export_payments", "import_payments"),
        *("bills", "bill_payments", "staff_expenses"),
    ]
    assert shown[0] == ("invoices", 2)
    for _ in range(8):
        books.practice.invoice(claims=[Claim(phase=phase.pk, percent=1)])
    books.preview()
    many, shown = asked()
    assert shown[0] == ("invoices", 10)
    assert many == few


@pytest.mark.capability("D-07")
def test_a_row_that_needs_a_person_stops_the_sending_with_a_sentence(
    books: Books, signed_in: Callable[[str], Client]
) -> None:
    [phase] = books.stages(1000)
    books.practice.invoice(claims=[Claim(phase=phase.pk)])
    books.connect(mapped=False)
    plan = books.preview()
    assert plan is not None
    ada = signed_in("ada")
    rows = [str(op.no) for op in books.rows(plan)]
    answer = ada.post(reverse("transfer:send", args=[plan.pk]), {"line": rows}, follow=True)
    assert "still need you" in readable(answer)
    assert books.stored("invoices") == []


@pytest.mark.capability("D-07")
def test_what_goes_along_has_a_tick_of_its_own_once_it_needs_a_person_and_holds_up_nothing_without_it(
    books: Books, plan: Plan, signed_in: Callable[[str], Client]
) -> None:
    ada, page = signed_in("ada"), reverse("transfer:page", args=[books.connection.pk])
    beside = ada.get(page).context["groups"][-1]
    assert [line.tickable for line in beside.lines] == [False, False]
    books.send(plan)
    update_job(books.practice.job.pk, by=books.practice.by, changes={"name": "Library " * 8})
    books.practice.time(60)
    books.practice.invoice()
    again = books.preview()
    assert again is not None
    beside = ada.get(page).context["groups"][-1]
    assert [line.tickable for line in beside.lines] == [True]
    [row] = books.rows(again, "invoice")
    ada.post(reverse("transfer:send", args=[again.pk]), {"line": [str(row.no)]})
    books.cycle()
    assert len(books.stored("invoices")) == 2


@pytest.mark.capability("D-09", "D-12")
def test_the_exact_request_of_an_update_shows_all_that_is_sent(
    books: Books, plan: Plan, signed_in: Callable[[str], Client]
) -> None:
    books.send(plan)
    [contact] = books.stored("contacts")
    people = [{"FirstName": "Mia", "LastName": "Chen", "EmailAddress": "mia@acme.example"}]
    books.stage.do("save", "contacts", id=contact["ContactID"], fields={"ContactPersons": people})
    update_organisation(books.practice.client.pk, by=books.practice.by, changes={"phone": "03 9999 0000"})
    books.wait(60)
    again = books.preview()
    [row] = books.rows(again, "organisation")
    page = readable(signed_in("ada").get(reverse("transfer:line", args=[row.plan_id, row.no])))
    assert "9999 0000" in page
    assert "Mia" in page


@pytest.mark.capability("B-01", "B-02")
def test_each_remote_has_its_entry_and_signing_in_comes_back_to_the_person_who_began(
    books: Books, signed_in: Callable[[str], Client]
) -> None:
    ada = signed_in("ada")
    home = readable(ada.get(reverse("connect:home")))
    assert "Connect Xero" in home
    assert "Connect tiny+" in home
    start, back = reverse("connect:sign_in", args=["xero"]), reverse("connect:back")
    empty = ada.post(start, {"client_id": "", "client_secret": "", "address": books.stage.address})
    assert empty.status_code == 422
    assert "Client id" in readable(empty)

    going = ada.post(start, {**APP, "address": books.stage.address}, headers={"HX-Request": "true"})
    asked = parse_qs(urlsplit(going["HX-Redirect"]).query)
    assert asked["redirect_uri"][0].endswith(back)
    assert APP["client_secret"] not in going["HX-Redirect"]
    # Another state than the one that was given, and no state at all: over, and nothing is stored.
    for said in ("?code=x&state=forged", "?code=x"):
        assert "Begin it once more" in ada.get(back + said, follow=True).content.decode()
    state = asked["state"][0]
    # Begun for one firm, back in another, by somebody who works in both.
    cast = books.practice.cast
    grant_membership(cast.users["ada"], by=Actor.system(cast.other_firm, "test"), role=Role.OWNER)
    for firm, over in ((cast.other_firm, True), (cast.firm, False)):
        ada.post(reverse("shell:firm"), {"firm": firm.pk})
        answer = ada.get(back + f"?code=x&state={state}", follow=True).content.decode()
        assert ("Begin it once more" in answer) is over
    going = ada.post(start, {**APP, "address": books.stage.address}, headers={"HX-Request": "true"})
    state = parse_qs(urlsplit(going["HX-Redirect"]).query)["state"][0]
    refused = ada.get(back + f"?error=access_denied&state={state}")
    assert refused.status_code == 422
    assert "did not give access" in readable(refused)
    going = ada.post(start, {**APP, "address": books.stage.address}, headers={"HX-Request": "true"})
    state = parse_qs(urlsplit(going["HX-Redirect"]).query)["state"][0]
    wrong = ada.get(back + f"?code=never-given&state={state}")
    assert wrong.status_code == 422
    assert not Connection.objects.filter(provider="xero").exists()


@pytest.mark.capability("D-07", "D-17")
def test_the_page_is_told_what_stays_behind_and_sending_leaves_exactly_that(
    books: Books, signed_in: Callable[[str], Client]
) -> None:
    [phase] = books.stages(1000)
    invoice = books.practice.invoice(claims=[Claim(phase=phase.pk)])
    cancel_invoice(invoice.pk, by=books.practice.by, on=dt.date(2025, 4, 2), reason="Wrong client")
    books.connect()
    plan = books.preview()
    assert plan is not None
    [row] = books.rows(plan, "invoice")
    ada, url = signed_in("ada"), reverse("transfer:stays", args=[plan.pk])
    assert signed_in("odo").post(url, {"out": str(row.no)}).status_code == 404
    assert signed_in("cy").post(url, {"out": str(row.no)}).status_code == 403
    told = ada.post(url, {"out": f"{row.no},x,"}).json()["stays"]
    others = {str(op.no): op.kind for op in books.rows(plan) if op.no != row.no}
    assert {others[no] for no in told} == {"organisation", "item", "credit_note", "credit_allocation"}
    assert ada.post(url, {"out": ""}).json()["stays"] == {}

    ada.post(reverse("transfer:send", args=[plan.pk]), {"out": str(row.no)})
    left = {str(op.no): op.result for op in books.rows(plan) if op.no != row.no and op.state == "skipped"}
    assert left == told


@pytest.mark.capability("D-18")
def test_the_first_day_is_set_by_page_and_says_how_much_is_left_alone(
    books: Books, plan: Plan, signed_in: Callable[[str], Client]
) -> None:
    ada, page = signed_in("ada"), reverse("transfer:page", args=[books.connection.pk])
    url, settings = (reverse(f"connect:{name}", args=[books.connection.pk]) for name in ("begins", "settings"))
    for typed in ("2025-02-31", "soon"):
        answer = ada.post(url, {"begins_on": typed})
        assert answer.status_code == 422
        assert "Give a day that there is" in readable(answer)
    assert signed_in("cy").post(url, {"begins_on": "2025-07-01"}).status_code == 403
    ada.post(url, {"begins_on": "2025-07-01"})
    assert books.preview() is None
    said = readable(ada.get(page)).replace("\N{NO-BREAK SPACE}", " ")
    assert "1 document or payment before 1 July 2025 is left alone" in said
    assert 'value="2025-07-01"' in ada.get(settings).content.decode()
    ada.post(url, {"begins_on": ""})
    assert books.preview() is not None
    assert "left alone" not in readable(ada.get(page))
