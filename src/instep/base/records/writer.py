"""The one way a record is written: may you, fetch and lock, settle each row, write, journal,
announce.

A single action is a bulk action of one row, so both hold the same rules. A writer of a kind fills in the hooks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, Generic

from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from instep.base.audit.log import record
from instep.base.identity.actor import Actor, ActorKind
from instep.base.identity.inserting import blank_rows, insert_rows
from instep.base.identity.models import Firm
from instep.base.identity.queries import firm_of
from instep.base.outbox.notices import announce, announce_many
from instep.base.ownership.owners import check_editable, owners_of
from instep.base.records.errors import StillUsed
from instep.base.records.ids import batches, is_id
from instep.base.records.outcomes import Draft, Edit, M, Outcome, living
from instep.base.records.texts import settle_texts
from instep.base.records.word_rows import add_words, change_words, remove_words
from instep.base.records.words import WordRow
from instep.kernel.errors import BadValue, NotFound, Refusal, StaleVersion
from instep.kernel.records.kinds import RecordField


class Writer(Generic[M]):
    """Writes the records of one kind in the actor's firm.

    `fill_gaps` (imports and sync; the default for who is not a user): take what a person would be asked for from the
    firm's defaults, follow a remote through its states, and let a mere change of form be no change.
    """

    model: ClassVar[type[Any]]
    kind: ClassVar[str]
    right: ClassVar[str]
    texts: ClassVar[Mapping[str, RecordField]]
    others: ClassVar[frozenset[str]] = frozenset()
    """Further fields that a caller may give."""
    owned_as: ClassVar[Mapping[str, str]] = {}
    """Our field: the shared record word that owners know it by, where they differ."""
    words: ClassVar[type[WordRow]]
    word_sources: ClassVar[tuple[str, ...]]

    def __init__(self, by: Actor, *, accepted: Iterable[str] = (), fill_gaps: bool | None = None) -> None:
        by.must(self.right)
        self.by = by
        self.accepted = frozenset(accepted)
        self.fill_gaps = by.kind is not ActorKind.USER if fill_gaps is None else fill_gaps
        self.firm: Firm = firm_of(by.firm_id)

    # --- hooks -------------------------------------------------------------------------------------------------------

    def gather(self, drafts: Sequence[Draft[M]]) -> None:
        """Load in a fixed number of queries what settling these rows asks for."""

    def settle(self, draft: Draft[M]) -> None:
        """Check one row and put its new values; raises a Refusal."""

    def clash(self, draft: Draft[M]) -> Refusal | None:
        """The refusal for a row that the database would not hold (somebody was faster), None when there is none."""
        return None

    def before_create(self, drafts: Sequence[Draft[M]]) -> None:
        """Take what should be taken late, such as numbers, for rows that are accepted."""

    def after_create(self, drafts: Sequence[Draft[M]]) -> None:
        """Write the rows beside new records."""

    def after_update(self, drafts: Sequence[Draft[M]]) -> None:
        """Write the rows beside changed records."""

    # --- the way -----------------------------------------------------------------------------------------------------

    @transaction.atomic
    def create(self, rows: Sequence[Mapping[str, Any]], event: str = "created") -> list[Outcome[M]]:
        """Make a record for each row; outcomes in the order of the rows, a refused row leaves nothing behind."""
        blank = blank_rows(self.model, len(rows), firm_id=self.firm.pk)
        drafts = [Draft(new, dict(row), self.accepted) for new, row in zip(blank, rows, strict=True)]
        self.gather(drafts)
        for draft in drafts:
            self._settle(draft)
        self.before_create(living(drafts))
        self._insert(living(drafts))
        done = living(drafts)
        self.after_create(done)
        done = living(done)
        add_words(self.words, self.firm.pk, self.kind, {draft.row.pk: self._word_texts(draft.row) for draft in done})
        self._journal(done, event)
        return [draft.outcome() for draft in drafts]

    @transaction.atomic
    def update(self, edits: Sequence[Edit], event: str = "updated") -> list[Outcome[M]]:
        """Apply each edit; outcomes in the order of the edits. What already is so is not written again."""
        found = self.lock([edit.id for edit in edits])
        drafts = [Draft(found.get(edit.id), dict(edit.changes), self.accepted) for edit in edits]
        self.gather([draft for draft in drafts if draft.record is not None])
        owned = owners_of(self.firm.pk, self.kind, found)
        for draft, edit in zip(drafts, edits, strict=True):
            self._open(draft, edit)
            if draft.refusal is None:
                self._settle(draft)
            if draft.refusal is None and draft.changes:
                self._check_owned(draft, owned[draft.row.pk])
            if draft.refusal is None and draft.changes:
                self._apply(draft)
        changed = [draft for draft in living(drafts) if draft.changes]
        self._store(changed)
        changed = living(changed)
        self.after_update(changed)
        self._reword(changed)
        self._journal(changed, event)
        return [draft.outcome() for draft in drafts]

    @transaction.atomic
    def erase(self, record_id: int, parts: Iterable[type[Any]] = ()) -> None:
        """Remove a record that nothing uses. `parts` point at it through an attribute named after the kind and go with
        it. Raises NotFound or StillUsed."""
        row = self.lock([record_id]).get(record_id)
        if row is None:
            raise NotFound(what=self.kind)
        name = str(row)
        owned = owners_of(self.firm.pk, self.kind, [record_id])[record_id]
        check_editable(self.by, self.kind, record_id, owned)
        try:
            with transaction.atomic():
                for part in parts:
                    part.objects.of(self.firm).filter(**{self.kind: row}).delete()
                row.delete()
        except ProtectedError as error:
            users = sorted({str(type(used)._meta.verbose_name) for used in error.protected_objects})
            raise StillUsed(name=name, users=", ".join(users)) from None
        remove_words(self.words, self.firm.pk, self.kind, record_id)
        record(f"{self.kind}.removed", by=self.by, kind=self.kind, record_id=record_id, note=name)
        announce(self.firm.pk, self.kind, record_id)

    def lock(self, ids: Iterable[int]) -> dict[int, M]:
        """The firm's records with these ids, locked until the transaction ends, in the order of ids against
        deadlocks."""
        found: dict[int, M] = {}
        for batch in batches({pk for pk in ids if is_id(pk)}):
            rows = self.model.objects.of(self.firm).select_for_update().order_by("pk")
            found.update((row.pk, row) for row in rows.filter(pk__in=batch))
        return found

    def ids_given(self, drafts: Iterable[Draft[M]], *fields: str) -> list[int]:
        """The ids that the rows give in these fields, those that can be ids."""
        given = (draft.given.get(field) for draft in drafts for field in fields)
        return sorted({value for value in given if is_id(value)})

    # --- parts -------------------------------------------------------------------------------------------------------

    def _settle(self, draft: Draft[M]) -> None:
        try:
            unknown = draft.given.keys() - self.texts.keys() - self.others
            if unknown:
                raise BadValue(field=min(unknown), problem=f"there is no such field of a {self.kind}")
            settle_texts(draft, self.texts, self.firm, lenient=self.fill_gaps)
            self.settle(draft)
        except Refusal as refusal:
            draft.refusal = refusal
            return
        if draft.is_new:
            self._apply(draft)

    def _open(self, draft: Draft[M], edit: Edit) -> None:
        if draft.record is None:
            draft.refusal = NotFound(what=self.kind)
        elif edit.expected_version is not None and draft.version != edit.expected_version:
            draft.refusal = StaleVersion(what=self.kind)

    def _check_owned(self, draft: Draft[M], owners: Mapping[str, Any]) -> None:
        names = {self.owned_as.get(name, name) for name in draft.changes}
        if not names & owners.keys():
            return
        try:
            check_editable(self.by, self.kind, draft.row.pk, names)
        except Refusal as refusal:
            draft.refusal = refusal

    def _apply(self, draft: Draft[M]) -> None:
        if draft.is_new:
            # Nothing hangs on a new row yet that setting a column by its name would have to let go of.
            draft.row.__dict__.update(draft.attributes)
            return
        draft.attributes["version"] = draft.version + 1
        for attribute, value in draft.attributes.items():
            setattr(draft.row, attribute, value)

    def _insert(self, drafts: Sequence[Draft[M]]) -> None:
        try:
            with transaction.atomic():
                insert_rows(self.model, [draft.row for draft in drafts])
            return
        except IntegrityError:
            pass
        for draft in drafts:
            draft.row.pk = None
            draft.row._state.adding = True
            self._alone(draft, lambda row: row.save(force_insert=True))

    def _store(self, drafts: Sequence[Draft[M]]) -> None:
        groups: dict[tuple[str, ...], list[Draft[M]]] = {}
        for draft in drafts:
            groups.setdefault(tuple(sorted(draft.attributes)), []).append(draft)
        for attributes, group in groups.items():
            columns = [_column(self.model, attribute) for attribute in attributes]
            try:
                with transaction.atomic():
                    self.model.objects.rewrite([draft.row for draft in group], columns)
            except IntegrityError:
                for draft in group:
                    self._alone(draft, lambda row, columns=columns: row.save(update_fields=columns))

    def _alone(self, draft: Draft[M], save: Any) -> None:
        try:
            with transaction.atomic():
                save(draft.row)
        except IntegrityError:
            draft.refusal = self.clash(draft)
            if draft.refusal is None:
                raise

    def _reword(self, drafts: Iterable[Draft[M]]) -> None:
        sources = set(self.word_sources)
        texts = {
            draft.row.pk: self._word_texts(draft.row) for draft in drafts if not sources.isdisjoint(draft.attributes)
        }
        if texts:
            change_words(self.words, self.firm.pk, self.kind, texts)

    def _word_texts(self, row: M) -> list[str]:
        return [getattr(row, source) for source in self.word_sources]

    def _journal(self, drafts: Sequence[Draft[M]], event: str) -> None:
        if not drafts:
            return
        changes: dict[int, dict[str, list[Any]]] = {}
        for draft in drafts:
            pk = draft.row.pk
            if pk not in changes:
                changes[pk] = draft.changes
                continue
            mine = changes[pk] = dict(changes[pk])
            for name, (old, new) in draft.changes.items():
                mine[name] = [mine[name][0] if name in mine else old, new]
        only = drafts[0].row.pk if len(changes) == 1 else None
        record(
            f"{self.kind}.{event}",
            by=self.by,
            kind=self.kind,
            record_id=only,
            changes=changes[only] if only else {str(pk): mine for pk, mine in changes.items()},
            subjects=() if only else changes,
        )
        announce_many(self.firm.pk, self.kind, changes)


def _column(model: type[Any], attribute: str) -> str:
    return next(field.name for field in model._meta.concrete_fields if field.attname == attribute)
