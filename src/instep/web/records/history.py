"""What happened to a record: its audit entries, and its part of those that tell of many records at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.utils.translation import gettext

from instep.base.audit.models import AuditEntry
from instep.base.audit.queries import history_of
from instep.web.components.timelines import Happening, happenings

SHORT, LONG = 8, 200
FEW = 4


@dataclass(frozen=True)
class Sayings:
    """How the history of one kind reads: `events` {event: sentence}, `labels` {field: name}, `values` {field: {stored
    value: words}}, `read` makes of a field and its stored value what is neither of these, such as an amount;
    `skip` leaves out what another line says already.
    """

    events: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Mapping[Any, str]] = field(default_factory=dict)
    read: Callable[[str, Any], Any] = lambda field, value: value
    skip: Callable[[str, list[Any]], bool] = lambda field, change: False


@dataclass(frozen=True)
class History:
    """The newest entries, and whether there is more to tell."""

    entries: list[Happening]
    more: bool


def history(firm_id: int, kind: str, record_id: int, sayings: Sayings, *, long: bool = False) -> History:
    """The newest eight, or two hundred, lines of the record's history; one query."""
    size = LONG if long else SHORT
    found = list(history_of(firm_id, kind, record_id)[: size + 1])
    own = [_part(entry, record_id, sayings) for entry in found[:size]]
    shown = happenings(own, sentences=sayings.events, labels=sayings.labels, show=sayings.values)
    folded = shown if long else [_folded(each) for each in shown]
    return History(folded, len(found) > size or folded != shown)


def _folded(happening: Happening) -> Happening:
    """A long list of changes by its beginning: a new record says little that its fields do not."""
    over = len(happening.changes) - FEW
    if over <= 1:
        return happening
    more = gettext("and %(count)d more") % {"count": over}
    return replace(happening, changes=[*happening.changes[:FEW], more])


def _part(entry: AuditEntry, record_id: int, sayings: Sayings) -> AuditEntry:
    """The entry as if it told of this record alone, with values as people read them."""
    mine = entry.changes if entry.record_id is not None else entry.changes.get(str(record_id))
    changes = mine if isinstance(mine, dict) else {}
    return AuditEntry(
        firm_id=entry.firm_id,
        at=entry.at,
        actor_kind=entry.actor_kind,
        actor_name=entry.actor_name,
        event=entry.event,
        kind=entry.kind,
        record_id=record_id,
        changes={
            name: [sayings.read(name, value) for value in change]
            for name, change in changes.items()
            if isinstance(change, list) and not sayings.skip(name, change)
        },
        note=entry.note,
    )


def named(rows: Sequence[Any]) -> dict[Any, str]:
    """{key: name} of records, for `Sayings.values`."""
    return {row.pk: str(row.name) for row in rows if row is not None}
