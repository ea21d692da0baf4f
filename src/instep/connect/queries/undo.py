"""What was undone by what: runs that took others back, and whether one may be."""

from __future__ import annotations

from django.db.models import Q

from instep.connect.errors import AlreadyUndone, RunNotOver, UndoUnderWay
from instep.connect.models import JournalEntry, Plan, PlanState, Run, RunState
from instep.connect.models.plans import UNDO

UNDER_WAY = (PlanState.APPROVED, PlanState.APPLYING)


def undone_by(run: Run) -> Run | None:
    """The run that took this one back; None while it stands, or when that was taken back itself."""
    rows = JournalEntry.objects.of(run.firm_id).filter(run=run).exclude(undone_by=None)
    key = rows.order_by("-undone_by").values_list("undone_by", flat=True).first()
    return Run.objects.of(run.firm_id).filter(pk=key).select_related("plan").first() if key is not None else None


def undone(run: Run) -> tuple[Run | None, bool]:
    """The run that took this one back, and whether one is taking it back just now; two queries at most."""
    if undo_under_way(run) is not None:
        return None, True
    by = undone_by(run)
    return (by, False) if by is not None and _over(by) else (None, False)


def _over(by: Run) -> bool:
    """Whether an undo came to its end; one that was cut short for good may be made anew, of what is left."""
    return by.plan is not None and by.plan.state == PlanState.APPLIED


def undo_under_way(run: Run) -> Plan | None:
    """The plan that takes it back and is approved, but not carried out to its end."""
    return Plan.objects.of(run.firm_id).filter(undoes=run.pk, state__in=UNDER_WAY).order_by("-id").first()


def undo_plan_of(run: Run) -> Plan | None:
    """The newest plan that takes it back and may still be looked at or is under way."""
    shown = Q(state=PlanState.PROPOSED) | Q(state__in=UNDER_WAY)
    return Plan.objects.of(run.firm_id).filter(shown, undoes=run.pk).order_by("-id").first()


def undoes(run: Run) -> int | None:
    """The run that this one took back."""
    return run.plan.undoes if run.plan is not None and run.purpose == UNDO else None


def check_undoable(run: Run) -> None:
    """Raises RunNotOver, AlreadyUndone, UndoUnderWay."""
    if run.state == RunState.RUNNING:
        raise RunNotOver(run=run.pk)
    by, under_way = undone(run)
    if under_way:
        raise UndoUnderWay(run=run.pk)
    if by is not None:
        raise AlreadyUndone(run=run.pk, by=by.pk)
