"""The pages' addresses, and who may post to them."""

from __future__ import annotations

from sandboxes.kit.errors import Refused
from sandboxes.kit.html import see_other
from sandboxes.kit.messages import Request, Response, json_response, whole
from sandboxes.kit.origins import Origins
from sandboxes.kit.routes import Routes
from sandboxes.kit.static import Static
from sandboxes.tinyplus.accounts import Account
from sandboxes.tinyplus.fields import Resource
from sandboxes.tinyplus.pages import about, forms, layout, lists, signin
from sandboxes.tinyplus.world import World


class Site:
    """Everything that a browser shows."""

    def __init__(self, world: World, origins: Origins) -> None:
        self._world = world
        self._origins = origins
        static = Static()
        routes = self._routes = Routes()
        routes.add("GET", "/static/{name}", static.answer)
        routes.add("GET", "/", self._index)
        routes.add("GET", "/fields", lambda request: about.fields(world))
        routes.add("GET", "/oauth/authorize", lambda request: signin.ask(world, dict(request.pairs())))
        routes.add("POST", "/oauth/authorize", lambda request: signin.answer(world, dict(request.form())))
        routes.add("GET", "/app/{key}", self._account)
        routes.add("GET", "/app/{key}/{section}", self._list)
        routes.add("GET", "/app/{key}/{section}/version", self._list_version)
        routes.add("GET", "/app/{key}/{section}/new", self._new)
        routes.add("POST", "/app/{key}/{section}/new", self._add)
        routes.add("GET", "/app/{key}/{section}/{number}", self._record)
        routes.add("POST", "/app/{key}/{section}/{number}", self._save)
        routes.add("GET", "/app/{key}/{section}/{number}/version", self._record_version)
        routes.add("POST", "/app/{key}/{section}/{number}/remove", self._remove)

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
            return about.refusal(problem, request)

    def _index(self, request: Request) -> Response:
        # A sandbox that others in the network can reach keeps its tokens to itself.
        return about.index(self._world, show_tokens=not self._origins.any)

    def _found(self, key: str, section: str) -> tuple[Account, Resource]:
        account, resource = self._world.accounts.get(key), layout.SECTIONS.get(section)
        if account is None:
            raise Refused(404, f"There is no account {key} in this sandbox.")
        if resource is None:
            raise Refused(404, "There is nothing at this address.")
        return account, resource

    def _person(self, account: Account) -> str | None:
        return layout.name_of(account, "team-members", account.person())

    def _account(self, request: Request, key: str) -> Response:
        account, resource = self._found(key, "companies")
        return see_other(layout.path(account, resource.section))

    def _list(self, request: Request, key: str, section: str) -> Response:
        account, resource = self._found(key, section)
        return lists.show(self._world, account, resource, dict(request.pairs()), self._person(account))

    def _list_version(self, request: Request, key: str, section: str) -> Response:
        account, _ = self._found(key, section)
        return json_response({"version": f"{self._world.started}.{account.version}"})

    def _new(self, request: Request, key: str, section: str) -> Response:
        account, resource = self._found(key, section)
        return forms.show(self._world, account, resource, None, self._person(account))

    def _add(self, request: Request, key: str, section: str) -> Response:
        account, resource = self._found(key, section)
        return forms.save(
            self._world, account, resource, None, posted=dict(request.form()), person=self._person(account)
        )

    def _record(self, request: Request, key: str, section: str, number: str) -> Response:
        account, resource = self._found(key, section)
        row = forms.found(account, resource, number)
        given = dict(request.pairs())
        return forms.show(self._world, account, resource, row, self._person(account), given=given)

    def _save(self, request: Request, key: str, section: str, number: str) -> Response:
        account, resource = self._found(key, section)
        row = forms.found(account, resource, number)
        return forms.save(
            self._world, account, resource, row, posted=dict(request.form()), person=self._person(account)
        )

    def _record_version(self, request: Request, key: str, section: str, number: str) -> Response:
        account, resource = self._found(key, section)
        row = account.tables[resource.name].rows.get(whole(number) or 0)
        return json_response({"version": f"{self._world.started}.{row.version if row else 'gone'}"})

    def _remove(self, request: Request, key: str, section: str, number: str) -> Response:
        account, resource = self._found(key, section)
        self._world.delete(account, resource, forms.found(account, resource, number).id)
        return see_other(f"{layout.path(account, resource.section)}?removed=1")
