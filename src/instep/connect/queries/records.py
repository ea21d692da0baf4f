"""How records of ours stand with each connection, for their pages and their rows in lists."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from instep.connect.models import ConnectionState, Dirty, Link, LinkState, Pair
from instep.connect.queries.maps import field_ways
from instep.connect.registry import connector_for


@dataclass(frozen=True, slots=True)
class RecordSync:
    """How one record stands with one connection, for its page and its row in a list."""

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


def sync_of(firm_id: int, kind: str, ids: Sequence[int]) -> dict[int, list[RecordSync]]:
    """How these records stand with every connection that carries their kind: four queries, however many records."""
    pairs = list(
        Pair.objects.of(firm_id)
        .filter(kind=kind, enabled=True)
        .exclude(connection__state=ConnectionState.DISCONNECTED)
        .select_related("connection")
    )
    if not pairs or not ids:
        return {}
    links: dict[tuple[int, int | None], Link] = {
        (li.pair_id, li.local_id): li
        for li in Link.objects.of(firm_id)
        .filter(pair__in=pairs, local_id__in=list(ids))
        .exclude(state__in=(LinkState.DEAD, LinkState.DETACHED))
    }
    dirty = set(
        Dirty.objects.of(firm_id)
        .filter(connection__in=[p.connection_id for p in pairs], kind=kind, record_id__in=list(ids))
        .values_list("connection_id", "record_id")
    )
    found: dict[int, list[RecordSync]] = defaultdict(list)
    for pair in pairs:
        remote = connector_for(pair.connection.provider).title
        fields = field_ways(pair.connection, kind)
        for record_id in ids:
            link = links.get((pair.pk, record_id))
            found[record_id].append(_record_sync(pair, remote, link, (pair.connection_id, record_id) in dirty, fields))
    return dict(found)


def _record_sync(pair: Pair, remote: str, link: Link | None, dirty: bool, fields: Mapping[str, str]) -> RecordSync:
    if link is None:
        state = "waiting" if dirty else "unlinked"
        sentence = f"Waiting to go to {remote}." if dirty else f"Not linked with {remote}."
        return RecordSync(pair.connection_id, remote, state, sentence, None, "", None, fields)
    if link.held_code == "conflict":
        state, sentence = "conflict", link.held_reason
    elif link.held_code:
        state, sentence = "held", link.held_reason
    elif dirty or link.state != LinkState.LIVE:
        state, sentence = "waiting", f"A change waits to go to {remote}."
    else:
        state, sentence = "in_step", f"In step with {remote}."
    return RecordSync(pair.connection_id, remote, state, sentence, link.in_step_at, link.app_url, link.pk, fields)
