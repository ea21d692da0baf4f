"""Setting the stage: accounts, tokens and records from one JSON document, taken whole or not at all.

    {"switches": {"limit_max": 50},
     "accounts": [{"key": "northlight", "name": "Northlight Architects", "currency": "AUD",
                   "project_types": ["House"], "phases": {"proposed": [], "won": [], "active": ["Concept"]},
                   "tokens": [{"token": "t", "scope": "readwrite", "member": "Mia Chen", "expires_in": 3600}],
                   "records": {"team-members": [...], "companies": [...], "contacts": [...], "projects": [...]}}]}

Only `key`, and `token` of a token, must be there. A record has the fields of a POST body; a reference may be a name
instead of a number; beyond that it may have `id`, `created_user`, `modified_user`, and `created_date`,
`modified_date` as on the wire or `created_ago`, `modified_ago` in seconds. What is there already (an account by its
key, a token, a record by its id) is changed: the parts that are given, and no others.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from decimal import Decimal

from sandboxes.kit.errors import BadInput, Refused
from sandboxes.tinyplus.accounts import Account, Token
from sandboxes.tinyplus.fields import RESOURCES, SEED_ORDER, Resource
from sandboxes.tinyplus.tables import Row, Table, Values
from sandboxes.tinyplus.world import World
from sandboxes.tinyplus.writing import Unprocessable, checked

_KEY = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)
_ACCOUNT = {"key", "name", "currency", "project_types", "phases", "tokens", "records"}
_TOKEN = {"token", "scope", "member", "expires_in"}
# What a record of a seed may say beyond the fields that a client may write.
_EXTRA = {"id", "created_date", "modified_date", "created_ago", "modified_ago", "created_user", "modified_user"}
_PHASED = ("proposed", "won", "active")


def plant(world: World, seed: object) -> dict[str, object]:
    """Add what the seed describes; tells the ids of its records in the seed's order. Raises BadInput (422)."""
    document = _object(seed, {"switches", "accounts"}, "The seed")
    told: dict[str, object] = {}
    with world.together():
        if "switches" in document:
            world.set_switches(document["switches"])
        for described in _list(document.get("accounts", []), "accounts"):
            said = _object(described, _ACCOUNT, "An account")
            account = _account(world, said)
            told[account.key] = {"records": _records(world, account, said)}
            _tokens(world, account, said)
    return {"accounts": told}


def _account(world: World, said: Mapping[str, object]) -> Account:
    key = said.get("key")
    if not isinstance(key, str) or not _KEY.fullmatch(key):
        raise BadInput("The key of an account is lower-case letters, digits and hyphens.", 422)
    account = world.accounts.get(key) or Account(key, key)
    account.name = _text(said, "name", account.name)
    account.currency = _text(said, "currency", account.currency)
    if "project_types" in said:
        account.project_types = _names(said["project_types"], "project_types")
    if "phases" in said:
        phases = _object(said["phases"], set(_PHASED), "phases")
        account.phases = {status: _names(names, f"phases.{status}") for status, names in phases.items()}
    world.set_account(account)
    return account


def _tokens(world: World, account: Account, described: Mapping[str, object]) -> None:
    for line in _list(described.get("tokens", []), "tokens"):
        said = _object(line, _TOKEN, "A token")
        text, scope, member = said.get("token"), said.get("scope", "readwrite"), said.get("member")
        if not isinstance(text, str) or not text.isascii() or not text.isprintable() or not text.strip():
            raise BadInput("A token is plain text.", 422)
        if scope not in ("read", "readwrite"):
            raise BadInput("The scope of a token is read or readwrite.", 422)
        if member is None:
            member = account.person()
        elif isinstance(member, str):
            member = _named(account.tables["team-members"], member)
        elif not isinstance(member, int) or member not in account.tables["team-members"].rows:
            raise BadInput(f"There is no team member {member} in {account.key}.", 422)
        life = said.get("expires_in")
        ends = None if life is None else world.clock.now() + _seconds(life, "expires_in")
        world.set_token(Token(text.strip(), account.key, str(scope), member, ends))


def _records(world: World, account: Account, described: Mapping[str, object]) -> dict[str, list[int]]:
    groups = _object(described.get("records", {}), set(RESOURCES), "records")
    ids: dict[str, list[int]] = {}
    for name in SEED_ORDER:
        lines = _list(groups.get(name, []), name)
        if lines:
            person = account.person()
            ids[name] = [
                _record(world, account, RESOURCES[name], place=place, line=line, person=person)
                for place, line in enumerate(lines)
            ]
    return ids


def _record(world: World, account: Account, resource: Resource, *, place: int, line: object, person: int | None) -> int:
    if not isinstance(line, dict):
        raise BadInput(f"{account.key}, {resource.name}, record {place}: it is no JSON object.", 422)
    table = account.tables[resource.name]
    extra = {key: line[key] for key in _EXTRA & set(line)}
    body = {key: value for key, value in line.items() if key not in _EXTRA}
    try:
        for field in resource.fields:
            if field.to and isinstance(body.get(field.name), str) and body[field.name]:
                body[field.name] = _named(account.tables[field.to], body[field.name])
        old = table.rows.get(_number(extra["id"], "id")) if "id" in extra else None
        changes = checked(resource, body, account, world.switches, old)
        row = _row(world, resource, table.next_id, old=old, changes=changes, extra=extra, person=person)
        world.keep(account, resource, row, lag=0)
    except Unprocessable as problem:
        raise BadInput(f"{account.key}, {resource.name}, record {place}: {problem.errors}", 422) from None
    except Refused as problem:
        raise BadInput(f"{account.key}, {resource.name}, record {place}: {problem.sentence}", 422) from None
    return row.id


def _row(
    world: World,
    resource: Resource,
    next_id: int,
    *,
    old: Row | None,
    changes: Values,
    extra: Mapping[str, object],
    person: int | None,
) -> Row:
    now = int(world.clock.now())
    base: Values = {spec.name: spec.default for spec in resource.fields if spec.name != "record_url"}
    if old is not None:
        base = dict(old.values)
    else:
        base |= {"id": _number(extra["id"], "id") if "id" in extra else next_id, "created_user": person}
        base["created_date"] = now
    base |= changes | {"modified_date": now, "modified_user": person}
    for name in ("created", "modified"):
        if f"{name}_ago" in extra:
            base[f"{name}_date"] = now - int(_seconds(extra[f"{name}_ago"], f"{name}_ago"))
        if f"{name}_date" in extra:
            base[f"{name}_date"] = world.wire.seconds(str(extra[f"{name}_date"]))
        if f"{name}_user" in extra:
            base[f"{name}_user"] = _number(extra[f"{name}_user"], f"{name}_user")
    base["created_date"] = min(base["created_date"], base["modified_date"])
    return Row(base, old.version + 1 if old else 1)


def _named(table: Table, name: str) -> int:
    found = [number for number, row in table.rows.items() if row.values["name"] == name]
    if len(found) != 1:
        what = table.resource.singular.lower()
        raise BadInput(f"{'No' if not found else 'More than one'} {what} is called {name!r}.", 422)
    return found[0]


def _object(value: object, keys: set[str], what: str) -> dict[str, object]:
    if not isinstance(value, dict):
        raise BadInput(f"{what}: a JSON object was expected.", 422)
    unknown = sorted(set(value) - keys)
    if unknown:
        raise BadInput(f"{what} knows no {', '.join(map(str, unknown))}.", 422)
    return value


def _list(value: object, what: str) -> list[object]:
    if not isinstance(value, list):
        raise BadInput(f"{what}: a list was expected.", 422)
    return value


def _names(value: object, what: str) -> tuple[str, ...]:
    names = _list(value, what)
    if not all(isinstance(name, str) and name.strip() == name and name for name in names):
        raise BadInput(f"{what}: a list of names was expected.", 422)
    return tuple(map(str, names))


def _text(said: Mapping[str, object], key: str, default: str) -> str:
    value = said.get(key, default)
    if not isinstance(value, str) or not value.strip():
        raise BadInput(f"{key}: text was expected.", 422)
    return value


def _number(value: object, what: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 10**12:
        raise BadInput(f"{what}: a number from 1 was expected.", 422)
    return value


def _seconds(value: object, what: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal) or not math.isfinite(value):
        raise BadInput(f"{what}: a number of seconds was expected.", 422)
    return float(value)


def edit(world: World, wanted: object) -> dict[str, object]:
    """What a person does on a page, for tests: `do` is create, update or delete. Raises Refused."""
    said = _object(wanted, {"account", "resource", "do", "id", "fields"}, "An edit")
    account, resource, table = world.find(str(said.get("account")), str(said.get("resource")))
    do, fields = said.get("do", "update"), said.get("fields", {})
    if not isinstance(fields, dict):
        raise BadInput("fields: a JSON object was expected.")
    if do == "create":
        row = world.create(account, resource, fields, account.person())
        return world.wire.values(account, resource, row)
    number = _number(said.get("id"), "id")
    if number not in table.rows:
        raise Refused(404, f"{resource.singular} not found.")
    if do == "update":
        return world.wire.values(account, resource, world.update(account, resource, number, fields, account.person()))
    if do != "delete":
        raise BadInput("do is create, update or delete.")
    world.delete(account, resource, number)
    return {"deleted": number}
