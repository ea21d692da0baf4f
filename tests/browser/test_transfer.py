"""The story of source 003 under a hand: sign in to Xero, mend what is orange, send exactly that, and be paid."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator

import pytest
from django.test import override_settings
from playwright.sync_api import Page, expect

from instep.billing.actions.claims import Claim
from instep.billing.queries.balances import standing_of
from tests.billing.conftest import Practice, aud, set_up
from tests.browser.conftest import AXE, PHONE, Visit, axe_finds
from tests.browser.worker import Worker, working
from tests.cast import Cast
from tests.connectors.conftest import sandbox_of
from tests.connectors.sandbox import Sandbox
from tests.connectors.xero_stage import APP, XeroStage
from tests.transfer.rig import Books

__all__ = ["sandbox_of", "working"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def books(cast: Cast, live_server: object, sandbox_of: Callable[[str], Sandbox]) -> Iterator[Books]:
    """The practice of the cast beside a fresh Xero organisation, whose app comes back to the live server."""
    sandbox = sandbox_of("xero")
    sandbox.reset()
    site = str(live_server)
    with override_settings(SITE_ADDRESS=site):
        yield Books(set_up(cast), XeroStage(sandbox, back=f"{site}/connections/back/"))


@pytest.fixture
def practice(books: Books) -> Practice:
    return books.practice


def sign_in(page: Page, books: Books) -> None:
    """From our page over Xero's own ones back to ours."""
    page.goto("/connections/")
    page.get_by_role("link", name="Connect Xero").click()
    page.get_by_label("Client id").fill(APP["client_id"])
    page.get_by_label("Client secret").fill(APP["client_secret"])
    page.get_by_label("Address").fill(books.stage.address)
    page.get_by_role("button", name="Sign in to Xero").click()
    page.get_by_role("radio", name="Mia Chen, Acme Architects").check()
    page.get_by_role("button", name="Allow access").click()


@pytest.mark.capability("D-02", "D-03", "D-04", "D-05", "D-06", "D-08", "D-09", "D-10")
def test_four_stages_are_invoiced_sent_and_paid(visit: Visit, books: Books, working: Worker) -> None:
    phases = books.stages(1000, 2000, 3000, 400)
    invoice = books.practice.invoice(dt.date(2025, 3, 31), claims=[Claim(phase=phase.pk) for phase in phases])
    page = visit("/connections/")
    sign_in(page, books)

    group = page.locator("[data-group=invoices]")
    expect(group).to_contain_text("1 error")
    expect(group.locator("summary")).to_contain_text("7,040.00")
    assert page.locator("[data-group]").count() == 8
    send = page.get_by_role("button", name="Send to Xero")
    expect(send).to_be_disabled()
    group.get_by_role("link", name="Map it").first.click()
    for ours, theirs in (("Sales", "200"), ("GST", "OUTPUT")):
        pair = page.locator(".i-pair--new", has=page.get_by_role("option", name=ours, exact=True))
        pair.get_by_label("Entry in Instep").select_option(label=ours)
        pair.get_by_label("Entry in Xero").select_option(theirs)
        pair.get_by_role("button", name="Join").click()
        expect(page.locator(".i-pair", has_text=ours).first).to_be_visible()
    page.get_by_role("link", name="Preview", exact=True).click()
    page.get_by_role("button", name="Compare again").click()

    expect(group.locator("summary")).not_to_contain_text("error")
    group.locator("summary").click()
    group.get_by_role("button", name="New in Xero").click()
    expect(group.locator("[data-document-line]")).to_have_count(4)
    expect(group).to_contain_text("Added to Xero")
    group.get_by_text("The exact request").click()
    expect(group.locator("pre")).to_contain_text(f'"InvoiceNumber": "{invoice.number}"')
    box = group.get_by_role("checkbox", name=f"Send {invoice.number}")
    box.uncheck()
    expect(send).to_be_disabled()
    expect(group.locator("[data-group-count]")).to_have_text("0 of 1")
    box.check()
    if AXE.exists():
        assert axe_finds(page) == []
    send.click()
    page.wait_for_url("**/connections/runs/*/")
    expect(page.locator("#run-state")).to_contain_text("Done")

    [there] = books.stored("invoices")
    assert (there["InvoiceNumber"], there["Total"], len(there["LineItems"])) == (invoice.number, 7040, 4)
    paid = {"Invoice": {"InvoiceID": there["InvoiceID"]}, "Account": {"Code": "090"}, "Date": "2025-04-10"}
    books.stage.do("save", "payments", fields=paid | {"Amount": 7040})
    page.goto(page.url.split("/connections/")[0] + "/connections/")
    page.get_by_role("link", name="Xero · Acme Architects").first.click()
    page.get_by_role("link", name="Preview", exact=True).click()
    page.get_by_role("button", name="Compare with Xero").click()
    payments = page.locator("[data-group=import_payments]")
    expect(payments.locator("summary")).to_contain_text("7,040.00")
    page.get_by_role("button", name="Send to Xero").click()
    page.wait_for_url("**/connections/runs/*/")
    expect(page.locator("#run-state")).to_contain_text("Done")
    assert standing_of(books.practice.firm, invoice).open == aud(0)


def test_the_preview_fits_a_phone(visit: Visit, books: Books, working: Worker) -> None:
    [phase] = books.stages(1000)
    books.practice.invoice(claims=[Claim(phase=phase.pk)])
    books.connect()
    page = visit(f"/connections/{books.connection.pk}/transfer/", viewport=PHONE)
    page.get_by_role("button", name="Compare with Xero").click()
    expect(page.locator("[data-group=invoices] summary")).to_contain_text("1,100.00")
    page.locator("[data-group=invoices] summary").click()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
