"""The pages' addresses, and who may post to them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from sandboxes.kit.errors import Refused
from sandboxes.kit.html import see_other
from sandboxes.kit.messages import Request, Response, json_response
from sandboxes.kit.origins import Origins
from sandboxes.kit.routes import Routes
from sandboxes.kit.static import Static
from sandboxes.xero.pages import about, contacts, documents, edits, simple
from sandboxes.xero.pages import signin as consent
from sandboxes.xero.problems import Answered
from sandboxes.xero.store import Record
from sandboxes.xero.world import World


class Site:
    """Everything that a browser shows."""

    def __init__(self, world: World, origins: Origins) -> None:
        self._world = world
        self._origins = origins
        self._edits = edits.Edits(world)
        static = Static(Path(__file__).parent / "static")
        routes = self._routes = Routes()
        routes.add("GET", "/static/{name}", static.answer)
        routes.add("GET", "/", lambda request: about.index(world, show_secrets=not origins.any))
        routes.add("GET", "/fields", lambda request: about.fields(world))
        routes.add("GET", consent.ADDRESS, lambda request: consent.ask(world, dict(request.pairs())))
        routes.add("POST", consent.ADDRESS, lambda request: consent.answer(world, dict(request.form())))
        routes.add("GET", "/app/{key}", self._home)
        routes.add("GET", "/app/{key}/version", self._version)
        routes.add("GET", "/app/{key}/{section}", self._list)
        routes.add("POST", "/app/{key}/settings", self._posted(self._edits.settings))
        routes.add("POST", "/app/{key}/settings/{do}", self._posted(self._edits.setting))
        routes.add("GET", "/app/{key}/{section}/{number}", self._one)
        routes.add("POST", "/app/{key}/{section}/{number}", self._posted(self._edits.save))
        routes.add("GET", "/app/{key}/{section}/{number}/version", self._record_version)
        routes.add("POST", "/app/{key}/{section}/{number}/{do}", self._posted(self._edits.do))

    def __call__(self, request: Request) -> Response:
        """Answer with a page, a redirect or a refusal that reads like a page."""
        try:
            if request.method == "POST":
                self._origins.check_sender(request, form=True)
            else:
                self._origins.check_host(request)
            with self._world.lock:
                return self._routes.answer(request)
        except Refused as problem:
            return about.refusal(self._world, _plain(problem), request)

    def _posted(self, handler: Callable[..., Response]) -> Callable[..., Response]:
        return lambda request, **named: handler(dict(request.form()), **named)

    def _home(self, request: Request, key: str) -> Response:
        return see_other(f"/app/{self._world.find(key).name}/invoices")

    def _version(self, request: Request, key: str) -> Response:
        books = self._world.find(key)
        return json_response({"version": f"{self._world.started}.{books.version}"})

    def _list(self, request: Request, key: str, section: str) -> Response:
        world, books, given = self._world, self._world.find(key), dict(request.pairs())
        if section in documents.SECTIONS:
            return documents.show(world, books, documents.SECTIONS[section], given)
        if section == "contacts":
            return contacts.show(world, books, given)
        if section in simple.KINDS:
            return simple.show(world, books, section, given)
        if section == "settings":
            return about.settings(world, books, given)
        raise Refused(404, "There is nothing at this address.")

    def _one(self, request: Request, key: str, section: str, number: str) -> Response:
        books = self._world.find(key)
        record = None if number == "new" else self._found(key, section, number)
        return edits.page(self._world, books, section, record, given=dict(request.pairs()))

    def _found(self, key: str, section: str, number: str) -> Record:
        record = edits.find(self._world.find(key), section, number)
        if record is None:
            raise Refused(404, "There is no such record; it may have been deleted.")
        return record

    def _record_version(self, request: Request, key: str, section: str, number: str) -> Response:
        record = edits.find(self._world.find(key), section, number)
        return json_response({"version": f"{self._world.started}.{record['Version'] if record else 'gone'}"})


def _plain(problem: Refused) -> Refused:
    return Refused(problem.status, edits.sentence(problem)) if isinstance(problem, Answered) else problem
