"""What is older than the day from which a connection carries: left alone, and nobody is asked about it. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from instep.connect.fieldmap import RecordMap
from instep.connect.models.links import LinkState
from instep.connect.plan.subject import Known, Subject
from instep.connect.translate import Lookups

CHOSEN = ("create", "link")
"""Answers about one record: they count more than its date."""


def left_alone(record_map: RecordMap, subject: Subject, lookups: Lookups, begins_on: date | None) -> bool:
    """Whether the record is neither sent nor taken over nor asked about, for its date.

    What is linked goes on whatever its date is, and so does what belongs to linked records alone.
    """
    if begins_on is None or not record_map.dated or _tied(subject.link):
        return False
    belongs = list(_belongs_to(record_map, subject, lookups))
    if "older" in belongs:
        return True
    if belongs and all(each == "carried" for each in belongs):
        return False
    return is_older(date_of(record_map, subject), begins_on)


def is_older(on: Any, begins_on: date) -> bool:
    """Of a canonical date; what has none is not older."""
    return isinstance(on, str) and on < begins_on.isoformat()


def date_of(record_map: RecordMap, subject: Subject) -> Any:
    """Ours counts, where there is one."""
    if subject.ours is not None:
        return subject.ours.raw.get(record_map.dated)
    return subject.theirs.canonical.get(record_map.dated) if subject.theirs is not None else None


def _tied(link: Known | None) -> bool:
    return link is not None and (link.state == LinkState.LIVE or link.choice in CHOSEN)


def _belongs_to(record_map: RecordMap, subject: Subject, lookups: Lookups) -> Iterator[str]:
    """ "older", "carried" or "" of each record that this one belongs to."""
    for name in record_map.goes_with:
        kind = record_map.kind.field(name).ref or ""
        if subject.ours is not None and (key := subject.ours.raw.get(name)) is not None:
            here = (kind, int(key))
            carried = here in lookups.remote_of or here in lookups.coming
            yield "older" if here in lookups.older_here else "carried" if carried else ""
        elif subject.theirs is not None and (found := subject.theirs.raw.get(record_map.field(name).theirs)):
            there = (kind, str(found))
            yield "older" if there in lookups.older_there else "carried" if there in lookups.local_of else ""
