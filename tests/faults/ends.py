"""How a story over the real wire must end, whatever happened in it."""

from __future__ import annotations

from datetime import timedelta

from instep.connect.models import Dirty, Intent, PlanOp, Run
from instep.connect.models.plans import OPEN_INTENTS
from instep.crm.models import Organisation
from tests.connect.rig import Rig


def calm(rig: Rig) -> None:
    """Faults end and time passes on our side; the engine is left to itself."""
    rig.faults()
    for _ in range(5):
        rig.late += timedelta(minutes=10)
        rig.cycle()


def same(rig: Rig) -> None:
    """Every organisation is on both sides once and says the same, nothing is in doubt, and the next run is quiet."""
    ours = sorted(Organisation.objects.filter(firm=rig.cast.firm).values_list("name", "phone"))
    assert sorted((r["name"], r["office_phone"] or "") for r in rig.records("companies")) == ours
    assert not Intent.objects.filter(state__in=OPEN_INTENTS).exists()
    assert not Run.objects.filter(state="running").exists()
    assert not Dirty.objects.exists()
    writes = rig.writes()
    rig.late += timedelta(minutes=10)
    assert rig.cycle().rows == 0, list(PlanOp.objects.order_by("-id").values("op", "label", "changes")[:3])
    assert rig.writes() == writes
