"""Judging again whether work in progress is chargeable, when a phase or a client changed under it (7.2.1)."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from django.db import transaction

from instep.base.audit.log import record
from instep.base.identity.actor import Actor
from instep.base.outbox.notices import announce_many
from instep.base.records.ids import batches
from instep.base.settings.declared import get_setting
from instep.costs.models import Cost
from instep.costs.pricing import why_not_charged
from instep.costs.settings import INTERNAL_CLIENTS
from instep.costs.states import OPEN_END
from instep.jobs.models import Phase
from instep.jobs.states import PhaseStatus


@transaction.atomic
def judge_again(*, by: Actor, phase: int | None = None, client: int | None = None) -> int:
    """Judge the costs of a phase, or of all jobs of a client, that no real document bills; how many changed.

    To be called after the phase went in-house or came back, or the client became internal or is so no more. What is
    billed keeps its judgement. Raises NotAllowed.
    """
    by.must("record others' time")
    internal = frozenset(get_setting(by.firm_id, INTERNAL_CLIENTS))
    rows = Cost.objects.of(by.firm_id).filter(open_until=OPEN_END).select_related("phase", "job")
    if phase is not None:
        # Of the job too: the index of open costs of a job is the one to walk.
        rows = rows.filter(phase=phase, job=Phase.objects.get_of(by.firm_id, phase, what="phase").job_id)
    rows = rows if client is None else rows.filter(job__client=client)
    judged: dict[str, list[int]] = defaultdict(list)
    changes: dict[str, Any] = {}
    for cost in rows.order_by("pk").select_for_update(of=("self",), no_key=True):
        reasons = " ".join(
            why_not_charged(
                internal_client=cost.job.client_id in internal,
                in_house=cost.phase.status == PhaseStatus.IN_HOUSE,
                charge_rate=cost.charge_rate or 0,
                investment=cost.investment,
            )
        )
        if reasons != cost.reasons:
            judged[reasons].append(cost.pk)
            changes[str(cost.pk)] = {"reasons": [cost.reasons or None, reasons or None]}
    for reasons, ids in judged.items():
        for batch in batches(ids):
            Cost.objects.of(by.firm_id).filter(pk__in=batch).update(reasons=reasons, chargeable=not reasons)
    if changes:
        ids = [int(pk) for pk in changes]
        record("cost.judged_again", by=by, kind="cost", record_id=None, changes=changes, subjects=ids)
        announce_many(by.firm_id, "cost", ids)
    return len(changes)
