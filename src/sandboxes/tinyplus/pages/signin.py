"""The sign-in page of the OAuth 2 implicit flow: a person allows a program, and the browser carries the token back."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from urllib.parse import urlencode, urlsplit

from sandboxes.kit.errors import BadInput
from sandboxes.kit.html import Markup, el, see_other
from sandboxes.kit.messages import Response, whole
from sandboxes.tinyplus.accounts import Token
from sandboxes.tinyplus.pages import layout
from sandboxes.tinyplus.world import World

_SCOPES = {"read": "read every record", "readwrite": "read and change every record"}
_KEPT = ("response_type", "client_id", "redirect_uri", "scope", "state")


def ask(world: World, given: Mapping[str, str]) -> Response:
    """The question to the person. Raises BadInput when the program asked wrongly: then nobody is sent anywhere."""
    _check(given)
    origin = urlsplit(given["redirect_uri"])
    choices = _choices(world)
    form = el(
        "form",
        [el("input", type="hidden", name=name, value=given[name]) for name in _KEPT if name in given],
        el("fieldset", el("legend", "Sign in as"), choices, class_="choices"),
        el(
            "div",
            el("button", "Allow", name="answer", value="allow", class_="main"),
            el("button", "Refuse", name="answer", value="refuse"),
            class_="actions",
        ),
        method="post",
        action="/oauth/authorize",
    )
    none = el("p", "There is no account with a team member to sign in as.", class_="empty")
    return layout.page(
        "Allow access",
        el("div", el("h1", f"Allow {given['client_id']}?"), class_="title"),
        el("p", f"It wants to {_SCOPES[given['scope']]} of one account. It is at ", el("code", origin.netloc), "."),
        form if choices else none,
        # The browser counts the redirect after the form as part of it.
        form_action=f"'self' {origin.scheme}://{origin.netloc}",
    )


def _choices(world: World) -> list[Markup]:
    choices = []
    for account in world.accounts.values():
        for number, row in account.tables["team-members"].rows.items():
            if row.values["record_status"] != "active":
                continue  # a ghost has no log-in, and a deactivated member has none any more
            who = f"{account.key}/{number}"
            box = el("input", type="radio", name="who", value=who, checked=not choices, required=True)
            choices.append(el("label", box, f"{row.values['name']}, {account.name}"))
    return choices


def answer(world: World, posted: Mapping[str, str]) -> Response:
    """Send the browser back with a token, or with the refusal. Raises BadInput."""
    _check(posted)
    back = {"state": posted["state"]} if "state" in posted else {}
    if posted.get("answer") != "allow":
        return _sent(posted["redirect_uri"], {"error": "access_denied", **back})
    key, _, number = posted.get("who", "").partition("/")
    account = world.accounts.get(key)
    row = account.tables["team-members"].rows.get(whole(number) or 0) if account else None
    if account is None or row is None or row.values["record_status"] != "active":
        raise BadInput("Choose who signs in.")
    life = world.switches["token_life_seconds"]
    life = life if isinstance(life, int) else 0
    token = Token(secrets.token_urlsafe(32), account.key, posted["scope"], row.id, world.clock.now() + life)
    world.set_token(token)
    told = {"token_type": "Bearer", "expires_in": str(life), "access_token": token.text, **back}
    return _sent(posted["redirect_uri"], told)


def _sent(address: str, told: Mapping[str, str]) -> Response:
    return see_other(f"{address}{'&' if urlsplit(address).query else '?'}{urlencode(told)}")


def _check(given: Mapping[str, str]) -> None:
    if given.get("response_type") != "token":
        raise BadInput("response_type must be token.")
    if not given.get("client_id"):
        raise BadInput("client_id is missing.")
    if given.get("scope") not in _SCOPES:
        raise BadInput("scope must be read or readwrite.")
    address = given.get("redirect_uri", "")
    try:
        parts = urlsplit(address)
        proper = parts.scheme in ("http", "https") and bool(parts.hostname) and not parts.fragment and parts.port != 0
    except ValueError:
        proper = False
    if not proper or not address.isascii() or not address.isprintable() or any(sign in address for sign in " ;,'\""):
        raise BadInput("redirect_uri must be a full http or https address without a fragment.")
