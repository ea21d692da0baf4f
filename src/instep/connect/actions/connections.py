"""Connecting a remote, its token, and starting, pausing and ending its sync."""

from __future__ import annotations

import secrets as random_secrets
import string
from collections.abc import Mapping
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils import timezone

from instep.base.audit.log import record
from instep.base.identity.actor import Actor
from instep.base.ownership.owners import clear_owners
from instep.connect.actions.hints import hint_kept_from
from instep.connect.apply.connection_state import end_plans, keep_access
from instep.connect.apply.review import Review, begin_review
from instep.connect.apply.settle import own_fields
from instep.connect.calls import Caller
from instep.connect.errors import AlreadyConnected, ConnectionNotReady, RemoteRefused, SyncBusy, TenantChanged
from instep.connect.fieldmap import fields_version
from instep.connect.inbox.outbox import mark_everything
from instep.connect.installation import here, must_be_real
from instep.connect.limits.lease import take
from instep.connect.limits.meters import note_call
from instep.connect.models import (
    Connection,
    ConnectionState,
    FieldRule,
    Link,
    LinkState,
    Pair,
    Plan,
    PlanState,
    TokenState,
    ValueMap,
)
from instep.connect.place import bench_of
from instep.connect.plan.make import map_version
from instep.connect.protocols import Connector, Identity, RemoteTrouble, Transport
from instep.connect.registry import connector_for, transport_to
from instep.connect.secrets import seal
from instep.kernel.errors import BadValue

KEY_LETTERS = string.ascii_lowercase + string.digits


def who_answers(connector: Connector, transport: Transport, secret: Mapping[str, str]) -> Identity:
    """Ask the remote which account this secret opens. Raises RemoteRefused with the reason in a sentence."""
    request = connector.ask_identity()
    try:
        return connector.read_identity(transport.send(connector.sign(request, secret)))
    except RemoteTrouble as trouble:
        raise RemoteRefused(remote=connector.title, reason=trouble.sentence) from trouble


def connect_remote(
    firm_id: int,
    *,
    by: Actor,
    provider: str,
    secret: Mapping[str, str],
    address: str | None = None,
    poll_seconds: int | None = None,
    transport: Transport | None = None,
    now: datetime | None = None,
) -> Connection:
    """Connect an account of a remote: it is asked who it is first, then everything is stored in one transaction.

    A connection to the same account that was ended before comes back with its links. Raises NotAllowed, RemoteRefused,
    AlreadyConnected, BadValue.
    """
    by.must("manage connections")
    connector = connector_for(provider)
    if not any(v.strip() for v in secret.values()):
        raise BadValue(field="Token", problem=f"paste the access token that {connector.title} gave you.")
    address = (address or connector.address).strip()
    address = address if address.endswith("/") else address + "/"
    identity = who_answers(connector, transport or transport_to(address), secret)
    return _store(
        firm_id, by=by, connector=connector, identity=identity, secret=secret, address=address,
        poll_seconds=poll_seconds, now=now or timezone.now(),
    )  # fmt: skip


@transaction.atomic
def _store(
    firm_id: int,
    *,
    by: Actor,
    connector: Connector,
    identity: Identity,
    secret: Mapping[str, str],
    address: str,
    poll_seconds: int | None,
    now: datetime,
) -> Connection:
    known = (
        Connection.objects.of(firm_id).filter(provider=connector.key, tenant=identity.tenant).order_by("-id").first()
    )
    if known is not None and known.state != ConnectionState.DISCONNECTED:
        raise AlreadyConnected(tenant=identity.title, remote=connector.title)
    connection = known or Connection(
        firm_id=firm_id,
        provider=connector.key,
        tenant=identity.tenant,
        key="".join(random_secrets.choice(KEY_LETTERS) for _ in range(8)),
        created_at=now,
    )
    connection.title = f"{connector.title} · {identity.title}"[:200]
    connection.address = address
    connection.sealed_secret = seal(dict(secret))
    connection.token_state, connection.state, connection.trouble = TokenState.GOOD, ConnectionState.SETUP, ""
    connection.environment = here()
    connection.activated_by_id = by.user_id
    connection.poll_seconds = poll_seconds or max(c.poll_seconds for c in connector.capabilities.values())
    connection.resume_at, connection.failures, connection.next_poll_at = None, 0, None
    try:
        connection.save()
    except IntegrityError:  # somebody else was faster
        raise AlreadyConnected(tenant=identity.title, remote=connector.title) from None
    if known is None:
        _store_maps(connection, connector)
    else:
        _own_again(connection, now=now)
    record(
        "connection.connected", by=by, kind="connection", record_id=connection.pk,
        changes={"account": [None, identity.title], "address": [None, address]}, now=now,
    )  # fmt: skip
    return connection


def _store_maps(connection: Connection, connector: Connector) -> None:
    common = {"firm_id": connection.firm_id}
    for record_map in connector.maps.values():
        Pair.objects.create(
            **common,
            connection=connection,
            kind=record_map.kind.key,
            remote_type=record_map.remote_type,
            rank=record_map.rank,
            creates_here=record_map.creates_here,
            creates_there=record_map.creates_there,
            scope={"only": record_map.scope} if record_map.scope else {},
        )
    ValueMap.objects.bulk_create(
        ValueMap(**common, connection=connection, domain=domain, ours=ours, theirs=theirs)
        for domain, entries in connector.values.items()
        for ours, theirs in entries
    )
    bench = bench_of(connection)
    version = map_version(bench)
    FieldRule.objects.bulk_create(
        FieldRule(
            **common,
            pair=pair,
            ours=f.ours,
            theirs=f.theirs,
            way=f.way.value,
            lens=type(f.lens).__name__ if f.lens is not None else "",
            conflict_policy=f.policy,
            map_version=version,
        )
        for pair in bench.pairs
        for f in bench.map_of(pair).fields
    )
    note_call(bench, now=connection.created_at)
    connection.map_version, connection.capability_version = version, fields_version(connector.maps)
    connection.save(update_fields=["map_version", "capability_version"])


def _own_again(connection: Connection, *, now: datetime) -> None:
    """A connection that comes back keeps the fields that its remote owns once more."""
    bench = bench_of(connection)
    for pair in bench.pairs:
        links = Link.objects.of(connection.firm_id).filter(pair=pair, state=LinkState.LIVE)
        own_fields(bench, pair, [i for i in links.values_list("local_id", flat=True) if i is not None], now=now)


def check_connection(connection_id: int, *, by: Actor, transport: Transport | None = None) -> Identity:
    """Ask the remote who it is with the stored token; nothing changes, but an access that was about to end is renewed.

    Raises NotAllowed, NotFound, RemoteRefused, and SyncBusy while a sync runs.
    """
    by.must("manage connections")
    connection = Connection.objects.get_of(by.firm_id, connection_id, what="connection")
    # One at a time: two renewals at once would each spend the token of the other.
    holding = take(connection, holder=f"check:{by.key}", clock=timezone.now)
    if holding is None:
        raise SyncBusy
    bench = bench_of(connection)
    sender = transport or transport_to(connection.address)
    caller = Caller(bench, sender, holding.ensure, holding.fence, timezone.now, keep_access)
    try:
        identity = bench.connector.read_identity(caller.send(bench.connector.ask_identity()))
    except RemoteTrouble as trouble:
        caller.cleanse(trouble)
        raise RemoteRefused(remote=bench.connector.title, reason=trouble.sentence) from trouble
    finally:
        with transaction.atomic():
            if holding.release():
                caller.settle()
    _same_account(connection, identity)
    return identity


def replace_token(
    connection_id: int, *, by: Actor, secret: Mapping[str, str], transport: Transport | None = None
) -> Connection:
    """Give a connection a new token; what waited goes on.

    Raises NotAllowed, NotFound, RemoteRefused, TenantChanged.
    """
    by.must("manage connections")
    connection = Connection.objects.get_of(by.firm_id, connection_id, what="connection")
    connector = connector_for(connection.provider)
    identity = who_answers(connector, transport or transport_to(connection.address), secret)
    _same_account(connection, identity)
    with transaction.atomic():
        connection = Connection.objects.of(by.firm_id).select_for_update().get(pk=connection_id)
        secret = hint_kept_from(connection, secret)
        connection.sealed_secret, connection.token_state, connection.trouble = seal(dict(secret)), TokenState.GOOD, ""
        connection.resume_at, connection.failures, connection.next_poll_at = None, 0, None
        if connection.state == ConnectionState.NEEDS_PERSON:
            begun = connection.linked_at is not None or _approved(connection)
            connection.state = ConnectionState.ACTIVE if begun else ConnectionState.SETUP
        connection.save()
        note_call(bench_of(connection), now=timezone.now())
        record("connection.token_replaced", by=by, kind="connection", record_id=connection.pk)
    return connection


def _approved(connection: Connection) -> bool:
    """Whether a person let a plan go that is not carried out yet."""
    rows = Plan.objects.of(connection.firm_id).filter(connection=connection).exclude(approved_by="")
    return rows.filter(state__in=(PlanState.APPROVED, PlanState.APPLYING)).exists()


def _same_account(connection: Connection, identity: Identity) -> None:
    if identity.tenant != connection.tenant:
        raise TenantChanged(found=identity.tenant, known=connection.tenant)


@transaction.atomic
def start_sync(connection_id: int, *, by: Actor, now: datetime | None = None) -> Connection:
    """Let the connection run by itself from now on; before the first time, every record is marked to be looked at.

    Where it ran before, what was collected meanwhile is shown as a preview first (A-34).

    Raises NotAllowed, NotFound, ReadOnlyCopy, ConnectionNotReady.
    """
    by.must("manage connections")
    moment = now or timezone.now()
    connection = _locked(by, connection_id)
    must_be_real(connection)
    if connection.state not in (ConnectionState.SETUP, ConnectionState.PAUSED):
        raise ConnectionNotReady(state=connection.state.replace("_", " "), wanted="started")
    if connection.state == ConnectionState.SETUP:
        for pair in bench_of(connection).pairs:
            mark_everything(connection, pair.kind, now=moment)
    begin_review(connection, Review.RESUMED)
    _move(connection, ConnectionState.ACTIVE, by=by, event="connection.started", now=moment)
    return connection


@transaction.atomic
def mark_for_first_link(connection_id: int, *, by: Actor, now: datetime | None = None) -> Connection:
    """Before a first preview: every record of every kind has to be looked at. Raises NotAllowed, NotFound.

    So it is after a connection was ended and came back: what changed here meanwhile was not collected.
    """
    by.must("run connections")
    connection = _locked(by, connection_id)
    if connection.state == ConnectionState.SETUP:
        for pair in bench_of(connection).pairs:
            mark_everything(connection, pair.kind, now=now or timezone.now())
    return connection


@transaction.atomic
def pause_sync(connection_id: int, *, by: Actor, now: datetime | None = None) -> Connection:
    """Stop the connection; changes go on being collected. Raises NotAllowed, NotFound, ConnectionNotReady."""
    by.must("manage connections")
    connection = _locked(by, connection_id)
    if connection.state not in (ConnectionState.ACTIVE, ConnectionState.NEEDS_PERSON):
        raise ConnectionNotReady(state=connection.state.replace("_", " "), wanted="paused")
    _move(connection, ConnectionState.PAUSED, by=by, event="connection.paused", now=now or timezone.now())
    return connection


@transaction.atomic
def disconnect(connection_id: int, *, by: Actor, now: datetime | None = None) -> Connection:
    """End the connection: the token is forgotten, records and links stay on both sides. Raises NotAllowed, NotFound."""
    by.must("manage connections")
    connection = _locked(by, connection_id)
    connection.sealed_secret, connection.token_state = "", TokenState.NONE
    # What was approved for this connection is not carried out when it comes back, and nobody keeps its fields now.
    end_plans(connection)
    clear_owners(by.firm_id, owner_key=bench_of(connection).actor.key)
    _move(connection, ConnectionState.DISCONNECTED, by=by, event="connection.disconnected", now=now or timezone.now())
    return connection


@transaction.atomic
def sync_now(connection_id: int, *, by: Actor, now: datetime | None = None) -> Connection:
    """Look at the remote as soon as a worker is free. Raises NotAllowed, NotFound, ReadOnlyCopy, ConnectionNotReady."""
    by.must("run connections")
    connection = _locked(by, connection_id)
    must_be_real(connection)
    if connection.state != ConnectionState.ACTIVE:
        raise ConnectionNotReady(state=connection.state.replace("_", " "), wanted="synced")
    connection.next_poll_at = connection.resume_at = None
    connection.failures = 0
    connection.save(update_fields=["next_poll_at", "resume_at", "failures"])
    record("connection.sync_asked", by=by, kind="connection", record_id=connection.pk, now=now)
    return connection


def _locked(by: Actor, connection_id: int) -> Connection:
    return Connection.objects.of(by.firm_id).select_for_update().get_of(by.firm_id, connection_id, what="connection")


def _move(connection: Connection, state: ConnectionState, *, by: Actor, event: str, now: datetime) -> None:
    was, connection.state = connection.state, state
    connection.next_poll_at, connection.resume_at, connection.failures = None, None, 0
    connection.save()
    record(event, by=by, kind="connection", record_id=connection.pk, changes={"state": [was, state.value]}, now=now)
