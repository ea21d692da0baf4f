"""Form controls for the fields of a record: how each is shown, and how what was typed becomes a value."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

from sandboxes.kit.html import Markup, el
from sandboxes.kit.messages import whole
from sandboxes.tinyplus.accounts import Account
from sandboxes.tinyplus.fields import RESOURCES, Field, Resource, Type
from sandboxes.tinyplus.tables import Values

# Which fields a person edits, in groups with a heading; names of contacts are edited in their two parts.
GROUPS: dict[str, tuple[tuple[str, tuple[str, ...]], ...]] = {
    "companies": (
        ("Company", ("name", "record_status", "assigned_user", "abn", "description")),
        (
            "Contact details",
            ("email_address", "office_phone", "mobile", "website", "linkedin", "physical_address", "external_url"),
        ),
    ),
    "contacts": (
        ("Person", ("first_name", "last_name", "title", "primary_company", "assigned_user", "description")),
        (
            "Contact details",
            ("email_address", "direct", "mobile", "office_phone", "website", "linkedin", "external_url"),
        ),
    ),
    "projects": (
        ("Project", ("name", "project_number", "record_status", "project_type", "client_company", "assigned_user")),
        ("Work", ("fee_value", "project_address", "description", "external_url")),
    ),
    "team-members": (
        ("Person", ("name", "record_status", "role", "qualifications", "description")),
        ("Contact details", ("email", "extension", "direct", "mobile", "twitter", "linkedin", "external_url", "notes")),
    ),
}
# Up to this many records are offered in a list to choose from; beyond it a name is typed.
OFFERED = 150
_PHASE = ": "
_MODES = {"email": "email", "email_address": "email", "mobile": "tel", "direct": "tel", "office_phone": "tel"}


def typed(account: Account, resource: Resource, field: Field, values: Mapping[str, object]) -> str:
    """A stored value as its control shows it."""
    value = values.get(field.name)
    if value is None:
        return ""
    if field.name == "record_status" and values.get("phase"):
        return f"{value}{_PHASE}{values['phase']}"
    if field.type is Type.DECIMAL and isinstance(value, Decimal):
        return f"{value:.2f}"
    if field.to and len(account.tables[field.to].rows) > OFFERED and isinstance(value, int):
        row = account.tables[field.to].rows.get(value)
        return f"{row.values['name'] if row else 'removed'} (no. {value})"
    return str(value)


def same(field: Field, one: str, other: str) -> bool:
    """Whether two typed texts are one, as far as a browser keeps texts apart (it drops breaks within one line)."""

    def plain(text: str) -> str:
        text = text.replace("\r\n", "\n")
        return text.strip() if field.type is Type.LINES else text.replace("\n", "").strip()

    return plain(one) == plain(other)


def value(account: Account, resource: Resource, field: Field, text: str) -> Values:
    """What was typed, as the fields of a body. Raises ValueError with a sentence."""
    text = text.replace("\r\n", "\n").strip()
    if field.name == "record_status" and resource.name == "projects":
        status, _, phase = text.partition(_PHASE)
        return {"record_status": status, "phase": phase or None}
    if not text:
        return {field.name: None}
    if field.type is Type.DECIMAL:
        try:
            return {field.name: Decimal(text.replace(",", "").replace(" ", "").removeprefix("$"))}
        except InvalidOperation:
            raise ValueError("This must be a number, for example 12500.50.") from None
    if field.to:
        return {field.name: _reference(account, field.to, text)}
    return {field.name: text}


def _reference(account: Account, resource: str, text: str) -> int:
    typed_number = whole(text.rpartition("(no. ")[2].removesuffix(")") if text.endswith(")") else text)
    if typed_number is not None:
        return typed_number
    rows = account.tables[resource].rows
    found = [number for number, row in rows.items() if str(row.values["name"]).casefold() == text.casefold()]
    what = RESOURCES[resource].singular.lower()
    if not found:
        raise ValueError(f"No {what} is called {text}.")
    if len(found) > 1:
        raise ValueError(f"{len(found)} records are called {text}: type its number, for example {found[0]}.")
    return found[0]


def control(
    account: Account,
    resource: Resource,
    field: Field,
    text: str,
    *,
    was: str,
    errors: list[str],
    won: bool,
    locked: str | None,
) -> Markup:
    """Label, control, what it was before, and what is wrong with it; `locked` says why it cannot be changed."""
    number = f"f-{field.name}"
    shared = {
        "id": number,
        "name": field.name,
        "aria_invalid": "true" if errors else None,
        "aria_describedby": f"{number}-error" if errors else None,
        "required": field.required,
    }
    wide = field.type is Type.LINES
    if wide:
        box = el("textarea", f"\n{text}", rows=3, **shared)  # a browser drops the first line break
    elif field.type is Type.CHOICE:
        box = el("select", _options(_choices(account, resource, field, won=won), text, empty=field.empty), **shared)
    elif field.to and len(account.tables[field.to].rows) <= OFFERED:
        rows = account.tables[field.to].rows.items()
        offered = sorted(((str(key), row.values["name"]) for key, row in rows), key=lambda pair: pair[1].casefold())
        box = el("select", _options(offered, text, empty=True), **shared)
    else:
        # Always of type text: a browser would block the saving of an odd address that came through the API.
        mode = "decimal" if field.type is Type.DECIMAL else _MODES.get(field.name)
        hint = f"Name or number of a {RESOURCES[field.to].singular.lower()}" if field.to else None
        box = el(
            "input",
            type="text",
            value=text,
            placeholder=hint,
            inputmode=mode,
            autocomplete="off",
            readonly=locked is not None,
            **shared,
        )
    return el(
        "div",
        el("label", f"{field.shown} ({account.currency})" if field.type is Type.DECIMAL else field.shown, for_=number),
        box,
        el("input", type="hidden", name=f"was.{field.name}", value=was),
        el("p", locked, class_="hint") if locked else None,
        [el("p", error, class_="error", id=f"{number}-error") for error in errors[:1]],
        class_="field wide" if wide else "field",
    )


def _choices(account: Account, resource: Resource, field: Field, *, won: bool) -> list[tuple[str, str]]:
    if field.name == "project_type":
        return [(name, name) for name in account.project_types]
    offered: list[tuple[str, str]] = []
    for status in field.choices:
        if status == "won" and not won:
            continue
        offered.append((status, status.capitalize()))
        if resource.name == "projects":
            phases = account.phases.get(status, ())
            offered += [(f"{status}{_PHASE}{phase}", f"{status.capitalize()}: {phase}") for phase in phases]
    return offered


def _options(offered: list[tuple[str, str]], chosen: str, *, empty: bool) -> list[Markup]:
    if chosen and all(key != chosen for key, _ in offered):
        offered = [*offered, (chosen, f"{chosen} (not offered any more)")]
    # Always marked as chosen: the page's script takes an unmarked choice for one that somebody made.
    blank = [el("option", "None", value="", selected=not chosen)] if empty or not chosen else []
    return blank + [el("option", text, value=key, selected=key == chosen) for key, text in offered]
