"""The frame of every page: the banner that says what this is, the account, its sections."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import quote

from sandboxes.kit.html import Markup, el, html_response
from sandboxes.kit.messages import Response
from sandboxes.tinyplus.accounts import Account
from sandboxes.tinyplus.fields import RESOURCES, Resource
from sandboxes.tinyplus.switches import zone
from sandboxes.tinyplus.world import World

BANNER = "Sandbox: a stand-in for tiny+, not the real service"
TITLES = {"companies": "Companies", "contacts": "Contacts", "projects": "Projects", "team-members": "Team"}
NEW = {resource.name: f"New {resource.singular.lower()}" for resource in RESOURCES.values()}
SECTIONS = {resource.section: resource for resource in RESOURCES.values()}


def path(account: Account | str, *parts: object) -> str:
    """An address below an account."""
    key = account if isinstance(account, str) else account.key
    return "/".join(["/app", quote(key, safe=""), *(quote(str(part), safe="") for part in parts)])


def page(
    title: str,
    *main: object,
    account: Account | None = None,
    section: Resource | None = None,
    person: str | None = None,
    watch: tuple[str, str] | None = None,
    status: int = 200,
    form_action: str = "'self'",
) -> Response:
    """A page. `watch` names the address of a version and the version shown, for the script that keeps it fresh."""
    head = (
        el("link", rel="stylesheet", href="/static/sandbox.css"),
        el("link", rel="icon", href="/static/mark.svg", type="image/svg+xml"),
        el("script", src="/static/refresh.js", defer=True) if watch else None,
    )
    body = el(
        "body",
        el("a", "Skip to the content", href="#main", class_="skip"),
        el("p", el("strong", "Sandbox:"), BANNER.removeprefix("Sandbox:"), class_="banner", role="note"),
        _top(account, section, person),
        el("main", main, id="main"),
        data_watch=watch[0] if watch else None,
        data_version=watch[1] if watch else None,
    )
    return html_response(f"{title} · tiny+ sandbox", head, body, status=status, form_action=form_action)


def _top(account: Account | None, section: Resource | None, person: str | None) -> Markup:
    tabs = None
    if account is not None:
        tabs = el(
            "nav",
            [
                el(
                    "a",
                    TITLES[resource.name],
                    el("span", f"{len(account.tables[resource.name].rows):,}", class_="count"),
                    href=path(account, resource.section),
                    aria_current="page" if section is resource else None,
                )
                for resource in RESOURCES.values()
            ],
            class_="tabs",
            aria_label="Sections",
        )
    return el(
        "header",
        el(
            "div",
            (el("a", "Accounts", href="/", class_="home"), el("span", account.name, class_="account"))
            if account
            else el("a", "tiny+ sandbox", href="/", class_="wordmark"),
            el("span", "You edit as ", el("b", person), class_="person") if person else None,
            class_="top",
        ),
        tabs,
    )


def moment(world: World, seconds: object) -> Markup:
    """A time as a person reads it, in the zone of the wire."""
    at = datetime.fromtimestamp(int(str(seconds)), zone(str(world.switches["zone"])))
    machine = datetime.fromtimestamp(int(str(seconds)), UTC).isoformat()
    return el("time", f"{at.day} {at:%b %Y, %H:%M:%S}", datetime=machine)


def name_of(account: Account, resource: str, number: object) -> str | None:
    """The name of a record that another one points to; its number where it is gone."""
    if not isinstance(number, int):
        return None
    row = account.tables[resource].rows.get(number)
    return str(row.values["name"]) if row else f"No. {number} (removed)"


def status_chip(value: object) -> Markup | None:
    """A status as a small label."""
    return el("span", str(value).capitalize(), class_=f"chip {value}") if value else None


def synced_chip(values: dict[str, object], *, short: bool = False) -> Markup | None:
    """Says that another system keeps the record in step; in a list, its name is enough for the eye."""
    if not values["is_synced"]:
        return None
    origin = values["sync_origin"]
    words = (el("span", "Synced from ", class_="hidden" if short else None), origin) if origin else "Synced"
    return el("span", words, class_="chip synced")
