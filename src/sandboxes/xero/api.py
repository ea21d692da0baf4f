"""The accounting API below `/api.xro/2.0/`: who calls, how often, which organisation, which record."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace

from sandboxes.kit.faults import Fault
from sandboxes.kit.messages import Request, Response
from sandboxes.xero.answers import Call, answered
from sandboxes.xero.books import IDS, Books
from sandboxes.xero.desk import new_id
from sandboxes.xero.identity import bearer
from sandboxes.xero.limits import refused
from sandboxes.xero.problems import Answered, answer, forbidden, not_found, unauthorized
from sandboxes.xero.store import Record
from sandboxes.xero.world import World

PREFIX = "/api.xro/2.0/"
BODY_LIMIT = 3_500_000
_SCOPES = {
    "organisation": ("accounting.settings",),
    "accounts": ("accounting.settings",),
    "taxrates": ("accounting.settings",),
    "items": ("accounting.settings", "accounting.invoices"),
    "contacts": ("accounting.contacts",),
    "invoices": ("accounting.transactions", "accounting.invoices"),
    "creditnotes": ("accounting.transactions", "accounting.invoices"),
    "payments": ("accounting.transactions", "accounting.payments"),
}
# Which verbs the address of a kind knows: the list, one record, credit used, one use of credit.
_VERBS = {
    "list": dict.fromkeys(IDS, ("GET", "PUT", "POST")) | {"organisation": ("GET",), "accounts": ("GET", "PUT")},
    "one": dict.fromkeys(("contacts", "invoices", "creditnotes", "payments"), ("GET", "POST"))
    | {"taxrates": ("GET",)}
    | dict.fromkeys(("accounts", "items"), ("GET", "POST", "DELETE")),
    "allocations": {"creditnotes": ("PUT",)},
    "allocation": {"creditnotes": ("DELETE",)},
}
_XML = (
    b'<?xml version="1.0" encoding="utf-8"?><ApiException><Message>This stand-in speaks JSON alone: '
    b"send Accept: application/json</Message></ApiException>"
)


def operation_of(request: Request) -> str:
    """The operation in the words of scripts and counts: `list invoices`, `put allocations`, `token`, else `other`."""
    parts = [part.lower() for part in request.path.split("/") if part]
    match parts:
        case ["connect", "token" | "revocation" as name]:
            return name
        case ["connections"]:
            return "list connections"
        case ["connections", _]:
            return "delete connections"
        case ["api.xro", "2.0", kind] if kind in _SCOPES:
            return f"{'list' if request.method == 'GET' else request.method.lower()} {kind}"
        case ["api.xro", "2.0", kind, _] if kind in _SCOPES:
            verb = {"GET": "read", "POST": "update"}.get(request.method, request.method.lower())
            return f"{verb} {kind}"
        case ["api.xro", "2.0", "creditnotes", _, "allocations", *_]:
            return f"{request.method.lower()} allocations"
    return "other"


class Api:
    """Answers every call of the accounting API."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._guard = threading.Lock()
        self._running: Counter[tuple[str, str]] = Counter()

    @contextmanager
    def at_once(self, request: Request) -> Generator[None]:
        """Count the call among those that run, for as long as it does."""
        token = self._world.office["tokens"].get(request.headers.get("authorization", "").partition(" ")[2].strip())
        key = (token["app"] if token else "", request.headers.get("xero-tenant-id", "").lower())
        with self._guard:
            self._running[key] += 1
        try:
            yield
        finally:
            with self._guard:
                self._running[key] -= 1
                if not self._running[key]:
                    del self._running[key]

    def __call__(self, request: Request) -> Response:
        """Answer one call."""
        with self._world.lock:
            try:
                return self._answer(request)
            except Answered as refusal:
                return refusal.response

    def fail(self, request: Request, fault: Fault) -> Response:
        """The answer that a script wants; an error of the server is kept under the call's Idempotency-Key."""
        if fault.body is not None:
            response = Response(fault.status, fault.body.encode(), headers=fault.headers)
        elif fault.status == 429:
            response = Response(
                429, headers=fault.headers or (("X-Rate-Limit-Problem", "minute"), ("Retry-After", "1"))
            )
        else:
            told = {"Title": "Scripted", "Status": fault.status, "Detail": fault.message, "Instance": new_id()}
            response = replace(answer(told, fault.status), headers=fault.headers)
        if fault.status >= 500 and request.method in ("PUT", "POST"):
            with self._world.lock:
                try:
                    app = bearer(self._world, request)["app"]
                except Answered:
                    return response
                self._world.repeats.keep(app, request, response, self._world.clock.now())
        return response

    def _answer(self, request: Request) -> Response:
        world = self._world
        token = bearer(world, request)
        books = self._books(request, token)
        headers = self._count(request, token, books)
        try:
            response = self._within(request, token, books)
        except Answered as refusal:
            response = refusal.response
        return replace(response, headers=(*response.headers, *headers))

    def _books(self, request: Request, token: Record) -> Books:
        """The organisation that the call names, if this token's user connected it. Raises Answered (403)."""
        named = request.headers.get("xero-tenant-id", "").lower()
        own = self._world.office["apps"][token["app"]]["tenant"] if token["user"] is None else None
        if own is not None and named in ("", own):
            named = own
        else:
            rows = self._world.office.tables["connections"].all("of", f"{token['app']} {token['user']}")
            if not any(row["tenant"] == named for row in rows):
                raise forbidden()
        books = self._world.by_tenant(named)
        if books is None:
            raise forbidden()
        return books

    def _count(self, request: Request, token: Record, books: Books) -> tuple[tuple[str, str], ...]:
        world = self._world
        running = self._running[token["app"], request.headers.get("xero-tenant-id", "").lower()]
        most = world.switches["at_once"]
        if isinstance(most, int) and running > most:
            raise refused("concurrent", None)
        return world.limits.count(token["app"], books.tenant, world.switches, world.clock.now())

    def _within(self, request: Request, token: Record, books: Books) -> Response:
        kind, place, names = self._place(request)
        self._check(request, token, kind)
        world, app = self._world, token["app"]
        call = Call(request, world, world.office["apps"][app], books, kind, place, names)
        if request.method not in ("PUT", "POST"):
            return answered(call)
        earlier = world.repeats.earlier(app, request, world.clock.now())
        if earlier is not None:
            return earlier
        try:
            response = answered(call)
        except Answered as refusal:
            response = refusal.response
        world.repeats.keep(app, request, response, world.clock.now())
        return response

    def _place(self, request: Request) -> tuple[str, str, list[str]]:
        parts = request.segments()[2:]
        kind = parts[0].lower() if parts else ""
        names = [part for part in parts[1:] if part]
        place = {0: "list", 1: "one", 2: "allocations", 3: "allocation"}.get(len(names), "")
        known = _VERBS.get(place, {}).get(kind)
        if known is None or (len(names) > 1 and names[1].lower() != "allocations"):
            raise not_found()
        if request.method not in known:
            raise Answered(Response(405, headers=(("Allow", ", ".join(known)),)))
        return kind, place, names

    def _check(self, request: Request, token: Record, kind: str) -> None:
        if len(request.body) > BODY_LIMIT:
            raise Answered(Response(413))
        if "application/json" not in request.headers.get("accept", "").lower():
            raise Answered(Response(406, _XML, kind="text/xml; charset=utf-8"))
        endings = ("", ".read") if request.method == "GET" else ("",)
        if not any(f"{scope}{end}" in token["scopes"] for scope in _SCOPES[kind] for end in endings):
            raise unauthorized("AuthorizationUnsuccessful")
