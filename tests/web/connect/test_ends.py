"""Pages of records that ended on one side: what can be chosen, the rules, and confirming many removals."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from instep.connect.models import Cursor, Link, Observation, Plan, Run
from instep.crm.models import Organisation
from tests.connect.rig import TOKEN
from tests.web.connect.desk import Desk, readable

pytestmark = pytest.mark.django_db


def gone(desk: Desk, count: int) -> list[Organisation]:
    """So many clients are linked, and were deleted in tiny+ since."""
    made = [desk.rig.organisation(f"Client {n:02}") for n in range(count)]
    desk.linked()
    for each in made:
        remote_id = Link.objects.get(kind="organisation", local_id=each.pk).remote_id
        desk.rig.http.delete(f"{desk.rig.address}/v2/companies/{remote_id}", headers={"Authorization": TOKEN})
    return made


def a_day_passes() -> None:
    """For the lists alone: it is time to look for what is gone."""
    before = timezone.now() - timedelta(days=2)
    Cursor.objects.update(full_scan_at=before)
    Observation.objects.update(seen_at=before)


@pytest.mark.capability("A-32", "X-15")
def test_a_record_that_is_gone_there_can_be_archived_unlinked_or_made_anew(desk: Desk) -> None:
    (acme,) = gone(desk, 1)
    a_day_passes()
    desk.cycle()
    page = desk.text(desk.url("held"))
    assert "tiny+ no longer has this record. Nothing was removed here" in page
    for button in ("Make it anew in tiny+", "Archive it here", "Unlink", "Leave it out"):
        assert button in page
    assert "Delete it" not in page

    link = Link.objects.get(held_code="gone_there")
    url = reverse("connect:decide_held", args=[link.pk])
    assert desk.as_user("cy").post(url, {"choice": "archive"}).status_code == 403
    assert desk.as_user("odo").post(url, {"choice": "archive"}).status_code == 404
    said = readable(desk.ada.post(url, {"choice": "archive"}, headers={"HX-Request": "true"}))
    assert "It is archived here. It happens now." in said
    desk.cycle()
    assert Organisation.objects.get(pk=acme.pk).archived_at is not None
    assert "Archived in Instep" in desk.text(reverse("connect:run", args=[last_run(desk)]))
    assert "Client 00" not in desk.text(desk.url("held")), "nobody is asked any more"


def last_run(desk: Desk) -> int:
    return Run.objects.filter(connection=desk.connection, counts__has_key="archive_here.done").latest("id").pk


@pytest.mark.capability("A-32", "X-15")
def test_a_rule_is_set_for_a_kind_and_many_removals_are_confirmed_on_the_preview(desk: Desk) -> None:
    made = gone(desk, 3)
    page = desk.text(desk.url("settings"))
    assert "When a record ends on one side" in page
    rules = desk.url("removal_rules")
    said = {"kind": "organisation", "here": "archive", "there": "delete"}
    assert desk.as_user("cy").post(rules, said).status_code == 403
    assert desk.ada.post(rules, {**said, "there": "archive"}).status_code == 422, "tiny+ knows no archive"
    desk.ada.post(rules, said)
    a_day_passes()
    desk.cycle()
    assert Organisation.objects.filter(archived_at=None).count() == 3

    desk.ada.post(desk.url("make_preview"))
    desk.work()
    shown = desk.ada.get(desk.url("preview"))
    plan: Plan = shown.context["plan"]
    assert "3 removals are not confirmed" in readable(shown)
    assert "Yes, take these 3 away" in readable(shown)
    allow = reverse("connect:allow_removals", args=[plan.pk])
    assert desk.as_user("odo").post(allow, {"count": 3}).status_code == 404
    assert desk.ada.post(allow, {"count": 2}).status_code == 409
    desk.ada.post(allow, {"count": 3})
    assert "were confirmed by Ada" in desk.text(desk.url("preview"))
    desk.ada.post(reverse("connect:approve", args=[plan.pk]))
    desk.cycle()
    assert {each.pk for each in Organisation.objects.exclude(archived_at=None)} == {each.pk for each in made}
