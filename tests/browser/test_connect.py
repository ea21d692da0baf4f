"""The story of a first connection under a hand: connect, preview, link and start, watch the run, decide."""

from __future__ import annotations

import time

import pytest
from playwright.sync_api import expect

from instep.connect.models import Link
from tests.browser.conftest import AXE, PATIENCE, PHONE, Visit, axe_finds
from tests.browser.worker import Worker, working
from tests.connect.conftest import rig, tinyplus_address
from tests.connect.rig import TOKEN, Rig

__all__ = ["rig", "tinyplus_address", "working"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def two_worlds(rig: Rig, clients: int = 12) -> None:
    """Some organisations here, one that is on both sides and may be the same."""
    for n in range(clients):
        rig.organisation(f"Client {n:02}", phone=f"03 9000 {n:04}")
    rig.organisation("Parish of St Columb", phone="03 9000 9999")
    rig.seed(companies=[{"name": "Parish of St Columb", "office_phone": "03 9000 1111"}, {"name": "Remote Co"}])


@pytest.mark.capability("X-17", "X-16", "A-10", "A-03")
def test_from_a_token_to_a_linked_firm(visit: Visit, rig: Rig, working: Worker) -> None:
    two_worlds(rig)
    page = visit("/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Nothing is connected yet")
    page.get_by_role("link", name="Connect tiny+").click()

    # A wrong token: the sentence stands at the field, and what was typed stays in the browser.
    page.get_by_label("Access token").fill("wrong")
    page.get_by_label("Address").fill(f"{rig.address}/v2/")
    page.get_by_role("button", name="Test").click()
    expect(page.locator("#problem-token")).to_contain_text("tiny+ does not accept this token.")
    expect(page.get_by_label("Address")).to_have_value(f"{rig.address}/v2/")
    page.get_by_label("Access token").fill(TOKEN)
    page.get_by_role("button", name="Test").click()
    expect(page.get_by_text("The account “banksia” answers").first).to_be_visible()
    expect(page.locator("#problem-token")).to_be_empty()
    page.get_by_role("button", name="Connect tiny+").click()

    # The preview comes by itself; its numbers lead to its rows.
    start = page.get_by_role("button", name="Link and start")
    expect(start).to_be_visible()
    assert rig.writes() == 0
    page.get_by_role("link", name="need you").click()
    expect(page.locator(".i-op")).to_have_count(2)
    page.get_by_role("link", name="need you").click()
    page.get_by_label("Kind").select_option("organisation")
    expect(page.locator(".i-op", has_text="Ada Bell")).to_have_count(0)
    row = page.locator(".i-op", has_text="Client 00")
    row.locator("summary").click(position={"x": 600, "y": 10})
    row.get_by_role("button", name="Show the exact request").click()
    expect(row.locator("pre")).to_contain_text('"name": "Client 00"')
    start.click()

    # The run shows itself while it goes, and its end by itself.
    page.wait_for_url("**/connections/runs/*/")
    expect(page.locator("#run-state")).to_contain_text("Done")
    expect(page.locator("#run-state")).to_contain_text("12 made in tiny+")
    expect(page.locator(".i-op", has_text="Remote Co")).to_contain_text("New in Instep")

    # What is left waits on the first page, with both records beside each other and one click.
    page.goto("/")
    expect(page.get_by_role("heading", level=1)).to_have_text("One thing waits for you")
    held = page.get_by_role("article", name="Parish of St Columb")
    held.get_by_text("Compare").click()
    expect(held.locator(".i-candidate__diff")).to_contain_text("03 9000 1111")
    held.get_by_role("button", name="It is this one").click()
    expect(page.get_by_text("Linked with the record you chose.").first).to_be_visible()
    expect(page.locator(".i-choice:not(.i-choice--done)")).to_have_count(0)
    until = time.monotonic() + PATIENCE / 1000
    while not Link.objects.filter(label="Parish of St Columb", state="live").exists():
        assert time.monotonic() < until, "the decision was not carried out"
        time.sleep(0.1)


def test_the_pages_are_named_and_fit_a_phone(visit: Visit, rig: Rig) -> None:
    two_worlds(rig, clients=2)
    rig.connect()
    rig.settle()
    key = rig.connection.pk
    page = visit("/", viewport=PHONE)
    for path in (
        "/", "/connections/", "/connections/new/tinyplus/", f"/connections/{key}/", f"/connections/{key}/preview/",
        f"/connections/{key}/runs/", f"/connections/{key}/held/", f"/connections/{key}/fields/",
        f"/connections/{key}/settings/", "/settings/", "/settings/statuses/", "/settings/numbers/",
        "/settings/people/", "/settings/log/",
    ):  # fmt: skip
        page.goto(path)
        expect(page.get_by_role("heading", level=1)).to_have_count(1)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{path} is wider than a phone"
        assert page.evaluate(NAMELESS) == [], path
        if AXE.exists():
            assert axe_finds(page) == [], path


# Controls without a name, and ids that are there twice.
NAMELESS = """() => {
  const named = (e) => e.getAttribute('aria-label') || e.getAttribute('aria-labelledby') || e.title ||
    (e.labels && e.labels.length) || e.textContent.trim() || e.type === 'hidden' ||
    e.querySelector('[aria-label], img[alt]');
  const bad = [...document.querySelectorAll('main :is(a[href], button, input, select, textarea, summary)')]
    .filter((e) => !named(e)).map((e) => e.outerHTML.slice(0, 120));
  const ids = [...document.querySelectorAll('[id]')].map((e) => e.id);
  return [...bad, ...ids.filter((id, at) => ids.indexOf(id) !== at)];
}"""
