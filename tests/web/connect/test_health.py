"""The health of a connection on its page: what is wrong and what to do, measured; and a copy that is taken over."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from instep.base.tasks.models import Executor
from instep.connect.installation import here
from instep.connect.models import Connection, JournalEntry, Run
from instep.crm.actions.organisations import update_organisation
from tests.web.connect.desk import Desk, readable

pytestmark = pytest.mark.django_db
HEALTH_BUDGET = 16
"""Queries: seven of the health, the card, the worker, and what every page asks."""


@pytest.mark.capability("X-13")
def test_the_page_says_what_is_wrong_and_how_late_edits_arrive(desk: Desk, django_assert_max_num_queries: Any) -> None:
    acme = desk.rig.organisation("Acme", phone="03 9000 0000")
    desk.linked()
    Executor.objects.create(name="w1", session="s", beat_at=timezone.now())
    text = readable(desk.ada.get(desk.url("health")))
    assert "All is well" in text
    assert "No run has been cut short so far." in text
    update_organisation(acme.pk, by=desk.rig.ada, changes={"phone": "03 9111 1111"})
    desk.cycle()
    for each, lag in zip(range(20), [1_400] * 15 + [30_000] * 4 + [700_000], strict=True):
        JournalEntry.objects.create(
            firm=desk.rig.cast.firm, run=Run.objects.latest("id"), at=timezone.now(), side="here",
            op="update_here", kind="organisation", lag_ms=lag, local_id=each,
        )  # fmt: skip
    old = JournalEntry.objects.create(
        firm=desk.rig.cast.firm, run=Run.objects.latest("id"), at=timezone.now() - timedelta(hours=25), side="here",
        op="update_here", kind="organisation", lag_ms=9_000_000,
    )  # fmt: skip
    Run.objects.filter(pk=old.run_id).update(state="stopped", message="tiny+ asked for a pause.")
    with django_assert_max_num_queries(HEALTH_BUDGET):
        page = desk.ada.get(desk.url("health"))
    told = {row["word"]: (row["half"], row["most"], row["count"]) for row in page.context["arrivals"]}
    assert told["Edits in tiny+ reach us"] == ("1.4 s", "30 s", 20)
    assert told["Our edits reach tiny+"][2] == 1
    assert "tiny+ asked for a pause." in readable(page)
    Connection.objects.update(next_poll_at=timezone.now() - timedelta(hours=1))
    text = readable(desk.ada.get(desk.url("health")))
    assert "It should have looked 59 minutes ago" in text or "It should have looked 60 minutes ago" in text
    assert "Restart the worker and read its log." in text
    assert desk.as_user("odo").get(desk.url("health")).status_code == 404


@pytest.mark.capability("A-34")
def test_a_copy_says_so_on_every_page_and_is_taken_over_by_who_may(desk: Desk) -> None:
    desk.linked()
    Connection.objects.update(environment="of another installation")
    for name in ("overview", "runs", "settings"):
        assert "copy of another installation" in desk.text(desk.url(name)), name
        assert "Sync now" not in desk.text(desk.url(name))
    assert "so the connection only looks" in desk.text(reverse("connect:home"))
    refused = desk.ada.post(desk.url("sync"))
    assert refused.status_code == 409
    assert "copy of another installation" in readable(refused)
    assert "This installation is the real one now" in readable(desk.ada.get(desk.url("health")))
    by_others = {name: desk.as_user(name).post(desk.url("take_over")).status_code for name in ("cy", "odo")}
    assert by_others == {"cy": 403, "odo": 404}
    assert Connection.objects.get().environment != here()
    assert desk.ada.post(desk.url("take_over"), follow=True).status_code == 200
    row = Connection.objects.get()
    assert (row.environment, row.epoch) == (here(), 2)
    assert "went back in time" in readable(desk.ada.get(desk.url("health")))
    assert desk.ada.post(desk.url("take_over")).status_code == 409
