"""Projects: groups of a client's jobs."""

from __future__ import annotations

from django.db import IntegrityError, transaction

from instep.base.audit.log import record
from instep.base.identity.actor import Actor
from instep.base.records.texts import one_text
from instep.crm.models import Organisation
from instep.jobs.errors import ClientMissing, NumberTaken
from instep.jobs.models import Project
from instep.kernel.errors import BadValue, StaleVersion
from instep.kernel.records.kinds import FieldType, RecordField

_NAME = RecordField("name", FieldType.TEXT, "Name", max_length=200, required=True)
_NUMBER = RecordField("number", FieldType.TEXT, "Number", max_length=60)


@transaction.atomic
def create_project(*, by: Actor, name: str, client: int, number: str = "") -> Project:
    """Make a project of a client. Raises NotAllowed, BadValue, ClientMissing, NumberTaken."""
    by.must("edit jobs")
    if not Organisation.objects.of(by.firm_id).filter(pk=client).exists():
        raise ClientMissing()
    row = Project(firm_id=by.firm_id, client_id=client, name=_clean(name), number=one_text(number, _NUMBER))
    _save(row)
    changes = {"name": [None, row.name], "client": [None, client], "number": [None, row.number or None]}
    record("project.created", by=by, kind="project", record_id=row.pk, changes=changes)
    return row


@transaction.atomic
def update_project(
    project_id: int,
    *,
    by: Actor,
    name: str | None = None,
    number: str | None = None,
    expected_version: int | None = None,
) -> Project:
    """Rename or renumber a project; what is None stays. A number needs "edit numbers". Raises NotAllowed, NotFound,
    StaleVersion, BadValue, NumberTaken."""
    by.must("edit jobs")
    row = Project.objects.select_for_update().get_of(by.firm_id, project_id, what="project")
    if expected_version is not None and row.version != expected_version:
        raise StaleVersion(what="project")
    wanted = {"name": None if name is None else _clean(name)}
    wanted["number"] = None if number is None else one_text(number, _NUMBER)
    changes = {
        field: [getattr(row, field), value]
        for field, value in wanted.items()
        if value is not None and value != getattr(row, field)
    }
    if "number" in changes:
        by.must("edit numbers")
    if changes:
        for field, (_, value) in changes.items():
            setattr(row, field, value)
        row.version += 1
        _save(row)
        record("project.updated", by=by, kind="project", record_id=row.pk, changes=changes)
    return row


def _clean(name: str) -> str:
    text = one_text(name, _NAME)
    if not text:
        raise BadValue(field="Name", problem="it cannot be empty")
    return text


def _save(row: Project) -> None:
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        holder = Project.objects.of(row.firm_id).filter(number=row.number).exclude(pk=row.pk).first()
        if holder is None or not row.number:
            raise
        raise NumberTaken(number=row.number, holder=holder.name) from None
