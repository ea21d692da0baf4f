"""What may be written: the body of a POST or PATCH is checked whole, and refused whole."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from sandboxes.kit.encode import encode
from sandboxes.kit.errors import Refused
from sandboxes.kit.messages import Response
from sandboxes.kit.switches import Switches
from sandboxes.tinyplus.accounts import Account
from sandboxes.tinyplus.fields import CONTACTS, PROJECTS, RESOURCES, TEAM, Field, Resource, Type
from sandboxes.tinyplus.tables import Row, Values

# Beyond this a number with two decimals no longer fits what most programs read it into.
LARGEST_FEE = Decimal(10) ** 13
Errors = dict[str, list[str]]


class Unprocessable(Refused):
    """A body that breaks a rule (422); `errors` says which fields and why."""

    def __init__(self, errors: Errors) -> None:
        super().__init__(422, "The record was not saved: some fields cannot be taken.")
        self.errors = errors

    def response(self) -> Response:
        """The answer that an API client gets."""
        return Response(422, encode({"message": self.sentence, "errors": self.errors}).encode())


class _Bad(Exception):
    """One field's trouble, as a sentence."""


def checked(
    resource: Resource, body: Mapping[str, object], account: Account, switches: Switches, stored: Row | None
) -> Values:
    """The values to store, of the fields that change. `stored` is None for a new record. Raises Unprocessable."""
    fields = resource.by_name
    changes: Values = {}
    errors: Errors = {}
    for name, value in body.items():
        field = fields.get(name)
        if field is None or field.read_only:
            if switches["unknown_field"] == "refuse":
                problem = "This field is read-only." if field else "There is no such field."
                errors.setdefault(_printable(name), []).append(problem)
            continue
        try:
            changes[name] = _value(field, value, account, switches)
        except _Bad as problem:
            errors.setdefault(name, []).append(str(problem))
    if stored is None and "name" not in changes and "name" not in errors:
        errors["name"] = ["A name is required."]
    if not errors:
        _RULES.get(resource.name, _no_rule)(changes, account, switches, stored, errors)
    if errors:
        raise Unprocessable(errors)
    return changes


def _printable(name: str) -> str:
    return name.encode("utf-8", "replace").decode()


def _value(field: Field, value: object, account: Account, switches: Switches) -> object:
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:
            raise _Bad("This is not proper text.") from None
        if switches.flag("trim"):
            value = value.strip()
    if value is None or value == "":
        if field.required:
            raise _Bad("A name is required.")
        if not field.empty and field.type is not Type.FLAG:
            raise _Bad("This field cannot be empty.")
        return False if field.type is Type.FLAG else None
    match field.type:
        case Type.FLAG:
            if isinstance(value, bool):
                return value
            raise _Bad("This must be true or false.")
        case Type.REFERENCE:
            return _reference(field, value, account)
        case Type.DECIMAL:
            return _fee(value)
    if not isinstance(value, str):
        raise _Bad("This must be text.")
    if field.limit is not None and len(value) > field.limit:
        raise _Bad(f"This is longer than {field.limit} characters.")
    if field.type is Type.CHOICE:
        _choice(field, value, account, switches)
    return value


def _reference(field: Field, value: object, account: Account) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise _Bad("This must be a number.")
    if value not in account.tables[field.to or ""].rows:
        raise _Bad(f"There is no {RESOURCES[field.to or ''].singular.lower()} with this number.")
    return value


def _fee(value: object) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise _Bad("This must be a number.")
    amount = Decimal(value)
    if abs(amount) >= LARGEST_FEE:
        raise _Bad("This number is too large.")
    if amount != amount.quantize(Decimal("0.01")):
        raise _Bad("This has more than 2 decimals.")
    return amount.quantize(Decimal("0.01"))


def _choice(field: Field, value: str, account: Account, switches: Switches) -> None:
    if field.name == "project_type":
        if value not in account.project_types:
            raise _Bad("The account has no project type of this name.")
        return
    taken = field.name == "phase" or (value in field.choices and (value != "won" or switches.flag("won_enabled")))
    if not taken:
        raise _Bad("This is not a status of such a record.")


def _no_rule(changes: Values, account: Account, switches: Switches, stored: Row | None, errors: Errors) -> None:
    pass


def _contact(changes: Values, account: Account, switches: Switches, stored: Row | None, errors: Errors) -> None:
    """`name` alone is split at its last space; either part sent joins `name` anew from both."""
    if "first_name" in changes or "last_name" in changes:
        old = stored.values if stored else {}
        parts = [changes.get(part, old.get(part)) for part in ("first_name", "last_name")]
        joined = " ".join(str(part) for part in parts if part)
        if not joined:
            errors["name"] = ["A name is required."]
        elif len(joined) > 200:
            errors["name"] = ["The joined name is longer than 200 characters."]
        changes["name"] = joined
    elif "name" in changes:
        first, space, last = str(changes["name"]).rpartition(" ")
        if not space:
            first, last = last, ""
        changes["first_name"] = first.strip() or None
        changes["last_name"] = last or None


def _project(changes: Values, account: Account, switches: Switches, stored: Row | None, errors: Errors) -> None:
    """A phase belongs to a status; moving to another status without a phase empties it."""
    before = stored.values["record_status"] if stored else PROJECTS.by_name["record_status"].default
    status = str(changes.get("record_status", before))
    phase = changes.get("phase")
    if phase is not None and phase not in account.phases.get(status, ()):
        errors["phase"] = ["The account has no phase of this name below this status."]
    if "phase" not in changes and status != before:
        changes["phase"] = None


def _team_member(changes: Values, account: Account, switches: Switches, stored: Row | None, errors: Errors) -> None:
    """The email of an active member stays as it is."""
    if not stored or stored.values["record_status"] != "active":
        return
    if "email" in changes and changes["email"] != stored.values["email"]:
        errors["email"] = ["The email of an active team member cannot be changed."]


_RULES = {CONTACTS.name: _contact, PROJECTS.name: _project, TEAM.name: _team_member}


def normalised(changes: Values) -> Values:
    """The same values as a remote might rewrite them: a fault, for clients that expect back what they sent."""
    return {name: _rewritten(name, value) if isinstance(value, str) else value for name, value in changes.items()}


def _rewritten(name: str, value: str) -> str | None:
    match name:
        case "email_address" | "email":
            return value.lower()
        case "office_phone" | "mobile" | "direct" | "extension":
            return "".join(sign for sign in value if sign.isdecimal() or sign == "+") or None
        case "abn":
            return "".join(sign for sign in value if sign.isalnum()) or None
        case "website" | "linkedin" | "external_url":
            return (value if "://" in value else f"https://{value}").rstrip("/")[:500]
        case "name" | "first_name" | "last_name" | "title" | "role":
            return " ".join(value.split())
        case "description" | "physical_address" | "project_address" | "notes":
            return value.replace("\r\n", "\n")
    return value
