"""A firm's types of job: adding, renaming, retiring."""

from __future__ import annotations

from django.db import transaction

from instep.base.audit.log import record
from instep.base.identity.actor import Actor
from instep.jobs.actions.names import clean_name, free_key
from instep.jobs.models import JobType


@transaction.atomic
def add_job_type(name: str, *, by: Actor, key: str | None = None) -> JobType:
    """Add a type at the end, its key made from the name unless given. Raises NotAllowed ("edit settings"), BadValue."""
    by.must("edit settings")
    title = clean_name(name)
    rows = list(JobType.objects.of(by.firm_id).select_for_update())
    row = JobType(
        firm_id=by.firm_id,
        key=free_key(key or title, {other.key for other in rows}),
        name=title,
        position=max((other.position for other in rows), default=0) + 1,
    )
    row.save(force_insert=True)
    record("job_type.created", by=by, kind="job_type", record_id=row.pk, changes={"name": [None, row.name]})
    return row


@transaction.atomic
def rename_job_type(type_id: int, *, by: Actor, name: str) -> JobType:
    """Give the type another name; its key stays."""
    return _change(type_id, by, "job_type.renamed", "name", clean_name(name))


@transaction.atomic
def retire_job_type(type_id: int, *, by: Actor) -> JobType:
    """No longer to be chosen; jobs that have it keep it."""
    return _change(type_id, by, "job_type.retired", "retired", True)


@transaction.atomic
def restore_job_type(type_id: int, *, by: Actor) -> JobType:
    """To be chosen again."""
    return _change(type_id, by, "job_type.restored", "retired", False)


def _change(type_id: int, by: Actor, event: str, field: str, value: object) -> JobType:
    by.must("edit settings")
    row = JobType.objects.select_for_update().get_of(by.firm_id, type_id, what="type")
    old = getattr(row, field)
    if old != value:
        setattr(row, field, value)
        row.save(update_fields=[field])
        record(event, by=by, kind="job_type", record_id=row.pk, changes={field: [old, value]})
    return row
