"""Who set the two values of a field, and when: ours by the audit trail, theirs by what the remote says of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from instep.base.audit.models import AuditEntry, AuditSubject
from instep.base.identity.actor import ActorKind
from instep.base.identity.models import Membership
from instep.base.ownership.owners import owners_of
from instep.connect.models import Connection, Pair
from instep.connect.place import Bench
from instep.connect.policies import OURS, THEIRS, Told
from instep.connect.registry import side_for
from instep.connect.telling import Authored, KeepsInParts, KnowsAuthors

_ENOUGH = 2000
"""Entries of a chunk of records that are looked through; who set a value longer ago is not said."""


@dataclass(frozen=True, slots=True)
class Author:
    """Who set a value of ours."""

    name: str
    at: datetime
    user: int | None


def told_of(
    bench: Bench, pair: Pair, asked: Mapping[int, tuple[Mapping[str, Any], Iterable[str]]]
) -> dict[int, dict[str, Told]]:
    """{our id: {field: what is known of its two values}}.

    `asked` is {our id: (their record as last read, our fields)}. Four queries for all of them together.
    """
    wanted = {record_id: list(names) for record_id, (_raw, names) in asked.items()}
    ours = authors_here(bench.firm_id, pair.kind, wanted)
    owners = owners_of(bench.firm_id, pair.kind, wanted)
    record_map = bench.map_of(pair)
    theirs: dict[tuple[int, str], Authored] = {}
    if isinstance(bench.connector, KnowsAuthors):
        for record_id, (raw, names) in asked.items():
            for name in names:
                said = bench.connector.author(pair.remote_type, raw, record_map.field(name).theirs)
                if said is not None:
                    theirs[record_id, name] = said
    users = _users(bench.firm_id, {said.email for said in theirs.values() if said.email})
    found: dict[int, dict[str, Told]] = {}
    for record_id, names in wanted.items():
        for name in names:
            here, there = ours.get((record_id, name)), theirs.get((record_id, name), Authored())
            keeper = owners[record_id].get(name)
            found.setdefault(record_id, {})[name] = Told(
                ours_by=here.name if here else "",
                ours_at=here.at if here else None,
                ours_user=here.user if here else None,
                theirs_by=there.name,
                theirs_at=_in_utc(bench.connection, there.at),
                theirs_user=users.get(there.email.lower()),
                owner="" if keeper is None else THEIRS if keeper.owner_key == bench.actor.key else OURS,
            )
    return found


def authors_here(firm_id: int, kind: str, wanted: Mapping[int, Sequence[str]]) -> dict[tuple[int, str], Author]:
    """{(our id, field): who last changed it}, by the audit trail; two queries."""
    side = side_for(kind)
    parts: Mapping[str, Sequence[str]] = side.parts if isinstance(side, KeepsInParts) else {}
    told: list[tuple[int, int, AuditEntry, Mapping[str, Any]]] = []
    own = AuditEntry.objects.of(firm_id).filter(kind=kind, record_id__in=list(wanted)).order_by("-id")
    told += [(entry.pk, entry.record_id or 0, entry, entry.changes) for entry in own[:_ENOUGH]]
    among = AuditSubject.objects.of(firm_id).filter(kind=kind, record_id__in=list(wanted)).select_related("entry")
    for subject in among.order_by("-entry_id")[:_ENOUGH]:
        entry = subject.entry
        told.append((entry.pk, subject.record_id, entry, entry.changes.get(str(subject.record_id)) or {}))
    found: dict[tuple[int, str], Author] = {}
    for _no, record_id, entry, changes in sorted(told, key=lambda each: each[0], reverse=True):
        for name in wanted[record_id]:
            if (record_id, name) not in found and any(part in changes for part in parts.get(name, (name,))):
                user = entry.actor_id if entry.actor_kind == ActorKind.USER else None
                found[record_id, name] = Author(entry.actor_name, entry.at, user)
    return found


def _users(firm_id: int, emails: set[str]) -> dict[str, int]:
    """Those of our users who have these addresses; no query without one."""
    if not emails:
        return {}
    known = {email.strip().lower() for email in emails}
    rows = Membership.objects.of(firm_id).filter(until=None, user__email__in=known)
    return dict(rows.values_list("user__email", "user_id"))


def _in_utc(connection: Connection, at: datetime | None) -> datetime | None:
    """A moment of the remote's clock; None where it has no zone and its clock is not known yet."""
    if at is None or at.tzinfo is not None:
        return at
    if connection.stamp_offset_minutes is None:
        return None
    return at.replace(tzinfo=UTC) - timedelta(minutes=connection.stamp_offset_minutes)
