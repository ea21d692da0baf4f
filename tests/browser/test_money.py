"""The way of an hour under a hand: typed in the week, billed, made real, paid, cancelled; and a week on a phone."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from playwright.sync_api import Page, expect

from instep.billing.models import Document
from instep.costs.models import Cost
from instep.staff.actions.resources import update_staff
from tests.billing.conftest import Practice, set_up
from tests.browser.conftest import Visit, axe_finds
from tests.browser.test_records import PHONE, overflow
from tests.cast import Cast

WEEK = "/time/?week=2025-03-03"

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def practice(cast: Cast) -> Practice:
    """A client, a job with a fixed and an hourly phase; Ada is Hana on the staff."""
    made = set_up(cast)
    update_staff(made.hana.pk, by=cast.ada, changes={"user": cast.users["ada"].pk}).sure()
    return made


def saved(page: Page) -> None:
    """Until everything typed has its answer."""
    expect(page.locator("[data-cells-state]")).to_have_attribute("data-tone", "saved")


def add_row(page: Page, text: str) -> None:
    """One more row, by the picker."""
    page.locator("#week-add").fill(text)
    expect(page.locator("#week-add-list [role=option]").first).to_be_visible()
    page.keyboard.press("Enter")


@pytest.mark.capability("E-56", "E-25", "E-26", "E-45", "B-10", "T-04")
def test_an_hour_goes_from_the_week_to_a_cancelled_invoice_by_hand(practice: Practice, visit: Visit) -> None:
    page = visit(WEEK)
    _type_a_week(page)
    page.goto("/billing/?on=2025-03-31")
    expect(page.get_by_role("row", name=re.compile("Library")).first).to_contain_text("325.00")
    page.get_by_role("link", name="Draft an invoice").click()
    page.get_by_label("Date of the invoice").fill("2025-03-31")
    page.get_by_label("Claim of Main", exact=False).fill("120 %")
    page.get_by_role("button", name="Make the draft").click()
    expect(page.get_by_text("Say yes to bill it all the same").first).to_be_visible()
    expect(page.get_by_label("Claim of Main", exact=False)).to_have_value("120 %")
    page.get_by_label("Claim of Main", exact=False).fill("50 %")
    page.get_by_role("button", name="Make the draft").click()
    expect(page.get_by_role("heading", name="Draft invoice")).to_be_visible()
    _type_a_line(page)
    _issue_and_pay(page)
    _cancel(page)
    page.goto("/billing/")
    expect(page.get_by_role("row", name=re.compile("Library")).first).to_contain_text("325.00")


def _type_a_week(page: Page) -> None:
    add_row(page, "library site")
    expect(page.locator("#t-0-0")).to_be_focused()
    page.keyboard.type("1:15")
    page.keyboard.press("Tab")
    page.keyboard.type("half")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#says-0")).to_contain_text("Write hours and minutes, such as 1:15")
    expect(page.locator("#t-0-1")).to_have_value("half")
    expect(page.locator("#t-0-1")).to_have_attribute("aria-invalid", "true")
    add_row(page, "library main")
    expect(page.locator("#t-1-0")).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(page.locator("#t-0-0")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.type("2")
    page.keyboard.press("Enter")
    expect(page.locator("#t-1-1")).to_be_focused()
    saved(page)
    expect(page.locator("#t-0-1")).to_have_value("2:00")
    expect(page.locator("[data-sum-all]")).to_have_text("3:15")
    page.locator("[name='row.0.description']").fill("Meetings")
    page.locator("[name='row.0.description']").press("Enter")
    saved(page)
    page.reload()
    expect(page.locator("#t-0-1")).to_have_value("2:00")
    assert list(Cost.objects.values_list("description", flat=True)) == ["Meetings"] * 2
    page.get_by_role("button", name="Submit the week").click()
    expect(page.get_by_text("2 entries are submitted.").first).to_be_visible()
    expect(page.locator("[data-why]").first).to_contain_text("1:15")
    assert axe_finds(page) == []


def _type_a_line(page: Page) -> None:
    price = page.get_by_label("Price 1")
    expect(price).to_have_value("500.00")
    price.fill("much")
    price.press("Tab")
    expect(page.locator(".i-doc__says")).to_contain_text("such as 12.50")
    expect(price).to_have_value("much")
    price.fill("600")
    price.press("Tab")
    expect(page.locator("#totals")).to_contain_text("$1,017.50")
    saved(page)
    expect(page.get_by_text("line 1 price: 500 → 600", exact=False).first).to_be_visible()
    assert axe_finds(page) == []


def _issue_and_pay(page: Page) -> None:
    page.locator("#make-real").click()
    expect(page.locator("#act")).to_contain_text("INV-0001")
    expect(page.locator("#act")).to_contain_text("$1,017.50")
    page.get_by_role("button", name="Make it real").click()
    expect(page.get_by_role("heading", name="Invoice INV-0001")).to_be_visible()
    page.locator("#pay").click()
    form = page.locator("#act")
    expect(form.get_by_label("Amount")).to_have_value("1,017.50")
    form.get_by_label("Amount").fill("2,000")
    form.get_by_role("button", name="Record the payment").click()
    expect(form.get_by_text("is open on invoice INV-0001")).to_be_visible()
    form.get_by_label("Amount").fill("1,017.50")
    form.get_by_role("button", name="Record the payment").click()
    expect(page.locator(".i-title__words .i-chip")).to_have_text("Paid")


def _cancel(page: Page) -> None:
    page.locator(".i-title__actions summary").click()
    page.locator("#menu-cancel").click()
    form = page.locator("#act")
    form.get_by_label("Why it is cancelled").fill("Billed twice")
    form.get_by_role("button", name="Cancel it by a credit note").click()
    expect(form.get_by_text("Unallocate them first")).to_be_visible()
    form.get_by_role("button", name="Unallocate first").click()
    expect(form.get_by_text("unapplied money")).to_be_visible()
    expect(form.get_by_label("Why it is cancelled")).to_have_value("Billed twice")
    form.get_by_role("button", name="Cancel it by a credit note").click()
    expect(page.locator(".i-title__words .i-chip")).to_have_text("Cancelled")
    expect(page.get_by_role("link", name="CN-0001").first).to_be_visible()
    assert Document.objects.get(kind="credit_note").reason == "Billed twice"


@pytest.mark.capability("E-02", "E-56")
def test_a_phone_shows_a_day_at_a_time_and_every_page_of_money_fits(practice: Practice, visit: Visit) -> None:
    practice.time(90, on=dt.date(2025, 3, 4))
    draft = practice.draft()
    page = visit(WEEK, viewport=PHONE, has_touch=True)
    page.locator(".i-week__day", has_text="Tue").tap()
    expect(page.locator("[data-cell][data-day='1'] .i-week__fast")).to_be_visible()
    expect(page.locator("[data-cell][data-day='0']")).to_be_hidden()
    add_row(page, "main")
    row = page.locator("#t-1-1")
    expect(row).to_be_focused()
    page.keyboard.type("45m")
    page.keyboard.press("Enter")
    saved(page)
    expect(row).to_have_value(re.compile("0:45|45m"))
    assert overflow(page) <= 0
    pages = [f"/billing/invoices/{draft.pk}/", "/billing/", "/billing/invoices/", "/billing/payments/"]
    pages += [f"/jobs/{practice.job.pk}/", "/settings/billing/", f"/staff/{practice.hana.pk}/"]
    for address in [*pages, f"/billing/jobs/{practice.job.pk}/", f"/billing/jobs/{practice.job.pk}/draft/"]:
        page.goto(address)
        assert overflow(page) <= 0, address


@pytest.mark.capability("E-02")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_the_pages_of_money(practice: Practice, visit: Visit, scheme: str) -> None:
    practice.time(90, on=dt.date(2025, 3, 4))
    draft = practice.draft()
    page = visit("/billing/?on=2025-03-31", color_scheme=scheme)
    assert axe_finds(page) == []
    for address in (
        f"/billing/jobs/{practice.job.pk}/draft/",
        f"/billing/invoices/{draft.pk}/",
        "/billing/invoices/",
        WEEK,
    ):
        page.goto(address)
        assert axe_finds(page) == [], address
