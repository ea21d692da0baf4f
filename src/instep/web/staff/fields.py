"""The fields of a staff resource, edited in place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from django.utils.translation import get_language

from instep.base.identity.queries import members_of
from instep.kernel.records.kinds import FieldType
from instep.kernel.records.staff import STAFF
from instep.staff.actions.resources import update_staff
from instep.staff.models import StaffResource
from instep.web.components.inline import EditField, FieldEdit, RecordFields
from instep.web.records.standing import travels_of
from instep.web.shell.request import FirmRequest
from instep.web.staff.words import kind_choices, labels

ORDER = ("name", "job_title", "email", "phone", "mobile", "kind", "user")


def staff_fields() -> RecordFields:
    """The fields in the language of the page."""
    return _made(get_language() or "")


@cache
def _made(language: str) -> RecordFields:
    said = labels()
    own = {
        "kind": EditField("kind", FieldType.CHOICE, required=True, choices=lambda request, record: kind_choices()),
        "user": EditField("user", FieldType.REF, choices=_members),
    }
    fields = [own.get(name) or EditField.of(STAFF.field(name)) for name in ORDER]
    return RecordFields(
        kind="staff",
        url_name="staff:field",
        fields=[replace(each, label=said[each.name]) for each in fields],
        read=_read,
        save=_save,
        right="edit staff",
        travels=lambda record: travels_of(record.firm_id, "staff", record.pk),
    )


def _members(request: FirmRequest, record: StaffResource) -> Sequence[tuple[str, str]]:
    """Who may be chosen; where nothing is being chosen, who is."""
    now = [] if record.user is None else [(str(record.user_id), f"{record.user.name} ({record.user.email})")]
    if "edit" not in request.GET and request.method != "POST":
        # One entry at least, or the field would not be known for a choice.
        return now or [("", "")]
    members = [(str(row.user_id), f"{row.user.name} ({row.user.email})") for row in members_of(request.firm)]
    return members if not now or now[0] in members else [*now, *members]


def _read(record: StaffResource) -> dict[str, Any]:
    return {
        **{name: getattr(record, name) for name in ("job_title", "email", "phone", "mobile", "kind")},
        "name": {"first": record.first_name, "last": record.last_name},
        "user": record.user_id,
    }


def _save(edit: FieldEdit) -> Any:
    changes = {edit.name: edit.value}
    if edit.name == "name":
        parts = edit.value or {}
        changes = {"first_name": parts.get("first", ""), "last_name": parts.get("last", "")}
    return update_staff(edit.record.pk, by=edit.by, changes=changes, expected_version=edit.expected_version)
