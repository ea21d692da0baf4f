"""The conflicts of a firm by the keyboard alone: move, keep, undo; on a phone as cards; the console says nothing."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from instep.connect.models import Conflict
from instep.crm.actions.organisations import update_organisation
from tests.browser.conftest import AXE, PHONE, Visit, axe_finds
from tests.connect.conftest import rig, tinyplus_address
from tests.connect.rig import Rig

__all__ = ["rig", "tinyplus_address"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def three_conflicts(rig: Rig) -> None:
    """Three organisations whose telephone was changed on both sides."""
    orgs = [rig.organisation(f"Org {n}", phone="03 9000 0000") for n in range(3)]
    rig.connect()
    rig.settle()
    for n, org in enumerate(orgs):
        update_organisation(org.pk, by=rig.ada, changes={"phone": f"03 9111 000{n}"})
        rig.edit("companies", rig.link("organisation", org.pk).remote_id or "", office_phone=f"03 9222 000{n}")
    rig.settle()
    assert Conflict.objects.filter(state="open").count() == 3


@pytest.mark.capability("X-09")
def test_conflicts_are_decided_and_undone_by_keys_and_fit_a_phone(visit: Visit, rig: Rig) -> None:
    three_conflicts(rig)
    page = visit("/connections/conflicts/")
    rows = page.locator("#rows [data-choice]")
    expect(rows).to_have_count(3)
    expect(rows.first).to_contain_text("Ada")

    page.keyboard.press("j")
    expect(rows.nth(0)).to_be_focused()
    page.keyboard.press("Tab")
    expect(rows.nth(0).get_by_role("link").first).to_be_focused()
    page.keyboard.press("1")
    expect(rows.nth(0)).to_contain_text("Instep's value goes to tiny+.")
    expect(rows.nth(1)).to_be_focused()
    page.keyboard.press("2")
    expect(rows.nth(1)).to_contain_text("The value of tiny+ comes to Instep.")
    expect(rows.nth(2)).to_be_focused()
    page.keyboard.press("u")
    expect(rows.nth(1).get_by_role("button", name="Keep Instep's")).to_be_visible()
    page.keyboard.press("k")
    states = dict(Conflict.objects.values_list("link__label", "state"))
    assert states == {"Org 0": "decided", "Org 1": "open", "Org 2": "open"}

    page.get_by_role("button", name="Keep tiny+'s for all").click()
    expect(page.get_by_text("2 conflicts are decided.").first).to_be_visible()
    expect(page.get_by_role("heading", name="No conflict")).to_be_visible()
    closed = page.get_by_role("article", name="Org 2, Phone")
    closed.get_by_role("button", name="Put Instep's back").click()
    expect(closed).to_contain_text("Ada put the other value back.")

    key = rig.connection.pk
    for path in ("/connections/conflicts/", f"/connections/{key}/fields/", "/notices/"):
        small = visit(path, viewport=PHONE)
        assert small.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{path} is wider than a phone"
        if AXE.exists():
            assert axe_finds(small) == [], path
