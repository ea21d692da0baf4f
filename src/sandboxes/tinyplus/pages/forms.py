"""The page of one record: a form, what is known about it, and its removal."""

from __future__ import annotations

from collections.abc import Mapping

from sandboxes.kit.errors import Refused
from sandboxes.kit.html import Markup, el, see_other
from sandboxes.kit.messages import Response, whole
from sandboxes.tinyplus.accounts import Account
from sandboxes.tinyplus.fields import CONTACTS, PROJECTS, TEAM, Resource
from sandboxes.tinyplus.pages import controls, layout
from sandboxes.tinyplus.tables import Row, Values
from sandboxes.tinyplus.world import World
from sandboxes.tinyplus.writing import Unprocessable

_LOCKED_EMAIL = "Cannot be changed while the member is active."
Errors = Mapping[str, list[str]]


def show(
    world: World,
    account: Account,
    resource: Resource,
    row: Row | None,
    person: str | None,
    *,
    given: Mapping[str, str] | None = None,
    posted: Mapping[str, str] | None = None,
    errors: Errors | None = None,
) -> Response:
    """The form of a record, or of a new one; `posted` and `errors` bring back what could not be saved."""
    new = layout.NEW[resource.name]
    name = str(row.values["name"]) if row else new
    what = resource.singular.lower()
    watch = (
        (layout.path(account, resource.section, row.id, "version"), f"{world.started}.{row.version}") if row else None
    )
    home = layout.path(account, resource.section)
    return layout.page(
        f"{name}, {account.name}",
        el("p", el("a", layout.TITLES[resource.name], href=home), class_="crumbs"),
        el("div", el("h1", name), layout.synced_chip(row.values) if row else None, class_="title record"),
        el(
            "p",
            f"This {what} was changed elsewhere just now. Your typing is kept, ",
            "and saving sends only the fields that you edited. ",
            el("a", "Show the new state", href=layout.path(account, resource.section, row.id)),
            class_="notice warn",
            id="moved",
            role="status",
            hidden=True,
        )
        if row
        else None,
        el(
            "div",
            _notices(given or {}, errors),
            el(
                "div",
                _form(world, account, resource, row, posted=posted, errors=errors or {}),
                _facts(world, account, resource, row) if row else None,
                class_="record",
            ),
            id="fresh",
        ),
        _removal(account, resource, row) if row else None,
        account=account,
        section=resource,
        person=person,
        watch=watch,
        status=422 if errors else 200,
    )


def _notices(given: Mapping[str, str], errors: Errors | None) -> Markup | None:
    if errors:
        return el("p", "Not saved: see the marked fields below.", class_="notice bad", role="alert")
    for key, text in (("saved", "Saved."), ("added", "Added."), ("same", "Nothing was changed, so nothing was saved.")):
        if key in given:
            return el("p", text, class_="notice good", role="status")
    return None


def _form(
    world: World,
    account: Account,
    resource: Resource,
    row: Row | None,
    *,
    posted: Mapping[str, str] | None,
    errors: Errors,
) -> Markup:
    fields = resource.by_name
    values = row.values if row else {field.name: field.default for field in resource.fields}
    groups = []
    for heading, names in controls.GROUPS[resource.name]:
        boxes = []
        for name in names:
            field = fields[name]
            stored = controls.typed(account, resource, field, values)
            locked = _LOCKED_EMAIL if row and name == "email" and values["record_status"] == "active" else None
            boxes.append(
                controls.control(
                    account,
                    resource,
                    field,
                    stored if posted is None else posted.get(name, ""),
                    errors=_errors_of(resource, name, errors),
                    won=world.switches.flag("won_enabled"),
                    was=stored if posted is None else posted.get(f"was.{name}", ""),
                    locked=locked,
                )
            )
        groups.append(el("fieldset", el("legend", heading), el("div", boxes, class_="fields")))
    here = layout.path(account, resource.section, row.id if row else "new")
    what = resource.singular.lower()
    return el(
        "form",
        groups,
        el(
            "div",
            el("button", f"Save {what}" if row else f"Add {what}", class_="main"),
            el("a", "Back to the list", href=layout.path(account, resource.section)),
            class_="actions",
        ),
        method="post",
        action=here,
        id="record",
        novalidate=True,
        autocomplete="off",
    )


def _errors_of(resource: Resource, name: str, errors: Errors) -> list[str]:
    also = {(PROJECTS.name, "record_status"): "phase", (CONTACTS.name, "first_name"): "name"}
    return [*errors.get(name, []), *errors.get(also.get((resource.name, name), ""), [])]


def _facts(world: World, account: Account, resource: Resource, row: Row) -> Markup:
    values = row.values

    def person(number: object) -> str:
        return layout.name_of(account, TEAM.name, number) or "nobody known"

    facts: list[tuple[str, object]] = [
        ("Number", str(row.id)),
        ("Added", [layout.moment(world, values["created_date"]), f" by {person(values['created_user'])}"]),
        ("Last changed", [layout.moment(world, values["modified_date"]), f" by {person(values['modified_user'])}"]),
        ("Synced", "Yes" if values["is_synced"] else "No"),
        ("Synced from", values["sync_origin"]),
        ("Number in the other system", values["remote_id"]),
        ("External URL", _link(values)),
    ]
    return el(
        "aside",
        el("h2", "About this record"),
        el("dl", [el("div", el("dt", name), el("dd", fact)) for name, fact in facts if fact]),
    )


def _link(values: Values) -> object:
    address = values["external_url"]
    if isinstance(address, str) and address.startswith(("http://", "https://")):
        return el("a", address, href=address, rel="noreferrer")
    return address


def _removal(account: Account, resource: Resource, row: Row) -> Markup:
    what = resource.singular.lower()
    return el(
        "details",
        el("summary", f"Remove this {what}"),
        el("p", f"It goes for good and cannot be brought back. Records that point to it keep its number, {row.id}."),
        el(
            "form",
            el("button", f"Remove {row.values['name']}", class_="danger"),
            method="post",
            action=layout.path(account, resource.section, row.id, "remove"),
        ),
        class_="removal",
    )


def save(
    world: World,
    account: Account,
    resource: Resource,
    row: Row | None,
    *,
    posted: Mapping[str, str],
    person: str | None,
) -> Response:
    """Store what was typed: of a record that is there, only the fields that differ from what the form had shown."""
    errors: dict[str, list[str]] = {}
    body: Values = {}
    for _, names in controls.GROUPS[resource.name]:
        for name in names:
            field = resource.by_name[name]
            text, was = posted.get(name), posted.get(f"was.{name}", "")
            if text is None or (row and controls.same(field, text, was)):
                continue
            try:
                body |= controls.value(account, resource, field, text)
            except ValueError as problem:
                errors[name] = [str(problem)]
    if row is None and resource is CONTACTS:
        body["name"] = " ".join(str(body[part]) for part in ("first_name", "last_name") if body.get(part))
    if row and not body and not errors:
        return see_other(f"{layout.path(account, resource.section, row.id)}?same=1")
    try:
        if errors:
            raise Unprocessable(errors)
        if row is None:
            kept = world.create(account, resource, body, account.person())
        else:
            kept = world.update(account, resource, row.id, body, account.person())
    except Unprocessable as problem:
        return show(world, account, resource, row, person, posted=posted, errors=problem.errors)
    return see_other(f"{layout.path(account, resource.section, kept.id)}?{'saved' if row else 'added'}=1")


def found(account: Account, resource: Resource, number: str) -> Row:
    """The record of that number. Raises Refused (404)."""
    row = account.tables[resource.name].rows.get(whole(number) or 0)
    if row is None:
        what = resource.singular.lower()
        raise Refused(404, f"There is no {what} {number} in {account.name}; it may have been removed.")
    return row
