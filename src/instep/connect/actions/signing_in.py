"""Signing in at a remote that wants its users to do so on its own pages: there, back with a code, which account."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from instep.base.identity.actor import Actor
from instep.connect.errors import RemoteRefused
from instep.connect.protocols import Connector, Identity, RemoteTrouble, SignIn, SignsIn, Transport
from instep.connect.registry import connector_for, transport_to
from instep.kernel.errors import NotFound


def begin_sign_in(
    provider: str, *, by: Actor, app: Mapping[str, str], address: str, back_to: str, state: str
) -> SignIn:
    """Where to send the person, and what to keep until they are back. Raises NotAllowed, NotFound, RemoteRefused."""
    by.must("manage connections")
    connector, signs_in = _signs_in(provider)
    try:
        return signs_in.begin({**signs_in.at(address), **app}, back_to=back_to, state=state)
    except RemoteTrouble as trouble:
        raise RemoteRefused(remote=connector.title, reason=trouble.sentence) from trouble


def finish_sign_in(
    provider: str,
    *,
    by: Actor,
    secret: Mapping[str, str],
    address: str,
    code: str,
    back_to: str,
    now: datetime,
    transport: Transport | None = None,
) -> tuple[dict[str, str], list[Identity]]:
    """The secret with the access in it, and the accounts that it opens; nothing is stored.

    Raises NotAllowed, NotFound, RemoteRefused with the reason in a sentence.
    """
    by.must("manage connections")
    connector, signs_in = _signs_in(provider)
    sender = transport or transport_to(address)
    try:
        reply = sender.send(signs_in.ask_access(secret, code=code, back_to=back_to))
        fresh = signs_in.read_access(secret, reply, now=now)
        return fresh, signs_in.read_accounts(sender.send(signs_in.ask_accounts(fresh)))
    except RemoteTrouble as trouble:
        raise RemoteRefused(remote=connector.title, reason=trouble.sentence) from trouble


def chosen_account(provider: str, secret: Mapping[str, str], tenant: str) -> dict[str, str]:
    """The secret for that one account."""
    _connector, signs_in = _signs_in(provider)
    return signs_in.choose(secret, tenant)


def _signs_in(provider: str) -> tuple[Connector, SignsIn]:
    connector = connector_for(provider)
    if not isinstance(connector, SignsIn):
        raise NotFound(what="sign-in")
    return connector, connector
