"""The fields of a job, edited in place. Its status moves by its menu, its fee is the sum of its phases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from django.urls import reverse
from django.utils.translation import get_language

from instep.base.settings.vocabulary import Terms
from instep.jobs.actions.jobs import update_job
from instep.jobs.models import Job, Project
from instep.jobs.queries import job_types_of
from instep.kernel.records.kinds import FieldType
from instep.kernel.records.project import JOB
from instep.web.components.inline import EditField, FieldEdit, RecordFields
from instep.web.jobs.words import labels
from instep.web.records.standing import travels_of
from instep.web.shell.request import FirmRequest

DETAILS = (
    *("name", "number", "client", "handler", "job_type", "project"),
    *("starts_on", "ends_on", "external_reference", "address", "scope", "close_reason"),
)


def job_fields(terms: Terms) -> RecordFields:
    """The fields in the words of a firm and the language of the page."""
    return _made(terms, get_language() or "")


@cache
def _made(terms: Terms, language: str) -> RecordFields:
    said = labels(terms)
    own = {
        "name": EditField.of(JOB.field("name")),
        "number": EditField("number", required=True, max_length=60, right="edit numbers"),
        "client": EditField("client", FieldType.REF, required=True, picker="organisations:pick"),
        "handler": EditField("handler", FieldType.REF, required=True, picker="staff:pick"),
        "job_type": EditField("job_type", FieldType.CHOICE, choices=_types),
        "project": EditField("project", FieldType.REF, choices=_projects),
        "starts_on": EditField("starts_on", FieldType.DATE),
        "ends_on": EditField("ends_on", FieldType.DATE),
        "external_reference": EditField("external_reference", max_length=200),
        "address": EditField.of(JOB.field("address")),
        "scope": EditField.of(JOB.field("scope")),
        "close_reason": EditField("close_reason", FieldType.MULTILINE),
    }
    return RecordFields(
        kind="job",
        url_name="jobs:field",
        fields=[replace(own[name], label=said[name]) for name in DETAILS],
        read=_read,
        save=_save,
        right="edit jobs",
        labels=_labels,
        travels=lambda record: travels_of(record.firm_id, "job", record.pk),
    )


def _choosing(request: FirmRequest) -> bool:
    return "edit" in request.GET or request.method == "POST"


def _types(request: FirmRequest, record: Job) -> Sequence[tuple[str, str]]:
    """Every type where one is being chosen; else the one there is, which costs no query."""
    now = [(record.job_type.key, record.job_type.name)] if record.job_type else []
    if not _choosing(request):
        return now or [("", "")]
    found = [(row.key, row.name) for row in job_types_of(record.firm_id)]
    return found if not now or now[0] in found else [*now, *found]


def _projects(request: FirmRequest, record: Job) -> Sequence[tuple[str, str]]:
    now = [(str(record.project.pk), record.project.name)] if record.project else []
    if not _choosing(request):
        return now or [("", "")]
    rows = Project.objects.of(record.firm_id).filter(client=record.client_id).order_by("name", "pk")
    return [(str(row.pk), row.name) for row in rows[:200]] or [("", "")]


def _read(record: Job) -> dict[str, Any]:
    return {
        **{name: getattr(record, name) for name in ("name", "number", "external_reference", "address", "scope")},
        "close_reason": record.close_reason,
        "client": record.client_id,
        "handler": record.handler_id,
        "job_type": record.job_type.key if record.job_type else None,
        "project": record.project_id,
        "starts_on": record.starts_on.isoformat() if record.starts_on else None,
        "ends_on": record.ends_on.isoformat() if record.ends_on else None,
    }


def _labels(record: Job) -> dict[str, tuple[str, str]]:
    return {
        "client": (record.client.name, reverse("organisations:record", args=[record.client_id])),
        "handler": (record.handler.name, reverse("staff:record", args=[record.handler_id])),
    }


def _save(edit: FieldEdit) -> Any:
    return update_job(
        edit.record.pk, by=edit.by, changes={edit.name: edit.value}, expected_version=edit.expected_version
    )
