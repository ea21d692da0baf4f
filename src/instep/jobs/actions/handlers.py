"""Handing everything from one handler to another when they leave (E-23)."""

from __future__ import annotations

from django.db import transaction
from django.db.models import F

from instep.base.audit.log import record
from instep.base.identity.actor import Actor
from instep.base.outbox.notices import announce_many
from instep.base.ownership.owners import check_editable_many
from instep.base.records.ids import batches
from instep.base.records.outcomes import Edit
from instep.crm.actions.organisations import update_organisations
from instep.crm.models import Organisation
from instep.jobs.errors import HandlerNeeded
from instep.jobs.models import Job, Phase
from instep.jobs.states import UNFINISHED
from instep.staff.models import StaffResource
from instep.staff.states import StaffKind


@transaction.atomic
def reassign_handler(from_id: int, to_id: int, *, by: Actor) -> int:
    """Give the unfinished jobs, their phases and the clients' default handler of one resource to another; how many
    jobs.

    Finished jobs keep who handled them. All or nothing: raises NotAllowed, NotFound, HandlerNeeded unless `to_id` is an
    active person, FieldOwned when one of the jobs' handlers is kept elsewhere.
    """
    by.must("edit jobs")
    by.must("edit organisations")
    old = StaffResource.objects.get_of(by.firm_id, from_id, what="staff resource")
    new = StaffResource.objects.get_of(by.firm_id, to_id, what="staff resource")
    if not new.active or new.kind != StaffKind.PERSON or new.pk == old.pk:
        raise HandlerNeeded()
    unfinished = Job.objects.of(by.firm_id).filter(status__type__in=list(UNFINISHED), archived_at=None)
    rows = unfinished.filter(handler=old).select_for_update(of=("self",)).order_by("pk")
    handled = list(rows.values_list("pk", flat=True))
    check_editable_many(by, "job", {pk: ["handler"] for pk in handled})
    for batch in batches(handled):
        Job.objects.of(by.firm_id).filter(pk__in=batch).update(handler=new, version=F("version") + 1)
    overridden = Phase.objects.of(by.firm_id).filter(handler=old, job__in=unfinished)
    phases = dict(overridden.values_list("pk", "job_id"))
    for batch in batches(phases):
        Phase.objects.of(by.firm_id).filter(pk__in=batch).update(handler=new)
    for batch in batches(set(phases.values()) - set(handled)):
        Job.objects.of(by.firm_id).filter(pk__in=batch).update(version=F("version") + 1)
    moved = [old.pk, new.pk]
    changes = {str(pk): {"handler": moved} for pk in handled}
    for phase, job in sorted(phases.items()):
        changes.setdefault(str(job), {})[f"handler of phase {phase}"] = moved
    if changes:
        subjects = [int(pk) for pk in changes]
        record("job.handler_reassigned", by=by, kind="job", record_id=None, changes=changes, subjects=subjects)
        announce_many(by.firm_id, "job", [*handled, *phases.values()])
    clients = Organisation.objects.of(by.firm_id).filter(default_handler=old).values_list("pk", flat=True)
    for outcome in update_organisations([Edit(pk, {"default_handler": new.pk}) for pk in clients], by=by):
        outcome.sure()
    return len(handled)
