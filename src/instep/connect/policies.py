"""What decides a field that both sides changed: one policy a field, a pure function of what is known of both values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from instep.connect.fieldmap import Field, RecordMap, Way
from instep.kernel.records.kinds import FieldType, RecordField

SKEW = timedelta(minutes=2)
"""Two clocks that differ by less say nothing about which of two edits was the later one."""
OURS, THEIRS, BOTH = "ours", "theirs", "both"


class Policy(StrEnum):
    """Stored with each field of a connection's map; never renamed."""

    OWNER = "owner"
    """Whoever keeps the field; where nobody does, a person."""
    OURS = "ours"
    THEIRS = "theirs"
    ASK = "ask"
    NEWEST = "newest"
    """The later edit, where both sides say when each value was set; else, and within SKEW, a person."""
    UNION = "union"
    """Every line, or entry, of both."""
    LONGEST = "longest"
    """The longer text; of two as long, a person."""
    IGNORE = "ignore"
    """Of a field that one side owns: an edit on the other side is left as it is, and noted, instead of put back."""


@dataclass(frozen=True, slots=True)
class Told:
    """What is known of the two values of one field: who set each, when, and who keeps the field."""

    ours_by: str = ""
    ours_at: datetime | None = None
    ours_user: int | None = None
    """The user who set ours, or who is known by the address of who set theirs: they are told of a decision."""
    theirs_by: str = ""
    theirs_at: datetime | None = None
    theirs_user: int | None = None
    owner: str = ""
    """The side that keeps it: "ours", "theirs", or nobody."""

    def as_kept(self) -> dict[str, Any]:
        """Who and when, as a plan's row keeps it."""
        return {
            "ours_by": self.ours_by,
            "ours_at": self.ours_at.isoformat() if self.ours_at else None,
            "theirs_by": self.theirs_by,
            "theirs_at": self.theirs_at.isoformat() if self.theirs_at else None,
            "tell": [user for user in (self.ours_user, self.theirs_user) if user is not None],
        }


@dataclass(frozen=True, slots=True)
class Verdict:
    """`keep` is "ours", "theirs" or "both" (then `merged`, in our words); empty leaves it to a person."""

    keep: str = ""
    merged: Any = None


ASK = Verdict()


def verdict(policy: str, *, ours: Any, theirs: Any, told: Told) -> Verdict:
    """Which value stays. Both are in our words; an unknown policy leaves it to a person.

    Where a field has a keeper, no rule of thumb goes over their head: only a side that is named, or a person.
    """
    rule = _RULES.get(policy)
    if rule is None:
        return ASK
    if told.owner and policy not in (Policy.OURS, Policy.THEIRS, Policy.ASK):
        return Verdict(told.owner)
    return rule(ours, theirs, told)


def default_policy(record_map: RecordMap, f: Field, *, newest: bool) -> Policy:
    """What a field begins with (X-08): its keeper, else a person for money and for what a record is known by, else the
    newest where both sides tell."""
    if f.way is not Way.BOTH or not newest or is_delicate(record_map, f):
        return Policy.OWNER
    return Policy.NEWEST


def offered(record_map: RecordMap, f: Field, *, newest: bool) -> list[Policy]:
    """The policies that mean something for a field, in the order of a list: of one that travels one way, whether an
    edit on the other side is put back or left; of what is given once, none."""
    if f.way is not Way.BOTH:
        return [] if f.way is Way.ONCE else [Policy.OWNER, Policy.IGNORE]
    found = [Policy.OWNER, Policy.ASK, Policy.OURS, Policy.THEIRS]
    if newest:
        found.append(Policy.NEWEST)
    type_ = record_map.kind.field(f.ours).type
    if type_ in (FieldType.TEXT, FieldType.MULTILINE) and not is_delicate(record_map, f):
        found.append(Policy.LONGEST)
    if type_ is FieldType.MULTILINE:
        found.append(Policy.UNION)
    return found


def is_delicate(record_map: RecordMap, f: Field) -> bool:
    """Money, and what a record is known by: a wrong one is no matter of taste."""
    named: RecordField = record_map.kind.field(f.ours)
    known_by = {ours for rule in record_map.match for ours, _ in rule.parts}
    return named.required or named.type in _DELICATE or f.ours in known_by


_DELICATE = (FieldType.MONEY, FieldType.NAME, FieldType.TAX_NUMBER, FieldType.REF)


def _newest(_ours: Any, _theirs: Any, told: Told) -> Verdict:
    if told.ours_at is None or told.theirs_at is None or abs(told.ours_at - told.theirs_at) <= SKEW:
        return ASK
    return Verdict(OURS if told.ours_at > told.theirs_at else THEIRS)


def _longest(ours: Any, theirs: Any, _told: Told) -> Verdict:
    lengths = [len(" ".join(str(value or "").split())) for value in (ours, theirs)]
    if lengths[0] == lengths[1]:
        return ASK
    return Verdict(OURS if lengths[0] > lengths[1] else THEIRS)


def _union(ours: Any, theirs: Any, _told: Told) -> Verdict:
    """Ours first and in its order, then what only theirs has; what is left out on neither side is never lost."""
    if isinstance(ours, list) and isinstance(theirs, list):
        return Verdict(BOTH, [*ours, *(each for each in theirs if each not in ours)])
    if not all(isinstance(value, str) for value in (ours, theirs)):
        return ASK
    lines = ours.splitlines()
    known = {_plain(line) for line in lines}
    more = [line for line in theirs.splitlines() if _plain(line) and _plain(line) not in known]
    return Verdict(BOTH, "\n".join([*lines, *more]))


def _plain(line: str) -> str:
    return " ".join(line.split()).casefold()


_RULES: Mapping[str, Callable[[Any, Any, Told], Verdict]] = {
    Policy.OWNER: lambda _ours, _theirs, told: Verdict(told.owner),
    Policy.OURS: lambda _ours, _theirs, _told: Verdict(OURS),
    Policy.THEIRS: lambda _ours, _theirs, _told: Verdict(THEIRS),
    Policy.ASK: lambda _ours, _theirs, _told: ASK,
    Policy.NEWEST: _newest,
    Policy.UNION: _union,
    Policy.LONGEST: _longest,
}
