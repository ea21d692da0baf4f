"""Contacts in the shared words: first and last name together as one value (A-22)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from instep.base.identity.actor import Actor
from instep.bridge.writing import actor_writes, deep_link, put_away, text, write_all
from instep.connect.protocols import LocalOutcome, LocalRecord, LocalWrite
from instep.crm.actions.contacts import archive_contact, create_contacts, restore_contact, update_contacts
from instep.crm.models import Contact
from instep.kernel.names import PersonName

_FIELDS = ("role", "email", "phone", "mobile", "office_phone", "website", "linkedin")


class ContactSide:
    """Our side of contacts."""

    kind = "contact"
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
                    "organisation": row.organisation_id,
                    "deep_link": deep_link(self.page_path(row.pk)),
                },
                label=row.name,
                archived=row.archived_at is not None,
            )
            for row in Contact.objects.of(firm_id).filter(pk__in=ids)
        ]

    def scan(self, firm_id: int, *, after_id: int, limit: int) -> list[int]:
        rows = Contact.objects.of(firm_id).filter(pk__gt=after_id, archived_at=None).order_by("pk")
        return list(rows.values_list("pk", flat=True)[:limit])

    def write(self, firm_id: int, writes: Sequence[LocalWrite], *, by: Actor) -> list[LocalOutcome]:
        how = actor_writes(by)
        return write_all(
            writes,
            values_of=_values,
            create=lambda rows: create_contacts(rows, **how),
            update=lambda edits: update_contacts(edits, **how),
            read=lambda ids: self.read(firm_id, ids),
        )

    def archive(self, firm_id: int, ids: Sequence[int], *, by: Actor) -> list[LocalOutcome]:
        return put_away(
            ids, archive=lambda pk: archive_contact(pk, by=by), read=lambda found: self.read(firm_id, found)
        )

    def restore(self, firm_id: int, ids: Sequence[int], *, by: Actor) -> list[LocalOutcome]:
        return put_away(
            ids, archive=lambda pk: restore_contact(pk, by=by), read=lambda found: self.read(firm_id, found)
        )

    def page_path(self, record_id: int) -> str:
        return f"/contacts/{record_id}/"


def _values(fields: Mapping[str, Any]) -> dict[str, Any]:
    values = {name: value for name, value in fields.items() if name in (*_FIELDS, "organisation")}
    if "name" in fields:
        name = PersonName.from_json(fields["name"])
        values["first_name"], values["last_name"] = name.first, name.last
    return values
