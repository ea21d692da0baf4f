"""Records under a hand: a field by keyboard, the search, what is done with a record, a phone."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from instep.crm.actions.organisations import update_organisation
from instep.crm.models import Organisation
from instep.jobs.models import Job, Phase
from tests.browser.conftest import PHONE, Visit, axe_finds
from tests.cast import Cast
from tests.web.records.world import World, build_world

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def world(cast: Cast) -> World:
    """A client with its people and work, a prospect, a lead."""
    return build_world(cast)


def overflow(page: Page) -> int:
    """By how many pixels the page is wider than its window."""
    return int(page.evaluate("document.documentElement.scrollWidth - innerWidth"))


@pytest.mark.capability("E-02")
def test_a_field_is_edited_by_keyboard_beside_the_list_and_both_show_it(world: World, visit: Visit) -> None:
    page = visit("/organisations/")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    panel = page.locator("#panel")
    expect(panel.get_by_role("heading", name="City of Yarra")).to_be_visible()
    page.keyboard.press("e")
    expect(panel.get_by_label("Name", exact=True)).to_be_focused()
    page.keyboard.type("City of Yarra Libraries")
    page.keyboard.press("Enter")
    expect(panel.locator(".i-save--saved")).to_be_attached()
    expect(panel.get_by_role("heading", name="City of Yarra Libraries")).to_be_visible()
    expect(page.get_by_role("link", name="City of Yarra Libraries")).to_be_visible()
    expect(panel.get_by_text("Name: City of Yarra → City of Yarra Libraries")).to_be_visible()
    assert Organisation.objects.get(pk=world.client.pk).name == "City of Yarra Libraries"


def test_somebody_elses_change_loses_nothing_that_was_typed(world: World, visit: Visit) -> None:
    page = visit(f"/organisations/{world.client.pk}/")
    page.get_by_role("button", name="Phone").click()
    expect(page.locator("form[data-inline-form]")).to_be_visible()
    update_organisation(world.client.pk, by=world.cast.bo, changes={"phone": "03 1111 1111"})
    typed = page.locator("form[data-inline-form] input[name=value]")
    typed.fill("03 2222 2222")
    typed.press("Enter")
    expect(page.locator(".i-save__hint")).to_contain_text("Somebody changed this organisation")
    expect(page.locator(".i-save__hint")).to_contain_text("03 1111 1111")
    expect(typed).to_have_value("03 2222 2222")
    typed.press("Enter")
    expect(page.locator(".i-save--saved")).to_be_attached()
    assert Organisation.objects.get(pk=world.client.pk).phone == "03 2222 2222"


@pytest.mark.capability("E-47")
def test_searching_and_filtering_by_a_picker_live_in_the_address(world: World, visit: Visit) -> None:
    page = visit("/jobs/")
    page.keyboard.press("/")
    page.keyboard.type("nothing like it")
    expect(page.locator("#list").get_by_text("Nothing matches")).to_be_visible()
    page.locator("[data-list-search]").fill("yar")
    expect(page.locator("[data-row]")).to_have_count(1)
    expect(page).to_have_url(re.compile(r"/jobs/\?q=yar$"))
    page.locator("[data-list-search]").fill("")
    page.get_by_label("Client").click()
    page.keyboard.type("mer")
    page.get_by_role("option", name="Merri Creek Trust").click()
    expect(page).to_have_url(re.compile(rf"/jobs/\?client={world.prospect.pk}$"))
    expect(page.locator("#list").get_by_text("Nothing matches")).to_be_visible()
    page.reload()
    expect(page.get_by_label("Client")).to_have_value("Merri Creek Trust")


@pytest.mark.capability("E-13", "T-01", "T-02")
def test_a_job_is_given_a_phase_and_a_status_without_leaving_its_page(world: World, visit: Visit) -> None:
    page = visit(f"/jobs/{world.job.pk}/")
    page.locator("#phase-new").click()
    expect(page.locator("#act").get_by_label("Name")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#phase-new")).to_be_focused()
    page.keyboard.press("Enter")
    form = page.locator("#act")
    form.get_by_label("How it earns").select_option("percent")
    expect(form.get_by_label("Fee", exact=False).first).not_to_be_visible()
    form.get_by_label("Percent").fill("10")
    form.get_by_label("Contract sum").fill("90,000")
    form.get_by_role("button", name="Add the stage").click()
    expect(form.get_by_text("It cannot be empty.")).to_be_visible()
    form.get_by_label("Name").fill("Design")
    form.get_by_role("button", name="Add the stage").click()
    expect(page.get_by_text("$19,000.00", exact=True).first).to_be_visible()
    expect(form).to_be_empty()
    page.get_by_text("Change status").click()
    page.get_by_role("button", name="On hold").click()
    expect(page.locator(".i-title__words .i-chip")).to_have_text("On hold")
    page.get_by_role("button", name="Back to Active").click()
    expect(page.locator(".i-title__words .i-chip")).to_have_text("Active")
    assert Job.objects.get(pk=world.job.pk).status.key == "active"
    assert Phase.objects.filter(job=world.job).count() == 2


@pytest.mark.capability("E-02", "E-17")
def test_a_phone_is_wide_enough_for_every_page_and_for_making_a_contact(world: World, visit: Visit) -> None:
    page = visit(f"/organisations/{world.client.pk}/", viewport=PHONE, has_touch=True)
    pages = ["/organisations/", "/contacts/", "/jobs/", "/staff/", "/jobs/new/", "/organisations/new/"]
    pages += [f"/jobs/{world.job.pk}/", f"/staff/{world.handler.pk}/", f"/contacts/{world.contact.pk}/"]
    for address in pages:
        page.goto(address)
        assert overflow(page) <= 0, address
    page.goto("/organisations/")
    page.get_by_role("link", name="City of Yarra").tap()
    expect(page.locator("#panel").get_by_role("heading", name="City of Yarra")).to_be_visible()
    assert overflow(page) <= 0
    page.get_by_role("link", name="New contact").tap()
    page.get_by_label("First name").fill("Jan")
    page.get_by_role("button", name="Create the contact").tap()
    expect(page.get_by_role("heading", name="Jan")).to_be_visible()
    expect(page.get_by_text("City of Yarra").first).to_be_visible()


@pytest.mark.capability("E-02")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_a_list_a_panel_a_form_and_a_record(world: World, visit: Visit, scheme: str) -> None:
    page = visit(f"/organisations/?open={world.client.pk}", color_scheme=scheme)
    expect(page.locator("#panel").get_by_role("heading", name="City of Yarra")).to_be_visible()
    assert axe_finds(page) == []
    page.goto("/jobs/new/")
    assert axe_finds(page) == []
    page.goto(f"/jobs/{world.job.pk}/")
    page.locator("#phase-new").click()
    expect(page.locator("#act").get_by_label("Name")).to_be_focused()
    assert axe_finds(page) == []
