"""The consent page: a person ties an organisation to an app, and the browser carries the code back."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from urllib.parse import urlencode, urlsplit

from sandboxes.kit.errors import BadInput
from sandboxes.kit.html import Markup, el, see_other
from sandboxes.kit.messages import Response
from sandboxes.xero.desk import new_id
from sandboxes.xero.identity import connect, known_scopes
from sandboxes.xero.pages import layout
from sandboxes.xero.store import Record
from sandboxes.xero.world import World

ADDRESS = "/identity/connect/authorize"
_KEPT = ("response_type", "client_id", "redirect_uri", "scope", "state")
_MEANS = {
    "offline_access": "stay connected until you disconnect it",
    "accounting.contacts": "see and change contacts",
    "accounting.settings": "see and change the organisation's settings: accounts, tax rates, items",
    "accounting.transactions": "see and change invoices, credit notes and payments",
    "accounting.invoices": "see and change invoices and credit notes",
    "accounting.payments": "see and change payments",
}


def ask(world: World, given: Mapping[str, str]) -> Response:
    """The question to the person. Raises BadInput when the app asked wrongly: then nobody is sent anywhere."""
    app = _checked(world, given)
    problem = _problem(world, given)
    if problem:
        return _sent(given, {"error": problem})
    origin = urlsplit(given["redirect_uri"])
    choices = _choices(world)
    form = el(
        "form",
        [el("input", type="hidden", name=name, value=given[name]) for name in _KEPT if name in given],
        el("fieldset", el("legend", "Sign in and choose an organisation"), choices, class_="choices"),
        el(
            "div",
            el("button", "Allow access", name="answer", value="allow", class_="main"),
            el("button", "Cancel", name="answer", value="refuse"),
            class_="actions",
        ),
        method="post",
        action=ADDRESS,
    )
    none = el("p", "There is no organisation with a user to sign in as.", class_="empty")
    wanted = [el("li", words) for words in map(_words, given["scope"].split()) if words]
    return layout.page(
        world,
        "Allow access",
        layout.heading(f"{app['name']} wants access"),
        el("p", "It is at ", el("code", origin.netloc), " and asks to:"),
        el("ul", wanted),
        form if choices else none,
        # The browser counts the redirect after the form as part of it.
        form_action=f"'self' {origin.scheme}://{origin.netloc}",
    )


def _words(scope: str) -> str | None:
    words = _MEANS.get(scope.removesuffix(".read"))
    return words.replace("see and change", "see") if words and scope.endswith(".read") else words


def _choices(world: World) -> list[Markup]:
    choices: list[Markup] = []
    for key, books in world.books.items():
        for user in books.settings["Users"]:
            who = f"{user['email']}/{key}"
            box = el("input", type="radio", name="who", value=who, checked=not choices, required=True)
            choices.append(el("label", box, f"{user['name']}, {books.settings['Name']}"))
    return choices


def answer(world: World, posted: Mapping[str, str]) -> Response:
    """Send the browser back with a code, or with the refusal. Raises BadInput."""
    app = _checked(world, posted)
    problem = _problem(world, posted)
    if problem or posted.get("answer") != "allow":
        return _sent(posted, {"error": problem or "access_denied"})
    email, _, key = posted.get("who", "").partition("/")
    books = world.books.get(key)
    if books is None or all(user["email"] != email for user in books.settings["Users"]):
        raise BadInput("Choose who signs in.")
    code: Record = {"app": app["id"], "user": email, "scopes": posted["scope"].split()}
    code |= {"redirect": posted["redirect_uri"], "at": world.clock.now()}
    text = secrets.token_urlsafe(32)
    with world.log.unit():
        connect(world, app["id"], email, books.tenant, new_id())
        world.office.put("codes", text, code)
    return _sent(posted, {"code": text})


def _sent(given: Mapping[str, str], told: Record) -> Response:
    address = given["redirect_uri"]
    told = {**told, **({"state": given["state"]} if "state" in given else {})}
    return see_other(f"{address}{'&' if urlsplit(address).query else '?'}{urlencode(told)}")


def _checked(world: World, given: Mapping[str, str]) -> Record:
    """The app that asks, if it is known and may send people back there. Raises BadInput."""
    app = world.office["apps"].get(given.get("client_id", ""))
    if app is None or app["tenant"] is not None:
        raise BadInput("No app with this client_id asks people for access.")
    address = given.get("redirect_uri", "")
    plain = address.isascii() and address.isprintable() and not any(sign in address for sign in " ;,'\"#")
    if not plain or not any(
        address == known or (known.endswith("/") and address.startswith(known)) for known in app["redirects"]
    ):
        raise BadInput("The app has not registered this redirect_uri.")
    return app


def _problem(world: World, given: Mapping[str, str]) -> str | None:
    if given.get("response_type") != "code":
        return "unsupported_response_type"
    scopes = set(given.get("scope", "").split())
    return None if scopes and scopes <= known_scopes(str(world.switches["scopes"])) else "invalid_scope"
