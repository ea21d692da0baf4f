"""Hints from outside and from pages: webhooks with their key, and a look at a record that somebody has open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from django.db import transaction

from instep.base.audit.log import record
from instep.base.identity.actor import Actor
from instep.connect.abilities import Forged, RemoteHint, SendsHints
from instep.connect.errors import NoHints
from instep.connect.inbox.hints import leave_hints
from instep.connect.installation import authorised_here
from instep.connect.models import Connection, ConnectionState, Hint
from instep.connect.protocols import BadReply
from instep.connect.queries import RecordSync
from instep.connect.registry import connector_for
from instep.connect.secrets import SecretsUnreadable, open_, seal
from instep.kernel.errors import BadValue, NotFound

FRESH = timedelta(seconds=60)
"""A record that was seen so lately is not asked for because somebody opens its page."""


class Heard(StrEnum):
    """What became of a call from outside."""

    KEPT = "kept"
    FORGED = "forged"
    UNKNOWN = "unknown"
    NONSENSE = "nonsense"


def take_hints(key: str, headers: Mapping[str, str], body: bytes, *, now: datetime) -> Heard:
    """Keep what a remote says, where its signature fits the key of a connection that is called so.

    It may speak of other accounts that the same app is connected to: their connections in this firm get theirs. Two
    queries, and one for each account; no call leaves. What is meant for another installation is not known here.
    """
    known = Connection.objects.filter(authorised_here(), key=key).exclude(state=ConnectionState.DISCONNECTED)
    heard = Heard.UNKNOWN
    for connection in known:
        connector = _of(connection)
        if connector is None:
            continue
        try:
            hints = connector.read_hints(headers, body, key=_opened(connection).get(connector.hint_key, ""))
        except Forged:
            heard = Heard.FORGED
        except BadReply:
            return Heard.NONSENSE
        else:
            _keep(connection, hints, now=now)
            return Heard.KEPT
    return heard


def _of(connection: Connection) -> SendsHints | None:
    try:
        connector = connector_for(connection.provider)
    except NotFound:
        return None
    return connector if isinstance(connector, SendsHints) else None


def _opened(connection: Connection) -> Mapping[str, str]:
    try:
        return open_(connection.sealed_secret)
    except SecretsUnreadable:
        return {}


def _keep(connection: Connection, hints: list[RemoteHint], *, now: datetime) -> None:
    by_tenant: dict[str, list[RemoteHint]] = {}
    for hint in hints:
        by_tenant.setdefault(hint.tenant, []).append(hint)
    if not by_tenant:
        return
    rows = Connection.objects.of(connection.firm_id).filter(
        authorised_here(), provider=connection.provider, tenant__in=by_tenant
    )
    for each in rows:
        leave_hints(each, by_tenant[each.tenant], now=now)


def look_at_record(firm_id: int, kind: str, record_id: int, syncs: Sequence[RecordSync], *, now: datetime) -> None:
    """Somebody has this record open: what their side says of it is asked for, unless it was seen a moment ago.

    No query where nothing is asked, else one; the page does not wait for the answer.
    """
    stale = [sync for sync in syncs if all(sync.there) and (sync.seen_at is None or now - sync.seen_at > FRESH)]
    rows = [
        Hint(
            firm_id=firm_id,
            connection_id=sync.connection_id,
            event_key=f"page:{kind}:{record_id}",
            remote_type=sync.there[0],
            remote_id=sync.there[1],
            received_at=now,
            due_at=now,
        )
        for sync in stale
    ]
    if rows:
        Hint.objects.bulk_create(rows, ignore_conflicts=True)


@transaction.atomic
def set_hint_key(connection_id: int, *, by: Actor, key: str) -> Connection:
    """Keep the key that the remote signs its calls with; empty: no call is believed any more.

    Raises NotAllowed, NotFound, NoHints, BadValue.
    """
    by.must("manage connections")
    connection = (
        Connection.objects.of(by.firm_id).select_for_update().get_of(by.firm_id, connection_id, what="connection")
    )
    connector = _of(connection)
    if connector is None:
        raise NoHints(remote=connector_for(connection.provider).title)
    key = key.strip()
    if not key.isascii() or not key.isprintable() or len(key) > 200:
        raise BadValue(field="Webhook key", problem="paste it as the remote shows it.")
    secret = {name: value for name, value in open_(connection.sealed_secret).items() if name != connector.hint_key}
    connection.sealed_secret = seal({**secret, **({connector.hint_key: key} if key else {})})
    connection.save(update_fields=["sealed_secret"])
    record(
        "connection.hint_key_set", by=by, kind="connection", record_id=connection.pk, changes={"set": [None, bool(key)]}
    )
    return connection


def hints_on(connection: Connection) -> bool | None:
    """Whether a key for its webhooks is kept; None where the remote sends none."""
    connector = _of(connection)
    return bool(_opened(connection).get(connector.hint_key)) if connector is not None else None


def hint_kept_from(connection: Connection, secret: Mapping[str, str]) -> dict[str, str]:
    """Another secret for the same connection, with the key of its webhooks: that has nothing to do with the sign-in."""
    connector = _of(connection)
    kept = _opened(connection).get(connector.hint_key, "") if connector is not None else ""
    return {**secret, **({connector.hint_key: kept} if connector is not None and kept else {})}
