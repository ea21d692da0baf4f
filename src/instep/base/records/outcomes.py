"""What came of one row of an action: the record as it stands, or the refusal; the same for one row and for a
thousand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from django.db.models import Model

from instep.kernel.errors import Caution, Refusal

M = TypeVar("M", bound=Model)


@dataclass(frozen=True, slots=True)
class Edit:
    """A change to one record: only the fields given are touched. `expected_version` None skips that check."""

    id: int
    changes: Mapping[str, Any]
    expected_version: int | None = None


@dataclass(frozen=True, slots=True)
class Outcome(Generic[M]):
    """`record` as stored, None when refused. `changed` is False when there was nothing to write.

    `warnings` are cautions that did not stop the action; show their sentences.
    """

    record: M | None
    refusal: Refusal | None = None
    warnings: tuple[Caution, ...] = ()
    changed: bool = True

    @property
    def id(self) -> int | None:
        """The record's id, None when refused."""
        return self.record.pk if self.record is not None else None

    def sure(self) -> M:
        """The record; raises the refusal if there is one."""
        if self.record is None:
            raise self.refusal or Refusal()
        return self.record


@dataclass(slots=True)
class Draft(Generic[M]):
    """One row on its way through an action: what was given, what it would change, why it was refused."""

    record: M | None
    given: dict[str, Any]
    accepted: frozenset[str] = frozenset()
    attributes: dict[str, Any] = field(default_factory=dict)
    """Model attribute: new value. Written to the record only when the whole row is accepted."""
    changes: dict[str, list[Any]] = field(default_factory=dict)
    """Field: [old, new] as the audit log and the owners of fields call it."""
    extras: dict[str, Any] = field(default_factory=dict)
    """What a writer keeps for the rows beside the record."""
    warnings: list[Caution] = field(default_factory=list)
    refusal: Refusal | None = None

    @property
    def is_new(self) -> bool:
        """Whether the record is being made."""
        return self.row._state.adding

    @property
    def row(self) -> M:
        """The record, which every draft that is being settled has."""
        assert self.record is not None
        return self.record

    @property
    def version(self) -> int:
        """The record's version as it now is."""
        return getattr(self.row, "version")  # noqa: B009

    def value(self, attribute: str) -> Any:
        """The attribute as it will be."""
        return self.attributes[attribute] if attribute in self.attributes else getattr(self.record, attribute)

    def put(self, attribute: str, value: Any, *, field_name: str | None = None) -> bool:
        """Set the attribute; False when it already is so. With `field_name` it enters the changes."""
        old = getattr(self.record, attribute)
        if old == value:
            return False
        self.attributes[attribute] = value
        if field_name:
            self.note(field_name, None if self.is_new else old, value)
        return True

    def note(self, field_name: str, old: Any, new: Any) -> None:
        """Enter a change of a field; empty text counts as None."""
        self.changes[field_name] = [None if old == "" else old, None if new == "" else new]

    def caution(self, caution: Caution) -> None:
        """Raise the caution unless its code is among those accepted."""
        if caution.code not in self.accepted:
            raise caution

    def outcome(self) -> Outcome[M]:
        """The finished row."""
        if self.refusal:
            return Outcome(None, self.refusal)
        return Outcome(self.record, None, tuple(self.warnings), bool(self.changes))


def living(drafts: Iterable[Draft[M]]) -> list[Draft[M]]:
    """The drafts that have not been refused."""
    return [draft for draft in drafts if draft.refusal is None]


def only(outcomes: Sequence[Outcome[M]]) -> Outcome[M]:
    """The outcome of an action on one record; raises its refusal."""
    (outcome,) = outcomes
    outcome.sure()
    return outcome
