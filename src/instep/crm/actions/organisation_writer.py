"""The rules of an organisation, held alike by every action that writes one."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils import timezone

from instep.base.records.ids import batches, is_id
from instep.base.records.outcomes import Draft
from instep.base.records.texts import one_choice, one_flag, one_text
from instep.base.records.writer import Writer
from instep.crm.actions.addresses import ADDRESS_FIELDS, store_addresses
from instep.crm.codes import clean_code, suggested_code, tidy_code
from instep.crm.errors import (
    CodeNeeded,
    CodeTaken,
    DoubtfulTaxNumber,
    NoSuchResource,
    OpenWorkLeft,
    SimilarNameExists,
)
from instep.crm.models import Address, CrmWord, Organisation
from instep.crm.open_work import open_work_of
from instep.crm.states import STAGE_MOVES, Stage, is_demotion
from instep.kernel.canonical import canon_name, valid_tax_number
from instep.kernel.errors import BadValue, Refusal
from instep.kernel.records.organisation import ORGANISATION
from instep.staff.models import StaffResource

_RESOURCES = {"account_manager": "Account manager", "default_handler": "Default handler"}
_TEXTS = ("name", "email", "phone", "mobile", "website", "linkedin", "tax_number")


class OrganisationWriter(Writer[Organisation]):
    """Writes organisations."""

    model = Organisation
    kind = "organisation"
    right = "edit organisations"
    texts = {name: ORGANISATION.field(name) for name in _TEXTS}
    others = frozenset({"stage", "is_supplier", "is_person", "code", "archived", *ADDRESS_FIELDS, *_RESOURCES})
    words = CrmWord
    word_sources = ("name", "code", "email", "tax_number")

    _similar: dict[str, list[tuple[int | None, str]]]
    _codes: dict[str, str]
    _all_codes: bool
    _resources: set[int]
    _addresses: dict[tuple[int, str], str]
    _open_work: dict[int, str]

    # --- what the rules ask for --------------------------------------------------------------------------------------

    def gather(self, drafts: Sequence[Draft[Organisation]]) -> None:
        self._gather_codes(drafts)
        self._gather_similar(drafts)
        resources = self.ids_given(drafts, *_RESOURCES)
        rows = StaffResource.objects.of(self.firm).filter(pk__in=resources, active=True)
        self._resources = set(rows.values_list("pk", flat=True)) if resources else set()
        self._gather_addresses(drafts)
        self._open_work = {}
        leaving = [draft.row.pk for draft in drafts if not draft.is_new and self._may_leave(draft)]
        if leaving:
            self._open_work = open_work_of(self.firm.pk, leaving)

    def _gather_codes(self, drafts: Sequence[Draft[Organisation]]) -> None:
        given = {tidy_code(code) for draft in drafts if isinstance(code := draft.given.get("code"), str)} - {""}
        self._codes, self._all_codes = {}, False
        for batch in batches(given):
            rows = Organisation.objects.of(self.firm).exclude(code="").filter(code__in=batch)
            self._codes.update(rows.values_list("code", "name"))

    def _gather_similar(self, drafts: Sequence[Draft[Organisation]]) -> None:
        self._similar = {}
        if SimilarNameExists.code in self.accepted:
            return
        names = {canon_name(given) for draft in drafts if isinstance(given := draft.given.get("name"), str)}
        for batch in batches(name[:200] for name in names if name):
            rows = Organisation.objects.of(self.firm).filter(match_name__in=batch, archived_at=None)
            for pk, match_name, name in rows.values_list("pk", "match_name", "name"):
                self._similar.setdefault(match_name, []).append((pk, name))

    def _gather_addresses(self, drafts: Sequence[Draft[Organisation]]) -> None:
        self._addresses = {}
        asked = [
            draft.row.pk for draft in drafts if not draft.is_new and not draft.given.keys().isdisjoint(ADDRESS_FIELDS)
        ]
        for batch in batches(asked):
            rows = Address.objects.of(self.firm).filter(organisation__in=batch)
            for organisation_id, kind, text in rows.values_list("organisation_id", "kind", "text"):
                self._addresses[organisation_id, kind] = text

    def _may_leave(self, draft: Draft[Organisation]) -> bool:
        stage = draft.given.get("stage")
        lower = isinstance(stage, str) and stage in set(Stage) and is_demotion(draft.row.stage, stage)
        return lower or draft.given.get("archived") is True

    def _free_code(self, name: str) -> str:
        if not self._all_codes:
            self._codes.update(Organisation.objects.of(self.firm).exclude(code="").values_list("code", "name"))
            self._all_codes = True
        return suggested_code(name, self._codes.keys())

    # --- the rules ---------------------------------------------------------------------------------------------------

    def settle(self, draft: Draft[Organisation]) -> None:
        self._settle_name(draft)
        for flag in ("is_supplier", "is_person"):
            if flag in draft.given:
                label = ORGANISATION.field(flag).label
                draft.put(flag, one_flag(draft.given[flag], label), field_name=flag)
        for field in _RESOURCES:
            if field in draft.given:
                self._settle_resource(draft, field)
        for field in ADDRESS_FIELDS.keys() & draft.given.keys():
            self._settle_address(draft, field)
        if "archived" in draft.given:
            self._settle_archived(draft)
        self._settle_stage(draft)
        self._settle_code(draft)
        if "tax_number" in draft.attributes and not valid_tax_number(draft.value("tax_number"), self.firm.country):
            draft.warnings.append(DoubtfulTaxNumber(tax_number=draft.value("tax_number")))

    def _settle_name(self, draft: Draft[Organisation]) -> None:
        if "name" not in draft.attributes:
            return
        name = draft.value("name")
        match_name = (canon_name(name) or name)[:200]
        if not draft.put("match_name", match_name):
            return
        same = self._similar.setdefault(match_name, [])
        others = [{"id": pk, "name": other} for pk, other in same if pk is None or pk != draft.row.pk]
        if others:
            draft.caution(SimilarNameExists(name=name, others=others))
        same.append((draft.row.pk, name))  # the next row of this call is told, too

    def _settle_resource(self, draft: Draft[Organisation], field: str) -> None:
        chosen = draft.given[field]
        if chosen is not None and not (is_id(chosen) and chosen in self._resources):
            # Whoever was chosen while active may stay.
            if chosen == getattr(draft.row, f"{field}_id"):
                return
            raise NoSuchResource(field=_RESOURCES[field])
        draft.put(f"{field}_id", chosen, field_name=field)

    def _settle_address(self, draft: Draft[Organisation], field: str) -> None:
        kind = ADDRESS_FIELDS[field]
        text = one_text(draft.given[field], ORGANISATION.field("address"))
        old = self._addresses.get((draft.row.pk, kind), "")
        if text != old:
            draft.extras.setdefault("addresses", {})[kind] = text
            draft.note(field, old, text)

    def _settle_archived(self, draft: Draft[Organisation]) -> None:
        archived = one_flag(draft.given["archived"], "Archived")
        if archived == (draft.row.archived_at is not None):
            return
        if archived and draft.row.pk in self._open_work:
            raise OpenWorkLeft(name=draft.row.name, work=self._open_work[draft.row.pk])
        draft.put("archived_at", timezone.now() if archived else None)
        draft.note("archived", not archived, archived)

    def _settle_stage(self, draft: Draft[Organisation]) -> None:
        if "stage" not in draft.given:
            if draft.is_new:
                draft.note("stage", None, draft.row.stage)
            return
        given = draft.given["stage"]
        wanted = Stage(one_choice(Stage.NONE if given in (None, "") else given, Stage, "Stage"))
        if draft.is_new:
            draft.put("stage", wanted.value)
            draft.note("stage", None, wanted.value)
            return
        now = Stage(draft.row.stage)
        if wanted is now:
            return
        # A remote may have gone several steps since we looked; a person goes one at a time.
        if not self.fill_gaps:
            STAGE_MOVES.check(now, wanted)
        if is_demotion(now, wanted) and draft.row.pk in self._open_work:
            raise OpenWorkLeft(name=draft.row.name, work=self._open_work[draft.row.pk])
        draft.put("stage", wanted.value, field_name="stage")

    def _settle_code(self, draft: Draft[Organisation]) -> None:
        if "code" in draft.given:
            given = draft.given["code"]
            if not isinstance(given, str | None):
                raise BadValue(field="Client code", problem="give text")
            self._take_code(draft, clean_code(given or ""))
        if draft.value("stage") == Stage.CLIENT and not draft.value("code"):
            if not self.fill_gaps:
                raise CodeNeeded(name=draft.value("name"))
            self._take_code(draft, self._free_code(draft.value("name")))

    def _take_code(self, draft: Draft[Organisation], code: str) -> None:
        if code == draft.row.code:
            return
        if code and code in self._codes:
            raise CodeTaken(client_code=code, holder=self._codes[code])
        draft.put("code", code, field_name="code")
        if code:
            self._codes[code] = draft.value("name")

    def clash(self, draft: Draft[Organisation]) -> Refusal | None:
        holder = Organisation.objects.of(self.firm).filter(code=draft.row.code).exclude(pk=draft.row.pk).first()
        return CodeTaken(client_code=holder.code, holder=holder.name) if holder and holder.code else None

    # --- beside it ---------------------------------------------------------------------------------------------------

    def after_create(self, drafts: Sequence[Draft[Organisation]]) -> None:
        self._store_addresses(drafts)

    def after_update(self, drafts: Sequence[Draft[Organisation]]) -> None:
        self._store_addresses(drafts)

    def _store_addresses(self, drafts: Sequence[Draft[Organisation]]) -> None:
        store_addresses(
            self.firm.pk,
            {
                (draft.row.pk, kind): text
                for draft in drafts
                for kind, text in draft.extras.get("addresses", {}).items()
            },
        )
