"""The first page with the organisations, settings, the page of fields and switches, and that of things not there."""

from __future__ import annotations

from collections.abc import Mapping

from sandboxes.kit.errors import Refused
from sandboxes.kit.html import Markup, el
from sandboxes.kit.messages import Request, Response
from sandboxes.xero.books import Books
from sandboxes.xero.fields import RESOURCES, Field
from sandboxes.xero.pages import layout
from sandboxes.xero.switches import DAILY
from sandboxes.xero.world import World


def index(world: World, *, show_secrets: bool) -> Response:
    """All organisations, and how a program reaches them."""
    cards = [_card(books) for books in world.books.values()]
    if not cards:
        text = "No organisations yet. Start the sandbox with --demo, or with --seed and a file that describes some."
        cards = [el("p", text, class_="empty")]
    apps = [
        el(
            "p",
            el("code", app["id"]),
            el("span", f"{app['name']}; secret {app['secret']}" if show_secrets else app["name"], class_="quiet"),
            class_="token",
        )
        for app in world.office["apps"].values()
    ]
    return layout.page(
        world,
        "Organisations",
        layout.heading("Organisations"),
        el("div", cards, class_="cards"),
        el("section", el("h2", "Apps"), apps) if apps else None,
        el(
            "p",
            "Programs find the API at ",
            el("code", f"{world.address}/api.xro/2.0/"),
            ". What this stand-in knows of Xero, and how well each fact is founded: ",
            el("a", "fields and switches", href="/fields"),
            ".",
            class_="quiet",
        ),
    )


def _card(books: Books) -> Markup:
    own = books.settings
    links = [el("li", el("a", name, href=layout.path(books, key))) for key, name in layout.SECTIONS.items()]
    return el(
        "section",
        el("h2", el("a", own["Name"], href=layout.path(books, "invoices"))),
        el("p", f"{own['CountryCode']}, {own['BaseCurrency']}", class_="quiet"),
        el("ul", links),
        el("p", el("code", books.tenant), el("span", "tenant", class_="quiet"), class_="token"),
        class_="card",
    )


def settings(world: World, books: Books, given: Mapping[str, str], problem: str | None = None) -> Response:
    """Name, lock dates, the app's tier, and which apps are connected."""
    own = books.settings
    here = layout.path(books, "settings")
    lock = layout.form(
        here,
        el(
            "fieldset",
            el("legend", "Organisation"),
            el(
                "div",
                layout.field("Name", "Name", own["Name"]),
                layout.field("TaxNumber", "Tax number", own.get("TaxNumber")),
                layout.field("PeriodLockDate", "Period lock date (YYYY-MM-DD)", own.get("PeriodLockDate")),
                layout.field("EndOfYearLockDate", "End of year lock date (YYYY-MM-DD)", own.get("EndOfYearLockDate")),
                class_="fields",
            ),
        ),
        el("div", el("button", "Save settings", class_="main"), class_="actions"),
        record=True,
    )
    tiers = [(tier, f"{tier.capitalize()}: {calls:,} calls a day") for tier, calls in DAILY.items()]
    tier = layout.form(
        f"{here}/tier",
        el(
            "fieldset",
            el("legend", "Tier of the apps (the whole sandbox)"),
            el("div", layout.select("tier", "Tier", tiers, world.switches["tier"]), class_="fields"),
        ),
        el("div", el("button", "Save tier"), class_="actions"),
    )
    rows = [
        layout.line(
            row["id"],
            world.office["apps"][row["app"]]["name"],
            ("User", row["user"], ""),
            ("", layout.press(f"{here}/disconnect", "Disconnect", danger=True, id=row["id"]), ""),
        )
        for row in world.office["connections"].values()
        if row["tenant"] == books.tenant
    ]
    apps = layout.table((("App", ""), ("User", ""), ("", "")), rows, "No app is connected.")
    return layout.page(
        world,
        f"Settings, {own['Name']}",
        layout.heading("Settings"),
        layout.moved(here),
        el(
            "div",
            layout.notice(given, problem),
            lock,
            tier,
            el("section", el("h2", "Connected apps"), apps),
            id="fresh",
        ),
        books=books,
        section="settings",
        watch=None if problem else layout.of_books(world, books),
        status=400 if problem else 200,
    )


def fields(world: World) -> Response:
    """Every field with its founding, and every switch with its value."""
    parts: list[Markup] = []
    head = (("Field", ""), ("Type", ""), ("Writing", ""), ("How we know", ""))
    for name, found in RESOURCES.items():
        rows = [
            layout.line(
                f"{name}.{one.name}",
                el("code", one.name),
                ("Type", _type(one), ""),
                ("Writing", "read-only" if one.read_only else "required" if one.required else "writable", ""),
                ("How we know", [el("span", one.mark, class_=f"chip {one.mark}"), " ", one.remark], ""),
            )
            for one in found
        ]
        parts += [el("h2", name), layout.table(head, rows, "")]
    switches = [
        layout.line(key, el("code", key), ("Now", str(world.switches[key]), ""), ("Meaning", switch.meaning, ""))
        for key, switch in world.switches.declared.items()
    ]
    return layout.page(
        world,
        "Fields and switches",
        layout.heading("Fields and switches"),
        el(
            "p",
            "Documented: Xero's public description or pages say so. Recorded: seen in a published answer. Assumed: our "
            "reading; the real service may differ, and where another reading is likely there is a switch.",
        ),
        parts,
        el("h2", "Switches"),
        layout.table((("Switch", ""), ("Now", ""), ("Meaning", "")), switches, ""),
    )


def _type(field: Field) -> str:
    return f"{field.type.value}, up to {field.limit} characters" if field.limit else field.type.value


def refusal(world: World, problem: Refused, request: Request) -> Response:
    """A page that says why not, and where to go."""
    title = "Not here" if problem.status == 404 else "Not possible"
    return layout.page(
        world,
        title,
        layout.heading(title),
        el("p", problem.sentence),
        el("p", el("a", "All organisations", href="/")),
        status=problem.status,
    )
