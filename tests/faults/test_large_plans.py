"""Row 38: a plan of any size is rows in the database. Planning and sending die in the middle and go on, in little
memory a row. The large one runs with INSTEP_LONG=1.
"""

from __future__ import annotations

import resource
from typing import Any

import pytest

from instep.connect.actions.connections import mark_for_first_link, start_sync
from instep.connect.actions.decisions import approve_plan
from instep.connect.models import OpState, Plan, PlanOp, PlanState
from instep.connect.plan.make import PlanWriter
from instep.crm.models import Organisation
from tests.connect.rig import Cut, CutTransport, Rig

pytestmark = pytest.mark.django_db

KILOBYTES_A_ROW = 2


def plant(rig: Rig, count: int) -> None:
    for first in range(0, count, 1000):
        Organisation.objects.bulk_create(
            Organisation(firm_id=rig.cast.firm.pk, name=f"Org {n:06}", match_name=f"org {n:06}", stage="prospect")
            for n in range(first, min(first + 1000, count))
        )


def used() -> int:
    """The most memory that this process ever had, in kilobytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def dies_in_the_middle_and_goes_on(rig: Rig, count: int, patch: pytest.MonkeyPatch) -> None:
    plant(rig, count)
    rig.connect(start=False)
    mark_for_first_link(rig.connection.pk, by=rig.ada)
    right, chunks = PlanWriter._store, []

    def dies(self: PlanWriter, *args: Any) -> int:
        chunks.append(1)
        if len(chunks) == 3:
            raise Cut
        return right(self, *args)

    with patch.context() as dying:
        dying.setattr(PlanWriter, "_store", dies)
        with pytest.raises(Cut):
            rig.preview()
    before = used()
    plan = rig.preview()
    assert plan is not None
    assert used() - before < 30_000 + KILOBYTES_A_ROW * count
    rows = PlanOp.objects.filter(plan=plan, kind="organisation")
    assert (plan.state, rows.count()) == (PlanState.PROPOSED, count)
    assert not Plan.objects.filter(state=PlanState.PROPOSED).exclude(pk=plan.pk).exists()
    assert rows.values("local_id").distinct().count() == count, "each record once"

    start_sync(rig.connection.pk, by=rig.ada)
    approve_plan(plan.pk, by=rig.ada)
    for call, after, there in ((3, True, 3), (4, False, 6)):
        with pytest.raises(Cut):
            rig.cycle(wrap=lambda inner, c=call, a=after: CutTransport(inner, "create companies", c, a))
        assert len(rig.records("companies")) == there
        rig.wait(60)
    assert used() - before < 30_000 + KILOBYTES_A_ROW * count
    done = rows.filter(state=OpState.APPLIED).count()
    assert (done, rows.filter(state=OpState.PROPOSED).count()) in ((5, count - 6), (6, count - 6), (6, count - 7))
    plan.refresh_from_db()
    assert plan.state == PlanState.APPLYING, "it goes on with the same rows"


@pytest.mark.capability("X-17", "X-19")
def test_a_plan_of_several_chunks_is_gone_on_with_after_each_death(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    dies_in_the_middle_and_goes_on(rig, 450, monkeypatch)


@pytest.mark.long
@pytest.mark.capability("X-17", "X-19")
def test_a_plan_of_a_hundred_thousand_rows_is_gone_on_with_after_each_death(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    dies_in_the_middle_and_goes_on(rig, 100_000, monkeypatch)
