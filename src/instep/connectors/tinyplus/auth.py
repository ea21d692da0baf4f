"""Signing in to tiny+: the address a person is sent to, the token that comes back, and the header that carries it."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta
from urllib.parse import urlencode, urljoin

from instep.connect.protocols import NeedsPerson, Request

TOKEN = "access_token"
"""Name of the token among a connection's secrets."""
EXPIRES_AT = "expires_at"
"""Name of its end, ISO 8601 in the zone of the clock that was given; absent when tiny+ names none."""

SIGN_IN_AGAIN = (
    "The tiny+ token has ended or was withdrawn: sign in to tiny+ again. Nothing is sent until then; no change is lost."
)


class SignedRequest(Request):
    """A request with its token. It never shows its headers, whoever prints it."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"<signed request: {self.operation}>"


def sign(request: Request, secret: Mapping[str, str]) -> Request:
    """The request with the token as it is: tiny+ takes it without the word Bearer. Raises NeedsPerson without one."""
    token = secret.get(TOKEN, "").strip()
    if not token or not token.isascii() or not token.isprintable():
        raise NeedsPerson("There is no usable tiny+ token for this connection: sign in to tiny+ again.")
    headers = tuple(h for h in request.headers if h[0].lower() != "authorization")
    return SignedRequest(
        request.operation,
        request.method,
        request.path,
        request.query,
        (*headers, ("Authorization", token)),
        request.body,
    )


def token_of(request: Request) -> str:
    """The token that a request carries, or empty text."""
    return next((value for name, value in request.headers if name.lower() == "authorization"), "")


def authorize_url(address: str, *, client_id: str, redirect_uri: str, state: str, write: bool = True) -> str:
    """Where a person is sent to sign in (OAuth 2, implicit). `address` is the connection's; `state` a fresh secret."""
    asked = {
        "response_type": "token",
        "client_id": client_id,
        "redirect_uri": redirect_uri,
        "scope": "readwrite" if write else "read",
        "state": state,
    }
    return urljoin(address, "../oauth/authorize") + "?" + urlencode(asked)


def read_sign_in(answer: Mapping[str, str], *, state: str, now: datetime) -> dict[str, str]:
    """The secrets of a connection from what the redirect carries. `now` is the moment of the answer.

    Raises NeedsPerson when the sign-in was refused, is not the one that was begun, or brought no token. There is no
    refresh token: when it ends, a person signs in again.
    """
    if not hmac.compare_digest(answer.get("state", "").encode(), state.encode()):
        raise NeedsPerson("This answer does not belong to the sign-in that was begun. Start signing in to tiny+ again.")
    token = answer.get(TOKEN, "")
    if not token:
        detail = answer.get("error", "")[:200]
        raise NeedsPerson("tiny+ did not give access. Sign in again and allow it.", detail=detail)
    secret = {TOKEN: token}
    seconds = answer.get("expires_in", "")
    if seconds.isdecimal() and len(seconds) < 12:
        secret[EXPIRES_AT] = (now + timedelta(seconds=int(seconds))).isoformat()
    return secret
