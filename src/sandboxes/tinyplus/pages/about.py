"""The first page with the accounts, the page of fields and switches, and the page of things that are not there."""

from __future__ import annotations

from sandboxes.kit.errors import Refused
from sandboxes.kit.html import Markup, el
from sandboxes.kit.messages import Request, Response
from sandboxes.tinyplus.accounts import Account, Token
from sandboxes.tinyplus.fields import RESOURCES, Field, Type
from sandboxes.tinyplus.pages import layout
from sandboxes.tinyplus.world import World


def index(world: World, *, show_tokens: bool) -> Response:
    """All accounts, and how a program reaches them."""
    cards = [_card(world, account, show_tokens=show_tokens) for account in world.accounts.values()]
    if not cards:
        text = "No accounts yet. Start the sandbox with --seed and a file that describes some."
        cards = [el("p", text, class_="empty")]
    return layout.page(
        "Accounts",
        el("div", el("h1", "Accounts"), class_="title"),
        el("div", cards, class_="cards"),
        el(
            "p",
            "Programs find the API at ",
            el("code", f"{world.address}/v2/"),
            ". What this stand-in knows of tiny+, and how well each fact is founded: ",
            el("a", "fields and switches", href="/fields"),
            ".",
            class_="quiet",
        ),
    )


def _card(world: World, account: Account, *, show_tokens: bool) -> Markup:
    tokens = [token for token in world.tokens.values() if token.account == account.key]
    return el(
        "section",
        el("h2", el("a", account.name, href=layout.path(account, "companies"))),
        el(
            "ul",
            [
                el(
                    "li",
                    el(
                        "a",
                        layout.TITLES[resource.name],
                        el("span", f"{len(account.tables[resource.name].rows):,}", class_="count"),
                        href=layout.path(account, resource.section),
                    ),
                )
                for resource in RESOURCES.values()
            ],
        ),
        el("details", el("summary", "Access tokens"), [_token(world, account, token) for token in tokens])
        if show_tokens and tokens
        else None,
        class_="card",
    )


def _token(world: World, account: Account, token: Token) -> Markup:
    who = layout.name_of(account, "team-members", token.member) or "nobody"
    ends = (", ends ", layout.moment(world, int(token.expires))) if token.expires is not None else ""
    scope = "reads and writes" if token.scope == "readwrite" else "reads only"
    return el("p", el("code", token.text), el("span", f"{scope}, as {who}", ends, class_="quiet"), class_="token")


def fields(world: World) -> Response:
    """Every field with its founding, and every switch with its value."""
    parts = []
    for resource in RESOURCES.values():
        lines = [
            el(
                "tr",
                el("th", el("code", field.name), scope="row"),
                el("td", _type(field), data_label="Type"),
                el("td", "read-only" if field.read_only else "writable", data_label="Writing"),
                el(
                    "td",
                    el("span", field.mark, class_=f"chip {field.mark}"),
                    " ",
                    field.remark,
                    data_label="How we know",
                ),
            )
            for field in resource.fields
        ]
        head = [el("th", text, scope="col") for text in ("Field", "Type", "Writing", "How we know")]
        parts += [
            el("h2", layout.TITLES[resource.name]),
            el("div", el("table", el("thead", el("tr", head)), el("tbody", lines)), class_="table"),
        ]
    switches = [
        el(
            "tr",
            el("th", el("code", key), scope="row"),
            el("td", _shown(world.switches[key]), data_label="Now"),
            el("td", switch.meaning, data_label="Meaning"),
        )
        for key, switch in world.switches.declared.items()
    ]
    head = [el("th", text, scope="col") for text in ("Switch", "Now", "Meaning")]
    return layout.page(
        "Fields and switches",
        el("div", el("h1", "Fields and switches"), class_="title"),
        el(
            "p",
            "Documented: a public page of tiny+ says so. Assumed: our reading, where no page settles it; "
            "the real service may differ, and where another reading is likely there is a switch.",
        ),
        parts,
        el("h2", "Switches"),
        el("div", el("table", el("thead", el("tr", head)), el("tbody", switches)), class_="table"),
    )


def _type(field: Field) -> str:
    name = "text, several lines" if field.type is Type.LINES else field.type.value
    return f"{name}, up to {field.limit} characters" if field.limit else name


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return "none" if value is None else str(value)


def refusal(problem: Refused, request: Request) -> Response:
    """A page that says why not, and where to go."""
    title = "Not here" if problem.status == 404 else "Not possible"
    return layout.page(
        title,
        el("div", el("h1", title), class_="title"),
        el("p", problem.sentence),
        el("p", el("a", "All accounts", href="/")),
        status=problem.status,
    )
