"""Setting the stage: apps, organisations with their books, and tokens from one JSON document, taken whole or not.

    {"switches": {"tier": "core"},
     "apps": [{"id": "instep", "secret": "s", "name": "Instep", "redirects": ["https://..."], "custom": "northlight"}],
     "organisations": [{"key": "northlight", "name": "Northlight Architects", "base": "AU", "tenant": "<guid>",
                        "users": [{"name": "Mia Chen", "email": "mia@northlight.example"}], "currencies": ["AUD"],
                        "settings": {"PeriodLockDate": "2026-06-30"},
                        "records": {"Accounts": [...], "TaxRates": [...], "Items": [...], "Contacts": [...],
                                    "Invoices": [...], "CreditNotes": [...], "Allocations": [...], "Payments": [...]}}],
     "tokens": [{"token": "t", "app": "instep", "user": "mia@northlight.example", "organisations": ["northlight"],
                 "scopes": "accounting.contacts ...", "expires_in": 1800, "refresh": "r"}]}

Records are elements as PUT takes them; an allocation also names its `CreditNoteNumber`. `base` is AU or UK and brings
accounts and tax rates. An app that has `custom` is a custom connection of that organisation. A token without scopes
has them all; without `expires_in` it never ends. What is there already (by key, id or token) is changed.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from decimal import Decimal

from sandboxes.kit.errors import BadInput, Refused
from sandboxes.xero import charts, identity, payments, reading
from sandboxes.xero.books import Books, fold
from sandboxes.xero.desk import Desk, new_id
from sandboxes.xero.store import Record
from sandboxes.xero.world import World
from sandboxes.xero.writing import KINDS

_KEY = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)
_ORDER = ("Accounts", "TaxRates", "Items", "Contacts", "Invoices", "CreditNotes", "Allocations", "Payments")
_BY_NAME = {kind.name: key for key, kind in KINDS.items()}
_ORGANISATION = {"key", "name", "base", "tenant", "users", "currencies", "settings", "records"}
SETTINGS = ("Name", "LegalName", "TaxNumber", "RegistrationNumber", "PeriodLockDate", "EndOfYearLockDate")


def plant(world: World, seed: object) -> dict[str, object]:
    """Add what the seed describes; tells each organisation's tenant and the ids of its records. Raises BadInput."""
    document = _object(seed, {"switches", "apps", "organisations", "tokens"}, "The seed")
    told: dict[str, object] = {}
    if "switches" in document:
        world.set_switches(document["switches"])
    known = set(world.books)
    try:
        with world.log.unit():
            for line in _list(document.get("organisations", []), "organisations"):
                said = _object(line, _ORGANISATION, "An organisation")
                books = _organisation(world, said)
                told[books.name] = {"tenant": books.tenant, "records": _records(world, books, said)}
            for line in _list(document.get("apps", []), "apps"):
                _app(world, _object(line, {"id", "secret", "name", "redirects", "custom"}, "An app"))
            for line in _list(document.get("tokens", []), "tokens"):
                keys = {"token", "app", "user", "organisations", "scopes", "expires_in", "refresh"}
                _token(world, _object(line, keys, "A token"))
    except BaseException:
        for key in set(world.books) - known:
            del world.books[key]
        raise
    return {"organisations": told}


def _app(world: World, said: Mapping[str, object]) -> None:
    name, secret = said.get("id"), said.get("secret")
    if not isinstance(name, str) or not isinstance(secret, str) or not name or not secret:
        raise BadInput("An app needs an id and a secret.", 422)
    custom = said.get("custom")
    app: Record = {
        "id": name,
        "secret": secret,
        "name": str(said.get("name", name)),
        "redirects": [str(address) for address in _list(said.get("redirects", []), "redirects")],
        "tenant": None if custom is None else world.find(str(custom)).tenant,
    }
    world.office.put("apps", name, app)


def _organisation(world: World, said: Mapping[str, object]) -> Books:
    key, base = said.get("key"), charts.BASES.get(str(said.get("base", "AU")))
    if not isinstance(key, str) or not _KEY.fullmatch(key):
        raise BadInput("The key of an organisation is lower-case letters, digits and hyphens.", 422)
    if base is None:
        raise BadInput(f"base is one of {', '.join(charts.BASES)}.", 422)
    books = world.open_books(key)
    if not books["organisation"]:
        tenant = reading.guid(said["tenant"]) if "tenant" in said else new_id()
        if tenant is None or world.by_tenant(tenant):
            raise BadInput("tenant is a guid of its own.", 422)
        books.save_settings(**base.settings, **_first_day(world, str(said.get("name", key)), tenant))
        # Ids that stay from one start to the next: a test and a person may write them down.
        ids = {code: str(uuid.uuid5(uuid.UUID(tenant), code)) for code, *_ in base.accounts}
        charts.begin(world.desk(books, "Sandbox"), base, ids)
    elif "name" in said:
        books.save_settings(Name=str(said["name"]))
    if "users" in said:
        users = [_object(user, {"name", "email"}, "A user") for user in _list(said["users"], "users")]
        books.save_settings(Users=[{"name": str(user["name"]), "email": str(user["email"])} for user in users])
    if "currencies" in said:
        books.save_settings(Currencies=[str(code) for code in _list(said["currencies"], "currencies")])
    books.save_settings(**read_settings(said.get("settings", {})))
    return books


def read_settings(value: object) -> dict[str, object]:
    """Settings of an organisation as they are stored. Raises BadInput for one that is not known."""
    said = _object(value, set(SETTINGS), "settings")
    settings: dict[str, object] = {}
    for name in said:
        settings[name] = reading.day(said, name) if name.endswith("Date") else reading.text(said, name)
    return settings


def _first_day(world: World, name: str, tenant: str) -> dict[str, object]:
    return {
        "OrganisationID": tenant,
        "Name": name,
        "LegalName": name,
        "PaysTax": True,
        "OrganisationType": "COMPANY",
        "OrganisationEntityType": "COMPANY",
        "IsDemoCompany": False,
        "OrganisationStatus": "ACTIVE",
        "Class": "PREMIUM",
        "Edition": "BUSINESS",
        "ShortCode": f"!{tenant[:5]}",
        "DefaultSalesTax": "Tax Exclusive",
        "DefaultPurchasesTax": "Tax Exclusive",
        "CreatedDateUTC": world.now(),
        "Users": [{"name": "Sam Keeper", "email": "sam@keeper.example"}],
        "NextInvoice": 1,
        "NextInvoicePrefix": "INV-",
        "NextCreditNote": 1,
        "NextCreditNotePrefix": "CN-",
    }


def _records(world: World, books: Books, said: Mapping[str, object]) -> dict[str, list[str]]:
    groups = _object(said.get("records", {}), set(_ORDER), "records")
    desk = world.desk(books, person(books), decimals=4)
    ids: dict[str, list[str]] = {}
    for name in _ORDER:
        for place, line in enumerate(_list(groups.get(name, []), name)):
            element = _object(line, None, f"{books.name}, {name}, record {place}")
            try:
                ids.setdefault(name, []).append(_record(desk, name, element))
            except Refused as problem:
                raise BadInput(f"{books.name}, {name}, record {place}: {problem.sentence}", 422) from None
    return ids


def _record(desk: Desk, name: str, element: Mapping[str, object]) -> str:
    if name == "Allocations":
        note = desk.books.tables["creditnotes"].one("ACCRECCREDIT", fold(str(element.get("CreditNoteNumber"))))
        if note is None:
            raise BadInput("There is no such credit note.", 422)
        return str(payments.allocate(desk, note["CreditNoteID"], element)[1]["AllocationID"])
    kind = _BY_NAME[name]
    record = KINDS[kind].save(desk, element, False)
    return str(record["TaxType" if kind == "taxrates" else f"{name.removesuffix('s')}ID"])


def person(books: Books) -> str:
    """Who edits on the pages: the first user."""
    users = books.settings.get("Users") or [{"name": "Somebody"}]
    return str(users[0]["name"])


def _token(world: World, said: Mapping[str, object]) -> None:
    text, app = said.get("token"), said.get("app")
    if not isinstance(text, str) or not text or app not in world.office["apps"]:
        raise BadInput("A token is text and names an app of the seed.", 422)
    keys = [str(key) for key in _list(said.get("organisations", list(world.books)), "organisations")]
    user = str(said.get("user") or _first_user(world, keys))
    scopes = str(said.get("scopes") or " ".join(sorted(identity.known_scopes("either")))).split()
    life, event = said.get("expires_in"), new_id()
    if life is not None and (isinstance(life, bool) or not isinstance(life, int | Decimal)):
        raise BadInput("expires_in is a number of seconds.", 422)
    now = world.clock.now()
    held: Record = {"app": app, "user": user, "scopes": scopes, "grant": event}
    world.office.put("tokens", text, held | {"ends": None if life is None else now + float(life)})
    if said.get("refresh"):
        world.office.put("refreshes", str(said["refresh"]), held | {"at": now, "used": None})
    for key in keys:
        identity.connect(world, str(app), user, world.find(key).tenant, event)


def _first_user(world: World, keys: list[str]) -> str:
    return str(world.find(keys[0]).settings["Users"][0]["email"]) if keys else "nobody"


def _object(value: object, keys: set[str] | None, what: str) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise BadInput(f"{what}: a JSON object was expected.", 422)
    unknown = sorted(set(value) - keys) if keys is not None else []
    if unknown:
        raise BadInput(f"{what} knows no {', '.join(map(str, unknown))}.", 422)
    return value


def _list(value: object, what: str) -> list[object]:
    if not isinstance(value, list):
        raise BadInput(f"{what}: a list was expected.", 422)
    return value
