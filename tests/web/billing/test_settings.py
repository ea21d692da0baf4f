"""What invoices begin with, and what an hour costs: set on pages, refused in place, nobody else's."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from django.test import Client

from instep.base.identity.permissions import Role
from instep.base.settings.declared import get_settings
from instep.billing.actions.drafts import create_draft
from instep.billing.settings import TAX_RATE, TERMS_DAYS
from instep.costs.models import StaffRate
from instep.costs.settings import CLOSED_UNTIL
from tests.billing.conftest import Practice, aud
from tests.cast import member

HTMX = {"HX-Request": "true", "HX-Target": "act"}
GIVEN = {
    "issuer_address": "1 Lane\nTown",
    "issuer_tax_number": "51 824 753 556",
    "payment_details": "BSB 063-000",
    "terms_days": "30",
    "tax_code": "GST",
    "tax_rate": "12.5 %",
    "tax_basis": "exclusive",
    "tax_mode": "document",
    "closed_until": "2025-01-31",
}


def test_new_drafts_begin_with_what_the_settings_say(
    practice: Practice, ada: Client, signed_in: Callable[[str], Client]
) -> None:
    before = create_draft(by=practice.by, client=practice.client.pk, dated_on=dt.date(2025, 3, 1))
    wrong = ada.post("/settings/billing/", {**GIVEN, "tax_rate": "1001", "terms_days": "31"})
    assert wrong.status_code == 422
    assert 'value="1001"' in wrong.content.decode()
    assert "0 to 1000 percent" in wrong.content.decode()
    assert get_settings(practice.firm, [TERMS_DAYS])[TERMS_DAYS.key] == 14
    assert ada.post("/settings/billing/", GIVEN).status_code == 302
    stored = get_settings(practice.firm, [TAX_RATE, TERMS_DAYS, CLOSED_UNTIL])
    assert list(stored.values()) == [125_000, 30, "2025-01-31"]
    assert 'value="12.5"' in ada.get("/settings/billing/").content.decode()
    draft = create_draft(by=practice.by, client=practice.client.pk, dated_on=dt.date(2025, 3, 1))
    assert (draft.issuer_address, draft.due_on, draft.tax_mode) == ("1 Lane\nTown", dt.date(2025, 3, 31), "document")
    before.refresh_from_db()
    assert (before.issuer_address, before.tax_mode) == ("", "line")
    assert signed_in("bo").post("/settings/billing/", GIVEN).status_code == 403


def test_a_rate_is_set_on_the_page_of_its_person(
    practice: Practice, ada: Client, signed_in: Callable[[str], Client]
) -> None:
    url = f"/staff/{practice.hana.pk}/"
    assert "100.00" in ada.get(url).content.decode()
    said = {"effective_on": "2025-06-01", "charge_rate": "1,120.25", "cost_rate": ""}
    assert ada.post(f"{url}rate/", {**said, "charge_rate": "a lot"}, headers=HTMX).status_code == 422
    assert ada.post(f"{url}rate/", {**said, "charge_rate": ""}, headers=HTMX).status_code == 422
    assert ada.post(f"{url}rate/", said, headers=HTMX).status_code == 204
    assert "1,120.25" in ada.get(url).content.decode()
    assert practice.time(60, on=dt.date(2025, 6, 2)).charge == aud("1120.25")
    assert signed_in("odo").post(f"{url}rate/", said, headers=HTMX).status_code == 404
    assert signed_in("cy").post(f"{url}rate/", said, headers=HTMX).status_code == 403
    assert "1,120.25" not in signed_in("cy").get(url).content.decode()
    assert StaffRate.objects.count() == 2
    assert "Should bring an hour, AUD, from 2025-06-01: 1120.25" in ada.get(url).content.decode()
    keeper = Client()
    user = member(practice.cast.firm, "Kit", Role.BOOKKEEPER)
    keeper.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    for page in (url, "/settings/log/"):
        assert "1120.25" in ada.get(page).content.decode()
        assert "1120.25" not in keeper.get(page).content.decode()
        assert "1,120.25" not in keeper.get(page).content.decode()
