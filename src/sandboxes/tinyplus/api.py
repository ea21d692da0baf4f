"""The API proper, below `/v2/`: who calls, which record, read or write."""

from __future__ import annotations

from sandboxes.kit.encode import decode_object, encode
from sandboxes.kit.errors import BadInput, Refused
from sandboxes.kit.messages import Request, Response, json_response, whole
from sandboxes.tinyplus import listing
from sandboxes.tinyplus.accounts import Account, Token
from sandboxes.tinyplus.fields import RESOURCES, Resource
from sandboxes.tinyplus.world import World
from sandboxes.tinyplus.writing import Unprocessable

PREFIX = "/v2/"
_VERBS = {"GET": "list", "POST": "create"}, {"GET": "read", "PATCH": "update", "DELETE": "delete"}


def operation_of(request: Request) -> str:
    """The operation in the words of scripts and counts: `list companies`, `create contacts` ..., else `other`."""
    name, _, number = request.path.removeprefix(PREFIX).partition("/")
    verb = _VERBS[1 if number else 0].get(request.method)
    return f"{verb} {name}" if verb and name in RESOURCES and "/" not in number else "other"


class Api:
    """Answers every call below `/v2/`."""

    def __init__(self, world: World) -> None:
        self._world = world

    def __call__(self, request: Request) -> Response:
        """Answer one call; refusals are JSON with a message."""
        try:
            with self._world.lock:
                return self._answer(request)
        except Unprocessable as refusal:
            return refusal.response()
        except Refused as refusal:
            return json_response({"message": refusal.sentence}, refusal.status, refusal.headers)

    def _answer(self, request: Request) -> Response:
        token = self._token(request)
        account = self._world.accounts[token.account]
        self._limit(account)
        resource, number = self._target(request)
        if request.method != "GET" and token.scope != "readwrite":
            raise Refused(403, "This access token may only read.")
        accepted = request.headers.get("accept", "*/*")
        if not any(kind in accepted for kind in ("application/json", "application/*", "*/*")):
            raise Refused(406, "Answers are application/json.")
        if number is None:
            return (
                self._list(request, account, resource, token)
                if request.method == "GET"
                else self._create(request, account, resource, token)
            )
        if number not in account.tables[resource.name].rows:
            raise Refused(404, f"{resource.singular} not found.")
        if request.method == "GET":
            return self._read(request, account, resource, number)
        if request.method == "DELETE":
            self._world.delete(account, resource, number)
            return json_response({})
        return self._update(request, account, resource, number, token)

    def _token(self, request: Request) -> Token:
        text = request.headers.get("authorization")
        if not text:
            raise Refused(401, "An access token is missing.")
        token = self._world.tokens.get(text)
        if token is None:
            raise Refused(401, "This access token is not known.")
        if token.expires is not None and token.expires <= self._world.clock.now():
            raise Refused(401, "This access token has ended.")
        return token

    def _limit(self, account: Account) -> None:
        most = self._world.switches["per_minute"]
        if not isinstance(most, int):
            return
        now, asked = self._world.clock.now(), account.asked
        while asked and not now - 60 < asked[0] <= now:
            asked.popleft()
        if len(asked) >= most:
            wait = max(1, -int(-(asked[-most] + 60 - now) // 1))
            headers = (("Retry-After", str(wait)),) if self._world.switches.flag("retry_after_header") else ()
            raise Refused(429, "Too many calls.", headers)
        asked.append(now)

    def _target(self, request: Request) -> tuple[Resource, int | None]:
        parts = request.segments()[1:]
        resource = RESOURCES.get(parts[0])
        # The public examples write lists with a closing slash, too.
        if resource is None or len(parts) > 2:
            raise Refused(404, "There is nothing at this address.")
        text = parts[1] if len(parts) == 2 else ""
        verbs = _VERBS[1 if text else 0]
        if request.method not in verbs:
            raise Refused(405, "This method is not known here.", (("Allow", ", ".join(verbs)),))
        if not text:
            return resource, None
        number = whole(text, 1)
        if number is None or text[0] == "0":
            raise Refused(404, f"{resource.singular} not found.")
        return resource, number

    def _list(self, request: Request, account: Account, resource: Resource, token: Token) -> Response:
        world = self._world
        asked = listing.read(request.pairs(), resource, token, world.wire, world.switches)
        table = account.tables[resource.name]
        table.catch_up(world.clock.now(), world.lag)
        inclusive = world.switches.flag("bounds_inclusive")
        return Response(200, listing.answer(account, table, asked, world.wire, inclusive=inclusive).encode())

    def _read(self, request: Request, account: Account, resource: Resource, number: int) -> Response:
        related = listing.flag(listing.once(request.pairs()), "with_related", default=True)
        row = account.tables[resource.name].rows[number]
        return Response(200, self._world.wire.text(account, resource, row, related=related).encode())

    def _create(self, request: Request, account: Account, resource: Resource, token: Token) -> Response:
        body, whole = self._body(request)
        row = self._world.create(account, resource, body, token.member, normalise=request.normalise)
        return self._written(account, resource, row.id, whole, 201)

    def _update(self, request: Request, account: Account, resource: Resource, number: int, token: Token) -> Response:
        body, whole = self._body(request)
        self._world.update(account, resource, number, body, token.member, normalise=request.normalise)
        return self._written(account, resource, number, whole, 200)

    def _body(self, request: Request) -> tuple[dict[str, object], bool]:
        whole = listing.flag(listing.once(request.pairs()), "return_record", default=False)
        kind, _, charset = request.headers.get("content-type", "").lower().partition(";")
        if kind.strip() != "application/json" or charset.strip() not in ("", "charset=utf-8", 'charset="utf-8"'):
            raise BadInput("The body must be application/json in UTF-8.", 415)
        return decode_object(request.body), whole

    def _written(self, account: Account, resource: Resource, number: int, whole: bool, status: int) -> Response:
        if not whole:
            return Response(status, encode({"id": number}).encode())
        row = account.tables[resource.name].rows[number]
        return Response(status, self._world.wire.text(account, resource, row, related=False).encode())
