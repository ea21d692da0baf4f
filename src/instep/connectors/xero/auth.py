"""Signing in to Xero: where a person is sent, what comes back, how access is renewed, and the headers that carry it."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import quote, urlencode, urlsplit

from instep.connect.protocols import BadReply, Identity, NeedsPerson, RemoteTrouble, Reply, Request, SignIn, TryLater
from instep.connectors.xero import wire
from instep.connectors.xero.troubles import pause, retry_after

ADDRESSES: Final[Mapping[str, str]] = {
    "authorise_url": "https://login.xero.com/identity/connect/authorize",
    "token_url": "https://identity.xero.com/connect/token",
    "connections_url": "https://api.xero.com/connections",
}
"""The real ones, by the name that another one has in a secret."""
SCOPES: Final = "offline_access accounting.contacts accounting.settings accounting.invoices accounting.payments.read"
"""What an app made since March 2026 asks for; an older one names its own as `scopes`."""
DUE_BEFORE: Final = timedelta(minutes=5)
_FORM: Final = (("Accept", "application/json"), ("Content-Type", "application/x-www-form-urlencoded"))
_KEPT_OF_APP: Final = ("client_id", "client_secret", "scopes", *ADDRESSES)
SIGN_IN_AGAIN: Final = "Xero no longer lets us in: sign in to Xero again. Until then everything waits."
_WRONG_APP: Final = (
    "Xero does not know this app, or its client secret was changed. Enter the client id and secret that Xero shows "
    "for the app, then sign in again."
)
_REFUSED: Final[Mapping[str, str]] = {
    "invalid_grant": SIGN_IN_AGAIN,
    "invalid_client": _WRONG_APP,
    "unauthorized_client": _WRONG_APP,
}


class SignedRequest(Request):
    """A request with its token. It never shows its headers or its body, whoever prints it."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"<signed request: {self.operation}>"


def sign(request: Request, secret: Mapping[str, str]) -> Request:
    """The request with the token and the organisation it is about. Raises NeedsPerson where one of them is missing."""
    token, tenant = secret.get("access_token", ""), secret.get("tenant_id", "")
    if not _plain(token):
        raise NeedsPerson("There is no usable access to Xero for this connection: sign in to Xero again.")
    if not _plain(tenant):
        raise NeedsPerson("It is not chosen yet which Xero organisation this is: sign in to Xero again and choose it.")
    return _with(request, {"Authorization": f"Bearer {token}", "xero-tenant-id": tenant})


def _with(request: Request, headers: Mapping[str, str]) -> Request:
    names = {name.lower() for name in headers}
    kept = tuple(h for h in request.headers if h[0].lower() not in names)
    return SignedRequest(
        request.operation,
        request.method,
        request.path,
        request.query,
        (*kept, *headers.items()),
        request.body,
        request.address,
    )


def _plain(text: str) -> bool:
    return bool(text) and text.isascii() and text.isprintable() and " " not in text


def beside(address: str) -> dict[str, str]:
    """The addresses for signing in of a server that stands in for all of Xero's, by the address of its API."""
    server, _path = _apart(address)
    return {name: server + urlsplit(url).path.lstrip("/") for name, url in ADDRESSES.items()}


# --- signing in -------------------------------------------------------------------------------------------------------


def begin(app: Mapping[str, str], *, back_to: str, state: str) -> SignIn:
    """Where a person signs in, and the app's own words, which every later step needs."""
    secret = {name: app[name] for name in _KEPT_OF_APP if app.get(name)}
    if not _plain(secret.get("client_id", "")) or not _plain(secret.get("client_secret", "")):
        raise NeedsPerson("Enter the client id and the client secret that Xero shows for the app.")
    asked = {
        "response_type": "code",
        "client_id": secret["client_id"],
        "redirect_uri": back_to,
        "scope": secret.get("scopes") or SCOPES,
        "state": state,
    }
    return SignIn(f"{_address(secret, 'authorise_url')}?{urlencode(asked, quote_via=quote)}", secret)


def ask_access(secret: Mapping[str, str], *, code: str, back_to: str) -> Request:
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": back_to}
    return _token_request("get access", secret, form)


def ask_renewal(secret: Mapping[str, str]) -> Request:
    """Raises NeedsPerson where there is nothing to renew by."""
    if not secret.get("refresh_token"):
        raise NeedsPerson(SIGN_IN_AGAIN)
    form = {"grant_type": "refresh_token", "refresh_token": secret["refresh_token"]}
    return _token_request("renew access", secret, form)


def renewal_due(secret: Mapping[str, str], *, now: datetime) -> bool:
    """Whether the access ends within five minutes; never without a refresh token, always when its end is not known."""
    if not secret.get("refresh_token"):
        return False
    try:
        ends = datetime.fromisoformat(secret.get("expires_at", ""))
    except ValueError:
        return True
    ends = ends.replace(tzinfo=UTC) if ends.tzinfo is None else ends
    return ends - now <= DUE_BEFORE


def read_access(secret: Mapping[str, str], reply: Reply, *, now: datetime) -> dict[str, str]:
    """The secret with the access of a token answer. The answer itself is never repeated: it is all secret."""
    if reply.status != 200:
        raise _refusal(reply)
    try:
        given = wire.decode(reply.body)
        token, refresh = given["access_token"], given.get("refresh_token")
        seconds = int(given["expires_in"])
        if not _plain(token) or not (refresh is None or _plain(refresh)) or not 0 <= seconds < 10_000_000:
            raise ValueError("no token")
    except (ValueError, TypeError, KeyError, AttributeError):
        detail = f"a token answer of {len(reply.body)} bytes"
        raise BadReply("Xero's answer to the sign-in cannot be understood. It is tried again.", detail=detail) from None
    fresh = {**secret, "access_token": token, "expires_at": (now + timedelta(seconds=seconds)).isoformat()}
    return fresh | ({"refresh_token": refresh} if refresh else {})


def _refusal(reply: Reply) -> RemoteTrouble:
    if reply.status == 429:
        return pause(reply, "")
    if reply.status >= 500 or reply.status == 408:
        # What was not answered is asked again: the former refresh token stays usable for half an hour.
        return TryLater("Xero's sign-in has trouble of its own at the moment.", after_seconds=retry_after(reply))
    try:
        error = wire.decode(reply.body).get("error")
    except (ValueError, AttributeError):
        error = None
    if reply.status not in (400, 401, 403) or not isinstance(error, str):
        detail = f"{reply.status} to a token request, {len(reply.body)} bytes"
        return BadReply("Xero's answer to the sign-in cannot be understood. It is tried again.", detail=detail)
    known = error if error in _REFUSED else "other"
    sentence = _REFUSED.get(error, "Xero did not give access. Sign in to Xero again and allow it.")
    return NeedsPerson(sentence, detail=f"{reply.status}: {known}")


def _token_request(operation: str, secret: Mapping[str, str], form: Mapping[str, str]) -> Request:
    client = base64.b64encode(f"{secret.get('client_id', '')}:{secret.get('client_secret', '')}".encode()).decode()
    address, path = _apart(_address(secret, "token_url"))
    headers = (*_FORM, ("Authorization", f"Basic {client}"))
    return SignedRequest(operation, "POST", path, (), headers, urlencode(form).encode(), address)


# --- which organisations ----------------------------------------------------------------------------------------------


def ask_accounts(secret: Mapping[str, str]) -> Request:
    """Signed; it is the one call that is about no organisation."""
    address, path = _apart(_address(secret, "connections_url"))
    request = Request("list connections", "GET", path, (), (("Accept", "application/json"),), None, address)
    return _with(request, {"Authorization": f"Bearer {secret.get('access_token', '')}"})


def identities(connections: Any) -> list[Identity]:
    """The organisations of a list of connections. Raises ValueError for another shape."""
    return [
        Identity(wire.identifier(row, "tenantId"), wire.text(row, "tenantName") or "Xero organisation")
        for row in wire.rows({"connections": connections}, "connections")
        if row.get("tenantType") == "ORGANISATION"
    ]


def _address(secret: Mapping[str, str], name: str) -> str:
    return secret.get(name) or ADDRESSES[name]


def _apart(url: str) -> tuple[str, str]:
    """The server, with a slash behind it, and the path below it."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}/", parts.path.lstrip("/")
