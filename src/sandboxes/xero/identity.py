"""The sign-in server and the connections: codes, access tokens, refresh tokens that rotate."""

from __future__ import annotations

import base64
import binascii
import secrets
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from hmac import compare_digest
from urllib.parse import unquote

from sandboxes.kit.errors import Refused
from sandboxes.kit.messages import Request, Response
from sandboxes.xero.desk import new_id
from sandboxes.xero.problems import Answered, answer, not_found, unauthorized
from sandboxes.xero.store import Record
from sandboxes.xero.world import World

ACCESS_SECONDS, CODE_SECONDS, GRACE_SECONDS, IDLE_SECONDS = 1800, 300, 1800, 60 * 86_400
_PLAIN = ("offline_access", "openid", "profile", "email")
_ALWAYS = ("accounting.contacts", "accounting.settings")
FAMILIES = {"broad": ("accounting.transactions",), "granular": ("accounting.invoices", "accounting.payments")}


def known_scopes(family: str) -> set[str]:
    """Every scope that an app may ask for."""
    families = FAMILIES if family == "either" else (family,)
    wide = [*_ALWAYS, *(scope for name in families for scope in FAMILIES[name])]
    return {*_PLAIN, *wide, *(f"{scope}.read" for scope in wide)}


def oauth_error(code: str) -> Answered:
    """400 with the code of RFC 6749."""
    return Answered(answer({"error": code}, 400))


class Identity:
    """Answers `/connect/...` and `/connections`."""

    def __init__(self, world: World) -> None:
        self._world = world

    def __call__(self, request: Request) -> Response:
        """Answer one call. Raises Refused (404, 405)."""
        parts = [part.lower() for part in request.segments() if part]
        match parts:
            case ["connect", "token"]:
                return self._posted(request, self._token)
            case ["connect", "revocation"]:
                return self._posted(request, self._revoke)
            case ["connections"]:
                return self._connections(request)
            case ["connections", number]:
                return self._disconnect(request, number)
        raise not_found()

    def _posted(self, request: Request, handler: Callable[[Mapping[str, str], Record], Response]) -> Response:
        if request.method != "POST":
            raise Answered(Response(405, headers=(("Allow", "POST"),)))
        try:
            form = dict(request.form())
        except Refused:
            raise oauth_error("invalid_request") from None
        return handler(form, self._app(request, form))

    def _app(self, request: Request, form: Mapping[str, str]) -> Record:
        """The client, by HTTP Basic or in the form."""
        name, secret = form.get("client_id", ""), form.get("client_secret", "")
        kind, _, coded = request.headers.get("authorization", "").partition(" ")
        if kind.lower() == "basic":
            try:
                name, _, secret = base64.b64decode(coded, validate=True).decode().partition(":")
            except (binascii.Error, UnicodeDecodeError):
                raise oauth_error("invalid_client") from None
            name, secret = unquote(name), unquote(secret)
        app = self._world.office["apps"].get(name)
        if app is None or not compare_digest(app["secret"].encode(), secret.encode()):
            raise oauth_error("invalid_client")
        return app

    def _token(self, form: Mapping[str, str], app: Record) -> Response:
        match form.get("grant_type"):
            case "authorization_code":
                return self._by_code(form, app)
            case "refresh_token":
                return self._by_refresh(form, app)
            case "client_credentials":
                return self._by_itself(form, app)
            case None:
                raise oauth_error("invalid_request")
        raise oauth_error("unsupported_grant_type")

    def _by_code(self, form: Mapping[str, str], app: Record) -> Response:
        office, now = self._world.office, self._world.clock.now()
        code = office["codes"].get(form.get("code", ""))
        if code is None or code["app"] != app["id"] or code["redirect"] != form.get("redirect_uri"):
            raise oauth_error("invalid_grant")
        office.put("codes", form["code"], None)
        if not code["at"] <= now < code["at"] + CODE_SECONDS:
            raise oauth_error("invalid_grant")
        return answer(give(self._world, app["id"], code["user"], code["scopes"], new_id()))

    def _by_refresh(self, form: Mapping[str, str], app: Record) -> Response:
        office, now = self._world.office, self._world.clock.now()
        text = form.get("refresh_token", "")
        held = office["refreshes"].get(text)
        if held is None or held["app"] != app["id"] or now >= held["at"] + IDLE_SECONDS:
            raise oauth_error("invalid_grant")
        if held["used"] is not None and now >= held["used"] + GRACE_SECONDS:
            raise oauth_error("invalid_grant")
        with self._world.log.unit():
            if held["used"] is None:
                office.put("refreshes", text, held | {"used": now})
            told = give(self._world, app["id"], held["user"], held["scopes"], held["grant"])
        return answer(told)

    def _by_itself(self, form: Mapping[str, str], app: Record) -> Response:
        if app["tenant"] is None:
            raise oauth_error("unauthorized_client")
        known = known_scopes(str(self._world.switches["scopes"])) - {"offline_access"}
        scopes = form.get("scope", "").split() or sorted(known - set(_PLAIN))
        if set(scopes) - known:
            raise oauth_error("invalid_scope")
        return answer(give(self._world, app["id"], None, scopes, new_id()))

    def _revoke(self, form: Mapping[str, str], app: Record) -> Response:
        office = self._world.office
        held = office["refreshes"].get(form.get("token", ""))
        if held is not None and held["app"] == app["id"]:
            with self._world.log.unit():
                for kind in ("tokens", "refreshes"):
                    for text, row in list(office[kind].items()):
                        if row["app"] == app["id"] and row["user"] == held["user"]:
                            office.put(kind, text, None)
                for connection in office.tables["connections"].all("of", f"{app['id']} {held['user']}"):
                    office.put("connections", connection["id"], None)
        return Response(200)

    def _connections(self, request: Request) -> Response:
        if request.method != "GET":
            raise Answered(Response(405, headers=(("Allow", "GET"),)))
        token = bearer(self._world, request)
        event = {name.lower(): value for name, value in request.pairs()}.get("autheventid")
        rows = self._world.office.tables["connections"].all("of", f"{token['app']} {token['user']}")
        return answer([self._shown(row) for row in rows if event in (None, row["event"])])

    def _disconnect(self, request: Request, number: str) -> Response:
        if request.method != "DELETE":
            raise Answered(Response(405, headers=(("Allow", "DELETE"),)))
        token = bearer(self._world, request)
        row = self._world.office["connections"].get(number)
        if row is None or (row["app"], row["user"]) != (token["app"], token["user"]):
            raise not_found()
        self._world.office.put("connections", number, None)
        return Response(204)

    def _shown(self, row: Record) -> Record:
        books = self._world.by_tenant(row["tenant"])
        return {
            "id": row["id"],
            "authEventId": row["event"],
            "tenantId": row["tenant"],
            "tenantType": "ORGANISATION",
            "tenantName": books.settings["Name"] if books else None,
            "createdDateUtc": _long(row["created"]),
            "updatedDateUtc": _long(row["updated"]),
        }


def _long(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S.%f}0"


def bearer(world: World, request: Request) -> Record:
    """The access token of a call. Raises Answered (401)."""
    kind, _, text = request.headers.get("authorization", "").partition(" ")
    token = world.office["tokens"].get(text.strip()) if kind.lower() == "bearer" else None
    if token is None:
        raise unauthorized("AuthenticationUnsuccessful")
    if token["ends"] is not None and token["ends"] <= world.clock.now():
        at = datetime.fromtimestamp(token["ends"], UTC)
        raise unauthorized(f"TokenExpired: token expired at {at:%m/%d/%Y %H:%M:%S}")
    return token


def give(world: World, app: str, user: str | None, scopes: list[str], grant: str) -> Record:
    """A new access token, and a refresh token where offline_access was asked for: the answer of the token address."""
    now, text = world.clock.now(), secrets.token_urlsafe(48)
    held = {"app": app, "user": user, "scopes": scopes, "grant": grant}
    told: Record = {"access_token": text, "expires_in": ACCESS_SECONDS, "token_type": "Bearer"}
    with world.log.unit():
        for old, row in list(world.office["tokens"].items()):  # those that ended long ago serve nobody
            if row["ends"] is not None and row["ends"] < now - 86_400:
                world.office.put("tokens", old, None)
        world.office.put("tokens", text, held | {"ends": now + ACCESS_SECONDS})
        if "offline_access" in scopes:
            told["refresh_token"] = secrets.token_urlsafe(32)
            world.office.put("refreshes", told["refresh_token"], held | {"at": now, "used": None})
    return told | {"scope": " ".join(scopes)}


def connect(world: World, app: str, user: str, tenant: str, event: str) -> Record:
    """Tie an organisation to an app for a user; again, it stays the same connection."""
    now = world.clock.now()
    rows = world.office.tables["connections"].all("of", f"{app} {user}")
    old = next((row for row in rows if row["tenant"] == tenant), None)
    row: Record = old or {"id": new_id(), "app": app, "user": user, "tenant": tenant, "created": now}
    row = row | {"event": event, "updated": now}
    world.office.put("connections", str(row["id"]), row)
    return row
