"""Organisations in the shared words: the street address and the rest of the record together (table 3.1, Company)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from instep.base.identity.actor import Actor
from instep.billing.models import Document
from instep.billing.states import ISSUED
from instep.bridge.writing import deep_link, put_away, text, write_all
from instep.connect.protocols import LocalOutcome, LocalRecord, LocalWrite
from instep.crm.actions.organisations import (
    archive_organisation,
    create_organisations,
    restore_organisation,
    update_organisations,
)
from instep.crm.models import Address, Organisation
from instep.crm.states import AddressKind, Stage

_FIELDS = ("name", "email", "phone", "mobile", "website", "linkedin", "tax_number")
INVOICED = "invoiced"
ACCEPTED = frozenset({"similar_name"})
"""What a person would be asked about, and a remote has answered by having the record."""


class OrganisationSide:
    """Our side of organisations. One that a remote brings is a prospect: making it a client needs its code (E-13)."""

    kind = "organisation"
    follows = ("invoice", "credit_note")

    def concerned(self, firm_id: int, kind: str, ids: Sequence[int], scope: str) -> list[int]:
        """With scope "invoiced", those with an issued document alone: what an accounting package needs to know."""
        if scope != INVOICED:
            return list(ids) if kind == self.kind else []
        states = sorted(state.value for state in ISSUED)
        issued = Document.objects.of(firm_id).filter(state__in=states)
        issued = issued.filter(client__in=ids) if kind == self.kind else issued.filter(pk__in=ids)
        return sorted(set(issued.values_list("client_id", flat=True).distinct()))

    def read(self, firm_id: int, ids: Sequence[int]) -> list[LocalRecord]:
        rows = list(Organisation.objects.of(firm_id).filter(pk__in=ids))
        streets = dict(
            Address.objects.of(firm_id)
            .filter(organisation__in=[r.pk for r in rows], kind=AddressKind.STREET)
            .values_list("organisation_id", "text")
        )
        return [
            LocalRecord(
                kind=self.kind,
                id=row.pk,
                version=row.version,
                fields={
                    **{name: text(getattr(row, name)) for name in _FIELDS},
                    "address": streets.get(row.pk),
                    "code": text(row.code),
                    "stage": row.stage,
                    "is_supplier": row.is_supplier,
                    "is_person": row.is_person,
                    "deep_link": deep_link(self.page_path(row.pk)),
                },
                label=row.name,
                archived=row.archived_at is not None,
                origin=row.code or None,
            )
            for row in rows
        ]

    def scan(self, firm_id: int, *, after_id: int, limit: int) -> list[int]:
        rows = Organisation.objects.of(firm_id).filter(pk__gt=after_id, archived_at=None).order_by("pk")
        return list(rows.values_list("pk", flat=True)[:limit])

    def write(self, firm_id: int, writes: Sequence[LocalWrite], *, by: Actor) -> list[LocalOutcome]:

        def create(rows: Sequence[Mapping[str, Any]]) -> Any:
            made = [{"stage": Stage.PROSPECT, **row} for row in rows]
            return create_organisations(made, by=by, accepted=ACCEPTED, fill_gaps=True)

        return write_all(
            writes,
            values_of=lambda fields: {k: v for k, v in fields.items() if k in (*_FIELDS, "address")},
            create=create,
            update=lambda edits: update_organisations(edits, by=by, accepted=ACCEPTED, fill_gaps=True),
            read=lambda ids: self.read(firm_id, ids),
        )

    def archive(self, firm_id: int, ids: Sequence[int], *, by: Actor) -> list[LocalOutcome]:
        return put_away(
            ids, archive=lambda pk: archive_organisation(pk, by=by), read=lambda found: self.read(firm_id, found)
        )

    def restore(self, firm_id: int, ids: Sequence[int], *, by: Actor) -> list[LocalOutcome]:
        return put_away(
            ids, archive=lambda pk: restore_organisation(pk, by=by), read=lambda found: self.read(firm_id, found)
        )

    def page_path(self, record_id: int) -> str:
        return f"/organisations/{record_id}/"
