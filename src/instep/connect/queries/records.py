"""How records of ours stand with each connection, for their pages and their rows in lists."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import OuterRef, Subquery

from instep.base.identity.rows import FirmQuerySet
from instep.connect.models import ConnectionState, Dirty, Link, LinkState, Observation, Pair
from instep.connect.queries.maps import field_ways
from instep.connect.queries.names import said
from instep.connect.registry import connector_for

_SEEN = Observation.objects.filter(
    firm_id=OuterRef("firm_id"),
    connection_id=OuterRef("connection_id"),
    remote_type=OuterRef("remote_type"),
    remote_id=OuterRef("remote_id"),
).values("seen_at")[:1]


@dataclass(frozen=True, slots=True)
class RecordMark:
    """How one record stands with one connection, in short."""

    remote: str
    state: str
    """in_step, waiting, held, conflict, unlinked."""
    sentence: str


@dataclass(frozen=True, slots=True)
class RecordSync:
    """How one record stands with one connection, for its page."""

    connection_id: int
    remote: str
    state: str
    """in_step, waiting, held, conflict, unlinked."""
    sentence: str
    since: datetime | None
    app_url: str
    link_id: int | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
    """Field of ours: one sentence on which way it travels."""
    there: tuple[str, str] = ("", "")
    """Their type and id, where it is linked and the connection runs."""
    seen_at: datetime | None = None
    """When their record was last seen."""


def sync_of(firm_id: int, kind: str, ids: Sequence[int]) -> dict[int, list[RecordSync]]:
    """How these records stand with every connection that carries their kind: three queries, however many records."""
    pairs = list(_pairs(firm_id, kind).select_related("connection"))
    if not pairs or not ids:
        return {}
    rows = _links(firm_id, [pair.pk for pair in pairs], ids).annotate(seen_at=Subquery(_SEEN))
    links = {(li.pair_id, li.local_id): li for li in rows}
    dirty = _dirty(firm_id, kind, [pair.connection_id for pair in pairs], ids)
    found: dict[int, list[RecordSync]] = defaultdict(list)
    for pair in pairs:
        remote = connector_for(pair.connection.provider).title
        fields = field_ways(pair.connection, kind, pair.scope.get("ways"))
        for record_id in ids:
            link = links.get((pair.pk, record_id))
            stands = _mark(remote, _stand(link) if link else None, (pair.connection_id, record_id) in dirty)
            since, url, link_id = (link.in_step_at, link.app_url, link.pk) if link else (None, "", None)
            runs = pair.connection.state == ConnectionState.ACTIVE
            there = (link.remote_type, link.remote_id or "") if link and runs else ("", "")
            found[record_id].append(
                RecordSync(
                    *(pair.connection_id, remote, stands.state, stands.sentence, since, url, link_id, fields),
                    there=there,
                    seen_at=getattr(link, "seen_at", None),
                )
            )
    return dict(found)


def marks_of(firm_id: int, kind: str, ids: Sequence[int]) -> dict[int, tuple[RecordMark, ...]] | None:
    """The same for the rows of a list: three queries that load no more than a mark says. None where no connection
    carries the kind."""
    pairs = list(_pairs(firm_id, kind).values_list("pk", "connection_id", "connection__provider"))
    if not pairs:
        return None
    if not ids:
        return {}
    links = {
        (pair_id, record_id): stand
        for pair_id, record_id, *stand in _links(firm_id, [pair[0] for pair in pairs], ids).values_list(
            "pair_id", "local_id", "state", "held_code", "held_reason"
        )
    }
    dirty = _dirty(firm_id, kind, [pair[1] for pair in pairs], ids)
    named = [(pair_id, connection_id, connector_for(provider).title) for pair_id, connection_id, provider in pairs]
    return {
        record_id: tuple(
            _mark(remote, links.get((pair_id, record_id)), (connection_id, record_id) in dirty)
            for pair_id, connection_id, remote in named
        )
        for record_id in ids
    }


def _pairs(firm_id: int, kind: str) -> FirmQuerySet[Pair]:
    rows = Pair.objects.of(firm_id).filter(kind=kind, enabled=True)
    return rows.exclude(connection__state=ConnectionState.DISCONNECTED)


def _links(firm_id: int, pairs: Sequence[int], ids: Sequence[int]) -> FirmQuerySet[Link]:
    rows = Link.objects.of(firm_id).filter(pair__in=pairs, local_id__in=list(ids))
    return rows.exclude(state__in=(LinkState.DEAD, LinkState.DETACHED))


def _dirty(firm_id: int, kind: str, connections: Sequence[int], ids: Sequence[int]) -> set[tuple[int, int]]:
    rows = Dirty.objects.of(firm_id).filter(connection__in=connections, kind=kind, record_id__in=list(ids))
    return set(rows.values_list("connection_id", "record_id"))


def _stand(link: Link) -> tuple[str, str, str]:
    return link.state, link.held_code, link.held_reason


def _mark(remote: str, stand: Sequence[str] | None, dirty: bool) -> RecordMark:
    if stand is None:
        if dirty:
            return RecordMark(remote, "waiting", f"Waiting to go to {remote}.")
        return RecordMark(remote, "unlinked", f"Not linked with {remote}.")
    state, held_code, held_reason = stand
    if held_code:
        return RecordMark(remote, "conflict" if held_code == "conflict" else "held", said(held_reason, remote))
    if dirty or state != LinkState.LIVE:
        return RecordMark(remote, "waiting", f"A change waits to go to {remote}.")
    return RecordMark(remote, "in_step", f"In step with {remote}.")
