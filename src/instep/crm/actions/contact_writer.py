"""The rules of a contact, held alike by every action that writes one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.utils import timezone

from instep.base.records.ids import batches, is_id
from instep.base.records.outcomes import Draft
from instep.base.records.texts import one_flag
from instep.base.records.writer import Writer
from instep.crm.errors import NoSuchOrganisation
from instep.crm.models import Contact, CrmWord, Employment, Organisation
from instep.kernel.errors import BadValue
from instep.kernel.records.contact import CONTACT
from instep.kernel.records.kinds import FieldType, RecordField

_LENGTH = CONTACT.field("name").max_length
_TEXTS = ("role", "email", "phone", "mobile", "office_phone", "website", "linkedin")


class ContactWriter(Writer[Contact]):
    """Writes contacts and where they worked. `on` is the day of a move, today at the firm's place if None."""

    model = Contact
    kind = "contact"
    right = "edit contacts"
    texts = {
        "first_name": RecordField("first_name", FieldType.TEXT, "First name", max_length=_LENGTH),
        "last_name": RecordField("last_name", FieldType.TEXT, "Last name", max_length=_LENGTH),
        **{name: CONTACT.field(name) for name in _TEXTS},
    }
    others = frozenset({"organisation", "archived"})
    owned_as = {"first_name": "name", "last_name": "name"}
    words = CrmWord
    word_sources = ("first_name", "last_name", "email")

    on: dt.date | None = None
    _organisations: set[int]
    _since: dict[int, dt.date | None]

    def gather(self, drafts: Sequence[Draft[Contact]]) -> None:
        self._organisations = set()
        for batch in batches(self.ids_given(drafts, "organisation")):
            rows = Organisation.objects.of(self.firm).filter(pk__in=batch)
            self._organisations.update(rows.values_list("pk", flat=True))
        self._since = {}
        if self.on is not None:
            rows = Employment.objects.of(self.firm).filter(contact__in=[draft.row.pk for draft in drafts], until=None)
            self._since = dict(rows.values_list("contact_id", "since"))

    def settle(self, draft: Draft[Contact]) -> None:
        first, last = draft.value("first_name"), draft.value("last_name")
        if not first and not last:
            raise BadValue(field="Name", problem="it cannot be empty")
        draft.put("sort_name", f"{last} {first}".strip().lower())
        if "organisation" in draft.given:
            self._settle_organisation(draft, draft.given["organisation"])
        if "archived" in draft.given:
            archived = one_flag(draft.given["archived"], "Archived")
            if archived != (draft.row.archived_at is not None):
                draft.put("archived_at", timezone.now() if archived else None)
                draft.note("archived", not archived, archived)

    def _settle_organisation(self, draft: Draft[Contact], chosen: Any) -> None:
        if chosen is not None and not (is_id(chosen) and chosen in self._organisations):
            raise NoSuchOrganisation(field="Organisation")
        since = self._since.get(draft.row.pk)
        if self.on is not None and since is not None and self.on < since:
            raise BadValue(field="Day", problem=f"they came to where they are on {since}; choose a later day")
        draft.put("organisation_id", chosen, field_name="organisation")

    def after_create(self, drafts: Sequence[Draft[Contact]]) -> None:
        Employment.objects.bulk_create(
            Employment(firm_id=self.firm.pk, contact_id=draft.row.pk, organisation_id=draft.row.organisation_id)
            for draft in drafts
            if draft.row.organisation_id is not None
        )

    def after_update(self, drafts: Sequence[Draft[Contact]]) -> None:
        """Close the employment they leave and open the new one: one contact throughout, never a twin (A-20)."""
        moved = {draft.row.pk: draft.row.organisation_id for draft in drafts if "organisation_id" in draft.attributes}
        if not moved:
            return
        day = self.on or self.firm.today()
        for batch in batches(moved):
            Employment.objects.of(self.firm).filter(contact_id__in=batch, until=None).update(until=day)
        Employment.objects.bulk_create(
            Employment(firm_id=self.firm.pk, contact_id=contact_id, organisation_id=organisation_id, since=day)
            for contact_id, organisation_id in moved.items()
            if organisation_id is not None
        )
