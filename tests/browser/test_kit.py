"""The kit under a hand: keys, focus, the side panel, going back, the theme, and a console without a word."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from instep.staff.models import StaffResource
from tests.browser.conftest import PHONE, Visit, axe_finds
from tests.web.shell.conftest import people, site

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("site", "people"),
]
__all__ = ["people", "site"]


def test_a_list_is_walked_opened_and_left_by_keys_and_back_is_right(visit: Visit) -> None:
    page = visit("/staff/")
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.get_by_role("link", name="Kit Brook")).to_be_focused()
    page.keyboard.press("Enter")
    panel = page.locator("#panel")
    expect(panel.get_by_role("heading", name="Kit Brook")).to_be_visible()
    expect(page.get_by_role("link", name="Kit Brook")).to_be_focused()
    assert "open=" in page.url
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(panel.get_by_role("heading", name="Kit Chan")).to_be_visible()
    page.go_back()
    expect(panel.get_by_role("heading", name="Kit Brook")).to_be_visible()
    page.reload()
    expect(panel.get_by_role("heading", name="Kit Brook")).to_be_visible()
    page.keyboard.press("Escape")
    expect(panel).to_be_empty()
    assert "open=" not in page.url


def test_searching_and_sorting_keep_the_focus_and_live_in_the_address(visit: Visit) -> None:
    page = visit("/staff/")
    page.keyboard.press("/")
    page.keyboard.type("gre")
    expect(page.locator("[data-row]")).to_have_count(1)
    expect(page.locator("[data-list-search]")).to_be_focused()
    expect(page).to_have_url(re.compile(r"/staff/\?q=gre$"))
    page.locator("[data-list-search]").fill("kit")
    expect(page.locator("[data-row]")).to_have_count(3)
    page.locator("#sort-job_title").click()
    expect(page.locator("[data-row]").first).to_contain_text("Kit Grey")
    expect(page.locator("#sort-job_title")).to_be_focused()
    page.locator("#page-next").click()
    expect(page.locator("[data-row]").first).to_contain_text("Kit Dunn")
    page.go_back()
    expect(page.locator("[data-row]").first).to_contain_text("Kit Grey")


def test_a_field_saves_with_enter_and_when_it_is_left_and_esc_leaves_it(visit: Visit) -> None:
    page = visit(f"/staff/{StaffResource.objects.get(last_name='Abbott').pk}/")
    page.keyboard.press("e")
    expect(page.get_by_label("First name")).to_be_focused()
    page.keyboard.type("Kitty")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Saved").first).to_be_visible()
    name = page.get_by_role("button", name="Name Kitty Abbott")
    expect(name).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_label("First name")).to_be_focused()
    page.keyboard.type("Nobody")
    page.keyboard.press("Escape")
    expect(name).to_be_focused()
    email = page.get_by_role("button", name="Email abbott@x.example")
    email.click()
    expect(page.get_by_role("textbox", name="Email")).to_be_focused()
    page.keyboard.type("nowhere")
    page.keyboard.press("Tab")
    expect(page.locator(".i-save--refused")).to_contain_text("nowhere is not an email address")
    page.get_by_role("textbox", name="Email").fill("kitty@x.example")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Email kitty@x.example")).to_be_focused()
    kept = StaffResource.objects.get(last_name="Abbott")
    assert (kept.first_name, kept.email) == ("Kitty", "kitty@x.example")


def test_saving_in_the_panel_changes_the_row_beside_it(visit: Visit) -> None:
    page = visit(f"/staff/?open={StaffResource.objects.get(last_name='Brook').pk}")
    expect(page.locator("#panel").get_by_role("heading", name="Kit Brook")).to_be_visible()
    page.keyboard.press("e")
    expect(page.get_by_label("First name")).to_be_focused()
    page.keyboard.type("Kris")
    page.keyboard.press("Enter")
    expect(page.locator("[data-row]", has_text="Kris Brook")).to_have_attribute("aria-current", "true")
    expect(page.get_by_role("button", name="Name Kris Brook")).to_be_focused()


def test_the_palette_finds_a_record_and_opens_it(visit: Visit) -> None:
    page = visit("/styleguide/")
    page.keyboard.press("Control+k")
    page.keyboard.type("dunn")
    option = page.get_by_role("option", name="Kit Dunn")
    expect(option).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Kit Dunn", level=1)).to_be_visible()
    page.keyboard.press("g")
    page.keyboard.press("s")
    expect(page).to_have_url(re.compile(r"/staff/$"))


def test_single_keys_can_be_switched_off(visit: Visit) -> None:
    page = visit("/staff/")
    page.keyboard.press("?")
    page.get_by_label("Single keys act where nothing is being typed").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_hidden()
    expect(page.locator(".i-row__link:focus")).to_have_count(0)


def test_a_caution_asks_then_acts_and_the_toast_offers_the_way_back(visit: Visit) -> None:
    page = visit("/styleguide/")
    page.get_by_role("button", name="A caution").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Make a second one?")
    dialog.get_by_role("button", name="Leave it").click()
    expect(page.locator("[data-toast]")).to_have_count(0)
    page.get_by_role("button", name="A caution").click()
    dialog.get_by_role("button", name="Go ahead").click()
    expect(page.locator("[data-toast]")).to_contain_text("Done.")
    page.get_by_role("button", name="A toast with undo").click()
    page.get_by_role("button", name="Bring them back").click()
    expect(page.get_by_text("3 contacts archived.")).to_have_count(0)
    page.get_by_role("button", name="A refusal").click()
    expect(page.locator("[data-tone=bad]")).to_contain_text("Undo those changes first.")


def test_the_theme_changes_at_once_and_stays(visit: Visit) -> None:
    page = visit("/staff/", color_scheme="light")
    ground = "getComputedStyle(document.querySelector('main')).backgroundColor"
    light = page.evaluate(ground)
    page.get_by_title("Ada", exact=True).click()
    with page.expect_response("**/shell/theme"):
        page.get_by_role("button", name="Dark").click()
    dark = page.evaluate(ground)
    assert dark != light
    page.reload()
    assert page.evaluate(ground) == dark


@pytest.mark.parametrize("path", ["/styleguide/", "/staff/", "/staff/new/", "/accounts/password/change/"])
def test_nothing_hangs_over_the_edge_of_a_phone_or_at_twice_the_size(visit: Visit, path: str) -> None:
    for viewport in (PHONE, {"width": 640, "height": 400}):
        page = visit(path, viewport=viewport)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), viewport


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/styleguide/", "/staff/", "/staff/?open={}", "/staff/new/"])
def test_axe_finds_nothing(visit: Visit, path: str, scheme: str) -> None:
    page = visit(path.format(StaffResource.objects.get(last_name="Abbott").pk), color_scheme=scheme)
    if "open=" in path:
        expect(page.locator("#panel").get_by_role("heading", name="Kit Abbott")).to_be_visible()
    assert axe_finds(page) == []


def test_on_a_phone_the_filters_wait_behind_a_button(visit: Visit) -> None:
    page = visit("/staff/", viewport=PHONE)
    expect(page.locator("[data-filter] select")).to_be_hidden()
    page.get_by_role("button", name="Filters").click()
    page.locator("[data-filter] select").select_option("no")
    expect(page.get_by_text("Nothing matches").first).to_be_visible()
    expect(page).to_have_url(re.compile(r"active=no"))
