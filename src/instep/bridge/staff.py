"""Staff resources in the shared words. They travel out only (table 3.1, Staff)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from instep.base.identity.actor import Actor
from instep.bridge.writing import actor_writes, deep_link, text, write_all
from instep.connect.protocols import LocalOutcome, LocalRecord, LocalWrite
from instep.kernel.names import PersonName
from instep.staff.actions.resources import create_staff_many, update_staff_many
from instep.staff.models import StaffResource
from instep.staff.states import StaffKind

_FIELDS = ("email", "phone", "mobile", "job_title")


class StaffSide:
    """Our side of staff resources; a pool is not a person and stays here."""

    kind = "staff"
    parts: Mapping[str, Sequence[str]] = {"name": ("first_name", "last_name")}

    def read(self, firm_id: int, ids: Sequence[int]) -> list[LocalRecord]:
        return [
            LocalRecord(
                kind=self.kind,
                id=row.pk,
                version=row.version,
                fields={
                    "name": PersonName(row.first_name, row.last_name).as_json(),
                    **{name: text(getattr(row, name)) for name in _FIELDS},
                    "deep_link": deep_link(self.page_path(row.pk)),
                },
                label=row.name,
                archived=not row.active or row.kind != StaffKind.PERSON,
            )
            for row in StaffResource.objects.of(firm_id).filter(pk__in=ids)
        ]

    def scan(self, firm_id: int, *, after_id: int, limit: int) -> list[int]:
        rows = StaffResource.objects.of(firm_id).filter(pk__gt=after_id, active=True, kind=StaffKind.PERSON)
        return list(rows.order_by("pk").values_list("pk", flat=True)[:limit])

    def write(self, firm_id: int, writes: Sequence[LocalWrite], *, by: Actor) -> list[LocalOutcome]:
        how = {"by": actor_writes(by)["by"]}
        return write_all(
            writes,
            values_of=_values,
            create=lambda rows: create_staff_many(rows, **how),
            update=lambda edits: update_staff_many(edits, **how),
            read=lambda ids: self.read(firm_id, ids),
        )

    def page_path(self, record_id: int) -> str:
        return f"/staff/{record_id}/"


def _values(fields: Mapping[str, Any]) -> dict[str, Any]:
    values = {name: value for name, value in fields.items() if name in _FIELDS}
    if "name" in fields:
        name = PersonName.from_json(fields["name"])
        values["first_name"], values["last_name"] = name.first, name.last
    return values
