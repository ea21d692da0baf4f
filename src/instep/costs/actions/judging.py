"""Judging again whether work in progress is chargeable, when a phase or a client changed under it (7.2.1)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any

from django.db import transaction

from instep.base.audit.log import record
from instep.base.identity.actor import Actor
from instep.base.outbox.notices import announce_many
from instep.base.records.ids import batches
from instep.base.settings.declared import get_setting, set_setting
from instep.costs.holds import holders_of
from instep.costs.models import Cost
from instep.costs.pricing import why_not_charged
from instep.costs.settings import INTERNAL_CLIENTS
from instep.costs.states import OPEN_END
from instep.jobs.models import Phase
from instep.jobs.states import PhaseStatus


@transaction.atomic
def set_internal_clients(clients: Collection[int], *, by: Actor) -> int:
    """Say which clients are the firm itself, whose time is not charged (7.2.1), and judge again what is not billed of
    those that became so or are so no more; how many entries changed. Raises NotAllowed, BadValue."""
    before, after = set(get_setting(by.firm_id, INTERNAL_CLIENTS)), set(clients)
    set_setting(INTERNAL_CLIENTS, sorted(after), by=by)
    moved = Phase.objects.of(by.firm_id).filter(job__client__in=before ^ after)
    return judge_again(by, list(moved.values_list("pk", flat=True)))


@transaction.atomic
def judge_again(by: Actor, phases: Sequence[int]) -> int:
    """Judge the costs of these phases that are on no document; how many changed.

    For the actions that change what is judged by, in their transaction and under their right: `jobs.heeds` calls it
    when a phase went in-house or came back and when a job has another client. What is on a document, a draft too,
    keeps its judgement.
    """
    internal = frozenset(get_setting(by.firm_id, INTERNAL_CLIENTS))
    judged: dict[str, list[int]] = defaultdict(list)
    changes: dict[str, Any] = {}
    for batch in batches(set(phases)):
        for cost in _free(by.firm_id, batch):
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


def _free(firm_id: int, phases: Collection[int]) -> list[Cost]:
    """The costs of these phases that are on no document, locked; with phase and job."""
    # By their jobs too: the index of open costs of a job is the one to walk.
    jobs = Phase.objects.of(firm_id).filter(pk__in=phases).values("job")
    rows = Cost.objects.of(firm_id).filter(open_until=OPEN_END, job__in=jobs, phase__in=phases)
    rows = rows.select_related("phase", "job").order_by("pk").select_for_update(of=("self",), no_key=True)
    found = list(rows)
    held = holders_of(firm_id, [cost.pk for cost in found])
    return [cost for cost in found if cost.pk not in held]
