"""Runs and their journal, plans and their rows."""

from __future__ import annotations

from django.db.models import Count, Q
from django.db.models.fields.json import KeyTextTransform, KeyTransform
from django.utils import timezone

from instep.base.identity.rows import FirmQuerySet
from instep.connect.models import JournalEntry, Plan, PlanOp, PlanState, Run
from instep.connect.models.plans import UNDO
from instep.kernel.errors import NotFound


def runs(firm_id: int, connection_id: int | None = None) -> FirmQuerySet[Run]:
    """Runs of a connection or of all, newest first."""
    rows = Run.objects.of(firm_id).select_related("connection")
    if connection_id is not None:
        rows = rows.filter(connection_id=connection_id)
    return rows.order_by("-id")


def run_of(firm_id: int, run_id: int) -> Run:
    """One run with its connection and plan. Raises NotFound."""
    return Run.objects.of(firm_id).select_related("connection", "plan").get_of(firm_id, run_id, what="run")


def run_of_plan(firm_id: int, plan_id: int) -> Run | None:
    """The run that carries out an approved plan, once it has begun."""
    return Run.objects.of(firm_id).filter(plan_id=plan_id).order_by("-id").first()


def journal(firm_id: int, run_id: int) -> FirmQuerySet[JournalEntry]:
    """What a run did, in order."""
    return JournalEntry.objects.of(firm_id).filter(run_id=run_id).order_by("id")


def journal_counts(firm_id: int, run_id: int) -> list[tuple[str, str, str, str, int]]:
    """(side, kind, operation, outcome, how many) of a run's journal; one query."""
    rows = JournalEntry.objects.of(firm_id).filter(run_id=run_id).order_by()
    return list(rows.values_list("side", "kind", "op", "outcome").annotate(n=Count("pk")))


def operations(firm_id: int, plan_id: int) -> FirmQuerySet[PlanOp]:
    """The rows of a plan, in order."""
    return PlanOp.objects.of(firm_id).filter(plan_id=plan_id).order_by("no")


def operation_of(firm_id: int, plan_id: int, no: int) -> PlanOp:
    """One row of a plan by its number. Raises NotFound."""
    rows = PlanOp.objects.of(firm_id).filter(plan_id=plan_id, no=no).select_related("plan", "pair", "link")
    found = rows.first()
    if found is None:
        raise NotFound(what="row of this preview")
    return found


def operations_of_run(firm_id: int, run: Run) -> FirmQuerySet[PlanOp]:
    """The rows of every plan that a run carried out: an ordinary sync makes one plan for each kind of record."""
    until = run.finished_at or timezone.now()
    made = Q(pk=run.plan_id)
    if run.plan_id is not None and run.purpose != UNDO:
        # A preview names nobody as its maker: it was only looked at.
        made |= Q(pk__gt=run.plan_id, made_at__lte=until, connection=run.connection_id) & ~Q(made_by="")
    plans = Plan.objects.of(firm_id).filter(made).values("pk")
    return PlanOp.objects.of(firm_id).filter(plan__in=plans).order_by("pk")


def operation_counts(rows: FirmQuerySet[PlanOp]) -> list[tuple[str, str, str, str, int]]:
    """(kind, operation, state, first refusal's code or "", how many) of these rows; one query."""
    code = KeyTextTransform("code", KeyTransform("0", "errors"))
    grouped = rows.order_by().annotate(code=code).values_list("kind", "op", "state", "code").annotate(n=Count("pk"))
    return [(kind, op, state, said or "", n) for kind, op, state, said, n in grouped]


def plan_of(firm_id: int, plan_id: int) -> Plan:
    """One plan with its connection. Raises NotFound."""
    return Plan.objects.of(firm_id).select_related("connection").get_of(firm_id, plan_id, what="preview")


def shown_plan(firm_id: int, connection_id: int) -> Plan | None:
    """The newest preview that a person may look at: proposed, or approved and not carried out to its end. The undo of a
    run has a page of its own."""
    rows = Plan.objects.of(firm_id).filter(connection_id=connection_id).exclude(purpose=UNDO)
    waiting = Q(state=PlanState.PROPOSED) | (Q(state__in=(PlanState.APPROVED, PlanState.APPLYING)) & ~Q(approved_by=""))
    return rows.filter(waiting).order_by("-id").first()
