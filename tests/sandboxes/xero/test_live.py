"""In a real browser: what arrives by the API is seen by itself, and what is typed is kept."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.sandboxes.xero.client import Xero, invoice

SEEN = 15_000
"""Milliseconds: pages ask every second, a busy machine may take its time."""

pytestmark = pytest.mark.browser


@pytest.fixture
def browser_page(xero: Xero, chromium: Browser) -> Iterator[Page]:
    """A narrow page of the sandbox; anything written to the console or thrown makes the test fail."""
    troubles: list[str] = []
    context = chromium.new_context(base_url=xero.address, viewport={"width": 390, "height": 844})
    opened = context.new_page()
    opened.on("console", lambda message: troubles.append(message.text))
    opened.on("pageerror", lambda error: troubles.append(str(error)))
    yield opened
    context.close()
    assert troubles == []


def test_money_is_taken_on_a_page_that_follows_the_books(xero: Xero, harbour: str, browser_page: Page) -> None:
    page = browser_page
    page.goto("/app/northlight/invoices")
    row = xero.made("PUT", "Invoices", invoice(harbour))
    expect(page.get_by_role("link", name="INV-0001")).to_be_visible(timeout=SEEN)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing sticks out at 390 px"
    page.get_by_role("link", name="INV-0001").click()

    sent = {"Invoice": {"InvoiceID": row["InvoiceID"]}, "Account": {"Code": "090"}, "Amount": 10}
    xero.made("PUT", "Payments", sent)
    expect(page.get_by_label("Amount", exact=True)).to_have_value("100.00", timeout=SEEN)
    page.get_by_label("Amount", exact=True).fill("60")
    xero.made("PUT", "Payments", sent | {"Amount": 20})
    expect(page.get_by_text("changed elsewhere just now")).to_be_visible(timeout=SEEN)
    expect(page.get_by_label("Amount", exact=True)).to_have_value("60")
    page.get_by_role("button", name="Receive payment").click()
    expect(page.get_by_text("Payment received.")).to_be_visible()
    assert xero.one(f"Invoices/{row['InvoiceID']}")["AmountDue"] == 20
