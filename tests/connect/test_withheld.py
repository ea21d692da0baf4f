"""Records that our side keeps back for a while: nothing is sent, the link stays, nothing is removed there (A-09)."""

from __future__ import annotations

import pytest

from instep.connect.actions.decisions import approve_plan
from instep.connect.models import Link, LinkState
from instep.connect.queries import sync_of
from instep.jobs.actions.jobs import update_job
from instep.jobs.actions.statuses import add_status, lock_status
from instep.jobs.models import Job, JobStatus
from instep.jobs.states import StatusType
from instep.kernel.errors import NotAllowed, NotFound
from tests.connect.rig import Rig

pytestmark = pytest.mark.django_db


def lock(rig: Rig, key: str, *, locked: bool = True) -> None:
    lock_status(JobStatus.objects.get(firm=rig.cast.firm, key=key).pk, by=rig.ada, locked=locked)


def projects(rig: Rig) -> list[str]:
    return [row["name"] for row in rig.records("projects")]


@pytest.mark.capability("A-09")
def test_a_job_with_a_locked_status_is_not_sent_until_it_has_another_and_then_once(rig: Rig) -> None:
    sketch = add_status("Sketch", by=rig.ada, type=StatusType.PROPOSAL)
    lock(rig, sketch.key)
    house = rig.job("House", rig.organisation("Acme"), status=sketch.key)
    rig.connect()
    rig.settle()
    assert projects(rig) == []
    [stands] = sync_of(rig.cast.firm.pk, "job", [house.pk])[house.pk]
    assert "Its status, Sketch, is locked" in stands.sentence
    assert rig.cycle().rows == 0

    update_job(house.pk, by=rig.ada, changes={"status": "proposal"})
    rig.settle()
    assert projects(rig) == ["House"]
    link = rig.link("job", house.pk)
    assert (link.state, link.held_code) == (LinkState.LIVE, "")

    lock(rig, "proposal")
    update_job(house.pk, by=rig.ada, changes={"name": "House and shed"})
    rig.edit("projects", link.remote_id or "", description="From there")
    rig.wait(60)
    rig.settle()
    assert projects(rig) == ["House"], "nothing is sent, and nothing is removed"
    kept = rig.link("job", house.pk)
    assert (kept.pk, kept.remote_id, kept.state) == (link.pk, link.remote_id, LinkState.LIVE)
    assert kept.held_code == "withheld"
    assert rig.cycle().rows == 0

    lock(rig, "proposal", locked=False)
    rig.settle()
    assert projects(rig) == ["House and shed"]
    assert Job.objects.get().scope == "From there"
    assert rig.link("job", house.pk).held_code == ""
    assert rig.calls()["create projects"] == 1
    for outsider, refusal in ((rig.cast.cy, NotAllowed), (rig.cast.odo, NotFound)):
        with pytest.raises(refusal):
            lock_status(JobStatus.objects.get(firm=rig.cast.firm, key="won").pk, by=outsider)


@pytest.mark.capability("A-09")
def test_a_status_that_is_locked_after_the_preview_was_made_keeps_its_jobs_all_the_same(rig: Rig) -> None:
    acme = rig.organisation("Acme")
    rig.connect()
    rig.settle()
    rig.job("House", acme)
    plan = rig.preview()
    assert plan is not None
    lock(rig, "proposal")
    approve_plan(plan.pk, by=rig.ada)
    rig.settle()

    assert projects(rig) == []
    assert Link.objects.get(kind="job").held_code == "withheld"
