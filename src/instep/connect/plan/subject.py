"""What planning works on: one record with everything known about it, and the operations that come of it. Plain data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from instep.connect.models.plans import OpKind
from instep.connect.policies import Told
from instep.connect.protocols import Problem


@dataclass(frozen=True, slots=True)
class Ours:
    """Our record as read now."""

    id: int
    version: int
    raw: Mapping[str, Any]
    label: str
    archived: bool = False
    problems: Sequence[Problem] = ()
    withheld: str = ""


@dataclass(frozen=True, slots=True)
class Theirs:
    """Their record as last observed."""

    id: str
    raw: Mapping[str, Any]
    canonical: Mapping[str, Any]
    version: str = ""
    marker: str = ""
    gone: bool = False
    label: str = ""
    put_away: bool = False
    """It is archived there, or void."""
    merged_into: str = ""
    stamp: datetime | None = None
    """Last modified, in the remote's own clock."""

    @property
    def over(self) -> bool:
        """Whether nothing goes there any more."""
        return self.gone or self.put_away or bool(self.merged_into)


@dataclass(frozen=True, slots=True)
class Survivor:
    """The record of theirs that another one was merged into."""

    id: str
    label: str
    local_id: int | None = None
    """Of ours, where it is linked."""
    ours: str = ""
    doubtful: bool = False
    """It may be one that we are just making there: no answer came yet."""


@dataclass(frozen=True, slots=True)
class Known:
    """A link as stored."""

    id: int
    state: str
    local_id: int | None
    remote_id: str | None
    generation: int
    base_a: Mapping[str, Any]
    base_b: Mapping[str, Any]
    phase: Mapping[str, Any]
    held_code: str = ""
    waits_for: str = ""
    decision: Mapping[str, Any] = field(default_factory=dict)
    unsettled: bool = False
    """A write to the remote got no answer yet: nothing more is planned for it until it was read back."""

    @property
    def choice(self) -> str:
        """What a person decided about it: "link", "create", "ignore", or empty."""
        return self.decision.get("choice", "")


class Doubt(StrEnum):
    """Why a record of theirs that nobody knows is not taken over."""

    NONE = ""
    WAITING = "waiting"
    """It may be one that we are just making there: no answer came yet."""
    ASKED = "asked"
    """Somebody is asked whether it is one that we made there."""


class Phase(StrEnum):
    """What is known of a linked field beside its base."""

    STEADY = "steady"
    """A seeded field had its first value."""
    UNSAID_THERE = "unsaid_there"
    """Ours refers to a record that is not linked: theirs was left, or got a default, until it is."""
    UNSAID_HERE = "unsaid_here"
    """Theirs refers to a record that is not linked: ours was left until it is."""
    SAID = ""


class Linked(Protocol):
    """A link, as planned on or as stored."""

    @property
    def id(self) -> int: ...
    @property
    def state(self) -> str: ...
    @property
    def local_id(self) -> int | None: ...
    @property
    def remote_id(self) -> str | None: ...
    @property
    def generation(self) -> int: ...
    @property
    def decision(self) -> Mapping[str, Any]: ...


def standing_of(link: Linked | None) -> list[Any] | None:
    """What must still be so when a row is carried out: which link it is, of which records, as a person left it."""
    if link is None:
        return None
    return [link.id, str(link.state), link.local_id, link.remote_id, link.generation, dict(link.decision)]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A record on the other side that may be the same."""

    record: str
    label: str
    rule: str
    strong: bool
    linked: bool = False
    """It is linked with another record."""
    lost: bool = False
    """Its counterpart is gone, and this may be that one made anew: only a person says so."""


@dataclass(frozen=True, slots=True)
class Subject:
    """One record with everything known about it."""

    link: Known | None
    ours: Ours | None
    theirs: Theirs | None
    candidates: Sequence[Candidate] = ()
    twin: Known | None = None
    """Where both records wait with a link of their own: the other one's, which ends when they are joined."""
    dirty: tuple[int, int] | None = None
    """Key and version of the row that says that ours changed, read before ours was."""
    seen: tuple[str, int] | None = None
    """Their id and how often theirs had moved, when it was pending."""
    doubt: Doubt = Doubt.NONE
    survivor: Survivor | None = None
    """Where theirs was merged into another one that is there."""
    since: datetime | None = None
    """When ours was edited first of what has not gone there yet."""
    told: Mapping[str, Told] | None = None
    """By field: who set both values of a conflict, and when. None while nobody asked: then nothing is decided."""


@dataclass(slots=True)
class Draft:
    """An operation to be stored as a plan row."""

    op: OpKind
    subject: Subject
    label: str
    local_id: int | None = None
    remote_id: str = ""
    changes: list[dict[str, Any]] = field(default_factory=list)
    body: dict[str, Any] = field(default_factory=dict)
    base: dict[str, list[Any]] = field(default_factory=dict)
    phase: dict[str, str] = field(default_factory=dict)
    checks: dict[str, Any] = field(default_factory=dict)
    conflicts: list[dict[str, Any]] = field(default_factory=list)
    """Fields that both sides changed, and that wait for a person."""
    decided: list[dict[str, Any]] = field(default_factory=list)
    """Those that the field's policy decided: kept as closed conflicts once this row is carried out."""
    drifted: list[dict[str, Any]] = field(default_factory=list)
    """Fields that one side owns and the other changed, where the map leaves that as it is: for the journal."""
    merged: list[str] = field(default_factory=list)
    """Fields that get what both sides say: it goes there too once it is here."""
    errors: list[dict[str, str]] = field(default_factory=list)
    waits_for: str = ""
    """The record is looked at again once this one is linked."""
    facts: dict[str, Any] = field(default_factory=dict)
    link_first: bool = False
    needs: Sequence[str] = ()
    """Records of ours that the same plan makes or links, and without which this row makes no sense."""
    left: bool = False
    """Shown to a person, and not carried out: why is among the errors."""
    met: bool = False
    """Both sides were compared: a conflict that is not among these rows any more is over."""

    @property
    def asks(self) -> bool:
        """Whether a person is needed: not for what somebody chose to leave out, nor for a record of theirs that comes
        by itself once another one is linked."""
        alone = {"ignored", "put_away", "merge_wait", "withheld"} | ({"waits"} if self.local_id is None else set())
        return any(error["code"] not in alone for error in self.errors)

    def remember(self, name: str, ours: Any, theirs: Any, *, phase: str | None = None) -> None:
        """Note the values that this row was planned on; they become the base when it is done. None leaves the phase."""
        self.base[name] = [ours, theirs]
        if phase is not None:
            self.phase[name] = phase


def label_of(subject: Subject) -> str:
    """What the record is called."""
    if subject.ours is not None:
        return subject.ours.label
    return subject.theirs.label if subject.theirs is not None else ""


def hold(subject: Subject, code: str, sentence: str, *, waits_for: str = "", **facts: Any) -> Draft:
    """A row that says why nothing can be done now."""
    return Draft(
        OpKind.HOLD,
        subject,
        label_of(subject),
        local_id=subject.ours.id if subject.ours else (subject.link.local_id if subject.link else None),
        remote_id=subject.theirs.id if subject.theirs else ((subject.link.remote_id or "") if subject.link else ""),
        errors=[{"code": code, "sentence": sentence}],
        waits_for=waits_for,
        facts=facts,
    )
