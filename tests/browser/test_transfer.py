"""The story of source 003 under a hand: sign in to Xero, mend what is orange, send exactly that, be paid, and
cancel the next one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator

import pytest
from django.test import override_settings
from playwright.sync_api import Page, expect

from instep.billing.actions.claims import Claim
from instep.billing.actions.credits import cancel_invoice
from instep.billing.models import Document
from instep.billing.queries.balances import standing_of
from instep.connect.models import Connection
from tests.billing.conftest import Practice, aud, set_up
from tests.browser.conftest import AXE, PHONE, Visit, axe_finds
from tests.browser.worker import Worker, working
from tests.cast import Cast
from tests.connectors.conftest import sandbox_of
from tests.connectors.sandbox import Sandbox
from tests.connectors.xero_stage import APP, XeroStage
from tests.transfer.rig import Books

__all__ = ["sandbox_of", "working"]
MARCH = dt.date(2025, 3, 31)
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


@pytest.mark.capability("B-10", "B-11", "D-02", "D-03", "D-04", "D-05", "D-06", "D-08", "D-09", "D-10", "E-45", "E-50")
def test_two_invoices_are_sent_one_is_paid_and_one_is_cancelled(visit: Visit, books: Books, working: Worker) -> None:
    phases = books.stages(1000, 2000, 3000, 400)
    invoice = books.practice.invoice(MARCH, claims=[Claim(phase=phase.pk) for phase in phases])
    page = visit("/connections/")
    sign_in(page, books)
    home = page.url.split("/connections/")[0]
    _mend_what_is_orange(page)
    _look_closely_and_send(page, invoice.number)
    _paid_there_and_here(page, home, books, invoice)
    _cancelled_here_and_credited_there(page, home, books)


def _mend_what_is_orange(page: Page) -> None:
    """Nothing leaves before the two lists are joined; then the preview is made again."""
    group = page.locator("[data-group=invoices]")
    expect(group).to_contain_text("1 error")
    expect(group.locator("summary")).to_contain_text("7,040.00")
    assert page.locator("[data-group]").count() == 7
    expect(page.get_by_role("button", name="Send to Xero")).to_be_disabled()
    group.get_by_role("link", name="Map it").first.click()
    for ours, theirs in (("Sales", "200"), ("GST", "OUTPUT")):
        pair = page.locator(".i-pair--new", has=page.get_by_role("option", name=ours, exact=True))
        pair.get_by_label("Entry in Instep").select_option(label=ours)
        pair.get_by_label("Entry in Xero").select_option(theirs)
        pair.get_by_role("button", name="Join").click()
        expect(page.locator(".i-pair", has_text=ours).first).to_be_visible()
    page.get_by_role("link", name="Preview", exact=True).click()
    page.get_by_role("button", name="Compare again").click()


def _look_closely_and_send(page: Page, number: str) -> None:
    group, send = page.locator("[data-group=invoices]"), page.get_by_role("button", name="Send to Xero")
    expect(group.locator("summary")).not_to_contain_text("error")
    group.locator("summary").click()
    group.get_by_role("button", name="New in Xero").click()
    expect(group.locator("[data-document-line]")).to_have_count(4)
    expect(group).to_contain_text("Added to Xero")
    group.get_by_text("The exact request").click()
    expect(group.locator("pre")).to_contain_text(f'"InvoiceNumber": "{number}"')
    box = group.get_by_role("checkbox", name=f"Send {number}")
    box.uncheck()
    expect(send).to_be_disabled()
    expect(group.locator("[data-group-count]")).to_have_text("0 of 1")
    box.check()
    if AXE.exists():
        assert axe_finds(page) == []
    _send(page)


def _paid_there_and_here(page: Page, home: str, books: Books, invoice: Document) -> None:
    [there] = books.stored("invoices")
    assert (there["InvoiceNumber"], there["Total"], len(there["LineItems"])) == (invoice.number, 7040, 4)
    paid = {"Invoice": {"InvoiceID": there["InvoiceID"]}, "Account": {"Code": "090"}, "Date": "2025-04-10"}
    books.stage.do("save", "payments", fields=paid | {"Amount": 7040})
    page.goto(f"{home}/connections/")
    page.get_by_role("link", name="Xero · Acme Architects").first.click()
    _compare(page)
    expect(page.locator("[data-group=import_payments] summary")).to_contain_text("7,040.00")
    _send(page)
    assert standing_of(books.practice.firm, invoice).open == aud(0)


def _cancelled_here_and_credited_there(page: Page, home: str, books: Books) -> None:
    """50 minutes at 100 an hour are 83.33: billed, sent, cancelled on our page, credited there, and in WIP again."""
    practice, transfer = books.practice, f"{home}/connections/{Connection.objects.get().pk}/transfer/"
    practice.time(50)
    practice.time(60, on=dt.date(2025, 4, 15), phase=practice.fixed)
    second = practice.invoice(MARCH, claims=[Claim(phase=practice.hourly.pk)])
    page.goto(transfer)
    _compare(page)
    expect(page.locator("[data-group=invoices] summary")).to_contain_text("91.66")
    _send(page)
    before = _wip(page, home, "2025-04-30")
    assert ("100.00" in before, "83.33" in before) == (True, False)

    page.goto(f"{home}/billing/invoices/{second.pk}/")
    page.locator(".i-title__actions summary").click()
    page.locator("#menu-cancel").click()
    page.get_by_label("Date of the credit note").fill("2025-05-01")
    page.get_by_label("Why it is cancelled").fill("Wrong client")
    page.get_by_role("button", name="Cancel it by a credit note").click()
    expect(page.locator(".i-title__words .i-chip")).to_have_text("Cancelled")
    assert _wip(page, home, "2025-04-30") == before
    assert "83.33" in _wip(page, home, "2025-05-01")
    assert "183.33" in _wip(page, home)

    page.goto(transfer)
    _compare(page)
    credits = page.locator("[data-group=credits]")
    expect(credits.locator("summary")).to_contain_text("91.66")
    credits.locator("summary").click()
    note = Document.objects.get(credits=second)
    expect(credits.get_by_role("checkbox", name=f"Send {note.number}")).to_be_checked()
    _send(page)
    _their_own_page(page, books, second, note)


def _their_own_page(page: Page, books: Books, invoice: Document, note: Document) -> None:
    """The credit as their people see it: used in full, on that invoice."""
    page.goto(f"{books.stage.sandbox.address}/app/acme/credit-notes")
    page.get_by_role("link", name=note.number).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(note.number)
    used = page.locator("section", has=page.get_by_role("heading", name="Used on invoices"))
    expect(used.get_by_role("row", name=invoice.number)).to_contain_text("91.66")
    expect(page.locator(".totals div", has_text="Remaining credit")).to_contain_text("0.00")
    used.get_by_role("link", name=invoice.number).click()
    expect(page.locator(".totals div", has_text="Amount due")).to_contain_text("0.00")


def _compare(page: Page) -> None:
    link = page.get_by_role("link", name="Preview", exact=True)
    if "/transfer/" not in page.url:
        link.click()
    page.get_by_role("button", name="Compare with Xero").click()


def _send(page: Page) -> None:
    """Send what is shown, and wait until it is there."""
    page.get_by_role("button", name="Send to Xero").click()
    page.wait_for_url("**/connections/runs/*/")
    expect(page.locator("#run-state")).to_contain_text("Done")


def _wip(page: Page, home: str, on: str = "") -> str:
    """Every word of the page of work in progress."""
    page.goto(f"{home}/billing/" + (f"?on={on}" if on else ""))
    return page.locator("main").inner_text()


@pytest.mark.capability("D-07", "D-17")
def test_what_depends_on_a_line_that_is_left_out_stays_behind_at_once_and_comes_back_with_it(
    visit: Visit, books: Books, working: Worker
) -> None:
    [phase] = books.stages(1000)
    invoice = books.practice.invoice(MARCH, claims=[Claim(phase=phase.pk)])
    cancel_invoice(invoice.pk, by=books.practice.by, on=dt.date(2025, 4, 2), reason="Wrong client")
    note = Document.objects.get(credits=invoice)
    books.connect()
    page = visit(f"/connections/{books.connection.pk}/transfer/")
    page.get_by_role("button", name="Compare with Xero").click()
    groups = {key: page.locator(f"[data-group={key}]") for key in ("invoices", "credits", "beside")}
    for group in groups.values():
        group.locator("summary").first.click()
    box = groups["invoices"].get_by_role("checkbox", name=f"Send {invoice.number}")
    credit = groups["credits"].get_by_role("checkbox", name=f"Send {note.number}")
    box.uncheck()
    expect(credit).to_be_disabled()
    expect(credit).not_to_be_checked()
    expect(groups["credits"]).to_contain_text("Left out with what it depends on")
    expect(groups["credits"].locator("[data-group-count]")).to_have_text("0 of 1")
    expect(groups["credits"].locator("[data-group-total]")).to_have_text("")
    expect(groups["beside"].locator("[data-group-count]")).to_have_text("0 of 2")
    expect(groups["beside"]).to_contain_text("what needs it stays behind")
    expect(page.get_by_role("button", name="Send to Xero")).to_be_disabled()
    box.check()
    expect(credit).to_be_checked()
    expect(groups["beside"].locator("[data-group-count]")).to_have_text("2")
    credit.uncheck()
    expect(groups["invoices"].locator("[data-group-count]")).to_have_text("1")
    _send(page)
    assert (len(books.stored("invoices")), books.stored("creditnotes")) == (1, [])


def test_the_preview_fits_a_phone(visit: Visit, books: Books, working: Worker) -> None:
    [phase] = books.stages(1000)
    books.practice.invoice(claims=[Claim(phase=phase.pk)])
    books.connect()
    page = visit(f"/connections/{books.connection.pk}/transfer/", viewport=PHONE)
    page.get_by_role("button", name="Compare with Xero").click()
    expect(page.locator("[data-group=invoices] summary")).to_contain_text("1,100.00")
    page.locator("[data-group=invoices] summary").click()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
